// Cards in a grid: a line for each setting of the leading axes, a tile for each value of the last.

/** Sort cards into lines, by all axes but the last, and tiles, by the last. */
function linesOf(cards) {
  const lines = new Map();
  for (const card of cards) {
    const lead = JSON.stringify(card.data.place.slice(0, -1));
    const last = card.data.place.at(-1) ?? card.name;
    if (!lines.has(lead)) lines.set(lead, new Map());
    if (!lines.get(lead).has(last)) lines.get(lead).set(last, []);
    lines.get(lead).get(last).push(card);
  }
  return lines;
}

/** How many tiles the longest line has. */
function columnsOf(cards) {
  return [...linesOf(cards).values()].reduce((most, tiles) => Math.max(most, tiles.size), 1);
}

/** The lines and tiles of a board; they are kept, so that only what is new or misplaced moves. */
class Grid {
  constructor() {
    this.lines = new Map(); // settings of the leading axes -> { element, tiles, cells }
  }

  /**
   * Put cards into their tiles.
   * @param {Card[]} cards in the plan's order
   * @param {string[]} axes
   * @param {number} columns tiles side by side, where there is room
   * @returns {HTMLElement[]} the lines, in order
   */
  arrange(cards, axes, columns) {
    const plan = linesOf(cards);
    for (const lead of this.lines.keys()) if (!plan.has(lead)) this.lines.delete(lead);
    return [...plan].map(([lead, tiles]) => this.#arrangeLine(lead, tiles, axes, columns));
  }

  #arrangeLine(lead, tiles, axes, columns) {
    const line = this.lines.get(lead) ?? this.#makeLine(lead, axes);
    line.cells.style.setProperty("--mnb-columns", String(columns));
    for (const [last, cards] of tiles) {
      if (!line.tiles.has(last)) line.tiles.set(last, make("div", "mnb-tile", { role: "list", "aria-label": last }));
      arrange(line.tiles.get(last), cards.map((card) => card.element));
    }
    arrange(line.cells, [...tiles.keys()].map((last) => line.tiles.get(last)));
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
