// The pair that is heard: its sound, its playhead, and how long each of the two has been heard.

const COUNT_MS = 100;
const SEEK_S = 5;

/** Plays A and B in step, round and round, and counts what is heard. */
class Stage {
  /** @param {{store: SoundStore, say: (text: string) => void, stallText: () => string, follow: () => void}} desk */
  constructor(desk) {
    this.desk = desk;
    this.deck = new Deck(() => this.#drawState());
    this.heard = new Heard(this.deck);
    this.plates = SLOTS.map((slot) => new Plate(slot, () => this.hear(slot)));
    this.told = new Map(); // slot -> what its plate says in place of the time
    this.screen = { token: "", seconds: 0, least_heard_s: 0 };
    this.slot = "A";
    this.#build();
    this.followPage();
    this.timer = setInterval(() => this.#count(), COUNT_MS);
  }

  /** Take up another pair; where sound was on it goes on. */
  take(screen) {
    this.goesOn = this.deck.playing || Boolean(this.wanted);
    this.wanted = false;
    this.heard.clear();
    this.deck.clear();
    this.told.clear();
    this.screen = screen;
    this.loading = null;
    this.deck.setRegion([0, screen.seconds]);
    this.hear("A", { quietly: true });
    this.#drawState();
  }

  /** Fetch and decode both. */
  load() {
    if (this.loading || !this.screen.token) return;
    const { token } = this.screen;
    this.loading = Promise.all(SLOTS.map((slot) => this.#load(token, slot)));
    if (this.goesOn) this.start();
  }

  /** Whether both have been heard for long enough. */
  get isEnough() {
    return this.plates.every((plate) => plate.isEnough);
  }

  /** Seconds of A and of B, for the kernel. */
  get seconds() {
    this.heard.count();
    return SLOTS.map((slot) => Math.round(1000 * this.heard.of(slot)) / 1000);
  }

  /** Say what is missing before a vote counts; nothing where nothing is. */
  get missing() {
    const short = this.plates.filter((plate) => !plate.isEnough).map((plate) => plate.slot);
    if (page.volume === 0 && short.length) return "The volume is off: nothing counts as heard. M turns it on.";
    const least = clockWords(this.screen.least_heard_s);
    return short.length === 2 ? `Hear ${least} of each before you vote.` : short.length ? `Hear ${least} of ${short[0]}, too, before you vote.` : "";
  }

  hear(slot, { quietly = false } = {}) {
    this.heard.count();
    this.slot = slot;
    this.deck.hear(slot);
    for (const plate of this.plates) plate.setHeard(plate.slot === slot);
    this.focusIf((focused) => focused.matches(".mnb-b-plate"));
    this.desk.follow();
    if (!quietly) this.desk.say(`${slot}`);
  }

  /** Move the focus to the plate that is heard, if it is inside and the question says yes. */
  focusIf(question) {
    const focused = document.activeElement;
    if (this.root?.contains(focused) && question(focused)) this.plates[SLOTS.indexOf(this.slot)].element.focus({ preventScroll: true });
  }

  toggle() {
    if (this.deck.playing || this.wanted) this.pause();
    else this.start();
  }

  async start() {
    takeFloor(this);
    const { token } = this.screen;
    this.wanted = true;
    this.load();
    this.#drawState();
    await this.loading;
    if (!this.wanted || this.screen.token !== token || this.disposed) return;
    this.wanted = false;
    await this.deck.play();
    this.#drawState();
    this.#animate();
  }

  pause() {
    this.wanted = this.goesOn = false;
    this.heard.count();
    this.deck.pause();
    this.#drawState();
  }

  seek(seconds) {
    this.heard.count();
    this.deck.seek(Math.min(Math.max(0, seconds), Math.max(0, this.screen.seconds - 0.05)));
    this.#draw();
  }

  /** @returns {boolean} whether a key was one for the playhead */
  seekKey(key) {
    const to = { ",": this.deck.position - SEEK_S, ".": this.deck.position + SEEK_S, Home: 0 }[key];
    if (to !== undefined) this.seek(to);
    return to !== undefined;
  }

  followPage() {
    this.heard.setAudible(page.volume > 0);
    this.deck.setVolume(page.volume);
  }

  dispose() {
    this.disposed = true;
    clearInterval(this.timer);
    cancelAnimationFrame(this.frame);
    this.deck.close();
    if (page.player === this) page.player = null;
  }

  #build() {
    this.plate = make("div", "mnb-b-plates", { role: "radiogroup", "aria-label": "Heard" }, ...this.plates.map((plate) => plate.element));
    this.play = make("button", "mnb-b-play", { type: "button", "aria-keyshortcuts": "Space" }, icon("play"), icon("pause"));
    this.play.onclick = () => this.toggle();
    this.time = make("span", "mnb-b-time");
    this.track = make("div", "mnb-b-track", { role: "slider", tabindex: "0", "aria-label": "Position in both", "aria-valuemin": "0", "aria-keyshortcuts": ", . Home", title: "Position in both (, and .)" });
    this.track.onpointerdown = (event) => {
      const box = this.track.getBoundingClientRect();
      this.seek(((event.clientX - box.left) / box.width) * this.screen.seconds);
    };
    this.element = make("div", "mnb-b-transport", {}, this.play, keycaps("space"), this.track, this.time);
  }

  async #load(token, slot) {
    try {
      this.#tell(slot, "Loading …");
      const sound = await this.desk.store.fetch(`${token} ${slot}`, {
        progress: (part) => this.#isOf(token) && this.#tell(slot, `Loading ${Math.round(100 * part)} %`),
        stall: () => this.#isOf(token) && this.desk.stalled(),
      });
      const bytes = await sound.blob.arrayBuffer();
      if (!this.#isOf(token)) return;
      await this.deck.add(slot, bytes, 1); // the desk has matched their levels
      if (!this.#isOf(token)) return;
      this.heard.begin(slot);
      this.#tell(slot, "");
    } catch (error) {
      if (!this.#isOf(token)) return;
      this.loading = null; // another press asks again
      this.#tell(slot, "No sound");
      this.desk.tell(`No sound of ${slot}: ${error instanceof SoundMissing ? error.message : "this browser cannot decode it"}`, true);
    }
  }

  #isOf(token) {
    return this.screen.token === token && !this.disposed;
  }

  #tell(slot, words) {
    if (words) this.told.set(slot, words);
    else this.told.delete(slot);
    this.#count();
  }

  #count() {
    if (!this.screen.token) return;
    this.heard.count();
    for (const plate of this.plates) plate.show(this.heard.of(plate.slot), this.screen.least_heard_s, this.told.get(plate.slot));
    this.desk.follow();
    this.#draw();
  }

  #animate() {
    cancelAnimationFrame(this.frame);
    const step = () => {
      this.#draw();
      if (this.deck.playing && !this.disposed) this.frame = requestAnimationFrame(step);
    };
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) step();
  }

  #draw() {
    const { position } = this.deck;
    const { seconds } = this.screen;
    this.track.style.setProperty("--mnb-at", `${seconds ? Math.min(100, (100 * position) / seconds) : 0}%`);
    setText(this.time, `${clock(position)} / ${clock(seconds)}`);
    const whole = String(Math.floor(position));
    if (this.track.getAttribute("aria-valuenow") === whole) return;
    this.track.setAttribute("aria-valuenow", whole);
    this.track.setAttribute("aria-valuemax", String(Math.floor(seconds)));
    this.track.setAttribute("aria-valuetext", `${clock(position)} of ${clock(seconds)}`);
  }

  #drawState() {
    const on = this.deck.playing || Boolean(this.wanted);
    this.element.classList.toggle("mnb-playing", on);
    this.play.setAttribute("aria-label", on ? "Pause" : "Play");
    this.#draw();
  }
}
