// Which clips are picked, the tray that shows them, and their comparison in place of the cards.

/** The clips of a board that are picked to be compared. */
class Picks {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    this.hasTray = board.model.get("tray");
    this.ids = new Set(); // in the order in which they were picked
    this.comparison = null; // shown in place of the cards
    this.veiled = false; // whether letters stand for the compared clips, although the page knows them
    this.button = make("button", "mnb-compare-button", { type: "button" });
    this.button.onclick = () => this.#askToCompare();
    this.tray = make("div", "mnb-tray", { role: "group", "aria-label": "Compare tray" });
    this.tray.hidden = true;
    if (this.hasTray) this.#buildTray();
  }

  has(clip_id) {
    return this.ids.has(clip_id);
  }

  set(clip_id, picked) {
    if (picked) this.ids.add(clip_id);
    else this.ids.delete(clip_id);
    this.draw();
  }

  /** Show how many are picked. */
  draw() {
    const picked = this.#clips();
    const all = this.board.shelf.clips().length;
    const count = picked.length;
    const can = count > 1 ? count <= MOST_COMPARED : count === 0 && all <= MOST_COMPARED && !this.hasTray;
    setText(this.button, count > 1 ? `Compare ${count}` : "Compare");
    this.button.setAttribute("aria-disabled", String(!can));
    this.button.title = can ? "One playhead for all, and a key for each" : `Tick 2 to ${MOST_COMPARED} clips first`;
    this.button.hidden = all < 2 && count < 2;
    if (this.comparison) this.button.hidden = true;
    if (this.hasTray) this.#drawTray(picked);
  }

  /** Follow changed cards: a board that was made to compare shows nothing else. */
  follow(clips) {
    const shown = this.comparison?.lanes.map((lane) => clips.find((clip) => clip.clip_id === lane.clip.clip_id));
    if (shown?.every(Boolean)) this.comparison.update(shown.map((clip, i) => this.#veil(clip, i)));
    else if (shown) this.#end();
    if (!this.comparison && this.board.model.get("compare") && clips.length > 0) this.#begin(clips, { blind: this.board.model.get("blind") });
  }

  #clips() {
    if (!this.hasTray) return this.board.shelf.rows().filter((row) => this.has(row.clip.clip_id)).map((row) => row.clip);
    const known = new Map(this.board.clips().map((clip) => [clip.clip_id, clip]));
    return [...this.ids].map((id) => known.get(id)).filter(Boolean);
  }

  #askToCompare() {
    if (this.button.getAttribute("aria-disabled") === "true") return this.board.say(this.button.title);
    const picked = this.#clips();
    const blind = this.hasTray && this.blind.getAttribute("aria-checked") === "true";
    const clips = picked.length ? picked : this.board.shelf.clips();
    this.#begin(blind ? inOrderByLot(clips) : clips, { blind, close: () => this.#end() });
    this.comparison.play.focus({ preventScroll: true });
    this.comparison.load();
  }

  #begin(clips, { blind, close = null }) {
    const { board } = this;
    board.player.pause();
    this.veiled = blind && close !== null;
    const shown = clips.slice(0, MOST_COMPARED).map((clip, i) => this.#veil(clip, i));
    const reveal = this.veiled ? () => this.#unveil() : null;
    this.comparison = new Comparison(board, shown, { blind, close, reveal });
    board.list.hidden = true;
    board.shelf.arrange();
    board.controls.speed.hidden = close === null;
    board.list.before(this.comparison.element);
    for (const lane of this.comparison.lanes) board.adoptWave(lane);
    this.draw();
  }

  /** Name the clips; the letters stay before the names, so that notes made blind still hold. */
  #unveil() {
    const { lanes, reveal } = this.comparison;
    const clips = new Map(this.board.clips().map((clip) => [clip.clip_id, clip]));
    this.veiled = false;
    this.letters = new Map(lanes.map(({ clip }) => [clip.clip_id, clip.title]));
    this.comparison.unveil(lanes.map(({ clip }, i) => this.#veil(clips.get(clip.clip_id) ?? clip, i)));
    reveal.hidden = true;
    this.comparison.play.focus({ preventScroll: true });
  }

  /** Give a clip as the comparison may know it. */
  #veil(clip, place) {
    if (this.veiled) return { ...clip, title: String.fromCodePoint(65 + place), facts: [], veiled: true };
    const letter = this.letters?.get(clip.clip_id);
    return letter ? { ...clip, title: `${letter} · ${clip.title}` } : clip;
  }

  #end() {
    const { board } = this;
    for (const lane of this.comparison.lanes) board.dropWave(lane);
    this.comparison.dispose();
    this.comparison = null;
    this.letters = null;
    this.veiled = false;
    board.list.hidden = false;
    board.shelf.arrange();
    this.draw();
    this.button.focus({ preventScroll: true });
  }

  #buildTray() {
    this.count = make("span", "mnb-tray-count", { role: "status" });
    this.chips = make("div", "mnb-tray-chips", { role: "list" });
    this.blind = makeSwitch("Blind", "Letters in an order drawn by lot, and no names or outlines until you ask for them", () => {}, false);
    this.clear = make("button", "mnb-reset", { type: "button" }, "Clear");
    this.clear.onclick = () => this.#clear();
    this.tray.append(this.count, this.chips, this.blind, this.clear, this.button);
  }

  #drawTray(picked) {
    this.tray.hidden = this.comparison !== null || this.board.clips().length < 2;
    const many = picked.length > MOST_COMPARED ? ` · ${MOST_COMPARED} at most` : "";
    setText(this.count, picked.length ? `${picked.length} to compare${many}` : `Tick 2 to ${MOST_COMPARED} clips to hear them on one playhead`);
    this.tray.classList.toggle("mnb-unused", picked.length === 0);
    this.clear.hidden = this.blind.hidden = picked.length === 0;
    this.chips.replaceChildren(...picked.map((clip) => this.#makeChip(clip)));
  }

  #makeChip(clip) {
    const drop = make("button", "mnb-tray-drop", { type: "button", "aria-label": `Take ${clip.title} out of the tray` }, icon("cross"));
    drop.onclick = () => {
      this.#tick(clip.clip_id, false);
      (this.chips.querySelector("button") ?? this.button).focus({ preventScroll: true });
    };
    const chip = make("div", "mnb-tray-chip", { role: "listitem", title: clip.title }, make("span", "mnb-tray-name", { dir: "auto" }, clip.title), drop);
    chip.dataset.hue = hueOf(clip.clip_id);
    return chip;
  }

  #clear() {
    for (const id of [...this.ids]) this.#tick(id, false);
    this.button.focus({ preventScroll: true });
  }

  #tick(clip_id, picked) {
    const row = this.board.rows.get(clip_id);
    if (row) row.setPicked(picked);
    else this.set(clip_id, picked);
  }
}

/** Draw lots (Fisher and Yates). */
function inOrderByLot(clips) {
  const order = [...clips];
  for (let i = order.length - 1; i > 0; i--) {
    const j = crypto.getRandomValues(new Uint32Array(1))[0] % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
