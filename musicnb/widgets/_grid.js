// Cards in a grid: a line for each setting of the leading axes, a tile for each value of the last.

/** The lines and tiles of a board; they are kept, so that only what is new or misplaced moves. */
class Grid {
  constructor() {
    this.lines = new Map(); // settings of the leading axes -> { element, tiles, cells }
  }

  /**
   * Put cards into their tiles.
   * @param {Card[]} cards in the plan's order
   * @param {string[]} axes
   * @returns {HTMLElement[]} the lines, in order
   */
  arrange(cards, axes) {
    const plan = new Map(); // line -> tile -> cards
    for (const card of cards) {
      const lead = JSON.stringify(card.data.place.slice(0, -1));
      const last = card.data.place.at(-1) ?? card.name;
      if (!plan.has(lead)) plan.set(lead, new Map());
      if (!plan.get(lead).has(last)) plan.get(lead).set(last, []);
      plan.get(lead).get(last).push(card);
    }
    for (const lead of this.lines.keys()) if (!plan.has(lead)) this.#drop(lead);
    const columns = Math.max(...[...plan.values()].map((tiles) => tiles.size), 1);
    return [...plan].map(([lead, tiles]) => this.#arrangeLine(lead, tiles, axes, columns));
  }

  /** Take the tiles away; the cards have gone elsewhere. */
  clear() {
    for (const lead of this.lines.keys()) this.#drop(lead);
  }

  #drop(lead) {
    this.lines.get(lead).element.remove();
    this.lines.delete(lead);
  }

  #arrangeLine(lead, tiles, axes, columns) {
    const line = this.lines.get(lead) ?? this.#makeLine(lead, axes);
    line.cells.style.setProperty("--mnb-columns", String(columns));
    for (const [last, cards] of tiles) {
      if (!line.tiles.has(last)) line.tiles.set(last, make("div", "mnb-tile", { role: "list", "aria-label": last }));
      const tile = line.tiles.get(last);
      arrange(tile, cards.map((card) => card.element));
      tile.hidden = cards.every((card) => card.element.hidden);
    }
    for (const [last, tile] of line.tiles)
      if (!tiles.has(last)) {
        line.tiles.delete(last);
        tile.remove();
      }
    arrange(line.cells, [...tiles.keys()].map((last) => line.tiles.get(last)));
    line.element.hidden = [...line.tiles.values()].every((tile) => tile.hidden);
    return line.element;
  }

  #makeLine(lead, axes) {
    const values = JSON.parse(lead);
    const name = values.join(" · ");
    const head = make("div", "mnb-lead", { role: "heading", "aria-level": "4", dir: "auto", title: values.map((value, i) => `${axes[i]}: ${value}`).join(" · ") }, name);
    head.hidden = !name;
    const cells = make("div", "mnb-tiles");
    const line = { element: make("section", "mnb-line-of-tiles", name ? { "aria-label": name } : {}, head, cells), cells, tiles: new Map() };
    this.lines.set(lead, line);
    return line;
  }
}
