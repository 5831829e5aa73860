// The recording of a form, to be listened to before anything is sent: a row of its player.

/** Play button, waveform as a slider, time. What plays it is what plays a board's rows. */
class RecordingPlayer {
  /**
   * @param {FormView} form
   * @param {(text: string) => void} said told what is wrong or under way, or "" where nothing is
   */
  constructor(form, said) {
    this.said = said;
    this.position = 0;
    this.loading = null;
    this.region = null; // a form loops nothing
    this.dragging = false;
    this.clip = { clip_id: "", title: "", duration_s: 0, media_type: "" };
    this.wave = new Waveform();
    this.button = make("button", "mnb-f-play", { type: "button" }, icon("play"), icon("pause"));
    this.slider = make("div", "mnb-f-slider", { role: "slider", tabindex: "0", "aria-valuemin": "0" });
    this.wave.element.append(this.slider);
    this.time = make("span", "mnb-f-time");
    this.element = make("div", "mnb-f-player", { role: "group" }, this.button, this.wave.element, this.time);
    this.store = new SoundStore({ send: (message) => form.post(message), goneText: () => GONE }, `form ${form.model.get("uid")}`);
    const stallText = () => "Waiting for the kernel: a busy one sends it when its cell ends.";
    this.player = new Player(this.store, { gain: () => 1, stallText, say: () => {} });
    page.boards.add(this); // volume and speed are the whole page's
    this.button.onclick = () => this.player.toggle(this);
    this.slider.onkeydown = (event) => this.#onKey(event);
    this.wave.element.onpointerdown = (event) => this.#onPress(event);
  }

  followPage() {
    this.player.setVolume();
  }

  /** Show a recording; without a name of its sound it cannot be heard, only seen. */
  load({ name, sound, duration_s, wave }) {
    if (this.clip.clip_id !== sound) this.player.forget(this);
    this.clip = { clip_id: sound, title: name, duration_s, media_type: "audio" };
    this.element.classList.toggle("mnb-f-unheard", !sound);
    this.element.setAttribute("aria-label", `Listen to ${name}`);
    this.slider.setAttribute("aria-label", `Position in ${name}`);
    this.slider.setAttribute("aria-valuemax", String(Math.round(duration_s)));
    for (const control of [this.button, this.slider, this.time]) control.hidden = !sound;
    this.wave.setHeights(wave.byteLength ? new Uint8Array(wave.buffer ?? wave, wave.byteOffset ?? 0, wave.byteLength) : null);
    this.wave.element.hidden = !wave.byteLength;
    this.wave.setVisible(true);
    this.setPlaying(false);
    this.show(0);
  }

  /** Let go of the recording: another is to come, or none. */
  clear() {
    this.player.forget(this);
    this.setPlaying(false);
    this.tell("");
  }

  dispose() {
    page.boards.delete(this);
    this.player.dispose();
    this.store.dispose();
  }

  // ---------------------------------------------------------------- what the player calls
  tell(text) {
    this.said(text);
  }

  setLoading(part) {
    this.loading = part;
    this.button.classList.toggle("mnb-f-loading", part !== null);
    this.button.style.setProperty("--mnb-loaded", `${Math.round((part ?? 0) / 0.01)}%`);
    this.button.setAttribute("aria-busy", String(part !== null));
  }

  setPlaying(playing) {
    this.button.classList.toggle("mnb-f-playing", playing);
    this.button.setAttribute("aria-label", `${playing ? "Pause" : "Play"} ${this.clip.title}`);
  }

  show(seconds) {
    const total = this.clip.duration_s;
    this.position = seconds;
    this.wave.element.style.setProperty("--mnb-at", `${total ? Math.min(seconds, total) / total / 0.01 : 0}%`);
    setText(this.time, `${clock(seconds)} / ${clock(total)}`);
    this.slider.setAttribute("aria-valuenow", String(Math.round(seconds)));
    this.slider.setAttribute("aria-valuetext", `${clock(seconds)} of ${clock(total)}`);
  }

  // ---------------------------------------------------------------- what a person does
  #onPress(event) {
    if (event.button !== 0 || !this.clip.clip_id) return;
    const { left, width } = this.wave.element.getBoundingClientRect();
    this.slider.focus({ preventScroll: true });
    this.player.seek(this, (this.clip.duration_s * (event.clientX - left)) / (width || 1));
    if (!this.player.isPlaying(this)) this.player.play(this);
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const seconds = secondsAfterKey(event.key, this.position, this.clip.duration_s);
    if (seconds !== undefined) this.player.seek(this, seconds);
    else if (event.key === " " || event.key === "Enter") this.player.toggle(this);
    else return;
    event.preventDefault();
  }
}
