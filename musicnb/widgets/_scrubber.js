// Presses and drags on a waveform, and the loop region that lies over it.

const DRAG_PX = 5; // a press that moves less is a press
const EDGE_PX = 7; // how near a press must be to take an edge of the region along
const SHORTEST_LOOP_S = 0.1;

/** Presses and drags on a waveform: a press goes somewhere, a drag sets a region to loop. */
class Scrubber {
  /**
   * @param {HTMLElement} surface the waveform's element
   * @param {object} owner
   * @param {string} owner.name of what is looped, for screen readers
   * @param {() => number} owner.duration seconds from the left edge to the right one
   * @param {(seconds: number) => void} owner.press
   * @param {(region: number[]|null) => void} owner.change when a region is set or cleared
   */
  constructor(surface, owner) {
    this.surface = surface;
    this.owner = owner;
    this.region = null; // [from, to] in seconds
    this.held = null; // the second that stays while the other end is dragged
    this.bubble = make("span", "mnb-bubble", { "aria-hidden": "true" });
    this.clear = make("button", "mnb-unloop", { type: "button", tabindex: "-1", "aria-label": `Clear the loop of ${owner.name}`, title: "Clear the loop (Esc)" }, icon("cross"));
    this.band = make("div", "mnb-loop", {}, make("i", "mnb-edge"), make("i", "mnb-edge"), this.clear);
    this.band.hidden = true;
    surface.append(this.band, this.bubble);
    this.clear.onclick = () => owner.change(null);
    this.clear.onpointerdown = (event) => event.stopPropagation();
    surface.onpointermove = (event) => this.#onMove(event);
    surface.onpointerdown = (event) => this.#onDown(event);
    surface.onpointerup = (event) => this.#onUp(event);
    surface.onpointercancel = () => this.#end();
  }

  /** @returns {boolean} whether a press is under way */
  get busy() {
    return this.from !== undefined;
  }

  /** Show a region, or none. */
  show(region) {
    this.region = region;
    this.#draw(region);
  }

  #draw(region) {
    this.band.hidden = !region;
    if (!region) return;
    const [from, to] = region.map((seconds) => (100 * seconds) / (this.owner.duration() || 1));
    this.band.style.left = `${from}%`;
    this.band.style.width = `${to - from}%`;
  }

  #secondsAt(event) {
    const box = this.surface.getBoundingClientRect();
    const part = (event.clientX - box.left) / (box.width || 1);
    return Math.min(Math.max(0, part), 1) * this.owner.duration();
  }

  /** The end of the region that stays when the press takes the other one along. */
  #oppositeEdge(event) {
    if (!this.region) return null;
    const { left, width } = this.surface.getBoundingClientRect();
    const away = this.region.map((seconds) => Math.abs(left + (width * seconds) / this.owner.duration() - event.clientX));
    const nearest = away[0] < away[1] ? 0 : 1;
    return away[nearest] <= EDGE_PX ? this.region[1 - nearest] : null;
  }

  #onDown(event) {
    if (event.button !== 0) return;
    this.from = event.clientX;
    this.held = this.#oppositeEdge(event);
    this.selecting = this.held !== null;
    this.held ??= this.#secondsAt(event);
    this.surface.setPointerCapture(event.pointerId);
  }

  #onMove(event) {
    const seconds = this.#secondsAt(event);
    this.surface.style.setProperty("--mnb-hover", `${(100 * seconds) / (this.owner.duration() || 1)}%`);
    if (this.busy && Math.abs(event.clientX - this.from) > DRAG_PX) this.selecting = true;
    if (this.busy && this.selecting) this.#draw(this.#span(seconds));
    const [from, to] = this.#span(seconds);
    setText(this.bubble, this.busy && this.selecting ? `${clock(from)}–${clock(to)}` : clock(seconds));
  }

  #onUp(event) {
    if (!this.busy) return;
    const { selecting, held } = this;
    const seconds = this.#secondsAt(event);
    const region = this.#span(seconds);
    this.#end();
    if (!selecting) this.owner.press(held);
    else if (region[1] - region[0] >= SHORTEST_LOOP_S) this.owner.change(region);
  }

  #span(seconds) {
    return [this.held ?? seconds, seconds].sort((a, b) => a - b);
  }

  #end() {
    this.from = undefined;
    this.selecting = false;
    this.held = null;
    this.#draw(this.region);
  }
}

/**
 * What a key does to a loop region, or undefined when it is none of its keys.
 * @param {string} key
 * @param {number[]|null} region
 * @param {number} at where the sound is, in seconds
 * @param {number} end where it ends
 */
function loopAfterKey(key, region, at, end) {
  if (key === "Escape") return region ? null : undefined;
  if (key === "l" || key === "L") return region ? null : [0, end];
  if (key === "[") return at < end ? [at, region && region[1] > at ? region[1] : end] : region;
  if (key === "]") return at > SHORTEST_LOOP_S ? [region && region[0] < at ? region[0] : 0, at] : region;
  return undefined;
}
