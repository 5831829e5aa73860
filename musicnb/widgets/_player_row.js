// A player row: its elements, its waveform and its keys.

const STEP_S = 5;
const LEAP_S = 15;
const HUES = 6;
const TAIL = 12; // characters at the end of a file name that are never cut: "…_1.mp3"
const BAR_PX = 2;
const GAP_PX = 1;
const ICONS = {
  play: "M8 5.2v13.6c0 .8.9 1.3 1.5.8l10.2-6.8c.6-.4.6-1.2 0-1.6L9.5 4.4C8.9 3.9 8 4.4 8 5.2z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  download: "M12 4v10m0 0l-4-4m4 4l4-4M5 19h14",
};

/** Write seconds as m:ss, or h:mm:ss. */
function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * Make an element. Text only ever goes in as text.
 * @param {string} tag
 * @param {string} className
 * @param {Object<string, string>} attributes
 * @param {...(Node|string)} children
 */
function make(tag, className, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Draw one of our own icons. */
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `mnb-icon mnb-icon-${name}`);
  const path = svg.appendChild(document.createElementNS(svg.namespaceURI, "path"));
  path.setAttribute("d", ICONS[name]);
  return svg;
}

/** Put text where it differs, so that nothing is announced or laid out anew for nothing. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A number from 0 to HUES - 1 that stays with an id. */
function hueOf(id) {
  let hash = 7;
  for (const letter of id) hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
  return hash % HUES;
}

/** Two canvases with the same bars: what is to come, and above it what has been played. */
class Waveform {
  constructor() {
    this.peaks = null;
    this.visible = false;
    this.canvases = ["mnb-ahead", "mnb-played"].map((name) => make("canvas", name, { "aria-hidden": "true" }));
    this.element = make("div", "mnb-wave", {}, ...this.canvases);
  }

  /** @param {Int8Array|null} peaks (min, max) pairs */
  setPeaks(peaks) {
    if (peaks === this.peaks) return;
    this.peaks = peaks;
    this.draw();
  }

  /** Rows out of sight give their pixels back. */
  setVisible(visible) {
    this.visible = visible;
    if (visible) this.draw();
    else for (const canvas of this.canvases) canvas.width = canvas.height = 0;
  }

  draw() {
    const width = this.element.clientWidth;
    const height = this.element.clientHeight;
    if (!this.visible || !width) return;
    const scale = devicePixelRatio || 1;
    const heights = this.#heights(Math.floor((width + GAP_PX) / (BAR_PX + GAP_PX)));
    for (const canvas of this.canvases) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      const context = canvas.getContext("2d");
      context.scale(scale, scale);
      context.fillStyle = this.#paint(context, canvas, width);
      context.beginPath();
      heights.forEach((part, i) => {
        const tall = Math.max(BAR_PX, part * (height - 2));
        context.roundRect(i * (BAR_PX + GAP_PX), (height - tall) / 2, BAR_PX, tall, BAR_PX / 2);
      });
      context.fill();
    }
  }

  /** From the style's text colour on the left to its outline colour on the right. */
  #paint(context, canvas, width) {
    const { color, outlineColor } = getComputedStyle(canvas);
    const paint = context.createLinearGradient(0, 0, width, 0);
    paint.addColorStop(0, color);
    paint.addColorStop(1, outlineColor);
    return paint;
  }

  /** Mean extreme under each bar, the highest 1: of loud music the maximum is a brick. */
  #heights(count) {
    const peaks = this.peaks;
    const heights = new Float64Array(Math.max(0, count));
    if (!peaks) return heights;
    const pairs = peaks.length >> 1;
    for (let i = 0; i < count; i++) {
      const from = Math.floor((i * pairs) / count);
      const to = Math.max(from + 1, Math.floor(((i + 1) * pairs) / count));
      for (let k = from; k < to; k++) heights[i] += Math.max(-peaks[2 * k], peaks[2 * k + 1]) / (to - from);
    }
    const loudest = Math.max(...heights);
    return loudest ? heights.map((part) => part / loudest) : heights;
  }
}

/** One clip: play button, names, waveform as a slider, time and download. */
class Row {
  /**
   * @param {Board} board
   * @param {object} clip
   */
  constructor(board, clip) {
    this.board = board;
    this.position = 0;
    this.loading = null; // part of the bytes that are here, or null
    this.dragging = false;
    this.play = make("button", "mnb-play", { type: "button" }, icon("play"), icon("pause"));
    this.title = make("span", "mnb-clip-title");
    this.start = make("span", "mnb-start");
    this.tail = make("span", "mnb-tail");
    this.sub = make("span", "mnb-sub", {}, this.start, this.tail);
    this.wave = new Waveform();
    this.slider = this.wave.element;
    this.bubble = make("span", "mnb-bubble", { "aria-hidden": "true" });
    this.slider.append(this.bubble);
    this.slider.setAttribute("role", "slider");
    this.time = make("span", "mnb-time");
    this.save = make("button", "mnb-save", { type: "button" }, icon("download"));
    const names = make("div", "mnb-names", {}, this.title, this.sub);
    this.element = make("div", "mnb-row", { role: "group" }, this.play, names, this.slider, this.time, this.save);
    this.element.dataset.hue = hueOf(clip.clip_id);
    this.controls = [this.play, this.slider, this.save];
    this.#listen();
    this.setActive(false);
    this.update(clip);
  }

  get fileName() {
    const name = this.clip.file.split(/[\\/]/).pop();
    return name || this.clip.title || "clip";
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
    this.title.title = clip.title;
    if (!this.told) this.tell("");
    this.setPlaying(this.playing ?? false);
    this.show(this.position);
  }

  /** Only one row of a board is in the tab order; up and down lead to the others. */
  setActive(active) {
    for (const control of this.controls) control.tabIndex = active ? 0 : -1;
  }

  /** Say something in place of the facts: progress, or what is wrong. */
  tell(text, isProblem = false) {
    this.told = text;
    const name = [...this.fileName];
    const facts = [...this.clip.facts, name.slice(0, -TAIL).join("")].filter(Boolean).join(" · ");
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

  /** Show a position in seconds. */
  show(seconds) {
    const total = this.clip.duration_s;
    this.position = seconds;
    this.slider.style.setProperty("--mnb-at", `${total ? (100 * Math.min(seconds, total)) / total : 0}%`);
    setText(this.time, `${clock(seconds)} / ${clock(total)}`);
    const whole = String(Math.round(seconds));
    if (this.slider.getAttribute("aria-valuenow") === whole) return;
    this.slider.setAttribute("aria-valuenow", whole);
    this.slider.setAttribute("aria-valuetext", `${clock(seconds)} of ${clock(total)}`);
  }

  #listen() {
    const { player } = this.board;
    this.play.onclick = () => player.toggle(this);
    this.save.onclick = () => player.download(this);
    this.element.onkeydown = (event) => this.#onKey(event);
    this.element.addEventListener("focusin", () => this.board.activate(this));
    this.slider.onpointermove = (event) => this.#onPointer(event);
    this.slider.onpointerdown = (event) => {
      if (event.button !== 0) return;
      this.dragging = true;
      this.slider.setPointerCapture(event.pointerId);
      this.#onPointer(event);
    };
    this.slider.onpointerup = (event) => {
      if (!this.dragging) return;
      this.dragging = false;
      player.seek(this, this.#secondsAt(event));
      if (player.row !== this) player.play(this); // a press on another clip's waveform plays from there
    };
    this.slider.onpointercancel = () => (this.dragging = false);
  }

  #secondsAt(event) {
    const box = this.slider.getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    return Math.min(Math.max(0, part), 1) * this.clip.duration_s;
  }

  #onPointer(event) {
    const seconds = this.#secondsAt(event);
    this.slider.style.setProperty("--mnb-hover", `${(100 * seconds) / (this.clip.duration_s || 1)}%`);
    setText(this.bubble, clock(seconds));
    if (this.dragging) this.show(seconds);
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { player } = this.board;
    const onButton = event.target === this.play || event.target === this.save;
    const steps = { ArrowLeft: -STEP_S, ArrowRight: STEP_S, PageDown: -LEAP_S, PageUp: LEAP_S };
    if (event.key in steps) player.seek(this, this.position + steps[event.key]);
    else if (event.key === "Home") player.seek(this, 0);
    else if (event.key === "End") player.seek(this, this.clip.duration_s - 1);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp")
      this.board.moveFocus(this, event.key === "ArrowDown" ? 1 : -1, this.controls.indexOf(event.target));
    else if ((event.key === " " || event.key === "Enter") && !onButton) player.toggle(this);
    else return; // Tab and the buttons' own keys
    event.preventDefault();
  }
}
