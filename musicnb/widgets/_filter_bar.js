// The bar above a long board: what to look for, and in which order.

const TYPING_MS = 120; // between the last letter and looking for it

/** A button that opens a small box of choices. */
class Menu {
  /**
   * @param {string} label
   * @param {(box: HTMLElement) => void} fill draws the box each time it opens
   */
  constructor(label, fill) {
    this.label = label;
    this.badge = make("span", "mnb-menu-count", { "aria-hidden": "true" });
    this.text = make("span", "mnb-menu-text", {}, label);
    this.box = make("div", "mnb-box", { popover: "auto", id: `mnb-box-${page.boxes++}`, role: "group", "aria-label": label });
    this.button = make("button", "mnb-menu", { type: "button", "aria-expanded": "false", "aria-controls": this.box.id }, this.text, icon("down"), this.badge);
    this.button.popoverTargetElement = this.box; // the browser closes it, and gives the focus back
    this.element = make("div", "mnb-menu-place", {}, this.button, this.box);
    this.box.addEventListener("beforetoggle", ({ newState }) => {
      if (newState === "open") fill(this.box);
    });
    this.box.addEventListener("toggle", ({ newState }) => {
      const open = newState === "open";
      this.button.setAttribute("aria-expanded", String(open));
      if (open) place(this.box, this.button);
      if (open) (this.box.querySelector("input:checked") ?? this.box.querySelector("input"))?.focus();
    });
    this.box.addEventListener("keydown", (event) => this.#onKey(event));
    this.mark(0, "");
  }

  /** Show how much is chosen, and tell what. */
  mark(count, what) {
    setText(this.badge, count ? String(count) : "");
    this.button.classList.toggle("mnb-chosen", count > 0);
    this.button.setAttribute("aria-label", what ? `${this.label}: ${what}` : `${this.label}: any`);
    this.button.title = what;
  }

  #onKey(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || event.target.type !== "checkbox") return;
    const inputs = [...this.box.querySelectorAll("input")];
    inputs[(inputs.indexOf(event.target) + by + inputs.length) % inputs.length].focus();
    event.preventDefault();
  }
}

/** Put a box below the button it belongs to, or above where there is no room. */
function place(box, button) {
  const { left, top, bottom } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const end = Math.min(button.closest(".mnb").getBoundingClientRect().right, innerWidth - 8);
  box.style.left = `${Math.max(8, Math.min(left, end - width))}px`;
  box.style.top = `${bottom + 6 + height < innerHeight ? bottom + 6 : Math.max(8, top - 6 - height)}px`;
}

/** Make a line with a box to tick. */
function makeOption(type, name, label, count, checked, onChange) {
  const input = make("input", "mnb-tick", { type, name });
  input.checked = checked;
  input.onchange = () => onChange(input.checked);
  const text = make("span", "mnb-option-text", { dir: "auto" }, label);
  return make("label", "mnb-option", {}, input, text, make("span", "mnb-option-count", {}, count ? String(count) : ""));
}

/** The toolbar. */
class FilterBar {
  /**
   * @param {Filter} filter
   * @param {object} owner
   * @param {() => object[]} owner.cards data of all cards
   * @param {() => void} owner.change when something else is looked for
   */
  constructor(filter, owner) {
    this.filter = filter;
    this.owner = owner;
    this.search = make("input", "mnb-search", { type: "search", placeholder: "Search title, prompt, note", "aria-label": "Search title, prompt, note and tags" });
    this.search.oninput = () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.#changed(() => filter.setText(this.search.value)), TYPING_MS);
    };
    this.facets = new Map([
      ...filter.axes.map((axis) => [`/${axis}`, this.#makeChoices(`/${axis}`, axis)]),
      ...(filter.axes.includes("model") ? [] : [["model", this.#makeChoices("model", "model")]]),
      ["state", this.#makeChoices("state", "state")],
      ["tags", this.#makeChoices("tags", "tags")],
    ]);
    this.stars = new Menu("stars", (box) => this.#fillStars(box));
    this.loudness = new Menu("loudness", (box) => this.#fillLoudness(box));
    this.order = new Menu("Sort", (box) => this.#fillOrder(box));
    this.order.button.classList.add("mnb-order");
    this.menus = [...this.facets.values(), this.stars, this.loudness, this.order];
    this.shown = make("span", "mnb-shown", { role: "status" });
    this.reset = make("button", "mnb-reset", { type: "button" }, "Clear");
    this.reset.onclick = () => this.clear();
    const filters = this.menus.filter((menu) => menu !== this.order).map((menu) => menu.element);
    const line = make("div", "mnb-bar-line", {}, this.shown, this.reset, make("span", "mnb-gap"), this.order.element);
    this.element = make("div", "mnb-bar", { role: "toolbar", "aria-label": "Filter and sort" }, this.search, ...filters, line);
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.element.addEventListener("focusin", ({ target }) => this.#rove(this.menus.find((menu) => menu.button === target)));
    this.#rove(this.menus[0]);
    this.#mark();
  }

  /** Leave out what offers no choice. */
  update() {
    const cards = this.owner.cards();
    if (cards.length === this.known) return;
    this.known = cards.length;
    for (const [facet, menu] of this.facets) {
      const fixed = facet === "state" || facet === "tags"; // what comes and goes must not move the bar
      menu.element.hidden = !fixed && this.filter.choicesOf(facet, cards).size < 2;
    }
    if (!this.menus.some((menu) => menu.button.tabIndex === 0 && !menu.element.hidden)) this.#rove(this.menus.find((menu) => !menu.element.hidden));
  }

  /** Say how much there is of what is looked for. */
  count(found, all) {
    const { isOn } = this.filter;
    const [some, every] = [found, all].map((number) => number.toLocaleString("en"));
    setText(this.shown, isOn ? `${some} of ${every} shown` : `All ${every} shown`);
    this.shown.classList.toggle("mnb-narrowed", isOn);
    this.reset.classList.toggle("mnb-unneeded", !isOn);
  }

  clear() {
    clearTimeout(this.typing);
    this.search.value = "";
    this.#changed(() => this.filter.clear());
    this.search.focus({ preventScroll: true });
  }

  dispose() {
    clearTimeout(this.typing);
  }

  #changed(change) {
    change();
    this.#mark();
    this.owner.change();
  }

  #mark() {
    const { filter } = this;
    for (const [facet, menu] of this.facets) {
      const chosen = filter.chosen.get(facet) ?? new Set();
      menu.mark(chosen.size, [...chosen].join(", "));
    }
    this.stars.mark(filter.stars === null ? 0 : 1, starsText(filter.stars));
    const { quietest, loudest } = filter;
    const range = quietest !== null || loudest !== null;
    this.loudness.mark(range ? 1 : 0, range ? `${quietest ?? "…"} to ${loudest ?? "…"} LUFS` : "");
    const [text] = filter.sorts[filter.sort];
    setText(this.order.text, text);
    this.order.button.classList.toggle("mnb-chosen", filter.sort !== "plan");
    this.order.button.setAttribute("aria-label", `Sort: ${text}`);
  }

  #makeChoices(facet, label) {
    return new Menu(label, (box) => {
      const { filter } = this;
      const choices = filter.choicesOf(facet, this.owner.cards());
      const options = [...choices].map(([value, count]) =>
        makeOption("checkbox", facet, value, count, filter.chosen.get(facet)?.has(value) ?? false, (on) => {
          const chosen = new Set(filter.chosen.get(facet));
          if (on) chosen.add(value);
          else chosen.delete(value);
          this.#changed(() => filter.choose(facet, chosen));
        }),
      );
      box.replaceChildren(...(options.length ? options : [make("div", "mnb-nothing", {}, `No ${label} yet`)]));
    });
  }

  #fillStars(box) {
    const choose = (stars) => () => this.#changed(() => Object.assign(this.filter, { stars }) && this.filter.changed());
    box.replaceChildren(
      ...[null, 0, 1, 2, 3, 4, 5].map((stars) => makeOption("radio", box.id, starsText(stars) || "any", 0, this.filter.stars === stars, choose(stars))),
    );
  }

  #fillLoudness(box) {
    const { filter } = this;
    const known = this.owner.cards().flatMap((card) => card.clips.map((clip) => clip.loudness_lufs)).filter((number) => typeof number === "number");
    const span = known.length ? `here from ${known.reduce((a, b) => Math.min(a, b)).toFixed(1)} to ${known.reduce((a, b) => Math.max(a, b)).toFixed(1)} LUFS` : "not known of any clip";
    const field = (name, label) => {
      const input = make("input", "mnb-number", { type: "number", step: "0.5", "aria-label": `${label}, LUFS` });
      input.value = filter[name] ?? "";
      input.oninput = () => this.#changed(() => Object.assign(filter, { [name]: Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber }) && filter.changed());
      return make("label", "mnb-range", {}, label, input);
    };
    box.replaceChildren(make("div", "mnb-ranges", {}, field("quietest", "from"), field("loudest", "to"), "LUFS"), make("div", "mnb-nothing", {}, span));
  }

  #fillOrder(box) {
    box.replaceChildren(
      ...Object.entries(this.filter.sorts).map(([sort, [text]]) => makeOption("radio", box.id, text, 0, this.filter.sort === sort, () => this.#changed(() => this.filter.setOrder(sort)))),
    );
  }

  #onKey(event) {
    const shown = this.menus.filter((menu) => !menu.element.hidden).map((menu) => menu.button);
    const at = shown.indexOf(event.target);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: shown.length - 1 }[event.key];
    if (event.key === "ArrowDown" && at >= 0) event.target.click();
    else if (at < 0 || to === undefined) return;
    else shown[Math.min(Math.max(0, to), shown.length - 1)].focus();
    event.preventDefault();
  }

  /** Only one of the buttons is in the tab order. */
  #rove(menu) {
    if (menu) for (const other of this.menus) other.button.tabIndex = other === menu ? 0 : -1;
  }
}

function starsText(stars) {
  if (stars === null) return "";
  if (stars === 0) return "unrated";
  return stars === MOST_STARS ? "★".repeat(MOST_STARS) : `${"★".repeat(stars)} or more`;
}
