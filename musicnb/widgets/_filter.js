// Which cards and clips are to be seen, and in which order: decided on the page, without the kernel.

const SORTS = {
  plan: ["Plan order", null],
  newest: ["Newest first", (card) => card.ended_at || card.submitted_at, -1],
  stars: ["Most stars first", (card, clip, rating) => rating.stars, -1],
  loudest: ["Loudest first", (card, clip) => clip.loudness_lufs, -1],
  quietest: ["Quietest first", (card, clip) => clip.loudness_lufs, 1],
  longest: ["Longest first", (card, clip) => clip.duration_s, -1],
  shortest: ["Shortest first", (card, clip) => clip.duration_s, 1],
  dearest: ["Dearest first", (card) => card.credits, -1],
  cheapest: ["Cheapest first", (card) => card.credits, 1],
};
const OF_CLIPS = new Set(["stars", "loudest", "quietest", "longest", "shortest"]);
const NO_CLIP = { title: "" };

/** What is looked for. A card without clips counts as one thing, one with clips as its clips. */
class Filter {
  /**
   * @param {string[]} axes names of what is varied, the slowest first
   * @param {(clip: object) => object} ratingOf gives a clip's stars, tags and note
   * @param {boolean} newestFirst whether the cards' own order is that of time
   */
  constructor(axes, ratingOf, newestFirst) {
    const { plan, newest, ...others } = SORTS;
    this.sorts = newestFirst ? { plan: ["Newest first", null], ...others } : SORTS;
    this.axes = axes;
    this.ratingOf = ratingOf;
    this.sort = "plan";
    this.keys = new Map(); // card id -> what it was sorted by, so that a rating moves nothing
    this.texts = new WeakMap(); // clips or cards -> text to look through
    this.clear();
  }

  /** Look for nothing in particular; the order stays. */
  clear() {
    this.words = [];
    this.chosen = new Map(); // what of a card -> Set of values
    this.stars = null; // at least so many, or 0 for unrated
    this.quietest = null;
    this.loudest = null;
    this.changed();
  }

  /** Whatever was kept in its place for the last question need not stay there for the next. */
  changed() {
    this.kept = new Set(); // clips that stay although they were rated otherwise since
    this.keys.clear();
  }

  get isOn() {
    const { words, chosen, stars, quietest, loudest } = this;
    return words.length > 0 || chosen.size > 0 || stars !== null || quietest !== null || loudest !== null;
  }

  setText(text) {
    this.words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.changed();
  }

  /** Ask for one of some values, or, with none, for any. */
  choose(facet, values) {
    if (values.size) this.chosen.set(facet, values);
    else this.chosen.delete(facet);
    this.changed();
  }

  setOrder(sort) {
    this.sort = sort;
    this.changed();
  }

  /** The value of a card, or values of a clip, that a facet asks for. */
  valuesOf(facet, card, clip) {
    if (facet === "state") return [card.status];
    if (facet === "tags") return clip ? (this.ratingOf(clip).tags ?? []) : [];
    if (facet === "model") return [card.model];
    return [card.place[this.axes.indexOf(facet.slice(1))]];
  }

  /** List what there is to choose from, in the order of the plan, and how often. */
  choicesOf(facet, cards) {
    const counts = new Map();
    for (const card of cards)
      for (const clip of card.clips.length ? card.clips : [null])
        for (const value of this.valuesOf(facet, card, clip)) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
    for (const value of this.chosen.get(facet) ?? []) if (!counts.has(value)) counts.set(value, 0);
    return counts;
  }

  /** @returns {object[]} clips of a card that are looked for; a card without clips stands for itself */
  found(card) {
    for (const [facet, wanted] of this.chosen)
      if (facet !== "tags" && !this.valuesOf(facet, card).some((value) => wanted.has(value))) return [];
    if (card.clips.length) return card.clips.filter((clip) => this.kept.has(clip.clip_id) || this.#hasClip(card, clip));
    const ofClips = this.stars !== null || this.quietest !== null || this.loudest !== null || this.chosen.has("tags");
    return !ofClips && this.#hasWords(card, NO_CLIP) ? [card] : [];
  }

  /** Bring cards into order: those without what is sorted by come last. */
  sorted(cards) {
    if (this.sort === "plan") return cards;
    const [, , direction] = SORTS[this.sort];
    const keyed = cards.map((card, place) => ({ card, place, key: this.#keyOf(card.data) }));
    keyed.sort((a, b) => (a.key === null) - (b.key === null) || direction * (a.key - b.key) || a.place - b.place);
    return keyed.map(({ card }) => card);
  }

  #keyOf(card) {
    const state = `${card.clips.length} ${card.status}`;
    const known = this.keys.get(card.card_id);
    if (known?.state === state) return known.key;
    const [, value, direction] = SORTS[this.sort];
    const clips = OF_CLIPS.has(this.sort) ? this.found(card).filter((clip) => clip !== card) : [NO_CLIP];
    const values = clips.map((clip) => value(card, clip, this.ratingOf(clip))).filter((number) => typeof number === "number");
    const key = values.length ? (direction < 0 ? Math.max : Math.min)(...values) : null;
    this.keys.set(card.card_id, { state, key });
    return key;
  }

  #hasClip(card, clip) {
    const { stars = null, tags = [] } = this.ratingOf(clip);
    if (this.stars === 0 && stars) return false;
    if (this.stars > 0 && !(stars >= this.stars)) return false;
    const wanted = this.chosen.get("tags");
    if (wanted && !tags.some((tag) => wanted.has(tag))) return false;
    const loudness = clip.loudness_lufs;
    if (this.quietest !== null && !(loudness >= this.quietest)) return false;
    if (this.loudest !== null && !(loudness <= this.loudest)) return false;
    return this.#hasWords(card, clip);
  }

  #hasWords(card, clip) {
    if (!this.words.length) return true;
    const { note = "", tags = [] } = this.ratingOf(clip);
    let text = this.texts.get(clip);
    if (text === undefined || clip === NO_CLIP) {
      text = [card.title, card.prompt, card.model, clip.title].join("\n").toLowerCase();
      if (clip !== NO_CLIP) this.texts.set(clip, text);
    }
    const own = note || tags.length ? `${note}\n${tags.join("\n")}`.toLowerCase() : "";
    return this.words.every((word) => text.includes(word) || own.includes(word));
  }
}
