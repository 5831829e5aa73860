// Where the cards of a board stand: in a list or a grid, filtered, sorted, drawn when they are seen.

const LONG_BOARD = 6;
const LATE_MS = 1000;
const SLICE_MS = 8;
/** Cards out of sight are drawn ahead on boards of up to so many: of more, the page gets too large. */
const MOST_AHEAD = 600;

/** The cards' place on the page. */
class Shelf {
  /**
   * @param {Board} board
   * @param {string} label
   */
  constructor(board, label) {
    this.board = board;
    this.axes = board.model.get("axes") ?? [];
    this.filter = new Filter(this.axes, (clip) => board.ratings.of(clip));
    this.bar = new FilterBar(this.filter, { cards: () => this.#cards().map((card) => card.data), change: () => this.#refine() });
    this.grid = new Grid();
    this.list = make("div", "mnb-cards", { role: "list", "aria-label": label });
    this.empty = make("div", "mnb-none", {}, "Nothing here is like that.");
    this.late = new Set(); // cards out of sight that are to be drawn
    this.cardOf = new WeakMap(); // element -> Card
    this.near = new IntersectionObserver((entries) => {
      for (const entry of entries) this.cardOf.get(entry.target)?.setVisible(entry.isIntersecting);
    }, { rootMargin: "300px" });
    this.arrange();
  }

  adopt(card) {
    this.cardOf.set(card.element, card);
    this.near.observe(card.element);
  }

  /** @returns {boolean} whether nothing is left out, so that everything shown is everything there is */
  get isWhole() {
    return !this.filter.isOn;
  }

  /** @returns {object[]} clips that are not left out */
  clips() {
    return this.#cards().flatMap((card) => (card.found ? card.data.clips.filter((clip) => card.found.has(clip.clip_id)) : card.data.clips));
  }

  rows() {
    return [...this.list.querySelectorAll(".mnb-row")].map((element) => this.board.rowOf.get(element)).filter((row) => row && !row.element.hidden);
  }

  /** Bring everything to where it belongs now; nothing moves that need not. */
  arrange() {
    const cards = this.#cards();
    const isGrid = this.axes.length > 0 && this.filter.sort === "plan";
    const [found, all] = this.#filter(cards);
    this.list.classList.toggle("mnb-grid", isGrid);
    this.list.setAttribute("role", isGrid ? "group" : "list");
    for (const card of cards) card.setTiled(isGrid);
    if (isGrid) arrange(this.list, this.grid.arrange(cards, this.axes));
    else {
      arrange(this.list, this.filter.sorted(cards).map((card) => card.element));
      this.grid.clear();
    }
    this.list.classList.toggle("mnb-long", cards.length > LONG_BOARD);
    this.bar.element.hidden = this.board.model.get("compare") || (all <= LONG_BOARD && !this.axes.length);
    if (!this.bar.element.hidden) this.bar.update();
    this.bar.count(found, all);
    if (this.filter.isOn && found === 0) this.list.append(this.empty);
    else this.empty.remove();
  }

  /** A card out of sight is drawn when it comes into sight, or when there is time. */
  drawLater(card) {
    this.late.add(card);
    if (this.board.cards.size <= MOST_AHEAD) this.drawer ??= setTimeout(() => this.#drawLate(), LATE_MS);
  }

  dispose() {
    clearTimeout(this.drawer);
    this.near.disconnect();
    this.bar.dispose();
  }

  /** In the plan's order, or the latest first. */
  #cards() {
    const cards = [...this.board.cards.values()];
    return this.board.model.get("newest_first") ? cards.reverse() : cards;
  }

  /** Somebody looks for something else: the page below must not jump, and the best comes first. */
  #refine() {
    this.list.style.minHeight = this.filter.isOn ? `${this.list.offsetHeight}px` : "";
    this.arrange();
    this.list.scrollTop = 0;
    this.board.followShelf();
  }

  #filter(cards) {
    let [found, all] = [0, 0];
    const { isOn } = this.filter;
    for (const card of cards) {
      const { clips } = card.data;
      const kept = isOn ? this.filter.found(card.data) : null;
      all += clips.length || 1;
      found += kept ? kept.length : clips.length || 1;
      card.setFound(kept && new Set(kept.map((clip) => clip.clip_id)), kept?.length !== 0);
    }
    return [found, all];
  }

  /** A few at a time: the page has other things to do. */
  #drawLate() {
    this.drawer = undefined;
    const end = performance.now() + SLICE_MS;
    for (const card of this.late) {
      this.late.delete(card);
      if (card.stale) card.draw();
      if (performance.now() > end) break;
    }
    if (this.late.size) this.drawer = setTimeout(() => this.#drawLate(), SLICE_MS * 4);
  }
}
