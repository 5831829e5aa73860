// Where the cards of a board stand: in a list or a grid, filtered, sorted, drawn when they are seen.

const LONG_BOARD = 6;
const LATE_MS = 1000;
const SLICE_MS = 8;
const STEP = 300; // cards that stand on the page at first, and come when its end is reached

/** The cards' place on the page. */
class Shelf {
  /**
   * @param {Board} board
   * @param {string} label
   */
  constructor(board, label) {
    this.board = board;
    this.axes = board.model.get("axes") ?? [];
    this.filter = new Filter(this.axes, (clip) => board.ratings.of(clip), board.model.get("newest_first"));
    this.bar = new FilterBar(this.filter, { cards: () => this.#cards().map((card) => card.data), change: () => this.#refine() });
    this.grid = new Grid();
    this.list = make("div", "mnb-cards", { role: "list", "aria-label": label });
    this.empty = make("div", "mnb-none", {}, "Nothing here is like that.");
    this.most = STEP;
    this.more = make("button", "mnb-more", { type: "button" });
    this.more.onclick = () => this.#showMore();
    this.end = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.#showMore();
    }, { rootMargin: "600px" });
    this.end.observe(this.more);
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

  /** @returns {object[]} clips that are looked for */
  clips() {
    return this.found.flatMap((card) => (card.found ? card.data.clips.filter((clip) => card.found.has(clip.clip_id)) : card.data.clips));
  }

  rows() {
    return [...this.list.querySelectorAll(".mnb-row")].map((element) => this.board.rowOf.get(element)).filter((row) => row && !row.element.hidden);
  }

  /** A clip that is rated while it is looked at stays until something else is looked for. */
  keepInPlace(clip_id) {
    if (this.filter.isOn) this.filter.kept.add(clip_id);
  }

  /** @returns {Iterable<string>} the tags that clips have */
  tags() {
    return this.filter.choicesOf("tags", this.#cards().map((card) => card.data)).keys();
  }

  /** Bring everything to where it belongs now; nothing moves that need not. */
  arrange() {
    const cards = this.#cards();
    const isGrid = this.axes.length > 0 && this.filter.sort === "plan";
    const [found, all] = this.#find(cards);
    const shown = this.filter.sorted(this.found).slice(0, this.most);
    for (const card of shown) card.stand(isGrid);
    const elements = isGrid ? this.grid.arrange(shown, this.axes, columnsOf(cards)) : shown.map((card) => card.element);
    const left = this.found.length - shown.length;
    if (left) elements.push(this.more);
    setText(this.more, `Show more · ${left.toLocaleString("en")} left`);
    if (this.filter.isOn && found === 0) elements.push(this.empty);
    arrange(this.list, elements);
    this.list.setAttribute("role", isGrid ? "group" : "list");
    this.list.classList.toggle("mnb-grid", isGrid);
    this.list.classList.toggle("mnb-long", cards.length > LONG_BOARD);
    const isCompared = this.board.comparison !== null || this.board.model.get("compare");
    this.bar.element.hidden = isCompared || (all <= LONG_BOARD && !this.axes.length && !this.board.picks.hasTray) || all === 0;
    if (!this.bar.element.hidden) this.bar.update();
    this.bar.count(found, all);
  }

  /** A card out of sight is drawn when it comes into sight, or when there is time. */
  drawLater(card) {
    this.late.add(card);
    this.drawer ??= setTimeout(() => this.#drawLate(), LATE_MS);
  }

  dispose() {
    clearTimeout(this.drawer);
    this.near.disconnect();
    this.end.disconnect();
    this.bar.dispose();
  }

  /** In the plan's order, or the latest first. */
  #cards() {
    const cards = [...this.board.cards.values()];
    return this.board.model.get("newest_first") ? cards.reverse() : cards;
  }

  /** Somebody looks for something else: the page below must not jump, and the best comes first. */
  #refine() {
    this.most = STEP;
    this.list.style.minHeight = this.filter.isOn ? `${this.list.offsetHeight}px` : "";
    this.arrange();
    this.list.scrollTop = 0;
    this.board.followShelf();
  }

  #showMore() {
    this.most += STEP;
    this.arrange();
  }

  /** @returns {number[]} how much is looked for, and how much there is */
  #find(cards) {
    let [found, all] = [0, 0];
    const { isOn } = this.filter;
    this.found = isOn ? [] : cards;
    for (const card of cards) {
      const count = card.data.clips.length || 1;
      const kept = isOn ? this.filter.found(card.data) : null;
      all += count;
      found += kept ? kept.length : count;
      if (kept?.length) this.found.push(card);
      card.setFound(kept && kept.length < count ? new Set(kept.map((clip) => clip.clip_id)) : null);
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
