// How long each of a deck's tracks has been heard.

/** Counts seconds by the clock that plays the samples, and only while they can be heard. */
class Heard {
  /** @param {Deck} deck */
  constructor(deck) {
    this.deck = deck;
    this.audible = true; // whether the volume is up
    this.clear();
  }

  /** Begin anew, with nothing heard. */
  clear() {
    this.seconds = new Map();
    this.here = new Set(); // ids of the tracks that have been put on
    this.counted = 0; // up to which frame of the clock
  }

  /** A track is on the deck from now on. */
  begin(id) {
    this.count();
    this.here.add(id);
  }

  /** Volume changes: what came before was heard at the old one. */
  setAudible(audible) {
    this.count();
    this.audible = audible;
  }

  /** @returns {number} seconds */
  of(id) {
    return this.seconds.get(id) ?? 0;
  }

  /** Take in what has sounded since the last call; before any switch, seek or stop. */
  count() {
    const { deck, counted } = this;
    const now = deck.context.currentTime * deck.rate;
    this.counted = now;
    if (!deck.playing || !this.audible || !this.here.has(deck.heard)) return;
    const frames = deck.run.segments.reduce((sum, { at, count }) => sum + Math.max(0, Math.min(now, at + count) - Math.max(counted, at)), 0);
    this.seconds.set(deck.heard, this.of(deck.heard) + frames / deck.rate);
  }
}
