// Where sound comes from: bytes pulled from the kernel, the last of them kept as Blob URLs.

const CACHE_BYTES = 48 << 20;
const IN_FLIGHT = 8;
const STALL_MS = 5000;

/** Thrown when a clip cannot be had; the message is for people. */
class SoundMissing extends Error {}

/** Pulls clips through the widget's messages. What it keeps, all boards of the page keep. */
class SoundStore {
  /**
   * @param {{send: (message: object) => boolean, goneText: () => string}} board
   * @param {string} owner names the board; the same for all its views
   */
  constructor(board, owner) {
    this.board = board;
    this.owner = owner;
    this.jobs = new Map(); // clip id -> what is on its way
    page.views.set(owner, (page.views.get(owner) ?? 0) + 1);
  }

  /**
   * Fetch a clip, or join the fetch under way.
   * @param {string} id
   * @param {{progress?: (part: number) => void, stall?: () => void}} listener
   * @returns {Promise<{url: string, blob: Blob}>}
   */
  fetch(id, listener) {
    const kept = page.sounds.get(this.#key(id));
    if (kept) {
      page.sounds.delete(kept.key);
      page.sounds.set(kept.key, kept);
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
    this.#ask(job, 0, IN_FLIGHT); // how long the clip is, the first chunk will tell
    return job.promise;
  }

  /** @returns {boolean} whether the message was about sound */
  receive(message, buffers) {
    if (message.op !== "chunk" && message.op !== "missing") return false;
    let job = this.jobs.get(message.id);
    // what arrives while a cell runs comes unasked, because asking would not be heard
    if (!job && message.unasked && !page.sounds.has(this.#key(message.id))) job = this.#begin(message.id);
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
    const left = page.views.get(this.owner) - 1;
    page.views.set(this.owner, left);
    if (left > 0) return;
    page.views.delete(this.owner);
    for (const sound of [...page.sounds.values()]) if (sound.owner === this.owner) this.#drop(sound);
  }

  #key(id) {
    return `${this.owner} ${id}`;
  }

  #drop(sound) {
    URL.revokeObjectURL(sound.url);
    page.sounds.delete(sound.key);
  }

  #begin(id) {
    const job = { id, parts: [], got: 0, total: null, step: 0, next: 0, flying: new Set(), listeners: [], stalled: false };
    job.promise = new Promise((resolve, reject) => Object.assign(job, { resolve, reject }));
    job.promise.catch(() => {}); // a clip sent unasked has no one to tell
    this.jobs.set(id, job);
    return job;
  }

  #ask(job, offset, chunks = 1) {
    job.flying.add(offset);
    if (this.board.send({ op: "get", id: job.id, offset, chunks })) this.#watch(job);
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
    if (job.total === null && !message.unasked)
      for (let i = 1; i < IN_FLIGHT && i * message.step < message.total; i++) job.flying.add(i * message.step);
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
    const key = this.#key(job.id);
    let sound = page.sounds.get(key); // another view may have been quicker
    if (!sound) {
      const blob = new Blob(job.parts, { type });
      sound = { key, owner: this.owner, url: URL.createObjectURL(blob), blob, users: 0 };
      page.sounds.set(key, sound);
      this.#forgetOld(key);
    }
    job.resolve(sound);
  }

  /** Keep at most CACHE_BYTES on the page, and always what is in a player's hands. */
  #forgetOld(newest) {
    let bytes = [...page.sounds.values()].reduce((sum, sound) => sum + sound.blob.size, 0);
    for (const sound of [...page.sounds.values()]) {
      if (bytes <= CACHE_BYTES) break;
      if (sound.key === newest || sound.users > 0) continue;
      bytes -= sound.blob.size;
      this.#drop(sound);
    }
  }

  #fail(job, why) {
    clearTimeout(job.timer);
    this.jobs.delete(job.id);
    job.reject(new SoundMissing(why));
  }
}
