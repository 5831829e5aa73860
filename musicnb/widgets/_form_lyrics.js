// The lyrics: a text with buttons for section tags, and what is sung in each section.

class LyricsField extends TextField {
  build() {
    super.build();
    this.box.prepend(this.toolbar(this.spec.tags));
    this.sections = part("ul", { class: "mnb-f-sections", "aria-label": "What is sung" });
    this.box.append(this.sections);
  }
  get controls() { return [this.control, ...(this.tags ?? [])]; }
  /** Show how much is sung where, as Python counts it. */
  tell(sections) {
    const rows = sections.map(({ tag, lines, syllables }) => {
      const words = lines ? `${lines} ${lines === 1 ? "line" : "lines"} · ${syllables} ${syllables === 1 ? "syllable" : "syllables"}` : "no words";
      return [tag || "Words", words];
    });
    const text = JSON.stringify(rows);
    if (text === this.told) return;
    this.told = text;
    this.sections.replaceChildren(...rows.map(([tag, words]) => part("li", {}, part("b", { text: tag }), part("span", { text: words }))));
  }
  /** Section tags: one stop of the Tab key, arrows move inside. */
  toolbar(tags) {
    const bar = part("div", { class: "mnb-f-tags", role: "toolbar", "aria-label": "Insert a section tag" });
    this.tags = tags.map((tag, i) => part("button", { type: "button", class: "mnb-f-chip", text: tag, tabindex: i ? -1 : 0, "aria-label": `Insert ${tag}` }));
    this.tags.forEach((button, i) => {
      button.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the caret
      button.addEventListener("click", () => this.insert(tags[i]));
      button.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = this.tags[(i + step + tags.length) % tags.length];
        button.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
        event.preventDefault();
      });
    });
    bar.append(...this.tags);
    return bar;
  }
  /** Put a tag at the caret, on a line of its own. */
  insert(tag) {
    const area = this.control, before = area.value.slice(0, area.selectionStart), after = area.value.slice(area.selectionEnd);
    const gap = !before.trim() ? "" : before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    const text = `${gap}${tag}${after.startsWith("\n") ? "" : "\n"}`;
    area.focus();
    // insertText keeps the browser's undo; where it is gone, the text is still written
    if (!document.execCommand("insertText", false, text)) {
      area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
      this.edited();
    }
    if (after.startsWith("\n")) area.selectionStart = area.selectionEnd = area.selectionEnd + 1;
  }
}
