// The fields: each draws one entry of the schema, reads and writes its value, shows its faults.

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
    this.label = part("label", { for: this.id, class: "mnb-f-label", text: spec.label });
    this.state = part("span", { class: "mnb-f-state" });
    this.counter = part("span", { class: "mnb-f-counter" });
    this.hint = part("p", { class: "mnb-f-hint", id: `${this.id}-hint`, text: spec.help ?? "" });
    this.fault = part("p", { class: "mnb-f-fault", id: `${this.id}-fault`, role: "alert", "aria-live": "polite" });
    this.head = part("div", { class: "mnb-f-head" }, this.label, this.state, model && spec.kind !== "choice" && this.resetter(), this.counter);
    this.notes = part("div", { class: "mnb-f-notes" }, this.hint, this.fault);
    this.described = { "aria-describedby": `${this.id}-hint ${this.id}-fault` };
    this.root = part("div", { class: `mnb-f-field mnb-f-kind-${spec.kind}`, "data-field": spec.name });
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
  show({ limit, off = "", faults = [], advice = [], implied }, reveal) {
    this.limit = limit ?? this.limit;
    this.implied = implied;
    this.off = off;
    const advised = !off && advice.length > 0;
    this.hint.textContent = off || (advised ? advice.map((text) => `${this.spec.label} ${text}.`).join("\n") : this.spec.help ?? "");
    this.hint.classList.toggle("mnb-f-advice", advised);
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
    this.clear = part("button", { type: "button", class: "mnb-f-reset", text: "reset", "aria-label": `Reset ${this.spec.label} to not set` });
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
    this.control = long ? part("textarea", { ...attributes, rows: spec.tags ? 5 : 3 }) : part("input", { ...attributes, type: "text", autocomplete: "off" });
    this.control.addEventListener("input", () => this.edited());
    this.box = part("div", { class: "mnb-f-box" }, this.control);
    this.root.append(this.head, this.box, this.notes);
  }
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
}

/** Yes or not said. */
class FlagField extends Field {
  build() {
    this.control = part("input", { type: "checkbox", role: "switch", id: this.id, ...this.described });
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
    this.control = part("input", { type: "checkbox", id: this.id, ...this.described });
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
    this.slider = part("input", { type: "range", min: 0, max: this.spec.maximum, step: this.spec.step, id: this.id, ...this.described });
    this.control = part("input", { type: "text", inputmode: "decimal", autocomplete: "off", class: "mnb-f-number", placeholder: "–", "aria-label": `${this.spec.label}, as a number`, ...this.described });
    const slide = () => { this.put(Number(this.slider.value)); this.edited(); };
    this.slider.addEventListener("input", slide);
    // pressing just where the thumb rests sets it too; a click would also come from the label
    this.slider.addEventListener("pointerup", slide);
    this.control.addEventListener("input", () => { this.value = this.parsed(); this.slide(); this.edited(); });
    this.root.append(this.head, part("div", { class: "mnb-f-row" }, this.slider, this.control), this.notes);
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
    this.group = part("div", { class: "mnb-f-segments", role: "radiogroup", "aria-label": this.spec.label, ...this.described });
    this.radios = [["", "not set"], ...this.spec.choices].map(([value, words], i) => {
      const radio = part("input", { type: "radio", name: this.id, value, id: i ? `${this.id}-${i}` : this.id });
      radio.addEventListener("change", () => this.edited());
      this.group.append(part("label", { class: "mnb-f-segment" }, radio, part("span", { text: words })));
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
    const cards = part("div", { class: "mnb-f-cards", role: "radiogroup", "aria-labelledby": `${this.id}-label`, ...this.described });
    this.radios = this.form.models.map((model) => {
      const radio = part("input", { type: "radio", name: this.id, value: model.id, class: "mnb-f-hidden" });
      radio.addEventListener("change", () => this.edited());
      const top = part("span", { class: "mnb-f-card-top" }, part("span", { class: "mnb-f-card-name", text: model.label }), part("span", { class: "mnb-f-clips", text: model.clips }));
      cards.append(part("label", { class: "mnb-f-card" }, radio, top, part("span", { class: "mnb-f-price", text: model.price }), part("span", { class: "mnb-f-about", text: model.about })));
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
  /** Offer only models that make music the chosen way. */
  offer(endpoint) {
    this.radios.forEach((radio, i) => {
      const able = this.form.models[i].endpoints.includes(endpoint);
      radio.closest("label").hidden = !able;
      radio.disabled = !able;
    });
  }
}

/** One of two ways, always one of them. */
class WayField extends Field {
  build() {
    this.group = part("div", { class: "mnb-f-segments mnb-f-way", role: "radiogroup", "aria-label": this.spec.label });
    this.radios = this.spec.choices.map(([value, words]) => {
      const radio = part("input", { type: "radio", name: this.id, value });
      radio.addEventListener("change", () => this.edited());
      this.group.append(part("label", { class: "mnb-f-segment" }, radio, part("span", { text: words })));
      return radio;
    });
    this.root.append(this.group);
  }
  get controls() { return this.radios; }
  focus() { this.radios.find((radio) => radio.checked)?.focus(); }
  read() { return this.radios.find((radio) => radio.checked)?.value ?? this.spec.choices[0][0]; }
  put(value) { for (const radio of this.radios) radio.checked = radio.value === String(value ?? this.spec.choices[0][0]); }
}

/** Whether no more than a prompt is said. */
class SimpleField extends WayField {
  read() { return super.read() === "true"; }
}

/** How many orders one press is. */
class TimesField extends Field {
  build() {
    this.control = part("input", { type: "text", inputmode: "numeric", autocomplete: "off", maxlength: 2, role: "spinbutton", class: "mnb-f-count", "aria-label": this.spec.label, "aria-valuemin": 1, "aria-valuemax": this.spec.maximum });
    const step = (by) => { this.put(this.read() + by); this.edited(); };
    this.less = part("button", { type: "button", class: "mnb-f-step", text: "−", "aria-label": "One order less", tabindex: -1 });
    this.more = part("button", { type: "button", class: "mnb-f-step", text: "+", "aria-label": "One order more", tabindex: -1 });
    this.less.addEventListener("click", () => step(-1));
    this.more.addEventListener("click", () => step(1));
    this.control.addEventListener("input", () => this.edited());
    this.control.addEventListener("blur", () => this.put(this.read()));
    this.control.addEventListener("focus", () => this.control.select());
    this.control.addEventListener("keydown", (event) => {
      const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (by) { event.preventDefault(); step(by); }
    });
    this.root.append(this.less, part("span", { class: "mnb-f-sign", "aria-hidden": "true", text: "×" }), this.control, this.more);
  }
  read() { return Math.min(this.spec.maximum, Math.max(1, Math.round(Number(this.control.value)) || 1)); }
  put(value) {
    const times = Math.min(this.spec.maximum, Math.max(1, value ?? 1));
    this.control.value = times;
  }
  count() {
    this.control.setAttribute("aria-valuenow", this.read());
    this.less.disabled = this.read() <= 1;
    this.more.disabled = this.read() >= this.spec.maximum;
  }
}
