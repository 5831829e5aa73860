// Several clips on one playhead, sample by sample: all run, one is heard.
//
// Every clip is decoded once and kept as 16-bit samples in a Blob, which the browser may put on
// disk: eight clips of three minutes would be 500 MB as the floats that Web Audio decodes to. A
// second at a time is read ahead and scheduled for all of them, so that to switch is only to
// turn one up and another down.

const WINDOW_S = 1;
const FIRST_WINDOW_S = 0.25; // little to read before the first sound
const AHEAD_S = 2.5; // a hidden tab's timers run once a second
const PUMP_MS = 200;
const FADE_S = 0.01;
const LEAD_S = 0.03; // between knowing what to play and its sounding
const PACK_FRAMES = 1 << 18; // frames packed before the page gets a turn
const DECK_BYTES = 400 << 20;

/** The samples of one clip, in whole numbers. */
class Track {
  constructor(buffer) {
    this.frames = buffer.length;
    this.channels = Math.min(2, buffer.numberOfChannels);
    this.rate = buffer.sampleRate;
  }

  /** How many bytes a clip will take. */
  static bytesFor(duration_s, rate) {
    return duration_s * rate * 2 * 2;
  }

  /** @param {AudioBuffer} buffer what was decoded; not kept */
  static async from(buffer) {
    const track = new Track(buffer);
    const data = Array.from({ length: track.channels }, (_, i) => buffer.getChannelData(i));
    // by its own peak: decoded MP3 goes beyond full scale, and must not be clipped
    track.peak = 1e-9;
    for (const samples of data) for (let i = 0; i < samples.length; i++) track.peak = Math.max(track.peak, Math.abs(samples[i]));
    const parts = [];
    for (let from = 0; from < track.frames; from += PACK_FRAMES) {
      parts.push(new Blob([track.#pack(data, from, Math.min(track.frames, from + PACK_FRAMES))]));
      await new Promise((resolve) => setTimeout(resolve));
    }
    track.blob = new Blob(parts);
    return track;
  }

  /** Read some frames as floats, or fewer where the clip ends. */
  async read(context, from, count) {
    const frames = Math.min(count, this.frames - from);
    if (frames <= 0) return null;
    const size = 2 * this.channels;
    const packed = new Int16Array(await this.blob.slice(from * size, (from + frames) * size).arrayBuffer());
    const buffer = context.createBuffer(this.channels, frames, this.rate);
    for (let channel = 0; channel < this.channels; channel++) {
      const samples = buffer.getChannelData(channel);
      for (let i = 0; i < frames; i++) samples[i] = (packed[i * this.channels + channel] * this.peak) / 32767;
    }
    return buffer;
  }

  #pack(data, from, to) {
    const packed = new Int16Array((to - from) * this.channels);
    const scale = 32767 / this.peak;
    data.forEach((samples, channel) => {
      for (let i = from; i < to; i++) packed[(i - from) * this.channels + channel] = Math.round(samples[i] * scale);
    });
    return packed;
  }
}

/** Plays its tracks in step and lets one be heard. Positions are in seconds. */
class Deck {
  /** @param {() => void} onStop when it has come to the end */
  constructor(onStop) {
    this.onStop = onStop;
    this.context = new AudioContext();
    this.rate = this.context.sampleRate;
    this.master = this.context.createGain();
    this.master.connect(this.context.destination);
    this.tracks = new Map(); // what is heard -> {track, gain, level}
    this.heard = null;
    this.region = null;
    this.run = null; // what is scheduled since the last start
    this.rest = 0; // where it stands when it does not play, in frames
  }

  get playing() {
    return this.run !== null;
  }

  /** Seconds until the longest of its tracks ends. */
  get duration() {
    return Math.max(0, ...[...this.tracks.values()].map(({ track }) => track.frames)) / this.rate;
  }

  /** Decode a clip and put it on; while the others play it joins them in step. */
  async add(id, bytes, level) {
    const { tracks } = this;
    const track = await Track.from(await this.context.decodeAudioData(bytes));
    if (this.closed || this.tracks !== tracks) return;
    const gain = this.context.createGain();
    gain.gain.value = 0;
    gain.connect(this.master);
    const entry = { id, track, gain, level };
    this.tracks.set(id, entry);
    this.#turn(entry);
    const { run } = this;
    if (run) for (const segment of run.segments) this.#schedule(run, entry, segment);
  }

  /** Let one be heard from now on, at the position where they all are. */
  hear(id) {
    this.heard = id;
    for (const entry of this.tracks.values()) this.#turn(entry);
  }

  setLevel(id, level) {
    const entry = this.tracks.get(id);
    if (!entry || entry.level === level) return;
    entry.level = level;
    this.#turn(entry);
  }

  setVolume(volume) {
    this.#ramp(this.master.gain, volume);
  }

  /** Where the playhead is, in seconds. */
  get position() {
    return this.#frame() / this.rate;
  }

  async play() {
    if (this.playing || this.closed || this.tracks.size === 0) return;
    if (this.rest >= Math.round(this.duration * this.rate)) this.rest = 0;
    // while it waits for the browser's leave, a second press must not start a second run
    const run = (this.run = { segments: [], next: this.rest, at: null, sources: new Set() });
    run.timer = setInterval(() => this.#pump(run), PUMP_MS);
    await this.context.resume();
    await this.#pump(run);
  }

  pause() {
    if (!this.playing) return;
    this.rest = this.#frame();
    this.#end();
  }

  /** @param {number} seconds */
  seek(seconds) {
    const { playing } = this;
    this.#end();
    this.rest = Math.round(Math.max(0, seconds) * this.rate);
    if (playing) this.play();
  }

  /** Go round between two seconds, or, with null, straight on. */
  setRegion(region) {
    this.region = region;
    if (this.playing) this.seek(this.position);
  }

  /** Take off all tracks; one that is still being decoded will not be put on. */
  clear() {
    this.#end();
    this.tracks = new Map();
    this.rest = 0;
  }

  close() {
    this.#end();
    this.closed = true;
    this.tracks.clear();
    this.context.close();
  }

  #frame() {
    const { run } = this;
    if (!run?.segments.length) return this.rest;
    const now = Math.round(this.context.currentTime * this.rate);
    const segment = run.segments.findLast(({ at }) => at <= now) ?? run.segments[0];
    return segment.from + Math.min(segment.count, Math.max(0, now - segment.at));
  }

  #turn(entry) {
    this.#ramp(entry.gain.gain, entry.id === this.heard ? entry.level : 0);
  }

  /** Both ways at once and in a straight line: equal sounds stay equal while they change. */
  #ramp(parameter, value) {
    const now = this.context.currentTime;
    parameter.cancelScheduledValues(now);
    parameter.setValueAtTime(parameter.value, now);
    parameter.linearRampToValueAtTime(value, now + FADE_S);
  }

  #end() {
    const { run } = this;
    if (!run) return;
    this.run = null;
    clearInterval(run.timer);
    const end = this.context.currentTime + FADE_S;
    for (const { source, bus } of run.sources) {
      bus.gain.setValueAtTime(1, this.context.currentTime);
      bus.gain.linearRampToValueAtTime(0, end);
      source.stop(end);
    }
  }

  /** Schedule what is to be heard in the next seconds. */
  async #pump(run) {
    if (run.pumping || this.run !== run) return;
    run.pumping = true;
    const horizon = () => (this.context.currentTime + AHEAD_S) * this.rate;
    while (this.run === run && (run.at === null || run.at < horizon()) && !run.ended) await this.#extend(run);
    run.pumping = false;
    const now = this.context.currentTime * this.rate;
    run.segments = run.segments.filter(({ at, count }) => at + count > now - this.rate);
    if (this.run === run && run.ended && now >= run.at) {
      this.#end();
      this.rest = 0;
      this.onStop();
    }
  }

  async #extend(run) {
    const length = Math.round(this.duration * this.rate);
    const [start, stop] = (this.region ?? []).map((seconds) => Math.min(length, Math.round(seconds * this.rate)));
    const limit = run.next < stop ? stop : length;
    const wanted = Math.round((run.at === null ? FIRST_WINDOW_S : WINDOW_S) * this.rate);
    const segment = { from: run.next, count: Math.min(wanted, limit - run.next) };
    if (segment.count <= 0) {
      run.ended = true;
      run.at ??= 0;
      return;
    }
    const entries = [...this.tracks.values()];
    const buffers = await Promise.all(entries.map(({ track }) => track.read(this.context, segment.from, segment.count)));
    if (this.run !== run) return;
    segment.at = run.at ?? Math.ceil((this.context.currentTime + LEAD_S) * this.rate);
    run.at = segment.at + segment.count;
    run.next = segment.from + segment.count === stop ? start : segment.from + segment.count;
    run.segments.push(segment);
    entries.forEach((entry, i) => this.#start(run, entry, segment, buffers[i]));
    // what was put on while these were read
    for (const entry of this.tracks.values()) if (!entries.includes(entry)) this.#schedule(run, entry, segment);
  }

  async #schedule(run, entry, segment) {
    const buffer = await entry.track.read(this.context, segment.from, segment.count);
    if (this.run === run) this.#start(run, entry, segment, buffer);
  }

  /** Start a piece on its sample; one that comes too late joins in at the right place. */
  #start(run, entry, segment, buffer) {
    if (!buffer) return;
    const late = Math.max(0, Math.ceil((this.context.currentTime + LEAD_S / 3) * this.rate) - segment.at);
    if (late >= buffer.length) return;
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    const bus = this.context.createGain();
    source.connect(bus).connect(entry.gain);
    if (segment === run.segments[0]) {
      bus.gain.setValueAtTime(0, segment.at / this.rate);
      bus.gain.linearRampToValueAtTime(1, segment.at / this.rate + FADE_S);
    }
    source.start((segment.at + late) / this.rate, late / this.rate);
    const playing = { source, bus };
    run.sources.add(playing);
    source.onended = () => {
      run.sources.delete(playing);
      bus.disconnect();
    };
  }
}
