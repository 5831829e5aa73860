// The board: cards for tasks, rows for clips, patches from the kernel.

const ASLEEP_MS = 4000;
const REPEAT_MS = 30_000;
const LONG_BOARD = 6;
const MOVING = new Set(["sending", "queued", "running"]);

/** One task: its state, money, problems and player rows. */
class Card {
  /**
   * @param {Board} board
   * @param {string} id
   */
  constructor(board, id) {
    this.board = board;
    this.id = id;
    this.data = { card_id: id, clips: [], status: "" };
    this.rows = new Map(); // clip id -> Row
    this.skeletons = [];
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

  /** @returns {boolean} whether its clock runs */
  get isMoving() {
    return !this.data.over && !this.data.ended_at;
  }

  /** Take over changed fields and draw them. */
  update(changes) {
    const before = this.data.status;
    Object.assign(this.data, changes);
    const data = this.data;
    const name = data.title || data.model || "Task";
    this.element.dataset.status = MOVING.has(data.status) || data.over ? data.status : "other";
    this.element.classList.toggle("mnb-moving", this.isMoving);
    this.element.classList.toggle("mnb-bare", !data.title && !data.prompt && !data.model);
    this.element.setAttribute("aria-label", name);
    setText(this.title, name);
    setText(this.chip, [...new Set([data.status, data.over ? "" : data.stage])].filter(Boolean).join(" · "));
    this.#optional(this.badge, data.badge);
    this.#optional(this.money, data.charge || data.price);
    this.#optional(this.model, data.title ? data.model : "");
    this.#optional(this.prompt, data.prompt);
    this.prompt.title = data.prompt ?? "";
    this.about.hidden = this.model.hidden && this.prompt.hidden;
    this.cancel.hidden = !data.can_cancel;
    this.#drawProgress(name);
    this.#drawLines();
    if ("choices" in changes) this.#drawChoices();
    this.#drawRows();
    this.tick();
    if (before && before !== data.status) {
      this.endCancel();
      this.board.say(`${name}: ${data.status}. ${data.problem ?? ""}`);
    }
  }

  /** Let the clock follow. */
  tick() {
    const { submitted_at: start, ended_at: end } = this.data;
    const known = start && (end || (this.isMoving && !this.board.asleep));
    this.elapsed.hidden = !known;
    if (known) setText(this.elapsed, `${end ? "took " : ""}${clock((end || this.board.now()) - start)}`);
  }

  /** What Python said when it could not cancel. */
  refuse(why) {
    this.endCancel();
    this.answer = why;
    this.#drawLines();
  }

  /** Show its note, or, where another card shows the same, keep it behind the badge. */
  placeNote(isRepeat) {
    this.repeatsNote = isRepeat;
    this.badge.title = isRepeat ? this.data.note : "";
    this.#drawLines();
  }

  endCancel() {
    clearTimeout(this.patience);
    this.answer = "";
    this.cancel.disabled = false;
    setText(this.cancel, "Cancel");
    this.#drawChoices();
    this.#drawLines();
  }

  dispose() {
    clearTimeout(this.patience);
    for (const row of this.rows.values()) this.board.dropRow(row);
    this.element.remove();
  }

  #optional(element, text) {
    setText(element, text ?? "");
    element.hidden = !text;
  }

  #askToCancel() {
    this.cancel.disabled = true;
    setText(this.cancel, "Canceling…");
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
    const { choices } = this.data;
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
      row.wave.setPeaks(this.board.peaks.get(clip.clip_id) ?? null);
      if (this.list.children[i] !== row.element) this.list.insertBefore(row.element, this.list.children[i] ?? null);
    });
    const missing = over ? 0 : Math.max(0, (expected ?? 0) - clips.length);
    while (this.skeletons.length > missing) this.skeletons.pop().remove();
    while (this.skeletons.length < missing) this.skeletons.push(makeSkeleton());
    this.list.append(...this.skeletons);
  }
}

/** A row that keeps the place of a clip to come. */
function makeSkeleton() {
  const names = make("div", "mnb-names", {}, make("span", "mnb-ghost"), make("span", "mnb-ghost mnb-short"));
  const wave = make("div", "mnb-wave", {}, make("span", "mnb-line"));
  const play = make("span", "mnb-play");
  return make("div", "mnb-row mnb-skeleton", { "aria-hidden": "true" }, play, names, wave, make("span", "mnb-time", {}, "–:––"), make("span", "mnb-save"));
}

/** One view of one board. Two views of the same model share nothing but the model. */
class Board {
  constructor(model, element) {
    this.model = model;
    this.root = element;
    this.cards = new Map(); // card id -> Card
    this.peaks = new Map(); // clip id -> Int8Array
    this.rowOf = new WeakMap(); // element -> Row
    this.number = -1; // of the last patch
    this.clockAhead = 0; // seconds by which the kernel's clock is ahead of this one
    this.asked = -REPEAT_MS; // when everything was last asked for
    this.heard = performance.now(); // when the kernel last spoke, or the board was opened
    this.alive = false; // whether this kernel has ever answered
    this.gone = false; // whether messages cannot even be sent: the kernel was restarted
    this.asleep = false; // gone, or without an answer: clocks stand still, nothing can be canceled
    this.levelled = true;
    this.store = new SoundStore(this);
    this.player = new Player(this.store, this);
    this.#build();
    this.#watch();
    this.#takeTrait();
    this.#askForWhole();
    this.sleeper = setTimeout(() => this.#setState({ asleep: !this.alive }), ASLEEP_MS);
    this.ticker = setInterval(() => this.#tick(), 1000);
  }

  /** Unix seconds by the kernel's clock. */
  now() {
    return Date.now() / 1000 + this.clockAhead;
  }

  /** @returns {boolean} whether it went out; a restarted kernel takes its end of the comm along */
  send(message) {
    let gone = false;
    try {
      this.model.send(message);
    } catch {
      gone = true;
    }
    if (gone !== this.gone) this.#setState({ gone, asleep: gone });
    return !gone;
  }

  /** Tell people who do not see the page. */
  say(text) {
    setText(this.status, text);
  }

  stallText() {
    return this.alive
      ? "The kernel is busy; it will play when the running cell ends."
      : `No answer from the kernel. ${this.model.get("copy_note")}`;
  }

  /** Why no sound can be had any more. */
  goneText() {
    return `the kernel was restarted. ${this.model.get("copy_note")}`;
  }

  /** How loud to play a clip, so that all sound alike: down to the quietest, never up. */
  gain(clip) {
    const levels = this.#loudnesses();
    if (!this.levelled || levels.length < 2 || typeof clip.loudness_lufs !== "number") return 1;
    const quietest = Math.min(...levels);
    return Math.max(QUIETEST_GAIN, 10 ** ((quietest - clip.loudness_lufs) / 20));
  }

  /** Make a row the one in the tab order. */
  activate(row) {
    if (this.active === row) return;
    this.active?.setActive(false);
    this.active = row;
    row?.setActive(true);
  }

  /** Move the focus to the row above or below, to the same control. */
  moveFocus(row, by, control) {
    const rows = this.#rowsInOrder();
    const next = rows[rows.indexOf(row) + by];
    next?.controls[Math.max(0, control)].focus();
  }

  adoptRow(row) {
    this.rowOf.set(row.element, row);
    this.seen.observe(row.element);
    this.sized.observe(row.element);
    if (!this.active) this.activate(row);
  }

  dropRow(row) {
    this.seen.unobserve(row.element);
    this.sized.unobserve(row.element);
    this.player.forget(row);
    row.element.remove();
    if (this.active === row) {
      this.active = null;
      this.activate(this.#rowsInOrder()[0] ?? null);
    }
  }

  dispose() {
    clearTimeout(this.sleeper);
    clearInterval(this.ticker);
    this.model.off("change:state", this.onTrait);
    this.model.off("msg:custom", this.onMessage);
    this.model.off("comm_live_update", this.onLive);
    this.player.dispose();
    for (const card of this.cards.values()) card.dispose();
    this.store.dispose();
    for (const observer of [this.seen, this.sized, this.theme]) observer.disconnect();
    this.dark.removeEventListener("change", this.redraw);
    this.root.replaceChildren();
  }

  #build() {
    const label = this.model.get("label");
    this.heading = make("span", "mnb-label", {}, label);
    this.count = make("span", "mnb-count");
    this.level = make("button", "mnb-switch", { type: "button", role: "switch", "aria-checked": "true" }, make("span", "mnb-knob"), "Level-matched");
    this.level.title = "Louder clips are turned down to the quietest, so that you compare music and not loudness";
    this.level.onclick = () => this.#setLevelled(!this.levelled);
    this.head = make("header", "mnb-head", {}, this.heading, this.count, make("span", "mnb-gap"), this.level);
    this.notice = make("div", "mnb-notice");
    this.notice.hidden = true;
    this.list = make("div", "mnb-cards", { role: "list", "aria-label": label });
    this.status = make("div", "mnb-status", { role: "status" });
    this.element = make("section", `mnb ${this.model.get("live_class")}`, { "aria-label": label, "data-lm-suppress-shortcuts": "true" }, this.head, this.notice, this.list, this.status);
    // JupyterLab's command mode must not see keys meant for the player; Ctrl+S and its like may pass
    this.element.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
    });
    const hiding = `body:has(.${this.model.get("live_class")}) .${this.model.get("static_class")}{display:none}`;
    this.root.append(make("style", "", {}, hiding), this.element);
    this.element.mnbBoard = this;
  }

  #watch() {
    this.onTrait = () => this.#takeTrait();
    this.onMessage = (message, buffers) => this.#receive(message, buffers);
    this.model.on("change:state", this.onTrait);
    this.model.on("msg:custom", this.onMessage);
    this.onLive = () => this.send({ op: "hello" }); // whether it goes out tells which way it went
    this.model.on("comm_live_update", this.onLive);
    this.seen = new IntersectionObserver((entries) => {
      for (const entry of entries) this.rowOf.get(entry.target)?.wave.setVisible(entry.isIntersecting);
    });
    this.sized = new ResizeObserver((entries) => {
      for (const entry of entries) this.rowOf.get(entry.target)?.wave.draw();
    });
    this.redraw = () => {
      for (const row of this.#rowsInOrder()) row.wave.draw();
    };
    this.theme = new MutationObserver(() => setTimeout(this.redraw, 50)); // after the new style sheet
    this.theme.observe(document.body, { attributes: true, attributeFilter: ["class", "data-jp-theme-name", "data-jp-theme-light", "data-vscode-theme-kind"] });
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", this.redraw);
  }

  #receive(message, buffers) {
    this.alive = true;
    this.heard = performance.now();
    clearTimeout(this.sleeper);
    this.#setState({ gone: false, asleep: false });
    if (this.store.receive(message, buffers)) return;
    if (message.now) this.clockAhead = message.now - Date.now() / 1000;
    if (message.op === "state") this.#takeWhole(message.state, buffers[0]);
    else if (message.op === "patch") this.#takePatch(message, buffers[0]);
    else if (message.op === "refused") this.cards.get(message.card_id)?.refuse(message.why);
  }

  #takeTrait() {
    const state = this.model.get("state");
    if (state) this.#takeWhole(state, state.peaks.data);
  }

  #takeWhole(state, data) {
    if (state.number < this.number) return; // patches have overtaken it
    this.number = state.number;
    this.asked = -REPEAT_MS;
    this.#takePeaks(state.peaks.index, data);
    const kept = new Set(state.cards.map((card) => card.card_id));
    for (const [id, card] of this.cards)
      if (!kept.has(id)) {
        this.cards.delete(id);
        card.dispose();
      }
    for (const card of state.cards) this.#takeCard(card);
    this.#drawHead();
  }

  /** After a gap a known card still takes its changes; the rest comes with the whole. */
  #takePatch(patch, data) {
    if (patch.number <= this.number) return;
    const whole = patch.number === this.number + 1;
    this.#takePeaks(patch.peaks, data);
    for (const changes of patch.cards)
      if (this.cards.has(changes.card_id) || "status" in changes) this.#takeCard(changes);
    if (whole) this.number = patch.number;
    else this.#askForWhole();
    this.#drawHead();
  }

  /** Once, and again only when the answer is long overdue: a busy kernel answers them all. */
  #askForWhole() {
    if (performance.now() - this.asked < REPEAT_MS) return;
    this.asked = performance.now();
    this.send({ op: "hello" });
  }

  #takePeaks(index, data) {
    if (!data) return;
    let at = data.byteOffset ?? 0;
    for (const [id, length] of index) {
      // copied: a message's buffer is one piece, and would live as long as its smallest part
      this.peaks.set(id, new Int8Array(data.buffer ?? data, at, length).slice());
      at += length;
    }
  }

  #takeCard(changes) {
    let card = this.cards.get(changes.card_id);
    if (!card) {
      card = new Card(this, changes.card_id);
      this.cards.set(changes.card_id, card);
      if (this.model.get("newest_first")) this.list.prepend(card.element);
      else this.list.append(card.element);
    }
    card.update(changes);
  }

  #drawHead() {
    const notes = new Set();
    for (const card of this.cards.values()) {
      card.placeNote(notes.has(card.data.note));
      notes.add(card.data.note);
    }
    const clips = [...this.cards.values()].reduce((sum, card) => sum + card.rows.size, 0);
    const moving = [...this.cards.values()].filter((card) => card.isMoving).length;
    const parts = [`${clips} clip${clips === 1 ? "" : "s"}`];
    if (moving) parts.push(`${moving} ${this.asleep ? "not finished" : "in the works"}`);
    setText(this.count, parts.join(" · "));
    const comparable = this.#loudnesses().length > 1;
    this.level.hidden = !comparable;
    this.head.hidden = this.cards.size < 2 && !comparable;
    this.list.classList.toggle("mnb-long", this.cards.size > LONG_BOARD);
    this.player.setVolume();
    const lost = this.gone ? moving > 0 && this.model.get("restart_note") : this.asleep && `A saved copy: the kernel does not answer. ${this.model.get("copy_note")}`;
    setText(this.notice, lost || "");
    this.notice.hidden = !lost;
  }

  #setLevelled(levelled) {
    this.levelled = levelled;
    this.level.setAttribute("aria-checked", String(levelled));
    this.player.setVolume();
  }

  #setState({ gone = this.gone, asleep }) {
    if (this.gone === gone && this.asleep === asleep) return;
    this.gone = gone;
    this.asleep = asleep;
    this.element.classList.toggle("mnb-asleep", asleep);
    if (gone) {
      this.alive = false;
      clearTimeout(this.sleeper);
      this.store.giveUp(this.goneText());
    }
    for (const card of this.cards.values()) {
      if (gone) card.endCancel();
      card.tick();
    }
    this.#drawHead();
    if (gone) this.say(this.notice.textContent);
  }

  #tick() {
    const moving = [...this.cards.values()].filter((card) => card.isMoving);
    for (const card of moving) card.tick();
    // a kernel that dies by itself is restarted without a word to its widgets
    if (moving.length && !this.asleep && performance.now() - this.heard > REPEAT_MS) this.#askForWhole();
  }

  #rowsInOrder() {
    return [...this.list.querySelectorAll(".mnb-row")].map((element) => this.rowOf.get(element)).filter(Boolean);
  }

  #loudnesses() {
    return [...this.cards.values()].flatMap((card) =>
      card.data.clips.map((clip) => clip.loudness_lufs).filter((level) => typeof level === "number"),
    );
  }
}

export default {
  render({ model, el }) {
    const board = new Board(model, el);
    return () => board.dispose();
  },
};
