// What plays a row: one audio element, its loop, its speed and its volume.

const REFUSED_MS = 2500;
const LOOP_SLACK_S = 0.03;
const STEP_S = 5;
const LEAP_S = 15;

/** Where a step key leads from a second of a clip, or undefined when it is none. */
function secondsAfterKey(key, at, end) {
  const steps = { ArrowLeft: -STEP_S, ArrowRight: STEP_S, PageDown: -LEAP_S, PageUp: LEAP_S };
  if (key in steps) return at + steps[key];
  if (key === "Home") return 0;
  return key === "End" ? Math.max(0, end - 1) : undefined;
}

/** One audio element and the row it belongs to. */
class Player {
  /**
   * @param {SoundStore} store
   * @param {{gain: (clip: object) => number, stallText: () => string, say: (text: string) => void}} board
   */
  constructor(store, board) {
    this.store = store;
    this.board = board;
    this.row = null;
    this.wanted = null;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    const audio = (this.audio = new Audio());
    audio.preload = "auto";
    audio.preservesPitch = true;
    audio.onplay = () => this.#onPlay();
    audio.onpause = () => this.#onStop();
    audio.onended = () => this.#onEnded();
    audio.ontimeupdate = () => this.#follow();
    audio.onseeked = () => this.#watchLoop();
    audio.onratechange = () => this.#watchLoop();
    audio.oncanplay = () => clearTimeout(this.refusal);
    audio.onerror = () => this.#useDataUrl();
  }

  /** @returns {boolean} whether this row is sounding */
  isPlaying(row) {
    return row === this.row && !this.audio.paused;
  }

  /** Play or pause a row. */
  toggle(row) {
    if (this.isPlaying(row)) this.pause();
    else if (this.wanted === row) this.#give(row); // pressed again while loading
    else this.play(row);
  }

  /** Load a row if need be and play it from its position. */
  async play(row) {
    takeFloor(this);
    if (this.row !== row && !(await this.#load(row))) return;
    if (Math.abs(this.audio.currentTime - row.position) > 0.05) this.audio.currentTime = row.position;
    this.setVolume();
    try {
      await this.audio.play();
    } catch (error) {
      if (error.name === "NotAllowedError") row.tell("press play again: the browser blocked it");
    }
  }

  pause() {
    this.audio.pause();
  }

  /** Move a row's position, in seconds; of the loaded clip the sound too. */
  seek(row, seconds) {
    if (!row) return;
    const at = Math.min(Math.max(0, seconds), row.clip.duration_s);
    row.show(at);
    if (row === this.row && this.audio.readyState > 0) this.audio.currentTime = at;
  }

  /** Take note of a row's new region. */
  followLoop(row) {
    if (row === this.row) this.#watchLoop();
  }

  /** Hand the file itself to the browser's downloads. */
  async download(row) {
    const sound = await this.#fetch(row);
    if (!sound) return;
    const link = document.createElement("a");
    link.href = sound.url;
    link.download = row.fileName;
    link.click();
    row.tell("");
  }

  /** Follow volume, speed, the level-matching switch and new measurements. */
  setVolume() {
    if (this.row) this.audio.volume = this.board.gain(this.row.clip) * page.volume;
    if (this.audio.playbackRate !== page.speed) this.audio.playbackRate = this.audio.defaultPlaybackRate = page.speed;
  }

  /** Let go of a row that leaves the board. */
  forget(row) {
    if (this.wanted === row) this.wanted = null;
    if (this.row !== row) return;
    this.#unload();
    this.row = null;
  }

  dispose() {
    clearTimeout(this.refusal);
    cancelAnimationFrame(this.frame);
    this.wanted = null;
    this.disposed = true;
    this.#unload();
    if (page.player === this) page.player = null;
  }

  #unload() {
    this.#hold(null);
    clearTimeout(this.loopEnd);
    this.audio.onerror = null;
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
    this.audio.onerror = () => this.#useDataUrl();
  }

  /** Keep a sound from being forgotten while it is in the audio element. */
  #hold(sound) {
    if (this.sound) this.sound.users -= 1;
    if (sound) sound.users += 1;
    this.sound = sound;
  }

  #give(row) {
    this.wanted = null;
    row.setLoading(null);
    row.tell("");
  }

  async #fetch(row) {
    row.setLoading(0);
    try {
      const sound = await this.store.fetch(row.clip.clip_id, {
        progress: (part) => {
          if (row.loading !== null) row.setLoading(part);
          row.tell("");
        },
        stall: () => row.loading !== null && row.tell(this.board.stallText()),
      });
      return this.disposed ? null : sound;
    } catch (error) {
      if (!(error instanceof SoundMissing)) throw error;
      if (!this.disposed) row.tell(`No sound: ${error.message}`, true);
      return null;
    } finally {
      row.setLoading(null);
    }
  }

  async #load(row) {
    if (this.wanted && this.wanted !== row) this.#give(this.wanted);
    this.wanted = row;
    this.audio.pause();
    this.row?.setPlaying(false); // the pause event comes later, and then finds the other row
    const sound = await this.#fetch(row);
    if (this.wanted !== row) return false; // another clip was pressed meanwhile
    this.wanted = null;
    if (!sound) return false;
    row.tell("");
    this.row = row;
    this.#hold(sound);
    this.audio.src = sound.url;
    // WebKitGTK drops blob: addresses at random, sometimes without an error event
    clearTimeout(this.refusal);
    this.refusal = setTimeout(() => this.#useDataUrl(), REFUSED_MS);
    return true;
  }

  async #useDataUrl() {
    clearTimeout(this.refusal);
    const { row, sound } = this;
    if (!row || !sound) return;
    if (this.audio.src !== sound.url) {
      row.tell(`This browser cannot play it (${row.clip.media_type}); download it instead.`, true);
      return;
    }
    const reader = new FileReader();
    reader.readAsDataURL(sound.blob);
    await new Promise((resolve) => (reader.onload = resolve));
    if (this.row !== row || this.disposed) return;
    this.audio.src = reader.result;
    this.audio.currentTime = row.position;
    this.audio.play().catch(() => {});
  }

  #onPlay() {
    takeFloor(this);
    this.row.setPlaying(true);
    this.board.say(`playing ${this.row.clip.title}`);
    this.#watchLoop();
    cancelAnimationFrame(this.frame);
    const step = () => {
      this.#follow();
      if (!this.audio.paused && !this.still.matches) this.frame = requestAnimationFrame(step);
    };
    step();
  }

  #onStop() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.loopEnd);
    this.row?.setPlaying(false);
  }

  #onEnded() {
    const { row } = this;
    this.#onStop();
    this.seek(row, row?.region?.[0] ?? 0);
    if (row?.region) this.audio.play().catch(() => {});
  }

  #follow() {
    if (this.row && !this.row.dragging && this.audio.readyState > 0 && !this.audio.seeking)
      this.row.show(this.audio.currentTime);
  }

  /** A timer, because time updates come four times a second and frames not to hidden tabs. */
  #watchLoop() {
    clearTimeout(this.loopEnd);
    const { audio } = this;
    const region = this.row?.region;
    if (!region || audio.paused || audio.currentTime >= region[1]) return;
    const wait = (region[1] - audio.currentTime - LOOP_SLACK_S / 2) / audio.playbackRate;
    this.loopEnd = setTimeout(() => {
      if (audio.currentTime < region[1] - LOOP_SLACK_S) this.#watchLoop();
      else if (!audio.ended) this.seek(this.row, region[0]); // the seek sets the next timer
    }, Math.max(0, wait * 1000));
  }
}
