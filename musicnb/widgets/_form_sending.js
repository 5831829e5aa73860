// A file on its way to Python, piece by piece, so that neither the page nor the kernel stands still.

const MEGABYTE = 1 << 20;
const LENGTH_MS = 4000; // how long the browser may take to tell a file's length
const BEGINNINGS = { RIFF: "WAV", RF64: "WAV", fLaC: "FLAC", OggS: "OGG", "ID3": "MP3" };

/** What kind of sound a file is by its first bytes; undefined where they say nothing. */
async function kindOf(file) {
  const bytes = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const text = String.fromCharCode(...bytes);
  if (bytes[0] === 0xff && (bytes[1] & 0xe6) === 0xe2) return "MP3";
  return BEGINNINGS[text] ?? BEGINNINGS[text.slice(0, 3)];
}

/** How long a file sounds in seconds, or null where the browser cannot tell. */
function lengthOfSound(file) {
  const url = URL.createObjectURL(file), audio = new Audio();
  const told = new Promise((resolve) => {
    audio.addEventListener("loadedmetadata", () => resolve(Number.isFinite(audio.duration) ? audio.duration : null));
    audio.addEventListener("error", () => resolve(null));
    setTimeout(() => resolve(null), LENGTH_MS);
  });
  audio.preload = "metadata";
  audio.src = url;
  return told.finally(() => { audio.removeAttribute("src"); URL.revokeObjectURL(url); });
}

/** Why a file cannot be used, in plain words, or "" where nothing speaks against it so far. */
async function complaintAbout(file, limits) {
  if (!file.size) return `${file.name} is empty.`;
  if (file.size > limits.maximum_bytes) return `${file.name} has ${(file.size / MEGABYTE).toFixed(1)} MB; at most ${limits.maximum_bytes / MEGABYTE} MB are taken.`;
  let kind;
  try {
    kind = await kindOf(file);
  } catch { // a folder, or a file that may not be read
    return `${file.name} cannot be read: drop a sound file, not a folder.`;
  }
  if (!kind) return `${file.name} is no sound file that is taken: ${limits.words}.`;
  if (!limits.formats.includes(kind)) return `${file.name} is ${kind}; taken are ${limits.words}.`;
  const seconds = await lengthOfSound(file);
  if (seconds !== null && seconds > limits.maximum_s + 1) return `${file.name} lasts ${clock(seconds)}; at most ${clock(limits.maximum_s)} are taken.`;
  return "";
}

/** Sends one file at a time. */
class FileSender {
  /**
   * @param {(message: object, buffers?: ArrayBuffer[]) => boolean} post
   * @param {(part: number) => void} moved told which part has arrived, from 0 to 1
   * @param {(why: string) => void} failed
   */
  constructor(post, moved, failed) {
    Object.assign(this, { post, moved, failed, file: null, serial: 0 });
  }
  start(file) {
    this.id = `${Math.random().toString(36).slice(2)}-${++this.serial}`;
    Object.assign(this, { file, at: 0, got: 0, pumping: false });
    this.moved(0);
    if (!this.post({ op: "file-begin", id: this.id, name: file.name, size: file.size })) this.stop();
  }
  stop() { this.file = null; }
  /** Python has taken so much of it, or does not take it. */
  heard({ id, got, step, ahead, why }) {
    if (!this.file || id !== this.id) return;
    if (why) { this.stop(); this.failed(why); return; }
    this.got = got;
    this.moved(got / this.file.size);
    if (got === this.file.size) { this.stop(); return; }
    this.pump(step, ahead);
  }
  async pump(step, ahead) {
    if (this.pumping) return;
    this.pumping = true;
    const { file, id } = this;
    try {
      while (this.file === file && this.at < file.size && this.at - this.got < step * ahead) {
        const offset = this.at;
        this.at = Math.min(file.size, offset + step);
        const piece = await file.slice(offset, this.at).arrayBuffer();
        if (this.file !== file || !this.post({ op: "file-part", id, offset }, [piece])) break;
      }
    } catch { // the file was moved or changed while it was read
      this.stop();
      this.failed(`${file.name} cannot be read any more.`);
    }
    this.pumping = false;
  }
}
