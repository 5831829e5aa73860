// The form's page side: draws what the schema says, sends what was typed, shows Python's verdict.
// It knows no model, option, limit or price of its own, and writes every text as text.

const DEBOUNCE_MS = 150; // typing becomes at most this many messages, one in flight at a time
const SLOW_MS = 2500; // when to say that the kernel has not answered
const REST_MS = 1200; // after a sent request: the second half of a double click is not a new wish
const GONE = "The kernel was restarted: run this cell again.";
const COMMAND = /Mac|iP/.test(navigator.platform) ? "⌘" : "Ctrl";

const KINDS = { model: ModelField, long: TextField, lyrics: LyricsField, line: TextField, text: TextField, flag: FlagField, bool: CheckField, share: ShareField, choice: ChoiceField };
const kindFor = (spec) => KINDS[spec.tags ? "lyrics" : spec.kind];
const OF_CUSTOM = ["lyrics", "title"]; // what a simple request does not say, besides options
const WITH_RECORDING = "reference_audio_to_music";

/** One view of the form. */
class FormView {
  constructor(model, el) {
    Object.assign(this, { model, el, n: 0, presses: 0, waiting: 0, pending: "", gone: false, restUntil: 0, revealed: false, said: "" });
    this.view = Math.random().toString(36).slice(2, 10);
    this.dirty = new Set();
    const schema = model.get("schema");
    this.models = schema.models;
    this.limits = schema.reference;
    this.endpoint = new WayField({ name: "endpoint", kind: "way", label: "Make music", choices: schema.endpoints.map(({ id, label }) => [id, label]) }, this);
    this.simple = new SimpleField({ name: "simple", kind: "way", label: "How much to say", choices: [["false", "Custom"], ["true", "Simple"]] }, this);
    this.times = new TimesField({ name: "times", kind: "times", label: "Orders at one press", maximum: schema.most_times }, this);
    this.fields = [this.endpoint, this.simple, ...schema.fields.map((spec) => new (kindFor(spec))(spec, this)), this.times];
    this.lyrics = this.fields.find((field) => field.spec.tags);
    this.panels = this.models.map((one) => this.panel(one));
    this.all = [...this.fields, ...this.panels.flatMap((panel) => panel.fields)];
    this.recording = new RecordingPanel(this);
    this.shelves = new Shelves(this);
    this.footer = new Footer(this);
    const { status, button, buttonText } = this.footer;
    Object.assign(this, { status, button, buttonText });
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
    const root = part("div", { class: "mnb-f-panel" }, ...fields.map((field) => field.root));
    if (!fields.length) root.append(part("p", { class: "mnb-f-hint", text: model.no_options }));
    return { model, fields, root };
  }
  frame() {
    const { el } = this, uid = this.model.get("uid");
    el.classList.add("mnb-form", `mnb-live-${uid}`);
    el.setAttribute("data-lm-suppress-shortcuts", "true");
    el.setAttribute("role", "form");
    el.setAttribute("aria-label", "Compose music");
    this.summary = part("summary", {}, (this.optionsName = part("span", { class: "mnb-f-label" })), (this.optionsCount = part("span", { class: "mnb-f-state" })));
    this.details = part("details", { class: "mnb-f-options" }, this.summary, part("div", { class: "mnb-f-panels" }, ...this.panels.map((panel) => panel.root)));
    const main = this.fields.filter((field) => field.spec.kind === "long"), side = this.fields.filter((field) => !["long", "model", "way", "times"].includes(field.spec.kind));
    const top = this.fields.filter((field) => field.spec.kind === "model");
    const column = (name, ...nodes) => part("div", { class: name }, ...nodes);
    el.append(column("mnb-f-body",
      column("mnb-f-modes", this.endpoint.root, this.simple.root, this.shelves.bar),
      this.shelves.root,
      column("mnb-f-top", ...top.map((field) => field.root)),
      this.recording.root,
      column("mnb-f-main", ...main.map((field) => field.root)),
      column("mnb-f-side", ...side.map((field) => field.root), this.details)), this.footer.root);
    // a live form hides its own static copy; a form without a kernel leaves the copy visible
    if (/^\w+$/.test(uid)) el.append(part("style", { text: `body:has(.mnb-live-${uid}) .mnb-static-${uid}{display:none}` }));
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
    if (["model", "way", "times"].includes(field.spec.kind)) this.show();
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
  /** Send what was typed last, whatever is in flight: something is to be done with it. */
  hasten() { if (this.dirty.size) this.send({ op: "values" }); }
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
  post(message, buffers) {
    let gone = false;
    try {
      this.model.send(message, undefined, buffers);
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
  /** Have Python fill in the form. */
  fill(message) {
    this.shelves.open(-1);
    this.dirty.clear(); // what was being typed gives way
    clearTimeout(this.timer);
    this.post(message);
  }
  onMessage(message, buffers) {
    if (this.recording.player.store.receive(message, buffers)) return;
    if (message.op === "file") this.recording.sender.heard(message);
    else if (message.op === "list") {
      this.shelves.heard(message, buffers);
      this.recording.clips.heard(message, buffers);
    } else if (message.op === "said") {
      Object.assign(this, { said: message.text, sent: message.good });
      this.mark();
      const field = message.focus && this.fields.find((one) => one.spec.name === message.focus);
      if (!field) return;
      field.focus();
      field.control.setSelectionRange?.(field.control.value.length, field.control.value.length);
    }
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
  /** The fields that apply, in the order they stand. */
  visible() {
    const chosen = this.chosen(), way = this.endpoint.read(), simple = this.simple.read();
    const fields = this.all.filter((field) => (!field.model || field.model === chosen) && (!field.spec.endpoint || field.spec.endpoint === way) && !(simple && (field.model || OF_CUSTOM.includes(field.spec.name))));
    return way === WITH_RECORDING ? [this.recording, ...fields] : fields;
  }

  // ---------------------------------------------------------------- showing
  show() {
    const verdict = this.model.get("verdict"), chosen = this.chosen(), info = this.models.find((one) => one.id === chosen);
    for (const panel of this.panels) panel.root.classList.toggle("mnb-f-absent", panel.model.id !== chosen);
    const way = this.endpoint.read(), visible = this.visible();
    this.el.classList.toggle("mnb-f-is-simple", this.simple.read());
    this.recording.root.hidden = way !== WITH_RECORDING;
    this.recording.judge(verdict.faults[this.recording.spec.name] ?? [], this.revealed);
    for (const field of this.all) if (field.offer) field.offer(way);
    for (const field of this.all) if (field.spec.endpoint) field.root.hidden = field.spec.endpoint !== way;
    this.lyrics?.tell(verdict.sections);
    for (const field of visible) {
      if (field === this.recording) continue;
      const name = field.spec.name;
      field.show({ limit: field.model ? undefined : verdict.limits[name], off: verdict.off[name], faults: verdict.faults[name], advice: field.model ? undefined : verdict.advice[name], implied: verdict.implied[name] }, this.revealed);
    }
    this.optionsName.textContent = `Options of ${info?.label ?? chosen}`;
    this.footer.tell(verdict, info, this.times.read());
    this.mark();
  }
  /** The line above the button, and the button. */
  mark() {
    const verdict = this.model.get("verdict"), resting = performance.now() < this.restUntil;
    const options = this.visible().filter((field) => field.model);
    const set = options.filter((field) => !field.isEmpty()).length, faulty = options.filter((field) => field.root.classList.contains("mnb-f-faulty")).length;
    const helpful = verdict.helpful.map((label) => `${label}?`).join(" ");
    this.optionsCount.textContent = [set && `${set} set`, faulty && `${faulty} to check`, helpful].filter(Boolean).join(" · ");
    this.summary.classList.toggle("mnb-f-helpful", Boolean(helpful));
    const slow = this.pending ? "The kernel is busy. Your press is kept and counts once; after a restart, run this cell again." : "The kernel is busy; what you see was checked before.";
    const text = this.gone ? GONE : this.late ? slow : this.said || (this.pending ? "Sending …" : verdict.can_send ? `Ready. ${COMMAND}+Enter generates from any field.` : verdict.why_not);
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.classList.toggle("mnb-f-bad", Boolean(!this.late && this.said && !this.sent) || (this.revealed && !verdict.can_send));
    this.status.classList.toggle("mnb-f-good", Boolean(this.said && this.sent));
    this.buttonText.textContent = this.pending ? "Sending …" : resting ? "Sent ✓" : this.times.read() > 1 ? `Generate ×${this.times.read()}` : "Generate";
    this.button.setAttribute("aria-disabled", String(Boolean(this.gone || this.pending || resting)));
    this.button.classList.toggle("mnb-f-not-ready", this.gone || !verdict.can_send);
    this.el.setAttribute("aria-busy", String(Boolean(this.pending)));
  }

  // ---------------------------------------------------------------- life
  listen() {
    const events = [["change:verdict", () => this.onVerdict()], ["change:fields", () => this.onFields()], ["change:receipt", () => this.onReceipt()], ["change:service change:balance", () => this.show()],
      ["change:reference", () => this.recording.follow()], ["msg:custom", (message, buffers) => this.onMessage(message, buffers)],
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
    if (this.model.get("has_desk")) this.listenForFiles();
  }
  /** A file may be dropped anywhere on the form: it is what the music is to follow. */
  listenForFiles() {
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    let depth = 0; // every element inside is entered and left, too
    const mark = (by) => { depth = by ? Math.max(0, depth + by) : 0; this.el.classList.toggle("mnb-f-dropping", depth > 0); };
    for (const [name, by] of [["dragenter", 1], ["dragleave", -1], ["dragover", null], ["drop", 0]]) this.el.addEventListener(name, (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault(); // or the browser opens the file in the place of the notebook
      event.stopPropagation();
      if (by !== null) mark(by);
      if (name === "drop" && event.dataTransfer.files.length) this.takeFile(event.dataTransfer.files[0]);
    });
  }
  takeFile(file) {
    if (this.endpoint.read() !== WITH_RECORDING) {
      this.endpoint.put(WITH_RECORDING);
      this.endpoint.edited();
    }
    this.recording.give(file);
  }
  dispose() {
    clearTimeout(this.timer);
    clearTimeout(this.slow);
    this.unlisten();
    this.recording.dispose();
    this.el.replaceChildren();
  }
}

export default {
  render({ model, el }) {
    const view = new FormView(model, el);
    return () => view.dispose();
  },
};
