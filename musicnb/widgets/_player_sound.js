// Sound for the board: bytes pulled from the kernel, kept as Blob URLs, played one at a time.

const CACHE_BYTES = 48 << 20;
const IN_FLIGHT = 4;
const STALL_MS = 5000;
const REFUSED_MS = 2500;
const QUIETEST_GAIN = 0.1; // a nearly silent clip must not turn all others down to nothing

/** What all boards on this page share: every widget gets a module instance of its own. */
const page = (globalThis.__musicnbPage ??= { player: null });

/** Thrown when a clip cannot be had; the message is for people. */
class SoundMissing extends Error {}

/** Pulls clips through the widget's messages and keeps the last of them. */
class SoundStore {
  /** @param {{send: (message: object) => boolean, goneText: () => string}} board */
  constructor(board) {
    this.board = board;
    this.sounds = new Map(); // clip id -> {url, blob}, least recently used first
    this.bytes = 0;
    this.jobs = new Map(); // clip id -> what is on its way
    this.pinned = null; // clip id that is loaded in the audio element
  }

  /**
   * Fetch a clip, or join the fetch under way.
   * @param {string} id
   * @param {{progress?: (part: number) => void, stall?: () => void}} listener
   * @returns {Promise<{url: string, blob: Blob}>}
   */
  fetch(id, listener) {
    const kept = this.sounds.get(id);
    if (kept) {
      this.sounds.delete(id);
      this.sounds.set(id, kept);
      return Promise.resolve(kept);
    }
    const running = this.jobs.get(id);
    if (running) {
      running.listeners.push(listener);
      if (running.stalled) this.#askAgain(running);
      return running.promise;
    }
    const job = this.#begin(id);
    job.listeners.push(listener);
    this.#ask(job, 0);
    return job.promise;
  }

  /** @returns {boolean} whether the message was about sound */
  receive(message, buffers) {
    if (message.op !== "chunk" && message.op !== "missing") return false;
    let job = this.jobs.get(message.id);
    // what arrives while a cell runs comes unasked, because asking would not be heard
    if (!job && message.unasked && !this.sounds.has(message.id)) job = this.#begin(message.id);
    if (!job) return true;
    if (message.op === "missing") this.#fail(job, message.why);
    else this.#add(job, message, buffers[0]);
    return true;
  }

  /** End every fetch under way: nobody will answer it. */
  giveUp(why) {
    for (const job of [...this.jobs.values()]) this.#fail(job, why);
  }

  dispose() {
    this.giveUp("the board was closed");
    for (const sound of this.sounds.values()) URL.revokeObjectURL(sound.url);
    this.sounds.clear();
  }

  #begin(id) {
    const job = { id, parts: [], got: 0, total: null, step: 0, next: 0, flying: new Set(), listeners: [], stalled: false };
    job.promise = new Promise((resolve, reject) => Object.assign(job, { resolve, reject }));
    job.promise.catch(() => {}); // a clip sent unasked has no one to tell
    this.jobs.set(id, job);
    return job;
  }

  #ask(job, offset) {
    job.flying.add(offset);
    if (this.board.send({ op: "get", id: job.id, offset })) this.#watch(job);
    else this.#fail(job, this.board.goneText());
  }

  #askOn(job) {
    for (; job.flying.size < IN_FLIGHT && job.next < job.total; job.next += job.step)
      if (!job.parts[job.next / job.step] && !job.flying.has(job.next)) this.#ask(job, job.next);
  }

  #askAgain(job) {
    job.stalled = false;
    if (job.flying.size === 0) job.flying.add(job.next); // it came unasked, and not all of it
    for (const offset of job.flying) this.#ask(job, offset);
  }

  /** After a silence say so, but keep the request: a busy kernel answers when its cell ends. */
  #watch(job) {
    clearTimeout(job.timer);
    job.timer = setTimeout(() => {
      job.stalled = true;
      for (const listener of job.listeners) listener.stall?.();
    }, STALL_MS);
  }

  #add(job, message, buffer) {
    job.flying.delete(message.offset);
    if (job.parts[message.offset / message.step]) return; // a repeat, or another view's
    if (job.total !== null && job.total !== message.total) {
      this.#fail(job, "the file changed while it was read; press play again");
      return;
    }
    // a view into the websocket's frame: copy it, or the frame stays in memory
    const part = new Uint8Array(buffer.buffer ?? buffer, buffer.byteOffset ?? 0, buffer.byteLength).slice();
    job.total = message.total;
    job.step = message.step;
    job.parts[message.offset / job.step] = part;
    job.got += part.byteLength;
    job.stalled = false;
    for (const listener of job.listeners) listener.progress?.(job.total ? job.got / job.total : 1);
    this.#watch(job);
    if (job.got >= job.total) this.#finish(job, message.type);
    else if (!message.unasked) this.#askOn(job);
  }

  #finish(job, type) {
    clearTimeout(job.timer);
    this.jobs.delete(job.id);
    const blob = new Blob(job.parts, { type });
    const sound = { url: URL.createObjectURL(blob), blob };
    this.sounds.set(job.id, sound);
    this.bytes += blob.size;
    for (const [id, old] of this.sounds) {
      if (this.bytes <= CACHE_BYTES) break;
      if (id === job.id || id === this.pinned) continue;
      URL.revokeObjectURL(old.url);
      this.bytes -= old.blob.size;
      this.sounds.delete(id);
    }
    job.resolve(sound);
  }

  #fail(job, why) {
    clearTimeout(job.timer);
    this.jobs.delete(job.id);
    job.reject(new SoundMissing(why));
  }
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
    audio.onplay = () => this.#onPlay();
    audio.onpause = () => this.#onStop();
    audio.onended = () => {
      this.#onStop();
      this.seek(this.row, 0);
    };
    audio.ontimeupdate = () => this.#follow();
    audio.oncanplay = () => clearTimeout(this.refusal);
    audio.onerror = () => this.#useDataUrl();
  }

  /** @returns {boolean} whether this row is sounding */
  isPlaying(row) {
    return row === this.row && !this.audio.paused;
  }

  /** Play or pause a row. */
  toggle(row) {
    if (this.isPlaying(row)) this.audio.pause();
    else if (this.wanted === row) this.#give(row); // pressed again while loading
    else this.play(row);
  }

  /** Load a row if need be and play it from its position. */
  async play(row) {
    if (page.player !== this) page.player?.audio.pause();
    if (this.row !== row && !(await this.#load(row))) return;
    if (Math.abs(this.audio.currentTime - row.position) > 0.05) this.audio.currentTime = row.position;
    this.setVolume();
    try {
      await this.audio.play();
    } catch (error) {
      if (error.name === "NotAllowedError") row.tell("press play again: the browser blocked it");
    }
  }

  /** Move a row's position, in seconds; of the loaded clip the sound too. */
  seek(row, seconds) {
    if (!row) return;
    const at = Math.min(Math.max(0, seconds), row.clip.duration_s);
    row.show(at);
    if (row === this.row && this.audio.readyState > 0) this.audio.currentTime = at;
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

  /** Follow the level-matching switch and new measurements. */
  setVolume() {
    if (this.row) this.audio.volume = this.board.gain(this.row.clip);
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
    this.audio.onerror = null;
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
    this.audio.onerror = () => this.#useDataUrl();
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
    this.store.pinned = row.clip.clip_id;
    this.sound = sound;
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
    if (page.player !== this) page.player?.audio.pause();
    page.player = this;
    this.row.setPlaying(true);
    this.board.say(`playing ${this.row.clip.title}`);
    cancelAnimationFrame(this.frame);
    const step = () => {
      this.#follow();
      if (!this.audio.paused && !this.still.matches) this.frame = requestAnimationFrame(step);
    };
    step();
  }

  #onStop() {
    cancelAnimationFrame(this.frame);
    this.row?.setPlaying(false);
  }

  #follow() {
    if (this.row && !this.row.dragging && this.audio.readyState > 0 && !this.audio.seeking)
      this.row.show(this.audio.currentTime);
  }
}
