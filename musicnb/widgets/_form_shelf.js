// What one can go on from: earlier requests, presets, one's own clips.

const SEARCH_MS = 180;

/** A list that Python fills, with a search above it. */
class AskedList {
  /**
   * @param {FormView} form
   * @param {string} id
   * @param {string} what the list is of: clips, orders or presets
   * @param {{label: string, none: string, search?: boolean}} words
   */
  constructor(form, id, what, { label, none, search = true }) {
    Object.assign(this, { form, what, none, asked: 0 });
    this.list = part("ul", { class: "mnb-f-list", "aria-label": label });
    this.search = search && part("input", { type: "search", class: "mnb-f-search", placeholder: `Search ${label.toLowerCase()}`, "aria-label": `Search ${label.toLowerCase()}` });
    this.message = part("p", { class: "mnb-f-hint", role: "status" });
    this.root = part("div", { class: "mnb-f-shelf", id, hidden: true }, this.search, this.message, this.list);
    this.search?.addEventListener?.("input", () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.ask(), SEARCH_MS); });
  }
  open(open) {
    if (this.root.hidden === !open) return;
    this.root.hidden = !open;
    if (open) { this.ask(); this.search?.focus?.(); }
  }
  ask() {
    setText(this.message, this.list.children.length ? "" : "Looking …");
    this.form.post({ op: "list", what: this.what, search: this.search?.value ?? "", ask: ++this.asked });
  }
  heard({ rows, ask, what }, buffers) {
    if (what !== this.what || (ask && ask !== this.asked)) return;
    setText(this.message, rows.length ? "" : this.search?.value ? "Nothing is found." : this.none);
    this.list.replaceChildren(...rows.map((row, i) => this.row(row, buffers[i])));
  }
  button(words, about, action) {
    const button = part("button", { type: "button", class: "mnb-f-button mnb-f-small", text: words, "aria-label": `${words}: ${about}` });
    button.addEventListener("click", action);
    return button;
  }
}

/** One's own clips, each a button with its waveform. */
class ClipList extends AskedList {
  constructor(form, id, choose) {
    super(form, id, "clips", { label: "Clips", none: "There are no clips yet. Generate one first." });
    this.choose = choose;
    this.list.classList.add("mnb-f-clip-list");
  }
  row(clip, data) {
    const wave = new Waveform();
    const button = part("button", { type: "button", class: "mnb-f-clip", "aria-label": `Use ${clip.title}, ${clip.about}` }, part("span", { class: "mnb-f-clip-title", text: clip.title }), part("span", { class: "mnb-f-rec-facts", text: clip.about }), wave.element);
    button.addEventListener("click", () => this.choose(clip));
    requestAnimationFrame(() => { wave.setVisible(true); wave.setHeights(new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength)); });
    return part("li", {}, button);
  }
}

/** Earlier requests. */
class OrderList extends AskedList {
  constructor(form, id) {
    super(form, id, "orders", { label: "Requests", none: "Nothing was ordered yet." });
  }
  row(order) {
    const named = order.title || order.prompt;
    const when = new Date(order.when * 1e3).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    return part("li", { class: "mnb-f-item" },
      part("div", { class: "mnb-f-item-words" }, part("span", { class: "mnb-f-item-title", text: named }), order.title && part("span", { class: "mnb-f-item-prompt", text: order.prompt }), part("span", { class: "mnb-f-rec-facts", text: `${when} · ${order.about}` })),
      part("div", { class: "mnb-f-item-ways" }, this.button("Use again", named, () => this.form.fill({ op: "again", name: order.order_id })), this.button("Vary this", named, () => this.form.fill({ op: "vary", name: order.order_id }))));
  }
}

/** Fields that were kept under a name. */
class PresetList extends AskedList {
  constructor(form, id) {
    super(form, id, "presets", { label: "Presets", none: "No presets yet: fill in the form, then keep it under a name.", search: false });
    this.name = part("input", { type: "text", maxlength: 60, autocomplete: "off", placeholder: "Name of the preset", "aria-label": "Name of the preset" });
    this.keep = part("button", { type: "button", class: "mnb-f-button", text: "Keep" });
    this.keep.addEventListener("click", () => this.save());
    this.name.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); this.save(); } });
    this.root.prepend(part("div", { class: "mnb-f-address" }, part("span", { class: "mnb-f-box" }, this.name), this.keep));
  }
  open(open) { super.open(open); if (open) this.name.focus(); }
  save() {
    const name = this.name.value.trim();
    if (!name) { this.name.focus(); return; }
    this.form.hasten(); // what was typed last is kept, too
    this.form.post({ op: "preset-save", name });
    this.name.value = "";
  }
  row({ name, about, uploads, problem }) {
    return part("li", { class: "mnb-f-item" },
      part("div", { class: "mnb-f-item-words" }, part("span", { class: "mnb-f-item-title", text: name }), part("span", { class: "mnb-f-rec-facts", text: about }),
        uploads && part("span", { class: "mnb-f-rec-facts", text: `Use uploads ${uploads}` }), problem && part("span", { class: "mnb-f-fault", text: problem })),
      part("div", { class: "mnb-f-item-ways" }, this.button("Use", uploads ? `${name}, uploads ${uploads}` : name, () => this.form.fill({ op: "preset-use", name })), this.button("Delete", name, () => this.form.post({ op: "preset-drop", name }))));
  }
}

/** Buttons at the top, of which one at a time opens its list. */
class Shelves {
  constructor(form) {
    this.lists = [new OrderList(form, `mnb-${form.view}-orders`), new PresetList(form, `mnb-${form.view}-presets`)];
    this.buttons = this.lists.map((list, i) => {
      const button = part("button", { type: "button", class: "mnb-f-button mnb-f-small", text: ["History", "Presets"][i], "aria-expanded": "false", "aria-controls": list.root.id });
      button.addEventListener("click", () => this.open(list.root.hidden ? i : -1));
      list.root.addEventListener("keydown", (event) => { if (event.key === "Escape") { this.open(-1); button.focus(); } });
      return button;
    });
    this.bar = part("div", { class: "mnb-f-shelves", hidden: !form.model.get("has_desk") }, ...this.buttons);
    this.root = part("div", { class: "mnb-f-drawer", hidden: true }, ...this.lists.map((list) => list.root));
  }
  open(which) {
    this.root.hidden = which < 0;
    this.lists.forEach((list, i) => { list.open(i === which); this.buttons[i].setAttribute("aria-expanded", String(i === which)); });
  }
  heard(message, buffers) { for (const list of this.lists) list.heard(message, buffers); }
}
