// A player row: its elements and its keys.

const HUES = 6;
const TAIL = 12; // characters at the end of a file name that are never cut: "…_1.mp3"
const KEYS = "Space ArrowLeft ArrowRight PageUp PageDown Home End ArrowUp ArrowDown [ ] L Escape < > + - M X 0 1 2 3 4 5 T";

/** A number from 0 to HUES - 1 that stays with an id. */
function hueOf(id) {
  let hash = 7;
  for (const letter of id) hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
  return hash % HUES;
}

/** Write where a region begins and ends. */
function spanText(region) {
  return region ? region.map(clock).join("–") : "";
}

/** One clip: play button, names, waveform as a slider, rating, time, tick and download. */
class Row {
  /**
   * @param {Board} board
   * @param {object} clip
   */
  constructor(board, clip) {
    this.board = board;
    this.position = 0;
    this.loading = null; // part of the bytes that are here, or null
    this.play = make("button", "mnb-play", { type: "button" }, icon("play"), icon("pause"));
    this.title = make("span", "mnb-clip-title");
    this.start = make("span", "mnb-start");
    this.tail = make("span", "mnb-tail");
    this.sub = make("span", "mnb-sub", {}, this.start, this.tail);
    this.slider = make("div", "mnb-slider", { role: "slider", "aria-keyshortcuts": KEYS });
    this.wave = new Waveform();
    this.wave.element.append(this.slider);
    this.time = make("span", "mnb-time");
    this.looped = make("span", "mnb-looped");
    this.pick = make("input", "mnb-pick", { type: "checkbox" });
    this.save = make("button", "mnb-save", { type: "button" }, icon("download"));
    const names = make("div", "mnb-names", {}, this.title, this.sub);
    const times = make("div", "mnb-times", {}, this.time, this.looped);
    this.rating = new RatingControls(this);
    this.element = make("div", "mnb-row", { role: "group" }, this.play, names, this.wave.element, this.rating.element, times, this.pick, this.save, this.rating.line);
    this.element.dataset.hue = hueOf(clip.clip_id);
    this.controls = [this.play, this.slider, this.rating.stars, this.rating.edit, this.pick, this.save];
    this.scrubber = new Scrubber(this.wave.element, {
      name: clip.title,
      duration: () => this.clip.duration_s,
      press: (seconds) => this.#goTo(seconds),
      change: (region) => this.#loopOver(region),
    });
    this.#listen();
    this.setActive(false);
    this.update(clip);
  }

  get fileName() {
    const name = this.clip.file.split(/[\\/]/).pop();
    return name || this.clip.title || "clip";
  }

  /** The seconds between which it goes round, or null. */
  get region() {
    return this.scrubber.region;
  }

  /** @returns {boolean} whether its waveform is in somebody's hand */
  get dragging() {
    return this.scrubber.busy;
  }

  update(clip) {
    this.clip = clip;
    setText(this.title, clip.title);
    this.element.setAttribute("aria-label", clip.title);
    this.slider.setAttribute("aria-label", `Position in ${clip.title}`);
    this.slider.setAttribute("aria-valuemin", "0");
    this.slider.setAttribute("aria-valuemax", String(Math.round(clip.duration_s)));
    this.save.setAttribute("aria-label", `Download ${clip.title}`);
    this.save.title = `Download ${this.fileName}`;
    this.pick.setAttribute("aria-label", `Pick ${clip.title} to compare`);
    this.pick.title = "Pick to compare (x)";
    this.title.title = clip.title;
    if (!this.told) this.tell("");
    this.setPlaying(this.playing ?? false);
    this.show(this.position);
    this.rating.show();
  }

  /** Only one row of a board is in the tab order; up and down lead to the others. */
  setActive(active) {
    for (const control of this.controls) control.tabIndex = active ? 0 : -1;
  }

  /** Say something in place of the facts: progress, or what is wrong. */
  tell(text, isProblem = false) {
    this.told = text;
    const name = [...this.fileName];
    const facts = [...this.clip.facts, name.slice(0, -TAIL).join("")].join(" · ");
    // the numbers that tell takes apart stand at the end of the name, so it is cut before them
    const parts = text ? [text, ""] : [facts, name.slice(-TAIL).join("")];
    [this.start, this.tail].forEach((part, i) => setText(part, parts[i]));
    this.sub.title = text || this.clip.file;
    this.sub.classList.toggle("mnb-problem-text", isProblem);
    if (text) this.board.say(`${this.clip.title}: ${text}`);
  }

  setLoading(part) {
    this.loading = part;
    this.element.classList.toggle("mnb-loading", part !== null);
    this.play.style.setProperty("--mnb-loaded", `${Math.round(100 * (part ?? 0))}%`);
    this.play.setAttribute("aria-busy", String(part !== null));
  }

  setPlaying(playing) {
    this.playing = playing;
    this.element.classList.toggle("mnb-playing", playing);
    this.play.setAttribute("aria-label", `${playing ? "Pause" : "Play"} ${this.clip.title}`);
  }

  setPicked(picked) {
    this.pick.checked = picked;
    this.board.picks.set(this.clip.clip_id, picked);
  }

  /** Show a position in seconds. */
  show(seconds) {
    const total = this.clip.duration_s;
    this.position = seconds;
    this.wave.element.style.setProperty("--mnb-at", `${total ? (100 * Math.min(seconds, total)) / total : 0}%`);
    setText(this.time, `${clock(seconds)} / ${clock(total)}`);
    const whole = String(Math.round(seconds));
    if (this.slider.getAttribute("aria-valuenow") === whole) return;
    this.slider.setAttribute("aria-valuenow", whole);
    this.slider.setAttribute("aria-valuetext", `${clock(seconds)} of ${clock(total)}`);
  }

  /** Go round between two seconds, or, with null, straight on. */
  setRegion(region) {
    this.scrubber.show(region);
    setText(this.looped, region ? `↻ ${spanText(region)}` : "");
    this.board.say(region ? `looping ${spanText(region)} of ${this.clip.title}` : `no loop in ${this.clip.title}`);
    this.board.player.followLoop(this);
  }

  #listen() {
    const { player } = this.board;
    this.play.onclick = () => player.toggle(this);
    this.save.onclick = () => player.download(this);
    this.pick.onchange = () => this.setPicked(this.pick.checked);
    this.element.onkeydown = (event) => this.#onKey(event);
    this.element.addEventListener("focusin", () => this.board.activate(this));
  }

  /** A press on another clip's waveform plays from there. */
  #goTo(seconds) {
    const { player } = this.board;
    this.slider.focus({ preventScroll: true });
    player.seek(this, seconds);
    if (player.row !== this) player.play(this);
  }

  /** A region that was just drawn is heard from its beginning. */
  #loopOver(region) {
    const { player } = this.board;
    this.setRegion(region);
    this.slider.focus({ preventScroll: true });
    if (!region) return;
    if (this.position < region[0] || this.position >= region[1]) player.seek(this, region[0]);
    if (!player.isPlaying(this)) player.play(this);
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { player } = this.board;
    const { key } = event;
    if (this.rating.onKey(event)) return event.preventDefault();
    const onButton = event.target !== this.slider;
    const seconds = secondsAfterKey(key, this.position, this.clip.duration_s);
    const region = loopAfterKey(key, this.region, this.position, this.clip.duration_s);
    if (seconds !== undefined) player.seek(this, seconds);
    else if (region !== undefined) this.setRegion(region);
    else if (key === "ArrowDown" || key === "ArrowUp")
      this.board.moveFocus(this, key === "ArrowDown" ? 1 : -1, this.controls.indexOf(event.target));
    else if (key === "x" || key === "X") this.setPicked(!this.pick.checked);
    else if ((key === " " || key === "Enter") && !onButton) player.toggle(this);
    else if (!pageKey(key)) return; // Tab and the buttons' own keys
    event.preventDefault();
  }
}
