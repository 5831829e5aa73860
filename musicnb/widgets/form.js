// The form's page side: draws what the schema says, sends what was typed, shows Python's verdict.
// It knows no model, option, limit or price of its own, and writes every text as text.

const DEBOUNCE_MS = 150; // typing becomes at most this many messages, one in flight at a time
const SLOW_MS = 2500; // when to say that the kernel has not answered
const REST_MS = 1200; // after a sent request: the second half of a double click is not a new wish
const GONE = "The kernel was restarted: run this cell again.";
const COMMAND = /Mac|iP/.test(navigator.platform) ? "⌘" : "Ctrl";

/** Make an element: `text` is its text, every other key an attribute. */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

/** Characters as Python counts them: code points, not UTF-16 halves. */
const lengthOf = (text) => [...text].length;
const grouped = (number) => number.toLocaleString("en-US");

/** One field: a label, a control, a counter or state, a hint, and the faults beside it. */
class Field {
  /**
   * @param {object} spec its entry in the schema
   * @param {FormView} form
   * @param {string} model the model whose option it is, "" for a field of every model
   */
  constructor(spec, form, model = "") {
    Object.assign(this, { spec, form, model, touched: false, off: "" });
    this.id = `mnb-${form.view}-${model.replace(/\W/g, "_")}-${spec.name}`;
    this.label = make("label", { for: this.id, class: "mnb-f-label", text: spec.label });
    this.state = make("span", { class: "mnb-f-state" });
    this.counter = make("span", { class: "mnb-f-counter" });
    this.hint = make("p", { class: "mnb-f-hint", id: `${this.id}-hint`, text: spec.help ?? "" });
    this.fault = make("p", { class: "mnb-f-fault", id: `${this.id}-fault`, role: "alert", "aria-live": "polite" });
    this.head = make("div", { class: "mnb-f-head" }, this.label, this.state, model && spec.kind !== "choice" && this.resetter(), this.counter);
    this.notes = make("div", { class: "mnb-f-notes" }, this.hint, this.fault);
    this.described = { "aria-describedby": `${this.id}-hint ${this.id}-fault` };
    this.root = make("div", { class: `mnb-f-field mnb-f-kind-${spec.kind}`, "data-field": spec.name });
    this.build();
  }
  get controls() { return [this.control]; }
  /** The person changed it. */
  edited() {
    this.touched = true;
    this.count();
    this.form.edited(this);
  }
  write(value) { this.put(value); this.count(); }
  count() {}
  focus() { this.control.focus(); }
  isEmpty() { const value = this.read(); return value === undefined || value === null || value === ""; }
  /** Show what the last verdict says about this field. */
  show({ limit, off = "", faults = [], implied }, reveal) {
    this.limit = limit ?? this.limit;
    this.implied = implied;
    this.off = off;
    this.hint.textContent = off || this.spec.help || "";
    const loud = faults.length > 0 && (reveal || this.touched || !this.isEmpty());
    const text = loud ? faults.map((fault) => `${this.spec.label}: ${fault}`).join("\n") : "";
    if (this.fault.textContent !== text) this.fault.textContent = text; // or it is read out again
    this.root.classList.toggle("mnb-f-faulty", loud);
    this.root.classList.toggle("mnb-f-off", Boolean(off));
    for (const control of this.controls) {
      control.toggleAttribute("disabled", Boolean(off));
      if (loud) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
    this.count();
  }
  resetter() {
    this.clear = make("button", { type: "button", class: "mnb-f-reset", text: "reset", "aria-label": `Reset ${this.spec.label} to not set` });
    this.clear.addEventListener("click", () => { this.put(undefined); this.edited(); this.focus(); });
    return this.clear;
  }
  /** Say "not set" where nothing will be sent. */
  markSet(isSet, text = "") {
    this.root.classList.toggle("mnb-f-unset", !isSet);
    if (this.clear) this.clear.toggleAttribute("disabled", !isSet);
    this.state.textContent = isSet ? text : "not set";
    this.state.hidden = !this.state.textContent;
  }
}

/** A text of one or many lines, with a counter. */
class TextField extends Field {
  build() {
    const { spec } = this, long = spec.kind === "long", attributes = { id: this.id, placeholder: spec.example ?? "", spellcheck: "true", ...this.described };
    this.control = long ? make("textarea", { ...attributes, rows: spec.tags ? 5 : 3 }) : make("input", { ...attributes, type: "text", autocomplete: "off" });
    this.control.addEventListener("input", () => this.edited());
    const box = make("div", { class: "mnb-f-box" }, spec.tags && this.toolbar(spec.tags), this.control);
    this.root.append(this.head, box, this.notes);
  }
  get controls() { return [this.control, ...(this.tags ?? [])]; }
  read() { return this.model && !this.control.value.trim() ? undefined : this.control.value; }
  put(value) { if (this.control.value !== (value ?? "")) this.control.value = value ?? ""; }
  count() {
    const n = lengthOf(this.control.value), maximum = this.limit?.maximum ?? this.spec.maximum ?? 0;
    this.counter.textContent = maximum ? `${grouped(n)}/${grouped(maximum)}` : "";
    this.counter.classList.toggle("mnb-f-over", maximum > 0 && n > maximum);
    if (this.model) this.markSet(!this.isEmpty());
    else this.state.textContent = this.off ? "not used" : this.limit?.required ? "required" : "optional";
    this.control.toggleAttribute("required", Boolean(this.limit?.required && !this.off));
  }
  /** Section tags: one stop of the Tab key, arrows move inside. */
  toolbar(tags) {
    const bar = make("div", { class: "mnb-f-tags", role: "toolbar", "aria-label": "Insert a section tag" });
    this.tags = tags.map((tag, i) => make("button", { type: "button", class: "mnb-f-chip", text: tag, tabindex: i ? -1 : 0, "aria-label": `Insert ${tag}` }));
    this.tags.forEach((button, i) => {
      button.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the caret
      button.addEventListener("click", () => this.insert(tags[i]));
      button.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = this.tags[(i + step + tags.length) % tags.length];
        button.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
        event.preventDefault();
      });
    });
    bar.append(...this.tags);
    return bar;
  }
  /** Put a tag at the caret, on a line of its own. */
  insert(tag) {
    const area = this.control, before = area.value.slice(0, area.selectionStart), after = area.value.slice(area.selectionEnd);
    const gap = !before.trim() ? "" : before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    const text = `${gap}${tag}${after.startsWith("\n") ? "" : "\n"}`;
    area.focus();
    // insertText keeps the browser's undo; where it is gone, the text is still written
    if (!document.execCommand("insertText", false, text)) {
      area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
      this.edited();
    }
    if (after.startsWith("\n")) area.selectionStart = area.selectionEnd = area.selectionEnd + 1;
  }
}

/** Yes or not said. */
class FlagField extends Field {
  build() {
    this.control = make("input", { type: "checkbox", role: "switch", id: this.id, ...this.described });
    this.control.addEventListener("change", () => { this.value = this.control.checked || null; this.edited(); });
    this.head.prepend(this.control);
    this.root.append(this.head, this.notes);
  }
  read() { return this.value ?? null; }
  put(value) { this.value = value ?? null; this.control.checked = value === true; }
}

/** An option that is on, off, or not set. */
class CheckField extends Field {
  build() {
    this.control = make("input", { type: "checkbox", id: this.id, ...this.described });
    this.control.addEventListener("change", () => { this.value = this.control.checked; this.edited(); });
    this.head.prepend(this.control);
    this.root.append(this.head, this.notes);
  }
  read() { return this.value; }
  put(value) { this.value = value; }
  count() {
    const own = this.value !== undefined, checked = own ? this.value === true : this.implied === true;
    this.control.checked = checked;
    this.control.indeterminate = false;
    this.markSet(own, checked ? "on" : "off");
    if (!own && checked) this.state.textContent = "on by itself";
  }
}

/** A share of a whole: a slider for the hand, a box for the exact value; both may be not set. */
class ShareField extends Field {
  build() {
    this.slider = make("input", { type: "range", min: 0, max: this.spec.maximum, step: this.spec.step, id: this.id, ...this.described });
    this.control = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", class: "mnb-f-number", placeholder: "–", "aria-label": `${this.spec.label}, as a number`, ...this.described });
    const slide = () => { this.put(Number(this.slider.value)); this.edited(); };
    this.slider.addEventListener("input", slide);
    // pressing just where the thumb rests sets it too; a click would also come from the label
    this.slider.addEventListener("pointerup", slide);
    this.control.addEventListener("input", () => { this.value = this.parsed(); this.slide(); this.edited(); });
    this.root.append(this.head, make("div", { class: "mnb-f-row" }, this.slider, this.control), this.notes);
  }
  get controls() { return [this.slider, this.control]; }
  focus() { this.slider.focus(); }
  /** A number, or the text as it stands: what is wrong with it is Python's to say. */
  parsed() {
    const text = this.control.value.trim(), number = Number(text.replace(",", "."));
    return text === "" ? undefined : Number.isFinite(number) ? number : text;
  }
  read() { return this.value; }
  put(value) {
    if (value !== this.parsed()) this.control.value = String(value ?? "");
    this.value = value;
    this.slide();
  }
  slide() { this.slider.value = typeof this.value === "number" ? this.value : this.spec.maximum / 2; }
  count() {
    const isSet = this.value !== undefined;
    this.markSet(isSet);
    this.slider.setAttribute("aria-valuetext", isSet ? String(this.value) : "not set");
    this.slider.style.setProperty("--mnb-share", isSet ? this.slider.value / this.spec.maximum : 0);
  }
}

/** One of a few words, or not set. */
class ChoiceField extends Field {
  build() {
    this.group = make("div", { class: "mnb-f-segments", role: "radiogroup", "aria-label": this.spec.label, ...this.described });
    this.radios = [["", "not set"], ...this.spec.choices].map(([value, words], i) => {
      const radio = make("input", { type: "radio", name: this.id, value, id: i ? `${this.id}-${i}` : this.id });
      radio.addEventListener("change", () => this.edited());
      this.group.append(make("label", { class: "mnb-f-segment" }, radio, make("span", { text: words })));
      return radio;
    });
    this.label.removeAttribute("for");
    this.root.append(this.head, this.group, this.notes);
  }
  get controls() { return this.radios; }
  focus() { (this.radios.find((radio) => radio.checked) ?? this.radios[0]).focus(); }
  read() { return this.radios.find((radio) => radio.checked)?.value || undefined; }
  put(value) { for (const radio of this.radios) radio.checked = radio.value === (value ?? ""); }
  count() { this.root.classList.toggle("mnb-f-unset", this.isEmpty()); }
}

/** The models as cards with their prices. */
class ModelField extends Field {
  build() {
    const cards = make("div", { class: "mnb-f-cards", role: "radiogroup", "aria-labelledby": `${this.id}-label`, ...this.described });
    this.radios = this.form.models.map((model) => {
      const radio = make("input", { type: "radio", name: this.id, value: model.id, class: "mnb-f-hidden" });
      radio.addEventListener("change", () => this.edited());
      const top = make("span", { class: "mnb-f-card-top" }, make("span", { class: "mnb-f-card-name", text: model.label }), make("span", { class: "mnb-f-clips", text: model.clips }));
      cards.append(make("label", { class: "mnb-f-card" }, radio, top, make("span", { class: "mnb-f-price", text: model.price }), make("span", { class: "mnb-f-about", text: model.about })));
      return radio;
    });
    this.label.removeAttribute("for");
    this.label.id = `${this.id}-label`;
    this.root.append(this.head, cards, this.notes);
  }
  get controls() { return this.radios; }
  focus() { (this.radios.find((radio) => radio.checked) ?? this.radios[0]).focus(); }
  read() { return this.radios.find((radio) => radio.checked)?.value; }
  put(value) { for (const radio of this.radios) radio.checked = radio.value === value; }
}

const KINDS = { model: ModelField, long: TextField, line: TextField, text: TextField, flag: FlagField, bool: CheckField, share: ShareField, choice: ChoiceField };

/** One view of the form. */
class FormView {
  constructor(model, el) {
    Object.assign(this, { model, el, n: 0, presses: 0, waiting: 0, pending: "", gone: false, restUntil: 0, revealed: false, said: "" });
    this.view = Math.random().toString(36).slice(2, 10);
    this.dirty = new Set();
    const schema = model.get("schema");
    this.models = schema.models;
    this.fields = schema.fields.map((spec) => new KINDS[spec.kind](spec, this));
    this.panels = this.models.map((one) => this.panel(one));
    this.all = [...this.fields, ...this.panels.flatMap((panel) => panel.fields)];
    this.frame();
    this.listen();
    for (const field of this.all) field.write(undefined);
    this.adopt(model.get("fields").values, () => true);
    this.show();
    // most pieces need no option; those that were handed in are shown
    this.details.open = this.visible().some((field) => field.model && !field.isEmpty());
  }

  // ---------------------------------------------------------------- what it looks like
  panel(model) {
    const fields = model.options.map((spec) => new KINDS[spec.kind](spec, this, model.id));
    const root = make("div", { class: "mnb-f-panel" }, ...fields.map((field) => field.root));
    if (!fields.length) root.append(make("p", { class: "mnb-f-hint", text: model.no_options }));
    return { model, fields, root };
  }
  frame() {
    const { el } = this, uid = this.model.get("uid");
    el.classList.add("mnb-form", `mnb-live-${uid}`);
    el.setAttribute("data-lm-suppress-shortcuts", "true");
    el.setAttribute("role", "form");
    el.setAttribute("aria-label", "Compose music");
    this.summary = make("summary", {}, (this.optionsName = make("span", { class: "mnb-f-label" })), (this.optionsCount = make("span", { class: "mnb-f-state" })));
    this.details = make("details", { class: "mnb-f-options" }, this.summary, make("div", { class: "mnb-f-panels" }, ...this.panels.map((panel) => panel.root)));
    const main = this.fields.filter((field) => field.spec.kind === "long"), side = this.fields.filter((field) => !["long", "model"].includes(field.spec.kind));
    const top = this.fields.filter((field) => field.spec.kind === "model");
    const column = (name, ...nodes) => make("div", { class: name }, ...nodes);
    el.append(column("mnb-f-body",
      column("mnb-f-top", ...top.map((field) => field.root)),
      column("mnb-f-main", ...main.map((field) => field.root)),
      column("mnb-f-side", ...side.map((field) => field.root), this.details)), this.footer());
    // a live form hides its own static copy; a form without a kernel leaves the copy visible
    if (/^\w+$/.test(uid)) el.append(make("style", { text: `body:has(.mnb-live-${uid}) .mnb-static-${uid}{display:none}` }));
  }
  footer() {
    this.price = make("span", { class: "mnb-f-total" });
    this.yields = make("span", { class: "mnb-f-yields" });
    this.service = make("span", { class: "mnb-f-service" });
    this.balance = make("span", { class: "mnb-f-balance" });
    this.status = make("p", { class: "mnb-f-status", role: "status" });
    this.code = make("code", {});
    this.copied = make("button", { type: "button", class: "mnb-f-button", text: "Copy" });
    this.codePanel = make("div", { class: "mnb-f-code", id: `mnb-${this.view}-code`, hidden: true }, make("pre", { tabindex: 0, "aria-label": "Python for this request" }, this.code), this.copied);
    this.showCode = make("button", { type: "button", class: "mnb-f-button", "aria-expanded": "false", "aria-controls": this.codePanel.id, text: "Show as Python" });
    this.button = make("button", { type: "button", class: "mnb-f-button mnb-f-generate" }, (this.buttonText = make("span", { text: "Generate" })));
    this.showCode.addEventListener("click", () => {
      this.codePanel.hidden = !this.codePanel.hidden;
      this.showCode.setAttribute("aria-expanded", String(!this.codePanel.hidden));
      this.showCode.textContent = this.codePanel.hidden ? "Show as Python" : "Hide Python";
    });
    this.copied.addEventListener("click", () => this.copy());
    this.button.addEventListener("click", () => this.press());
    return make("div", { class: "mnb-f-foot" },
      make("div", { class: "mnb-f-bar" },
        make("div", { class: "mnb-f-cost" }, this.price, this.yields),
        make("div", { class: "mnb-f-actions" }, this.showCode, this.button)),
      make("div", { class: "mnb-f-line" }, this.status, make("span", { class: "mnb-f-where" }, this.service, this.balance)),
      this.codePanel);
  }
  async copy() {
    try {
      await navigator.clipboard.writeText(this.code.textContent);
      this.copied.textContent = "Copied";
    } catch { // no clipboard without permission or outside a secure page: select it for Ctrl+C
      getSelection().selectAllChildren(this.code);
      this.copied.textContent = "Selected";
    }
    setTimeout(() => { this.copied.textContent = "Copy"; }, 1500);
  }

  // ---------------------------------------------------------------- values
  option(model, name) { return this.panels.find((panel) => panel.model.id === model)?.fields.find((field) => field.spec.name === name); }
  chosen() { return this.fields.find((field) => field.spec.kind === "model").read(); }
  values() {
    const values = Object.fromEntries(this.fields.map((field) => [field.spec.name, field.read()]));
    values.options = Object.fromEntries(this.panels.map(({ model, fields }) => [model.id, Object.fromEntries(
      fields.map((field) => [field.spec.name, field.read()]).filter(([, value]) => value !== undefined))]));
    return values;
  }
  adopt(values, may) {
    for (const field of this.all) {
      const value = field.model ? values.options?.[field.model]?.[field.spec.name] : values[field.spec.name];
      if (may(field) && field.read() !== value) field.write(value);
    }
  }
  edited(field) {
    this.dirty.add(field);
    this.said = "";
    if (field.spec.kind === "model") this.show();
    this.mark();
    this.later();
  }

  // ---------------------------------------------------------------- to and from Python
  later() { clearTimeout(this.timer); this.timer = setTimeout(() => this.flush(), DEBOUNCE_MS); }
  flush() {
    // one message in flight: a busy kernel finds one question in its queue, not every key stroke
    if (this.waiting || !this.dirty.size) return;
    this.send({ op: "values" });
  }
  send(message) {
    clearTimeout(this.timer);
    clearTimeout(this.slow);
    this.n += 1;
    if (!this.post({ ...message, view: this.view, n: this.n, values: this.values() })) return;
    this.dirty.clear();
    this.waiting = this.n;
    this.slow = setTimeout(() => {
      this.late = true;
      this.mark();
    }, SLOW_MS);
  }
  /** Hand a message over; false where that cannot be done: a restart takes the comm's end along. */
  post(message) {
    let gone = false;
    try {
      this.model.send(message);
    } catch {
      gone = true;
    }
    if (gone !== this.gone) this.setGone(gone);
    return !gone;
  }
  setGone(gone) {
    this.gone = gone;
    if (gone) { this.pending = ""; this.waiting = 0; this.said = ""; this.answered(); }
    else if (this.dirty.size) this.later();
    this.mark();
  }
  press() {
    if (this.gone || this.pending || performance.now() < this.restUntil) return;
    this.pending = `${this.view}-${++this.presses}`;
    this.said = "";
    this.send({ op: "press", press: this.pending });
    this.mark();
  }
  onVerdict() {
    const verdict = this.model.get("verdict");
    if (verdict.view === this.view && verdict.n >= this.waiting) {
      this.waiting = 0;
      if (!this.pending) this.answered();
      if (this.dirty.size) this.later();
    }
    this.show();
  }
  answered() { clearTimeout(this.slow); this.late = false; }
  onFields() {
    const { view, n, values } = this.model.get("fields");
    // an old echo of our own says nothing new; what is being typed is never overwritten
    if (view !== this.view || n === this.n) this.adopt(values, (field) => !this.dirty.has(field));
  }
  onReceipt() {
    const receipt = this.model.get("receipt");
    if (receipt.press && receipt.press !== this.pending) return;
    if (receipt.press) { this.pending = ""; this.waiting = 0; this.answered(); }
    this.said = receipt.text;
    this.revealed = !receipt.sent;
    if (receipt.sent) {
      this.restUntil = performance.now() + REST_MS;
      setTimeout(() => this.mark(), REST_MS + 10);
      for (const field of this.all) field.touched = false;
    }
    this.sent = receipt.sent;
    this.show();
    if (!receipt.sent) this.firstFault()?.focus();
  }
  firstFault() {
    const field = this.visible().find((one) => one.root.classList.contains("mnb-f-faulty"));
    if (field?.model) this.details.open = true;
    return field;
  }
  visible() { const chosen = this.chosen(); return this.all.filter((field) => !field.model || field.model === chosen); }

  // ---------------------------------------------------------------- showing
  show() {
    const verdict = this.model.get("verdict"), chosen = this.chosen(), info = this.models.find((one) => one.id === chosen);
    for (const panel of this.panels) panel.root.classList.toggle("mnb-f-absent", panel.model.id !== chosen);
    for (const field of this.visible()) {
      const name = field.spec.name;
      field.show({ limit: field.model ? undefined : verdict.limits[name], off: verdict.off[name], faults: verdict.faults[name], implied: verdict.implied[name] }, this.revealed);
    }
    this.optionsName.textContent = `Options of ${info?.label ?? chosen}`;
    this.price.textContent = info?.price ?? verdict.price;
    this.yields.textContent = [info?.clips ?? verdict.clips, verdict.mode].filter(Boolean).join(" · ");
    if (this.code.textContent !== verdict.code) this.code.textContent = verdict.code;
    this.service.textContent = this.model.get("service");
    this.balance.textContent = this.model.get("balance");
    this.mark();
  }
  /** The line above the button, and the button. */
  mark() {
    const verdict = this.model.get("verdict"), resting = performance.now() < this.restUntil;
    const options = this.panels.find((panel) => panel.model.id === this.chosen())?.fields ?? [];
    const set = options.filter((field) => !field.isEmpty()).length, faulty = options.filter((field) => field.root.classList.contains("mnb-f-faulty")).length;
    const helpful = verdict.helpful.map((label) => `${label}?`).join(" ");
    this.optionsCount.textContent = [set && `${set} set`, faulty && `${faulty} to check`, helpful].filter(Boolean).join(" · ");
    this.summary.classList.toggle("mnb-f-helpful", Boolean(helpful));
    const slow = this.pending ? "The kernel is busy. Your press is kept and counts once; after a restart, run this cell again." : "The kernel is busy; what you see was checked before.";
    const text = this.gone ? GONE : this.late ? slow : this.said || (this.pending ? "Sending …" : verdict.can_send ? `Ready. ${COMMAND}+Enter generates from any field.` : verdict.why_not);
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.classList.toggle("mnb-f-bad", Boolean(!this.late && this.said && !this.sent) || (this.revealed && !verdict.can_send));
    this.status.classList.toggle("mnb-f-good", Boolean(this.said && this.sent));
    this.buttonText.textContent = this.pending ? "Sending …" : resting ? "Sent ✓" : "Generate";
    this.button.setAttribute("aria-disabled", String(Boolean(this.gone || this.pending || resting)));
    this.button.classList.toggle("mnb-f-not-ready", this.gone || !verdict.can_send);
    this.el.setAttribute("aria-busy", String(Boolean(this.pending)));
  }

  // ---------------------------------------------------------------- life
  listen() {
    const events = [["change:verdict", () => this.onVerdict()], ["change:fields", () => this.onFields()], ["change:receipt", () => this.onReceipt()], ["change:service change:balance", () => this.show()],
      ["comm_live_update", () => this.post({ op: "hello" })]]; // no answer is needed: it goes out or it does not
    for (const [name, handler] of events) this.model.on(name, handler);
    this.unlisten = () => events.forEach(([name, handler]) => this.model.off(name, handler));
    this.el.addEventListener("keydown", (event) => {
      event.stopPropagation(); // a letter typed here is no command to the notebook
      if (event.key !== "Enter") return;
      // a held key is one wish
      if (event.repeat && (event.ctrlKey || event.metaKey || event.target === this.button)) return event.preventDefault();
      if (event.ctrlKey || event.metaKey) { event.preventDefault(); this.press(); }
    });
  }
  dispose() {
    clearTimeout(this.timer);
    clearTimeout(this.slow);
    this.unlisten();
    this.el.replaceChildren();
  }
}

export default {
  render({ model, el }) {
    const view = new FormView(model, el);
    return () => view.dispose();
  },
};
