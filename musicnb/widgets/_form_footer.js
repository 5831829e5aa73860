// The bottom line: what it costs, how often, whether it can be sent, and the same as Python.

class Footer {
  /** @param {FormView} form */
  constructor(form) {
    this.form = form;
    this.price = part("span", { class: "mnb-f-total" });
    this.yields = part("span", { class: "mnb-f-yields" });
    this.service = part("span", { class: "mnb-f-service" });
    this.balance = part("span", { class: "mnb-f-balance" });
    this.status = part("p", { class: "mnb-f-status", role: "status" });
    this.code = part("code", {});
    this.copied = part("button", { type: "button", class: "mnb-f-button", text: "Copy" });
    this.codePanel = part("div", { class: "mnb-f-code", id: `mnb-${form.view}-code`, hidden: true }, part("pre", { tabindex: 0, "aria-label": "Python for this request" }, this.code), this.copied);
    this.showCode = part("button", { type: "button", class: "mnb-f-button", "aria-expanded": "false", "aria-controls": this.codePanel.id, text: "Show as Python" });
    this.button = part("button", { type: "button", class: "mnb-f-button mnb-f-generate" }, (this.buttonText = part("span", { text: "Generate" })));
    this.showCode.addEventListener("click", () => {
      this.codePanel.hidden = !this.codePanel.hidden;
      this.showCode.setAttribute("aria-expanded", String(!this.codePanel.hidden));
      this.showCode.textContent = this.codePanel.hidden ? "Show as Python" : "Hide Python";
    });
    this.copied.addEventListener("click", () => this.copy());
    this.button.addEventListener("click", () => form.press());
    this.root = part("div", { class: "mnb-f-foot" },
      part("div", { class: "mnb-f-bar" },
        part("div", { class: "mnb-f-cost" }, this.price, this.yields),
        part("div", { class: "mnb-f-actions" }, this.showCode, form.times.root, this.button)),
      part("div", { class: "mnb-f-line" }, this.status, part("span", { class: "mnb-f-where" }, this.service, this.balance)),
      this.codePanel);
  }
  async copy() {
    try {
      await navigator.clipboard.writeText(this.code.textContent);
      this.copied.textContent = "Copied";
    } catch { // no clipboard without permission or outside a secure page: select it for Ctrl+C
      getSelection().selectAllChildren(this.code);
      this.copied.textContent = "Selected";
    }
    setTimeout(() => { this.copied.textContent = "Copy"; }, 1500);
  }
  /** Show the money: Python's sums where they are about what is chosen, until then each one's. */
  tell(verdict, info, times) {
    const known = verdict.model === info?.id && verdict.times === times, several = times > 1 && !known ? ` × ${times}` : "";
    this.price.textContent = known ? verdict.price : `${info?.price ?? verdict.price}${several}`;
    const clips = known ? verdict.clips : `${info?.clips ?? verdict.clips}${several}`;
    this.yields.textContent = [times > 1 && `${times} orders`, clips, verdict.mode].filter(Boolean).join(" · ");
    if (this.code.textContent !== verdict.code) this.code.textContent = verdict.code;
    this.service.textContent = this.form.model.get("service");
    this.balance.textContent = this.form.model.get("balance");
    this.balance.classList.toggle("mnb-f-over", Boolean(verdict.short));
  }
}
