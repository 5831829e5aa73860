"""What a page looks like: its contrast, its theme, what sticks out of it."""

from __future__ import annotations

from playwright.sync_api import Page

# The colour of each text on what is behind it, as drawn: browsers report mixed colours as mixes.
CONTRAST = """(root) => {
  const pixel = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const drawn = (colors) => {
    pixel.clearRect(0, 0, 1, 1);
    for (const color of colors) { pixel.fillStyle = color; pixel.fillRect(0, 0, 1, 1); }
    return [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92
    : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const faults = [];
  for (const node of root.querySelectorAll("*")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.checkVisibility({visibilityProperty: true})) continue;
    if (node.closest("style, :disabled, .mnb-f-off .mnb-f-tags")) continue;
    const behind = [];
    for (let one = node; one; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (style.backgroundImage.startsWith("linear-gradient")) {
        behind.unshift(style.backgroundImage.match(/rgb\\([^)]*\\)/g).at(-1));
      } else behind.unshift(style.backgroundColor);
    }
    const back = light(drawn(["white", ...behind]));
    const text = light(drawn(["white", ...behind, getComputedStyle(node).color]));
    const ratio = (Math.max(back, text) + .05) / (Math.min(back, text) + .05);
    if (ratio < 4.5) faults.push(`${node.className}: ${node.textContent} ${ratio.toFixed(2)}`);
  }
  return faults;
}"""

# What of an element lies further right than the element itself.
STICKING_OUT = """(root) => [...root.querySelectorAll("*")].filter((node) => node.checkVisibility()
    && node.getBoundingClientRect().right > root.getBoundingClientRect().right + 1)
    .map((node) => node.className)"""


def use_theme(page: Page, name: str, *, light: bool) -> None:
    """Switch JupyterLab's theme and wait until its style sheet is there."""
    page.evaluate(
        "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name
    )
    page.wait_for_function(
        "(light) => document.body.dataset.jpThemeLight === light", arg=str(light).lower()
    )
    # colours are transitions, and a style sheet arrives after its name
    page.wait_for_timeout(800)
