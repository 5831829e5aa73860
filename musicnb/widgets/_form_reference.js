// The recording that music follows: dropped, chosen, named, or one of one's own clips.

class RecordingPanel {
  /** @param {FormView} form */
  constructor(form) {
    this.form = form;
    this.spec = { name: "reference_audio", label: form.limits.label };
    this.id = `mnb-${form.view}-recording`;
    this.hasDesk = form.model.get("has_desk");
    this.sender = new FileSender((message, buffers) => form.post(message, buffers), (part) => this.busy(this.sender.file.name, "Reading the file", part), (why) => this.refuse(why));
    this.player = new RecordingPlayer(form, (text) => this.tell(text));
    this.watch = new ResizeObserver(() => this.player.wave.draw());
    this.watch.observe(this.player.wave.element);
    this.unthemed = onThemes(() => this.player.wave.draw());
    this.build();
    this.follow();
  }
  build() {
    this.input = part("input", { type: "file", class: "mnb-f-hidden", tabindex: -1, "aria-hidden": "true", accept: this.form.limits.formats.map((kind) => `.${kind.toLowerCase()}`).join(",") });
    this.choose = part("button", { type: "button", class: "mnb-f-button mnb-f-choose", text: "Choose a file" });
    this.clipsButton = part("button", { type: "button", class: "mnb-f-button", text: "Use one of your clips", "aria-expanded": "false", "aria-controls": `${this.id}-clips` });
    this.address = part("input", { type: "text", id: `${this.id}-address`, autocomplete: "off", spellcheck: "false", placeholder: this.form.limits.address, "aria-label": "Address, path or id of a recording" });
    this.use = part("button", { type: "button", class: "mnb-f-button", text: "Use" });
    this.lead = part("p", { class: "mnb-f-lead", text: this.hasDesk ? "Drop a recording here" : "Name a recording" });
    this.hint = part("p", { class: "mnb-f-hint", text: this.form.limits.words });
    this.empty = part("div", { class: "mnb-f-drop" },
      part("div", { class: "mnb-f-drop-words" }, this.lead, this.hint),
      this.hasDesk && part("div", { class: "mnb-f-drop-ways" }, this.choose, this.clipsButton),
      part("div", { class: "mnb-f-address" }, part("span", { class: "mnb-f-box" }, this.address), this.use));
    this.name = part("span", { class: "mnb-f-rec-name" });
    this.facts = part("span", { class: "mnb-f-rec-facts" });
    this.remove = part("button", { type: "button", class: "mnb-f-button mnb-f-remove", text: "Remove" });
    this.bar = part("progress", { class: "mnb-f-progress", max: 1 });
    this.full = part("div", { class: "mnb-f-rec" }, part("div", { class: "mnb-f-rec-top" }, this.name, this.facts, this.remove), part("div", { class: "mnb-f-rec-stage" }, this.player.element, this.bar));
    this.note = part("p", { class: "mnb-f-hint" });
    this.heard = part("p", { class: "mnb-f-hint", role: "status" });
    this.fault = part("p", { class: "mnb-f-fault", role: "alert", "aria-live": "polite", id: `${this.id}-fault` });
    this.clips = new ClipList(this.form, `${this.id}-clips`, (clip) => this.refer(clip.clip_id, clip.title));
    this.root = part("section", { class: "mnb-f-field mnb-f-recording", "data-field": this.spec.name, "aria-label": this.spec.label },
      this.input, this.empty, this.full, part("div", { class: "mnb-f-notes" }, this.note, this.heard, this.fault), this.clips.root);
    this.choose.addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => { const [file] = this.input.files; this.input.value = ""; if (file) this.give(file); });
    this.remove.addEventListener("click", () => { this.sender.stop(); this.wish = null; this.form.said = ""; this.form.post({ op: "unrefer" }); this.show("none"); this.choose.focus(); });
    this.use.addEventListener("click", () => this.useAddress());
    this.address.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); this.useAddress(); } });
    this.clipsButton.addEventListener("click", () => this.openClips(this.clips.root.hidden));
  }
  openClips(open) {
    this.clips.open(open);
    this.clipsButton.setAttribute("aria-expanded", String(open));
  }
  useAddress() {
    const source = this.address.value.trim();
    if (source) this.refer(source, source);
    else this.address.focus();
  }
  /** Have Python make something usable that it can reach itself. */
  refer(source, name) {
    this.sender.stop();
    this.wish = null; // a file that is being looked at is not wanted any more
    this.openClips(false);
    this.form.said = "";
    this.busy(name, "Looking at it", 0);
    this.form.post({ op: "refer", source, name });
  }
  /** Take a file of the person's: looked at first, then sent. */
  async give(file) {
    this.sender.stop();
    this.openClips(false);
    this.form.said = "";
    const mine = (this.wish = {});
    this.busy(file.name, "Looking at it", 0);
    const why = await complaintAbout(file, this.form.limits);
    if (mine !== this.wish) return;
    if (why) this.refuse(why);
    else this.sender.start(file);
  }
  busy(name, doing, share) {
    this.show("busy");
    setText(this.name, name);
    setText(this.facts, share > 0 && share < 1 ? `${doing} · ${Math.round(share / 0.01)} %` : `${doing} …`);
    if (share > 0) this.bar.value = share;
    else this.bar.removeAttribute("value");
    this.bar.setAttribute("aria-label", `${doing} ${name}`);
  }
  refuse(why) {
    this.show("refused");
    this.why = why;
    this.mark();
  }
  /** Show what Python knows. */
  follow() {
    const now = this.form.model.get("reference");
    if (this.sender.file && now.state === "none") return; // it is still on its way from here
    if (now.state === "busy") this.busy(now.name, now.doing, now.part);
    else if (now.state === "refused") this.refuse(now.why);
    else if (now.state === "ready") {
      this.show("ready");
      this.address.value = "";
      setText(this.name, now.name);
      setText(this.facts, now.facts.join(" · "));
      setText(this.note, now.note);
      this.player.load(now);
    } else if (this.state !== "refused") this.show("none");
  }
  show(state) {
    this.state = state;
    this.why = "";
    if (state !== "ready") { setText(this.note, ""); this.player.clear(); }
    this.empty.hidden = !["none", "refused"].includes(state);
    this.full.hidden = !this.empty.hidden;
    this.bar.hidden = state !== "busy";
    this.player.element.hidden = state === "busy";
    this.remove.textContent = state === "busy" ? "Cancel" : "Remove";
    this.remove.setAttribute("aria-label", state === "busy" ? "Cancel the upload" : "Remove the recording");
    this.mark();
  }
  /** What the verdict says about it. */
  judge(faults, reveal) {
    this.faults = faults;
    this.reveal = reveal;
    this.mark();
  }
  mark() {
    const said = this.why || ((this.faults ?? []).length && (this.state === "ready" || (this.reveal && this.state === "none")) ? this.faults.map((fault) => `${this.spec.label} ${fault}`).join("\n") : "");
    setText(this.fault, said);
    this.root.classList.toggle("mnb-f-faulty", Boolean(said));
  }
  focus() { (this.empty.hidden ? this.remove : this.hasDesk ? this.choose : this.address).focus(); }
  isEmpty() { return this.state !== "ready"; }
  /** What is to be said about listening. */
  tell(text) { setText(this.heard, text); }
  dispose() { this.sender.stop(); this.watch.disconnect(); this.unthemed(); this.player.dispose(); }
}
