// What blind listening is made of: keycaps, two plates, the answers, reasons and a note.

const SLOTS = ["A", "B"];
const ANSWERS = [
  { answer: "A", words: "A is better", cap: "⇧A", keys: "Shift+A" },
  { answer: "tie", words: "Equally good", cap: "T", keys: "T" },
  { answer: "both_unusable", words: "Both unusable", cap: "U", keys: "U" },
  { answer: "B", words: "B is better", cap: "⇧B", keys: "Shift+B" },
];
const FIRST_REASON_KEY = 3; // 1 and 2 are the plates
const LONGEST_NOTE = 500;

/** Draw keys; screen readers are told of them by aria-keyshortcuts. */
function keycaps(...names) {
  return make("span", "mnb-b-caps", { "aria-hidden": "true" }, ...names.map((name) => make("kbd", "mnb-b-cap", {}, name)));
}

/** Make a button that says why it cannot be pressed rather than doing nothing. */
function makeButton(className, words, caps, keys, onPress) {
  const element = make("button", className, { type: "button", "aria-keyshortcuts": keys }, make("span", "mnb-b-words", {}, words), keycaps(...caps));
  element.onclick = onPress;
  return element;
}

/** Write seconds in words: "5 s", or "1:30". */
function clockWords(seconds) {
  return seconds < 60 ? `${Math.ceil(seconds)} s` : clock(seconds);
}

/** A or B: a press lets it be heard; a ring fills until it has been heard for long enough. */
class Plate {
  /**
   * @param {"A"|"B"} slot
   * @param {() => void} hear
   */
  constructor(slot, hear) {
    this.slot = slot;
    const keys = { A: ["A", "1", "←"], B: ["B", "2", "→"] }[slot];
    this.ring = make("span", "mnb-b-ring", { "aria-hidden": "true" }, make("span", "mnb-b-letter", {}, slot));
    this.sub = make("span", "mnb-b-sub");
    this.element = make("button", "mnb-b-plate", { type: "button", role: "radio", "aria-keyshortcuts": { A: "A 1 ArrowLeft", B: "B 2 ArrowRight" }[slot] }, this.ring, this.sub, keycaps(...keys));
    this.element.onclick = hear;
  }

  setHeard(heard) {
    this.element.setAttribute("aria-checked", String(heard));
    this.element.tabIndex = heard ? 0 : -1;
  }

  /**
   * @param {number} seconds heard so far
   * @param {number} least that must be heard
   * @param {string} instead what to say in place of it
   */
  show(seconds, least, instead) {
    const left = Math.ceil(least - seconds);
    this.isEnough = left <= 0;
    this.element.classList.toggle("mnb-b-enough", this.isEnough);
    this.ring.style.setProperty("--mnb-part", `${least > 0 ? Math.min(100, (100 * seconds) / least) : 100}%`);
    const words = instead || (this.isEnough ? `Heard ${clockWords(Math.floor(seconds))}` : seconds > 0 ? `${left} s more` : `Hear ${left} s`);
    setText(this.sub, words);
    const label = `${this.slot}: ${words}`;
    if (this.element.getAttribute("aria-label") !== label) this.element.setAttribute("aria-label", label);
  }
}

/** The four answers. */
class Answers {
  /** @param {(answer: string) => void} vote */
  constructor(vote) {
    this.buttons = ANSWERS.map(({ answer, words, cap, keys }) => makeButton("mnb-b-answer", words, [cap], keys, () => vote(answer)));
    for (const i of [0, 3]) this.buttons[i].lastElementChild.prepend(make("kbd", "mnb-b-cap mnb-b-enter", {}, "↵"));
    this.element = make("div", "mnb-b-answers", { role: "group", "aria-label": "Your vote" }, ...this.buttons);
  }

  /** Say of which plate Enter prefers what is heard. */
  follow(slot) {
    this.buttons.forEach((button, i) => button.classList.toggle("mnb-b-heard", ANSWERS[i].answer === slot));
  }

  setOpen(open) {
    for (const button of this.buttons) button.setAttribute("aria-disabled", String(!open));
  }

  /** Show which one is being kept; null for none. */
  mark(answer) {
    this.buttons.forEach((button, i) => button.classList.toggle("mnb-b-keeping", ANSWERS[i].answer === answer));
  }
}

/** Tags that can be given with a vote, and a note. */
class Reasons {
  /** @param {{leave: () => void}} owner where the focus goes when the note is written */
  constructor({ leave }) {
    this.chips = make("div", "mnb-b-chips", { role: "group", "aria-label": "Reasons, if you like" });
    this.note = make("input", "mnb-b-note", { type: "text", placeholder: "Note, if you like", "aria-label": "Note", "aria-keyshortcuts": "N", maxlength: String(LONGEST_NOTE), autocomplete: "off", dir: "auto" });
    this.note.onkeydown = (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      leave();
    };
    this.element = make("div", "mnb-b-reasons", {}, this.chips, make("div", "mnb-b-noting", {}, this.note, keycaps("N")));
  }

  /** Offer these, none of them chosen, and an empty note. */
  offer(names) {
    this.note.value = "";
    this.chips.hidden = names.length === 0;
    this.chips.replaceChildren(
      ...names.map((name, i) => {
        const digit = FIRST_REASON_KEY + i;
        const caps = digit <= 9 ? [keycaps(String(digit))] : [];
        const chip = make("button", "mnb-b-chip", { type: "button", "aria-pressed": "false" }, make("span", "", { dir: "auto" }, name), ...caps);
        if (digit <= 9) chip.setAttribute("aria-keyshortcuts", String(digit));
        chip.dataset.reason = name;
        chip.onclick = () => chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
        return chip;
      }),
    );
  }

  /** @returns {boolean} whether a key was that of a reason */
  press(key) {
    const chip = /^[3-9]$/.test(key) ? this.chips.children[key - FIRST_REASON_KEY] : null;
    chip?.click();
    return Boolean(chip);
  }

  /** What was chosen and written. */
  get given() {
    const chosen = [...this.chips.children].filter((chip) => chip.getAttribute("aria-pressed") === "true");
    return { reasons: chosen.map((chip) => chip.dataset.reason), note: this.note.value.trim() };
  }
}
