// Blind listening: one pair after another, and nothing on the page that tells what they are.

const HELLO_MS = 30_000;
const SAID_MS = 4000; // for which what was said stays in the line

class Listening {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.number = 0; // of the last request
    this.waiting = null; // the request whose answer is awaited: {op, number, words}
    this.gone = false; // whether messages cannot even be sent: the kernel was restarted
    this.alive = false; // whether this kernel has ever answered
    this.screen = null;
    this.store = new SoundStore(this, model.get("live_class"));
    this.stage = new Stage(this);
    this.answers = new Answers((answer) => this.vote(answer));
    this.reasons = new Reasons({ leave: () => this.stage.focusIf(() => true) });
    this.#build();
    this.stage.root = this.element;
    this.#watch();
    page.boards.add(this);
    this.#take(model.get("screen"));
    this.send({ op: "hello" });
  }

  /** @returns {boolean} whether it went out; a restarted kernel takes its end of the comm along */
  send(message) {
    try {
      this.model.send(message);
    } catch {
      this.#lose();
      return false;
    }
    if (this.gone) this.#find();
    return true;
  }

  /** Tell people who do not see the page. */
  say(text) {
    setText(this.status, text);
  }

  /** Tell everybody, in the one line for it. */
  tell(text, isProblem = false) {
    setText(this.line, text);
    this.line.classList.toggle("mnb-b-problem", isProblem);
    this.told = text;
    if (!text) return;
    this.say(text);
    setTimeout(() => {
      if (this.told !== text || this.waiting || this.gone) return;
      this.told = "";
      this.follow();
    }, SAID_MS);
  }

  stalled() {
    this.tell(this.stallText(), true);
  }

  stallText() {
    return `No answer from Python yet. It comes when the running cell ends. If the kernel was restarted: ${this.model.get("go_on")}`;
  }

  goneText() {
    return `The kernel was restarted. ${this.model.get("go_on")}`;
  }

  followPage() {
    this.controls.follow();
    this.stage.followPage();
  }

  /** Open and close what depends on what has been heard. */
  follow() {
    if (!this.answers) return; // not built yet
    const open = this.isPair && !this.waiting && !this.gone && this.stage.isEnough;
    this.answers.setOpen(open);
    this.answers.follow(this.stage.slot);
    if (!this.told) this.#hint();
  }

  get isPair() {
    return this.screen?.state === "pair";
  }

  vote(answer) {
    if (!this.isPair || this.waiting) return;
    const { missing } = this.stage;
    if (missing) return this.tell(missing, true);
    const words = ANSWERS.find((one) => one.answer === answer).words;
    this.answers.mark(answer);
    this.#request({ op: "vote", token: this.screen.token, answer, heard_s: this.stage.seconds, ...this.reasons.given }, `Keeping “${words}” …`);
    this.stage.focusIf((focused) => focused.matches(".mnb-b-answer"));
  }

  undo() {
    if (this.screen.answered > 0 && !this.waiting && this.screen.state !== "revealed")
      this.#request({ op: "undo", token: this.screen.token, answered: this.screen.answered }, "Taking back the last vote …");
  }

  /** Go on from a break, or, at the end, reveal. */
  press() {
    if (this.waiting) return;
    if (this.screen.state === "break") this.#request({ op: "resume" }, "Going on …");
    else if (this.screen.state === "done") this.#request({ op: "reveal" }, "Revealing …");
  }

  dispose() {
    page.boards.delete(this);
    clearTimeout(this.stall);
    clearInterval(this.ticker);
    this.model.off("change:screen", this.onScreen);
    this.model.off("msg:custom", this.onMessage);
    this.model.off("comm_live_update", this.onLive);
    this.stage.dispose();
    this.store.dispose();
    this.root.replaceChildren();
  }

  #build() {
    this.place = make("span", "mnb-b-place");
    this.left = make("span", "mnb-b-left");
    this.back = makeButton("mnb-b-undo", "Undo last vote", ["Z"], "Z", () => this.undo());
    this.controls = new PageControls();
    this.controls.speed.hidden = true;
    this.done = make("div", "mnb-b-done", { role: "progressbar", "aria-label": "Votes kept", "aria-valuemin": "0" });
    this.line = make("div", "mnb-b-line");
    const head = make("header", "mnb-b-head", {}, this.place, this.left);
    const tools = make("div", "mnb-b-tools", {}, this.back, this.controls.element);
    this.pair = make("div", "mnb-b-pair", {}, this.stage.plate, this.stage.element, this.answers.element, this.reasons.element);
    this.title = make("h3", "mnb-b-title");
    this.remark = make("p", "mnb-b-remark", { dir: "auto" });
    this.go = makeButton("mnb-b-go", "", [""], "", () => this.press());
    this.pause = make("div", "mnb-b-pause", {}, this.title, this.remark, this.go);
    this.status = make("div", "mnb-status", { role: "status" });
    // the tools stand above and come last, so that the first Tab leads to A and B
    const body = make("div", "mnb-b-body", {}, head, this.done, make("div", "mnb-b-stage", {}, this.pair, this.pause), this.line, tools);
    this.element = make("section", `mnb mnb-b ${this.model.get("live_class")}`, { "aria-label": "Blind listening", "data-lm-suppress-shortcuts": "true", tabindex: "-1" }, body, this.status);
    // JupyterLab's command mode must not see keys meant for us; Ctrl+S and its like may pass
    this.element.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey) return;
      event.stopPropagation();
      if (!event.altKey) this.#onKey(event);
    });
    const hiding = `body:has(.${this.model.get("live_class")}) .${this.model.get("static_class")}{display:none}`;
    this.root.append(make("style", "", {}, hiding), this.element);
    this.element.mnbListening = this;
  }

  #watch() {
    this.onScreen = () => this.#take(this.model.get("screen"));
    this.onMessage = (message, buffers) => this.#receive(message, buffers);
    this.onLive = () => this.send({ op: "hello" }); // whether it goes out tells which way it went
    this.model.on("change:screen", this.onScreen);
    this.model.on("msg:custom", this.onMessage);
    this.model.on("comm_live_update", this.onLive);
    // a kernel that dies by itself is restarted without a word to its widgets
    // and a request may be lost on the way: what is asked after it is answered after it
    this.ticker = setInterval(() => this.waiting && this.send({ op: "hello", number: `after ${this.waiting.number}` }), HELLO_MS);
  }

  /** Ask something of the kernel; nothing else is asked until it has answered. */
  #request(message, words) {
    const number = ++this.number;
    this.waiting = { op: message.op, number };
    this.element.classList.add("mnb-b-waiting");
    this.tell(words);
    this.follow();
    if (!this.send({ ...message, number })) return;
    this.stall = setTimeout(() => this.stalled(), STALL_MS);
  }

  #receive(message, buffers) {
    if (this.gone) this.#find();
    this.alive = true;
    if (this.store.receive(message, buffers) || message.op !== "answer") return;
    const asked = this.waiting?.number === message.number ? this.waiting : null;
    const isLost = this.waiting && message.number === `after ${this.waiting.number}`;
    const { token } = this.screen;
    if (asked || isLost) this.#endWaiting();
    if (asked) this.tell("");
    this.#take(message.screen);
    this.stage.load();
    if (isLost) this.tell(token === message.screen.token ? "That did not reach Python: press again." : "", true);
    else if (asked && message.why) this.tell(`${asked.op === "vote" ? "Not kept" : "Not done"}: ${message.why}`, true);
    else if (asked?.op === "vote") this.tell(`Vote ${message.screen.answered} is kept.`);
    else if (asked?.op === "undo") this.tell("The last vote is taken back.");
    this.follow();
  }

  #endWaiting() {
    clearTimeout(this.stall);
    this.waiting = null;
    this.answers.mark(null);
    this.element.classList.remove("mnb-b-waiting");
  }

  /** The kernel is gone, and with it the answer to what was asked. */
  #lose() {
    const asked = this.waiting;
    this.#endWaiting();
    this.gone = true;
    this.stage.pause();
    this.store.giveUp(this.goneText());
    this.element.classList.add("mnb-b-gone");
    const doubt = asked?.op === "vote" ? "Whether your last vote was kept, the next run shows. " : "";
    this.tell(`${doubt}${this.goneText()}`, true);
    this.follow();
  }

  #find() {
    this.gone = false;
    this.element.classList.remove("mnb-b-gone");
    this.tell("");
  }

  #take(screen) {
    if (!screen || screen.serial < this.screen?.serial) return; // a state update, overtaken
    const before = this.screen;
    this.screen = screen;
    if (before?.token !== screen.token || before?.state !== screen.state) {
      if (this.waiting?.op !== "undo" && !this.gone) this.told = "";
      this.stage.take(screen);
      this.reasons.offer(screen.reasons);
      if (before && this.alive) this.stage.load();
      this.#moveFocus();
    }
    this.#draw();
  }

  /** What had the focus may be hidden now. */
  #moveFocus() {
    const focused = document.activeElement;
    if (!this.element.contains(focused)) return;
    this.pair.inert = !this.isPair;
    if (this.isPair) this.stage.focusIf(() => true);
    else this.element.focus({ preventScroll: true }); // not on a button: the key that voted is still down
  }

  #draw() {
    const { state, number, of, answered, minutes_left: minutes, remark } = this.screen;
    this.element.dataset.state = state;
    this.pair.inert = !this.isPair;
    this.pause.inert = this.isPair;
    setText(this.place, this.isPair ? `Pair ${number} of ${of}` : `${answered} of ${of} votes kept`);
    setText(this.left, ["pair", "break"].includes(state) ? leftText(minutes) : "");
    this.done.style.setProperty("--mnb-done", `${of ? Math.min(100, (100 * answered) / of) : 0}%`);
    this.done.setAttribute("aria-valuenow", String(answered));
    this.done.setAttribute("aria-valuemax", String(of));
    this.back.setAttribute("aria-disabled", String(answered === 0 || state === "revealed"));
    setText(this.title, { break: "Time for a break", done: "All votes are in", revealed: "Revealed", pair: "" }[state]);
    setText(this.remark, this.isPair ? "" : remark);
    this.go.hidden = !["break", "done"].includes(state);
    const [words, cap, keys] = state === "done" ? ["Reveal which is which", "R", "R"] : ["Continue", "↵", "Enter"];
    setText(this.go.firstElementChild, words);
    setText(this.go.lastElementChild.firstElementChild, cap);
    this.go.setAttribute("aria-keyshortcuts", keys);
    this.follow();
  }

  /** With nothing else to say: what to do next. */
  #hint() {
    const { remark } = this.screen;
    const next = this.stage.missing || "Enter prefers what you hear now.";
    setText(this.line, this.isPair ? [next, remark].filter(Boolean).join(" ") : "");
    this.line.classList.remove("mnb-b-problem");
  }

  #onKey(event) {
    const { key, target } = event;
    if (target.matches("input") || event.isComposing) return;
    if (this.#actOn(key, event)) event.preventDefault();
  }

  /** @returns {boolean} whether a key was one of ours */
  #actOn(key, { shiftKey, repeat, target }) {
    const letter = key.toUpperCase();
    const presses = target.matches("button:not(.mnb-b-plate)"); // Enter and space are the button's own
    if (key === "m" || key === "M" || "+=-".includes(key)) return pageKey(key);
    if (letter === "Z" || key === "Backspace") return repeat || (this.undo(), true);
    if (!this.isPair) {
      const go = { break: [" ", "ENTER"], done: ["R"] }[this.screen.state]?.includes(letter);
      return Boolean(go) && !presses && (repeat || (this.press(), true));
    }
    const slot = { A: "A", 1: "A", ARROWLEFT: "A", B: "B", 2: "B", ARROWRIGHT: "B" }[letter];
    const answer = { T: "tie", U: "both_unusable", ENTER: presses ? null : this.stage.slot }[letter] ?? (shiftKey && SLOTS.includes(letter) ? letter : null);
    if (answer) return repeat || (this.vote(answer), true);
    if (slot) this.stage.hear(slot);
    else if (key === " " && !presses) this.stage.toggle();
    else if (letter === "N") this.reasons.note.focus();
    else return this.stage.seekKey(key) || this.reasons.press(key);
    return true;
  }
}

/** Say how long it will take, without pretending to know it to the second. */
function leftText(minutes) {
  return minutes < 1 ? "less than a minute left" : `about ${Math.round(minutes)} min left`;
}

export default {
  render({ model, el }) {
    const listening = new Listening(model, el);
    return () => listening.dispose();
  },
};
