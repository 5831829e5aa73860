// Stars, tags and a note: shown at once, kept by the kernel, and taken back where it cannot.

const MOST_STARS = 5;

/** What has been said about clips here and is not yet known to be kept. */
class Ratings {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    this.waiting = new Map(); // clip id -> { rating, number }
    this.refused = new Map(); // clip id -> the rating that could not be kept
    this.number = 0;
  }

  /** A clip's stars, tags and note, as far as this page knows. */
  of(clip) {
    return this.waiting.get(clip.clip_id)?.rating ?? clip;
  }

  /** @param {object} changes what is new of stars, tags and note */
  change(clip, changes) {
    const id = clip.clip_id;
    if (!this.board.model.get("can_rate")) return;
    const { stars = null, tags = [], note = "" } = this.of(clip);
    const rating = { stars, tags, note, ...changes };
    if (JSON.stringify(rating) === JSON.stringify({ stars, tags, note })) return;
    if (this.board.asleep) return this.#refuse(id, rating, "the kernel does not answer");
    const number = ++this.number;
    this.waiting.set(id, { rating, number });
    this.refused.delete(id);
    this.board.shelf.keepInPlace(id);
    this.#show(id);
    if (!this.board.send({ op: "rate", id, changes, number })) return this.#refuse(id, rating, this.board.goneText());
    setTimeout(() => {
      if (this.waiting.get(id)?.number === number) this.#show(id, "Python is busy with a running cell: kept when it ends");
    }, STALL_MS);
  }

  /** @returns {boolean} whether a message was about a rating */
  receive({ op, id, number, rating, why }) {
    if (op !== "rated") return false;
    if (this.waiting.get(id)?.number !== number) return true; // a later one is on its way
    const wanted = this.waiting.get(id).rating;
    if (why) return this.#refuse(id, wanted, why);
    this.waiting.delete(id);
    for (const card of this.board.cards.values()) for (const clip of card.data.clips) if (clip.clip_id === id) Object.assign(clip, rating);
    this.#show(id);
    return true;
  }

  /** What was on its way when the kernel went is not known to be kept. */
  giveUp(why) {
    for (const [id, { rating }] of this.waiting) this.#refuse(id, rating, why);
  }

  #refuse(id, rating, why) {
    this.waiting.delete(id);
    this.refused.set(id, rating);
    this.#show(id, `Not kept: ${why}`, true);
    return true;
  }

  #show(id, text = "", isProblem = false) {
    this.board.rows.get(id)?.rating.show(text, isProblem);
  }
}

/** A row's stars, its button for tags and note, and the line that shows them. */
class RatingControls {
  /** @param {Row} row */
  constructor(row) {
    this.row = row;
    this.board = row.board;
    this.stars = make("div", "mnb-stars", { role: "slider", "aria-valuemin": "0", "aria-valuemax": String(MOST_STARS), title: "Stars (1 to 5, 0 clears)" });
    for (let n = 1; n <= MOST_STARS; n++) {
      const star = make("span", "mnb-star", {}, icon("star"));
      star.onclick = () => this.#give(n === this.board.ratings.of(row.clip).stars ? null : n);
      this.stars.append(star);
    }
    this.edit = make("button", "mnb-tagger", { type: "button", "aria-haspopup": "dialog" }, icon("tag"));
    this.edit.onclick = () => this.board.editRating(row);
    this.element = make("div", "mnb-rate", {}, this.stars, this.edit);
    this.line = make("div", "mnb-words");
  }

  /** @returns {boolean} whether a key was one of ours */
  onKey(event) {
    const { key } = event;
    const by = event.target === this.stars && { ArrowLeft: -1, ArrowRight: 1 }[key];
    const stars = this.board.ratings.of(this.row.clip).stars ?? 0;
    if (by) this.#give(Math.min(MOST_STARS, Math.max(0, stars + by)) || null);
    else if (key >= "0" && key <= String(MOST_STARS) && key.length === 1) this.#give(Number(key) || null);
    else if (key === "t" || key === "T") this.board.editRating(this.row);
    else return false;
    return true;
  }

  /** Draw what the clip is rated, and say something about it beside. */
  show(text = "", isProblem = false) {
    const { clip } = this.row;
    const { stars = null, tags = [], note = "" } = this.board.ratings.of(clip);
    this.stars.style.setProperty("--mnb-stars", String(stars ?? 0));
    [...this.stars.children].forEach((star, i) => star.classList.toggle("mnb-given", i < (stars ?? 0)));
    this.stars.setAttribute("aria-label", `Stars of ${clip.title}`);
    this.stars.setAttribute("aria-valuenow", String(stars ?? 0));
    this.stars.setAttribute("aria-valuetext", stars ? `${stars} of ${MOST_STARS} stars` : "not rated");
    this.edit.setAttribute("aria-label", `Tags and note of ${clip.title}`);
    this.edit.title = "Tags and note (t)";
    this.edit.classList.toggle("mnb-has", tags.length > 0 || note !== "");
    const parts = tags.map((tag) => make("span", "mnb-tag", { dir: "auto" }, tag));
    if (note) parts.push(make("span", "mnb-noted", { dir: "auto", title: note }, note));
    if (text) parts.push(make("span", isProblem ? "mnb-rating-problem" : "mnb-rating-wait", {}, text));
    this.line.replaceChildren(...parts);
    this.line.hidden = parts.length === 0;
    if (text) this.board.say(`${clip.title}: ${text}`);
  }

  #give(stars) {
    this.board.ratings.change(this.row.clip, { stars });
    this.board.say(`${this.row.clip.title}: ${stars ? `${stars} stars` : "not rated"}`);
  }
}

/** The box in which tags and a note are written; one for a board. */
class RatingEditor {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    this.head = make("div", "mnb-editor-head");
    this.tags = make("input", "mnb-field", { type: "text", placeholder: "hook, keep, too bright", autocomplete: "off", dir: "auto" });
    this.known = make("div", "mnb-known", { role: "group", "aria-label": "Tags in use" });
    this.note = make("textarea", "mnb-field", { rows: "3", placeholder: "What you hear", dir: "auto" });
    const done = make("button", "mnb-done", { type: "submit" }, "Keep");
    const foot = make("div", "mnb-editor-foot", {}, make("span", "mnb-nothing", {}, "Esc leaves it as it was"), make("span", "mnb-gap"), done);
    this.element = make("form", "mnb-box mnb-editor", { popover: "auto", role: "dialog" }, this.head, make("label", "mnb-labelled", {}, "Tags, with commas between", this.tags), this.known, make("label", "mnb-labelled", {}, "Note", this.note), foot);
    this.element.onsubmit = (event) => {
      event.preventDefault();
      this.element.hidePopover();
    };
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.element.addEventListener("toggle", ({ newState }) => {
      if (newState === "closed") this.#close();
    });
  }

  open(row) {
    const { clip } = row;
    this.row = row;
    this.dropped = false;
    const { tags = [], note = "" } = this.board.ratings.refused.get(clip.clip_id) ?? this.board.ratings.of(clip);
    setText(this.head, clip.title);
    this.element.setAttribute("aria-label", `Tags and note of ${clip.title}`);
    this.tags.value = tags.join(", ");
    this.note.value = note;
    this.#drawKnown();
    this.element.showPopover();
    place(this.element, row.rating.edit);
    this.tags.focus();
  }

  #drawKnown() {
    const known = [...this.board.shelf.tags()];
    this.known.hidden = known.length === 0;
    this.known.replaceChildren(
      ...known.map((tag) => {
        const button = make("button", "mnb-tag", { type: "button", dir: "auto", "aria-pressed": String(this.#written().includes(tag)) }, tag);
        button.onclick = () => {
          const written = this.#written();
          this.tags.value = (written.includes(tag) ? written.filter((other) => other !== tag) : [...written, tag]).join(", ");
          button.setAttribute("aria-pressed", String(!written.includes(tag)));
        };
        return button;
      }),
    );
  }

  #written() {
    return this.tags.value.split(",").map((tag) => tag.trim()).filter(Boolean);
  }

  /** What was written is kept unless it was given up on purpose. */
  #close() {
    const { row } = this;
    if (!row) return;
    this.row = null;
    if (!this.dropped) this.board.ratings.change(row.clip, { tags: this.#written(), note: this.note.value.trim() });
    row.rating.edit.focus({ preventScroll: true });
  }

  #onKey(event) {
    if (event.key === "Escape") this.dropped = true;
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.element.requestSubmit();
  }
}
