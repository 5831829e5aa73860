// A waveform.

const BAR_PX = 2;
const GAP_PX = 1;
// a page tells its new theme before the theme's style sheet is there, which a busy one gets late
const REDRAWN_AFTER_MS = [50, 500, 2_000];

/** Have what is drawn in a theme's colours drawn anew with every other theme; returns the end of it. */
function onThemes(redraw) {
  const watch = new MutationObserver(() => REDRAWN_AFTER_MS.forEach((wait) => setTimeout(redraw, wait)));
  watch.observe(document.body, { attributes: true, attributeFilter: ["class", "data-jp-theme-name", "data-jp-theme-light", "data-vscode-theme-kind"] });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", redraw);
  return () => {
    watch.disconnect();
    dark.removeEventListener("change", redraw);
  };
}

/** Two canvases with the same bars: what is to come, and above it what has been played. */
class Waveform {
  /** @param {number} share of the width that the clip takes, from 0 to 1 */
  constructor(share = 1) {
    this.heights = null;
    this.visible = false;
    this.share = share;
    this.canvases = ["mnb-ahead", "mnb-played"].map((name) => make("canvas", name, { "aria-hidden": "true" }));
    this.element = make("div", "mnb-wave", {}, ...this.canvases);
  }

  /** @param {Uint8Array|null} heights the larger extreme of each piece of the clip */
  setHeights(heights) {
    if (heights === this.heights) return;
    this.heights = heights;
    this.draw();
  }

  /** Rows out of sight give their pixels back. */
  setVisible(visible) {
    this.visible = visible;
    if (visible) this.draw();
    else for (const canvas of this.canvases) canvas.width = canvas.height = 0;
  }

  draw() {
    const width = this.element.clientWidth;
    const height = this.element.clientHeight;
    if (!this.visible || !width) return;
    const scale = devicePixelRatio || 1;
    const bars = this.#heightsOf(Math.floor((width * this.share + GAP_PX) / (BAR_PX + GAP_PX)));
    for (const canvas of this.canvases) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      const context = canvas.getContext("2d");
      context.scale(scale, scale);
      context.fillStyle = this.#paint(context, canvas, width);
      context.beginPath();
      bars.forEach((part, i) => {
        const tall = Math.max(BAR_PX, part * (height - 2));
        context.roundRect(i * (BAR_PX + GAP_PX), (height - tall) / 2, BAR_PX, tall, BAR_PX / 2);
      });
      context.fill();
    }
  }

  /** From the style's text colour on the left to its outline colour on the right. */
  #paint(context, canvas, width) {
    const { color, outlineColor } = getComputedStyle(canvas);
    const paint = context.createLinearGradient(0, 0, width, 0);
    paint.addColorStop(0, color);
    paint.addColorStop(1, outlineColor);
    return paint;
  }

  /** Mean extreme under each bar, the highest 1: of loud music the maximum is a brick. */
  #heightsOf(count) {
    const given = this.heights;
    const bars = new Float64Array(Math.max(0, count));
    if (!given) return bars;
    for (let i = 0; i < count; i++) {
      const from = Math.floor((i * given.length) / count);
      const to = Math.max(from + 1, Math.floor(((i + 1) * given.length) / count));
      for (let k = from; k < to; k++) bars[i] += given[k] / (to - from);
    }
    const loudest = Math.max(...bars);
    return loudest ? bars.map((part) => part / loudest) : bars;
  }
}
