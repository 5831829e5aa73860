// Comparing clips: two to eight lanes under one playhead, of which one is heard.

const MOST_COMPARED = 8;
const RULER_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
const RULER_MARKS = 7;

/** One clip of a comparison: its key, its names, its waveform and how far it is turned down. */
class Lane {
  /**
   * @param {Comparison} panel
   * @param {object} clip
   * @param {number} place from 0
   * @param {number} longest seconds that the whole width stands for
   */
  constructor(panel, clip, place, longest) {
    this.panel = panel;
    this.key = make("button", "mnb-key", { type: "button", role: "radio", "aria-keyshortcuts": String(place + 1) }, String(place + 1));
    this.title = make("span", "mnb-clip-title");
    this.sub = make("span", "mnb-sub");
    this.level = make("span", "mnb-db");
    this.wave = new Waveform(longest ? clip.duration_s / longest : 1);
    const names = make("div", "mnb-names", {}, this.title, this.sub);
    this.element = make("div", "mnb-lane", {}, this.key, names, this.wave.element, this.level);
    this.element.dataset.hue = place % HUES;
    this.key.onclick = names.onclick = () => panel.hear(this);
    this.scrubber = new Scrubber(this.wave.element, {
      name: "these clips",
      duration: () => longest,
      press: (seconds) => panel.goTo(this, seconds),
      change: (region) => panel.loopOver(region),
    });
    this.update(clip);
  }

  update(clip) {
    this.clip = clip;
    setText(this.title, clip.title);
    this.title.title = clip.title;
    this.key.setAttribute("aria-label", clip.title);
    if (!this.told) this.tell("");
  }

  tell(text, isProblem = false) {
    this.told = text;
    setText(this.sub, text || [clock(this.clip.duration_s), ...this.clip.facts].join(" · "));
    this.sub.classList.toggle("mnb-problem-text", isProblem);
    if (text) this.panel.board.say(`${this.clip.title}: ${text}`);
  }

  setHeard(heard) {
    this.element.classList.toggle("mnb-heard", heard);
    this.key.setAttribute("aria-checked", String(heard));
    this.key.tabIndex = heard ? 0 : -1;
  }

  /** @param {number|null} part of the bytes that are here; null when there is nothing to wait for */
  setLoading(part) {
    this.element.classList.toggle("mnb-loading", part !== null);
    this.key.style.setProperty("--mnb-loaded", `${Math.round(100 * (part ?? 0))}%`);
    this.key.setAttribute("aria-busy", String(part !== null));
  }

  showLevel(gain) {
    const decibels = 20 * Math.log10(gain);
    setText(this.level, decibels > -0.05 ? "0 dB" : `−${(-decibels).toFixed(1)} dB`);
  }
}

/** Plays some clips of a board in step. */
class Comparison {
  /**
   * @param {Board} board
   * @param {object[]} clips
   * @param {{blind: boolean, close: (() => void)|null, reveal: (() => void)|null}} options whether
   *   nothing may tell the clips apart but their sound, how to get back to all clips, and how to
   *   have them named
   */
  constructor(board, clips, { blind, close, reveal }) {
    this.board = board;
    this.blind = blind;
    this.close = close;
    this.reveal = make("button", "mnb-compare-button", { type: "button" }, "Show the names");
    this.reveal.onclick = reveal;
    this.reveal.hidden = !reveal;
    this.longest = Math.max(...clips.map((clip) => clip.duration_s));
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.deck = new Deck(() => this.#drawState());
    this.lanes = clips.map((clip, i) => new Lane(this, clip, i, this.longest));
    this.#build();
    this.hear(this.lanes[0]);
    this.followPage();
    this.#draw();
    this.#drawState();
  }

  get waveforms() {
    return this.lanes.map((lane) => lane.wave);
  }

  /** Take over new titles, measurements and peaks of the same clips. */
  update(clips) {
    this.lanes.forEach((lane, i) => lane.update(clips[i]));
    this.#drawWaves();
    this.followPage();
  }

  /** Show what the clips are. */
  unveil(clips) {
    this.element.classList.remove("mnb-blind");
    this.update(clips);
    this.board.say(this.lanes.map((lane) => lane.clip.title).join(", "));
  }

  /** Follow volume and level matching. */
  followPage() {
    const clips = this.lanes.map((lane) => lane.clip);
    this.deck.setVolume(page.volume);
    for (const lane of this.lanes) {
      const gain = this.board.levelled ? matchedGain(lane.clip, clips) : 1;
      this.deck.setLevel(lane.clip.clip_id, gain);
      lane.showLevel(gain);
    }
  }

  /** Let a lane be heard, at the position where all are. */
  hear(lane) {
    this.heard = lane;
    this.deck.hear(lane.clip.clip_id);
    for (const other of this.lanes) other.setHeard(other === lane);
    if (document.activeElement?.matches(".mnb-key") && this.element.contains(document.activeElement)) lane.key.focus({ preventScroll: true });
    this.#giveWhenReady();
    if (this.loaded) this.board.say(`hearing ${lane.clip.title}`);
  }

  /** A press on a waveform: hear this one, from there. */
  goTo(lane, seconds) {
    this.hear(lane);
    lane.key.focus({ preventScroll: true });
    this.seek(seconds);
  }

  seek(seconds) {
    const at = Math.min(Math.max(0, seconds), this.longest);
    this.at = at; // until the sound is here
    this.deck.seek(at);
    this.#draw();
  }

  /** Go round between two seconds, or, with null, straight on. */
  loopOver(region) {
    this.region = region;
    for (const lane of this.lanes) lane.scrubber.show(region);
    setText(this.looped, region ? `↻ ${spanText(region)}` : "");
    this.board.say(region ? `looping ${spanText(region)}` : "no loop");
    this.deck.setRegion(region);
    if (region && (this.position < region[0] || this.position >= region[1])) this.seek(region[0]);
  }

  get position() {
    return this.deck.duration ? this.deck.position : (this.at ?? 0);
  }

  toggle() {
    if (this.deck.playing || this.wanted) this.pause();
    else this.start();
  }

  async start() {
    takeFloor(this);
    this.wanted = true;
    this.#drawState();
    this.load();
    await Promise.race([this.ready, this.given]);
    if (!this.wanted || this.disposed) return;
    this.wanted = false;
    await this.deck.play();
    this.#drawState();
    this.#animate();
  }

  pause() {
    this.wanted = false;
    this.deck.pause();
    this.#drawState();
  }

  /** Fetch and decode all; what is heard first. */
  load() {
    if (this.loaded) return;
    this.loaded = true;
    const seconds = this.lanes.reduce((sum, lane) => sum + lane.clip.duration_s, 0);
    if (Track.bytesFor(seconds, this.deck.rate) > DECK_BYTES) {
      const minutes = Math.floor(DECK_BYTES / Track.bytesFor(60, this.deck.rate));
      this.ready = new Promise(() => {});
      this.heard.tell(`These are ${Math.ceil(seconds / 60)} minutes together; ${minutes} can be compared at once.`, true);
      this.pause();
      return;
    }
    const inOrder = [this.heard, ...this.lanes.filter((lane) => lane !== this.heard)];
    const arrivals = inOrder.map((lane) => this.#fetch(lane));
    for (const arrival of arrivals) arrival.catch(() => {}); // told when its turn comes
    this.given = new Promise((resolve) => (this.give = resolve));
    this.ready = this.#decode(inOrder, arrivals);
  }

  dispose() {
    this.disposed = true;
    cancelAnimationFrame(this.frame);
    this.deck.close();
    if (page.player === this) page.player = null;
    this.element.remove();
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input")) return;
    const { key } = event;
    const seconds = secondsAfterKey(key, this.position, this.longest);
    const region = loopAfterKey(key, this.region, this.position, this.longest);
    const place = this.lanes.indexOf(this.heard);
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    const other = this.lanes[step ? (place + step + this.lanes.length) % this.lanes.length : key - 1];
    if (other) this.hear(other);
    else if (seconds !== undefined) this.seek(seconds);
    else if (region !== undefined) this.loopOver(region);
    else if (key === " " && !event.target.matches(".mnb-back, .mnb-compare-button, .mnb-switch, .mnb-mute, .mnb-unloop")) this.toggle();
    else if (key === "Escape" && this.close) this.close();
    else if ("<>".includes(key) || !pageKey(key)) return; // its speed is that of the samples
    event.preventDefault();
  }

  #build() {
    this.back = make("button", "mnb-back", { type: "button", title: "Back to all clips (Esc)" }, icon("back"), "All clips");
    this.back.hidden = !this.close;
    this.back.onclick = () => this.close();
    this.play = make("button", "mnb-play", { type: "button" }, icon("play"), icon("pause"));
    this.play.onclick = () => this.toggle();
    this.time = make("span", "mnb-time");
    this.looped = make("span", "mnb-looped");
    this.ruler = make("div", "mnb-ruler", { role: "slider", tabindex: "0", "aria-label": "Position in all clips", "aria-valuemin": "0", "aria-valuemax": String(Math.round(this.longest)), "aria-keyshortcuts": KEYS });
    this.#drawRuler();
    this.ruler.onpointerdown = (event) => {
      const box = this.ruler.getBoundingClientRect();
      this.seek(((event.clientX - box.left) / box.width) * this.longest);
    };
    const hint = make("span", "mnb-hint", {}, `Keys 1–${this.lanes.length} switch, space plays, drag loops`);
    const times = make("div", "mnb-times", {}, this.time, this.looped);
    const head = make("div", "mnb-lane mnb-transport", {}, this.play, times, this.ruler, make("span", "mnb-db"));
    const group = make("div", "mnb-lanes", { role: "radiogroup", "aria-label": "Heard" }, ...this.lanes.map((lane) => lane.element));
    const foot = make("div", "mnb-foot", {}, this.back, make("span", "mnb-gap"), hint, this.reveal);
    this.element = make("div", "mnb-compare", { role: "group", "aria-label": "Comparison" }, head, group, foot);
    this.element.classList.toggle("mnb-blind", this.blind);
    this.element.onkeydown = (event) => this.onKey(event);
    this.#drawWaves();
  }

  #drawWaves() {
    const heights = ({ clip_id, veiled }) => (veiled ? null : (this.board.heights.get(clip_id) ?? null));
    for (const { wave, clip } of this.lanes) wave.setHeights(heights(clip));
  }

  #drawRuler() {
    const step = RULER_STEPS.find((seconds) => this.longest / seconds <= RULER_MARKS) ?? 3600;
    for (let at = 0; at <= this.longest * 0.97; at += step) {
      const mark = make("span", "mnb-mark", { "aria-hidden": "true" }, clock(at));
      mark.style.left = `${(100 * at) / this.longest}%`;
      this.ruler.append(mark);
    }
  }

  async #fetch(lane) {
    lane.setLoading(0);
    const sound = await this.board.store.fetch(lane.clip.clip_id, {
      progress: (part) => {
        lane.setLoading(part);
        if (lane.told) lane.tell("");
      },
      stall: () => lane.tell(this.board.stallText()),
    });
    return sound.blob.arrayBuffer();
  }

  /** One after the other: a decoded clip is 60 MB until it is packed. */
  async #decode(lanes, arrivals) {
    for (const [i, lane] of lanes.entries()) {
      try {
        const clips = this.lanes.map((other) => other.clip);
        const level = this.board.levelled ? matchedGain(lane.clip, clips) : 1;
        await this.deck.add(lane.clip.clip_id, await arrivals[i], level);
        if (this.disposed) return;
        lane.tell("");
        if (this.deck.tracks.size === 1) this.deck.seek(this.at ?? 0);
        this.#giveWhenReady();
      } catch (error) {
        if (this.disposed) return;
        const why = error instanceof SoundMissing ? error.message : "this browser cannot decode it";
        lane.tell(`No sound: ${why}`, true);
      }
      lane.setLoading(null);
    }
  }

  /** What is to be heard need not wait for the others. */
  #giveWhenReady() {
    if (this.deck.tracks.has(this.heard.clip.clip_id)) this.give?.();
  }

  #animate() {
    cancelAnimationFrame(this.frame);
    const step = () => {
      this.#draw();
      if (!this.deck.playing || this.disposed) return;
      if (this.still.matches) setTimeout(step, 250);
      else this.frame = requestAnimationFrame(step);
    };
    step();
  }

  #draw() {
    const { position, longest } = this;
    this.element.style.setProperty("--mnb-at", `${longest ? (100 * position) / longest : 0}%`);
    setText(this.time, `${clock(position)} / ${clock(longest)}`);
    const whole = String(Math.round(position));
    if (this.ruler.getAttribute("aria-valuenow") === whole) return;
    this.ruler.setAttribute("aria-valuenow", whole);
    this.ruler.setAttribute("aria-valuetext", `${clock(position)} of ${clock(longest)}`);
  }

  #drawState() {
    const on = this.deck.playing || Boolean(this.wanted);
    this.element.classList.toggle("mnb-playing", on);
    this.play.setAttribute("aria-label", on ? "Pause" : "Play");
    this.#draw();
  }
}
