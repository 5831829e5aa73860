// What holds for the whole page, in every board's head: volume and speed.

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const VOLUME_STEP = 0.1;

/** Make an on-off switch with its label. */
function makeSwitch(label, title, onChange, on = true) {
  const element = make("button", "mnb-switch", { type: "button", role: "switch", "aria-checked": String(on), title }, make("span", "mnb-knob"), label);
  element.onclick = () => {
    const on = element.getAttribute("aria-checked") !== "true";
    element.setAttribute("aria-checked", String(on));
    onChange(on);
  };
  return element;
}

/** @returns {boolean} whether a key changed volume or speed */
function pageKey(key) {
  const speed = SPEEDS[SPEEDS.indexOf(page.speed) + { "<": -1, ">": 1 }[key]];
  if (speed) setPage({ speed });
  else if (key === "m" || key === "M") toggleMute();
  else if (key === "+" || key === "=" || key === "-")
    setPage({ volume: Math.min(1, Math.max(0, Math.round(10 * (page.volume + (key === "-" ? -VOLUME_STEP : VOLUME_STEP))) / 10)) });
  else return key === "<" || key === ">";
  return true;
}

function toggleMute() {
  setPage(page.volume > 0 ? { volume: 0, unmuted: page.volume } : { volume: page.unmuted || 1 });
}

/** Volume and speed, shown alike by all boards. */
class PageControls {
  constructor() {
    this.speed = make("select", "mnb-speed", { "aria-label": "Speed", title: "Speed, at the same pitch (< and >)" });
    for (const speed of SPEEDS) this.speed.append(make("option", "", { value: String(speed) }, `${String(speed).replace("0.", ".")}×`));
    this.speed.onchange = () => setPage({ speed: Number(this.speed.value) });
    this.mute = make("button", "mnb-mute", { type: "button" }, icon("loud"), icon("mute"));
    this.mute.onclick = toggleMute;
    this.volume = make("input", "mnb-volume", { type: "range", min: "0", max: "100", "aria-label": "Volume", title: "Volume (+ and −)" });
    this.volume.oninput = () => setPage({ volume: this.volume.valueAsNumber / 100 });
    this.element = make("div", "mnb-page", {}, this.speed, this.mute, this.volume);
    this.follow();
  }

  /** Show what the page is set to. */
  follow() {
    this.speed.value = String(page.speed);
    this.volume.value = String(Math.round(100 * page.volume));
    this.volume.style.setProperty("--mnb-filled", `${100 * page.volume}%`);
    this.mute.setAttribute("aria-label", page.volume > 0 ? "Mute" : "Unmute");
    this.mute.title = page.volume > 0 ? "Mute (m)" : "Unmute (m)";
    this.mute.classList.toggle("mnb-muted", page.volume === 0);
  }
}
