// A card: one task with its money, its problems and its player rows.

const MOVING = new Set(["sending", "queued", "running"]);
const CARD_PX = 78; // about what a card is high without rows
const ROW_PX = 56;
/** What a card of a whole state does not mention; a patch mentions what has become so. */
const BLANK = { model: "", title: "", prompt: "", status: "", stage: "", percent: null, submitted_at: null, ended_at: null, price: "", charge: "", clips_expected: 0, clips: [], problem: "", hint: "", can_cancel: false, choices: [], note: "", badge: "", over: false, place: [], repeat: 0, credits: null, usual_s: null, cancel_note: "" };

/** One task: its state, money, problems and player rows. */
class Card {
  /**
   * @param {Board} board
   * @param {string} id
   */
  constructor(board, id) {
    this.board = board;
    this.id = id;
    this.data = { card_id: id, clips: [], place: [], status: "" };
    this.found = null; // ids of the clips that are looked for; null for all
    this.tiled = false; // whether a tile around it says what it is
    this.rows = new Map(); // clip id -> Row
    this.skeletons = [];
    this.element = null; // made when it gets a place on the page: of thousands most never do
    this.visible = true; // until it is known to be out of sight
    this.stale = null; // changes that are not drawn yet
  }

  /** @returns {boolean} whether its clock runs */
  get isMoving() {
    return !this.data.over && !this.data.ended_at;
  }

  /** @returns {number} how many rows it has, or keeps free */
  get size() {
    const { clips, clips_expected: expected, over } = this.data;
    return over ? clips.length : Math.max(clips.length, expected ?? 0);
  }

  /** Be there on the page. */
  stand(tiled) {
    if (!this.element) {
      this.#build();
      this.board.shelf.adopt(this);
    }
    if (this.stale && this.visible) this.draw();
    this.#setTiled(tiled);
  }

  /** Take over changed fields; draw them at once only where they can be seen. */
  update(changes) {
    const before = this.data.status;
    Object.assign(this.data, changes);
    this.stale = { ...this.stale, ...changes };
    if (this.element && this.visible) this.draw();
    else if (this.element) this.board.shelf.drawLater(this);
    const { status, problem } = this.data;
    if (!before || before === status) return;
    this.endCancel();
    this.board.say(`${this.name}: ${status}. ${problem ?? ""}`);
  }

  get name() {
    return this.data.title || this.data.model || "Task";
  }

  /** What it is called in a grid, where headings say the rest. */
  get shortName() {
    const { place, repeat } = this.data;
    return place.length ? `${place.at(-1)}${repeat ? ` #${repeat}` : ""}` : this.name;
  }

  /** Show only some of its clips; null shows all. */
  setFound(ids) {
    if (this.found === null && ids === null) return;
    this.found = ids;
    for (const row of this.rows.values()) this.#hideRow(row);
  }

  /** @param {boolean} visible whether it is in sight, or nearly */
  setVisible(visible) {
    this.visible = visible;
    if (visible && this.stale) this.draw();
  }

  /** Draw what has changed since it was drawn last. */
  draw() {
    const changes = this.stale ?? {};
    this.stale = null;
    const { data, name } = this;
    this.element.dataset.status = MOVING.has(data.status) || data.over ? data.status : "other";
    this.element.classList.toggle("mnb-moving", this.isMoving);
    this.element.classList.toggle("mnb-bare", !data.title && !data.prompt && !data.model);
    this.element.setAttribute("aria-label", name);
    setText(this.title, this.tiled ? this.shortName : name);
    setText(this.chip, [...new Set([data.status, data.over ? "" : data.stage])].filter(Boolean).join(" · "));
    this.#optional(this.badge, data.badge);
    this.#optional(this.money, data.charge || data.price);
    this.#drawAbout();
    this.cancel.hidden = !data.can_cancel;
    this.cancel.title = data.cancel_note;
    this.#drawProgress(name);
    this.#drawLines();
    if ("choices" in changes) this.#drawChoices();
    if ("clips" in changes || "clips_expected" in changes || "over" in changes) this.#drawRows();
    this.tick();
  }

  /** Let the clock follow. */
  tick() {
    if (!this.element) return;
    const { submitted_at: start, ended_at: end, usual_s } = this.data;
    const known = start && (end || (this.isMoving && !this.board.asleep));
    this.elapsed.hidden = !known;
    if (!known) return;
    const usual = !end && usual_s ? ` · usually ${clock(usual_s)}` : "";
    setText(this.elapsed, `${end ? "took " : ""}${clock((end || this.board.now()) - start)}${usual}`);
  }

  /** What Python said when it could not cancel. */
  refuse(why) {
    this.endCancel();
    this.answer = why;
    this.#drawLines();
  }

  /** Show its note, or, where another card shows the same, keep it behind the badge. */
  placeNote(isRepeat) {
    if (this.repeatsNote === isRepeat && this.placed === this.data.note) return;
    this.placed = this.data.note;
    this.repeatsNote = isRepeat;
    if (this.element) this.#drawLines();
  }

  endCancel() {
    clearTimeout(this.patience);
    this.answer = "";
    if (!this.element) return;
    this.cancel.disabled = false;
    setText(this.cancel, "Cancel");
    this.#drawChoices();
    this.#drawLines();
  }

  dispose() {
    clearTimeout(this.patience);
    for (const row of this.rows.values()) this.board.dropRow(row);
    this.element?.remove();
  }

  #build() {
    this.chip = make("span", "mnb-chip");
    this.title = make("span", "mnb-title");
    this.badge = make("span", "mnb-badge");
    this.elapsed = make("span", "mnb-elapsed");
    this.money = make("span", "mnb-money");
    this.cancel = make("button", "mnb-cancel", { type: "button" }, "Cancel");
    this.cancel.onclick = () => this.#askToCancel();
    this.model = make("span", "mnb-model");
    this.prompt = make("span", "mnb-prompt");
    this.about = make("div", "mnb-about", {}, this.model, this.prompt);
    this.lines = make("div", "mnb-lines");
    this.choices = make("div", "mnb-choices");
    this.list = make("div", "mnb-rows");
    this.fill = make("span", "mnb-fill");
    this.progress = make("div", "mnb-progress", { role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" }, this.fill);
    const head = make("div", "mnb-card-head", {}, this.title, this.badge, this.chip, make("span", "mnb-gap"), this.elapsed, this.money, this.cancel);
    this.element = make("article", "mnb-card", { role: "listitem" }, this.progress, head, this.about, this.lines, this.choices, this.list);
  }

  #setTiled(tiled) {
    if (this.tiled === tiled) return;
    this.tiled = tiled;
    setText(this.title, tiled ? this.shortName : this.name);
    this.#drawAbout();
  }

  #optional(element, text) {
    setText(element, text ?? "");
    element.hidden = !text;
  }

  #drawAbout() {
    const { title, model, prompt } = this.data;
    this.#optional(this.model, title ? model : "");
    this.#optional(this.prompt, prompt);
    this.prompt.title = prompt ?? "";
    this.title.title = this.tiled ? `${this.name}\n${prompt ?? ""}` : "";
    this.about.hidden = this.tiled || (this.model.hidden && this.prompt.hidden);
  }

  #hideRow(row) {
    row.element.hidden = this.found !== null && !this.found.has(row.clip.clip_id);
  }

  #askToCancel() {
    this.cancel.disabled = true;
    setText(this.cancel, "Canceling…");
    this.board.say(this.data.cancel_note);
    this.#ask({ op: "cancel", card_id: this.id }, "the cancel goes out when it ends");
  }

  /** Tell Python, and say so when a running cell keeps it from listening. */
  #ask(message, later) {
    this.answer = "";
    if (!this.board.send(message)) return;
    clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      this.answer = `Python is busy with a running cell: ${later}. Interrupting the cell lets it out at once.`;
      this.#drawLines();
    }, STALL_MS);
  }

  #drawChoices() {
    const { choices } = this.data, key = JSON.stringify(choices ?? []);
    if (this.choicesKey === key) return; // a repeated state is not to take back a first press
    this.choicesKey = key;
    this.choices.hidden = !choices?.length;
    this.choices.replaceChildren(...(choices ?? []).map((choice) => this.#makeChoice(choice)));
  }

  #makeChoice({ name, label, confirm }) {
    const button = make("button", "mnb-choice", { type: "button" }, label);
    button.onclick = () => {
      if (confirm && button.textContent !== confirm) {
        setText(button, confirm);
        button.classList.add("mnb-armed");
        this.board.say(confirm);
        return;
      }
      for (const other of this.choices.children) other.disabled = true;
      this.choicesKey = null; // the answer brings them back
      this.#ask({ op: "choose", card_id: this.id, choice: name }, "your choice goes out when it ends");
    };
    return button;
  }

  #drawProgress(name) {
    const { percent } = this.data;
    const known = typeof percent === "number";
    this.progress.hidden = !this.isMoving;
    this.progress.setAttribute("aria-label", `Progress of ${name}`);
    this.progress.classList.toggle("mnb-unsure", !known);
    this.fill.style.width = known ? `${Math.min(Math.max(percent, 0), 100)}%` : "";
    if (known) this.progress.setAttribute("aria-valuenow", String(Math.round(percent)));
    else this.progress.removeAttribute("aria-valuenow");
  }

  #drawLines() {
    const { problem, hint, note } = this.data;
    this.badge.title = this.repeatsNote ? note : "";
    const lines = [["mnb-problem", problem], ["mnb-hint", hint], ["mnb-note", this.repeatsNote ? "" : note], ["mnb-note", this.answer]];
    const shown = lines.filter(([, text]) => text);
    const key = JSON.stringify(shown);
    if (this.linesKey === key) return;
    this.linesKey = key;
    this.lines.hidden = shown.length === 0;
    this.lines.replaceChildren(...shown.map(([className, text]) => make("div", className, {}, text)));
  }

  #drawRows() {
    const { clips, clips_expected: expected, over } = this.data;
    const kept = new Set(clips.map((clip) => clip.clip_id));
    for (const [id, row] of this.rows)
      if (!kept.has(id)) {
        this.rows.delete(id);
        this.board.dropRow(row);
      }
    clips.forEach((clip, i) => {
      let row = this.rows.get(clip.clip_id);
      if (row) row.update(clip);
      else {
        row = new Row(this.board, clip);
        this.rows.set(clip.clip_id, row);
        this.board.adoptRow(row);
      }
      this.#hideRow(row);
      row.wave.setHeights(this.board.heights.get(clip.clip_id) ?? null);
      if (this.list.children[i] !== row.element) this.list.insertBefore(row.element, this.list.children[i] ?? null);
    });
    const missing = over ? 0 : Math.max(0, (expected ?? 0) - clips.length);
    while (this.skeletons.length > missing) this.skeletons.pop().remove();
    while (this.skeletons.length < missing) this.skeletons.push(this.list.appendChild(makeSkeleton()));
    // out of sight it is not laid out, and must take the room that it will need
    this.element.style.containIntrinsicSize = `auto ${CARD_PX + ROW_PX * this.size}px`;
  }
}

/** A row that keeps the place of a clip to come. */
function makeSkeleton() {
  const names = make("div", "mnb-names", {}, make("span", "mnb-ghost"), make("span", "mnb-ghost mnb-short"));
  const wave = make("div", "mnb-wave", {}, make("span", "mnb-line"));
  const times = make("div", "mnb-times", {}, make("span", "mnb-time", {}, "–:––"));
  const cells = [make("span", "mnb-play"), names, wave, make("span", "mnb-rate"), times, make("span", "mnb-pick"), make("span", "mnb-save")];
  return make("div", "mnb-row mnb-skeleton", { "aria-hidden": "true" }, ...cells);
}
