// The board: cards for tasks, rows for clips, patches from the kernel.

const ASLEEP_MS = 4000;
const REPEAT_MS = 30_000;

/** One view of one board. Two views of the same model share nothing but the model. */
class Board {
  constructor(model, element) {
    this.model = model;
    this.root = element;
    this.cards = new Map(); // card id -> Card
    this.rows = new Map(); // clip id -> Row, of those that are drawn
    this.heights = new Map(); // clip id -> Uint8Array
    this.rowOf = new WeakMap(); // element -> Row
    this.number = -1; // of the last patch
    this.clockAhead = 0; // seconds by which the kernel's clock is ahead of this one
    this.asked = -REPEAT_MS; // when everything was last asked for
    this.heard = performance.now(); // when the kernel last spoke, or the board was opened
    this.alive = false; // whether this kernel has ever answered
    this.gone = false; // whether messages cannot even be sent: the kernel was restarted
    this.asleep = false; // gone, or without an answer: clocks stand still, nothing can be canceled
    this.levelled = true;
    this.store = new SoundStore(this, model.get("live_class"));
    this.player = new Player(this.store, this);
    this.ratings = new Ratings(this);
    this.picks = new Picks(this);
    this.#build();
    this.#watch();
    page.boards.add(this);
    this.#takeTrait();
    this.#askForWhole();
    this.sleeper = setTimeout(() => this.#setState({ asleep: !this.alive }), ASLEEP_MS);
    this.ticker = setInterval(() => this.#tick(), 1000);
  }

  get comparison() {
    return this.picks.comparison;
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

  /** How loud to play a clip beside the others of this board. */
  gain(clip) {
    return this.levelled ? matchedGain(clip, this.clips()) : 1;
  }

  /** Follow volume and speed, which all boards of the page share. */
  followPage() {
    this.controls.follow();
    this.player.setVolume();
    this.comparison?.followPage();
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
    const rows = this.shelf.rows();
    const next = rows[rows.indexOf(row) + by];
    next?.controls[Math.max(0, control)].focus();
  }

  /** Draw a waveform whenever it is in sight. */
  adoptWave(row) {
    this.rowOf.set(row.element, row);
    this.seen.observe(row.element);
    this.sized.observe(row.element);
  }

  dropWave(row) {
    this.seen.unobserve(row.element);
    this.sized.unobserve(row.element);
  }

  /** Have a row's tags and note written. */
  editRating(row) {
    if (!this.model.get("can_rate")) return;
    this.editor ??= new RatingEditor(this);
    this.element.append(this.editor.element);
    this.editor.open(row);
  }

  /** Something else is looked for. */
  followShelf() {
    if (!this.active?.element.checkVisibility()) this.activate(this.shelf.rows()[0] ?? null);
    this.picks.draw();
  }

  adoptRow(row) {
    this.adoptWave(row);
    this.rows.set(row.clip.clip_id, row);
    row.pick.checked = this.picks.has(row.clip.clip_id);
    if (!this.active) this.activate(row);
  }

  dropRow(row) {
    this.dropWave(row);
    if (this.rows.get(row.clip.clip_id) === row) this.rows.delete(row.clip.clip_id);
    this.player.forget(row);
    row.element.remove();
    if (this.active === row) {
      this.active = null;
      this.activate(this.shelf.rows()[0] ?? null);
    }
  }

  dispose() {
    page.boards.delete(this);
    clearTimeout(this.sleeper);
    clearInterval(this.ticker);
    this.comparison?.dispose();
    this.model.off("change:state", this.onTrait);
    this.model.off("msg:custom", this.onMessage);
    this.model.off("comm_live_update", this.onLive);
    this.player.dispose();
    for (const card of this.cards.values()) card.dispose();
    this.store.dispose();
    for (const observer of [this.seen, this.sized]) observer.disconnect();
    this.unthemed();
    this.shelf.dispose();
    this.root.replaceChildren();
  }

  #build() {
    const label = this.model.get("label");
    this.heading = make("span", "mnb-label", {}, label);
    this.count = make("span", "mnb-count");
    this.level = makeSwitch("Level-matched", "Louder clips are turned down to the quietest, so that you compare music and not loudness", (on) => {
      this.levelled = on;
      this.followPage();
    });
    this.controls = new PageControls();
    this.shelf = new Shelf(this, label);
    this.list = this.shelf.list;
    this.head = make("header", "mnb-head", {}, this.heading, this.count, make("span", "mnb-gap"), ...(this.picks.hasTray ? [] : [this.picks.button]), this.level, this.controls.element);
    this.notice = make("div", "mnb-notice");
    this.notice.hidden = true;
    this.status = make("div", "mnb-status", { role: "status" });
    this.element = make("section", `mnb ${this.model.get("live_class")}`, { "aria-label": label, "data-lm-suppress-shortcuts": "true" }, this.head, this.notice, this.shelf.bar.element, this.picks.tray, this.list, this.status);
    this.element.classList.toggle("mnb-rated", this.model.get("can_rate"));
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
      for (const { wave } of [...this.rows.values(), ...(this.comparison?.lanes ?? [])]) wave.draw();
    };
    this.unthemed = onThemes(this.redraw);
  }

  #receive(message, buffers) {
    this.alive = true;
    this.heard = performance.now();
    clearTimeout(this.sleeper);
    this.#setState({ gone: false, asleep: false });
    if (this.store.receive(message, buffers) || this.ratings.receive(message)) return;
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
    for (const card of state.cards) this.#takeCard({ ...BLANK, ...card });
    // a page that learned of cards late, or with gaps, has them in another order
    this.cards = new Map(state.cards.map(({ card_id: id }) => [id, this.cards.get(id)]));
    this.shelf.arrange();
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
    this.shelf.arrange();
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
      this.heights.set(id, new Uint8Array(data.buffer ?? data, at, length).slice());
      at += length;
    }
  }

  #takeCard(changes) {
    let card = this.cards.get(changes.card_id);
    if (!card) {
      card = new Card(this, changes.card_id);
      this.cards.set(changes.card_id, card);
    }
    card.update(changes);
  }

  #drawHead() {
    const notes = new Set();
    for (const card of this.cards.values()) {
      card.placeNote(notes.has(card.data.note));
      notes.add(card.data.note);
    }
    const clips = this.clips();
    const moving = [...this.cards.values()].filter((card) => card.isMoving).length;
    const parts = [`${clips.length} clip${clips.length === 1 ? "" : "s"}`];
    if (moving) parts.push(`${moving} ${this.asleep ? "not finished" : "in the works"}`);
    setText(this.count, parts.join(" · "));
    const rows = [...this.cards.values()].reduce((sum, card) => sum + card.size, 0);
    this.level.hidden = clips.filter((clip) => typeof clip.loudness_lufs === "number").length < 2;
    this.element.classList.toggle("mnb-many", rows > 1);
    this.head.hidden = this.cards.size < 2 && rows === 0;
    this.picks.follow(clips);
    this.picks.draw();
    this.player.setVolume();
    const lost = this.gone ? moving > 0 && this.model.get("restart_note") : this.asleep && `A saved copy: the kernel does not answer. ${this.model.get("copy_note")}`;
    setText(this.notice, lost || "");
    this.notice.hidden = !lost;
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
      this.ratings.giveUp(this.goneText());
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

  clips() {
    return [...this.cards.values()].flatMap((card) => card.data.clips);
  }

}

export default {
  render({ model, el }) {
    const board = new Board(model, el);
    return () => board.dispose();
  },
};
