// The frame of the studio view: heading and tabs. The parts are widgets of their own beside it.

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/** One view of the frame. */
class Frame {
  constructor(model, element) {
    this.model = model;
    this.root = element;
    this.uid = `${model.get("live_class")}-${page.boxes++}`;
    this.tabs = new Map(model.get("tabs").map(([name, label]) => [name, this.#makeTab(name, label)]));
    this.list = make("div", "mnb-v-tabs", { role: "tablist", "aria-label": "Parts of the studio" }, ...this.tabs.values());
    this.list.onkeydown = (event) => this.#onKey(event);
    const mark = make("span", "mnb-v-mark", { "aria-hidden": "true" });
    const name = make("span", "mnb-v-name", { role: "heading", "aria-level": "2" }, "Studio");
    this.service = make("span", "mnb-v-service", { dir: "auto" });
    this.element = make("header", `mnb mnb-v-head ${model.get("live_class")}`, { "data-lm-suppress-shortcuts": "true" }, mark, name, this.service, this.list);
    const hiding = `body:has(.${model.get("live_class")}) .${model.get("static_class")}{display:none}`;
    this.root.append(make("style", "", {}, hiding), this.element);
    this.onChange = () => this.#draw();
    model.on("change:tab change:going change:service", this.onChange);
    // called once it has a place on the page, and whenever there is more or less room
    this.sized = new ResizeObserver(() => this.#place());
    this.sized.observe(this.element);
    this.grown = new MutationObserver(() => this.#draw());
    this.#draw();
  }

  dispose() {
    this.model.off("change:tab change:going change:service", this.onChange);
    this.sized.disconnect();
    this.grown.disconnect();
    this.root.replaceChildren();
  }

  /** What is open: beside a form that is always there, no tab of its own. */
  get open() {
    const tab = this.model.get("tab");
    return this.isWide && tab === "create" ? "library" : tab;
  }

  #makeTab(name, label) {
    const tab = make("button", "mnb-v-tab", { type: "button", role: "tab", id: `${this.uid}-tab-${name}` }, label);
    tab.dataset.name = name;
    tab.onclick = () => this.#choose(name);
    return tab;
  }

  #choose(name) {
    this.model.set("tab", name);
    this.model.save_changes();
    this.#draw();
  }

  #onKey(event) {
    const shown = [...this.tabs.values()].filter((tab) => tab.checkVisibility());
    const at = shown.indexOf(event.target);
    const to = { Home: 0, End: shown.length - 1 }[event.key] ?? (at + STEPS[event.key] + shown.length) % shown.length;
    event.stopPropagation(); // JupyterLab's command mode must not see keys meant for the tabs
    if (at < 0 || !shown[to]) return;
    event.preventDefault();
    this.#choose(shown[to].dataset.name);
    shown[to].focus();
  }

  /** Find the parts, which the container puts beside the frame, and see how much room there is. */
  #place() {
    const grid = this.element.closest(".mnb-v-grid");
    if (!grid) return;
    if (this.grid !== grid) {
      this.grid = grid;
      this.grown.observe(grid, { childList: true });
    }
    this.isWide = getComputedStyle(grid).getPropertyValue("--mnb-v-wide").trim() === "1";
    this.#draw();
  }

  #draw() {
    const { open } = this;
    const going = this.model.get("going");
    setText(this.service, this.model.get("service"));
    this.element.dataset.tab = open;
    for (const [name, tab] of this.tabs) {
      tab.setAttribute("aria-selected", String(name === open));
      tab.tabIndex = name === open ? 0 : -1;
      this.#drawPart(name, name === open);
    }
    const library = this.tabs.get("library");
    library.classList.toggle("mnb-v-going", going > 0);
    library.dataset.going = String(going);
    if (going) library.setAttribute("aria-label", `Library, ${going} in the works`);
    else library.removeAttribute("aria-label");
  }

  #drawPart(name, isOpen) {
    const part = this.grid?.querySelector(`:scope > .mnb-v-${name}`);
    if (!part) return;
    part.id = `${this.uid}-part-${name}`;
    this.tabs.get(name).setAttribute("aria-controls", part.id);
    const isTabbed = !(this.isWide && name === "create");
    part.classList.toggle("mnb-v-open", isOpen);
    part.setAttribute("role", isTabbed ? "tabpanel" : "region");
    if (isTabbed) part.setAttribute("aria-labelledby", this.tabs.get(name).id);
    else part.removeAttribute("aria-labelledby");
    part.setAttribute("aria-label", this.tabs.get(name).textContent);
  }
}

export default {
  render({ model, el }) {
    const frame = new Frame(model, el);
    return () => frame.dispose();
  },
};
