// What every part of the page uses: elements, words, levels, and what all boards share.

const QUIETEST_GAIN = 0.1; // a nearly silent clip must not turn all others down to nothing
const ICONS = {
  play: "M8 5.2v13.6c0 .8.9 1.3 1.5.8l10.2-6.8c.6-.4.6-1.2 0-1.6L9.5 4.4C8.9 3.9 8 4.4 8 5.2z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  download: "M12 4v10m0 0l-4-4m4 4l4-4M5 19h14",
  loop: "M17 3l3 3-3 3M4 12V9a3 3 0 0 1 3-3h13M7 21l-3-3 3-3M20 12v3a3 3 0 0 1-3 3H4",
  cross: "M6 6l12 12M18 6L6 18",
  loud: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11",
  mute: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5",
  back: "M14.5 6l-6 6 6 6",
  down: "M7 10l5 5 5-5",
  star: "M12 3.6l2.6 5.4 5.9.8-4.3 4.1 1 5.9L12 17l-5.2 2.8 1-5.9L3.5 9.8l5.9-.8z",
  tag: "M4 4.8V11l8.6 8.6a1.4 1.4 0 0 0 2 0l5-5a1.4 1.4 0 0 0 0-2L11 4H4.8a.8.8 0 0 0-.8.8zM8 8h.01",
};

/**
 * What all boards on this page share: every widget gets a module instance of its own.
 * `player` is who is sounding, `sounds` the clips that are kept, least recently used first, and
 * `views` how many views each board has.
 */
const page = (globalThis.__musicnbPage ??= {});
page.player ??= null;
page.volume ??= 1;
page.speed ??= 1;
page.sounds ??= new Map();
page.views ??= new Map();
page.boards ??= new Set();
page.boxes ??= 0; // made so far: each needs an id of its own

/** Let nobody sound but this one, which must have a `pause()`. */
function takeFloor(player) {
  if (page.player !== player) page.player?.pause();
  page.player = player;
}

/** Write seconds as m:ss, or h:mm:ss. */
function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * Make an element. Text only ever goes in as text.
 * @param {string} tag
 * @param {string} className
 * @param {Object<string, string>} attributes
 * @param {...(Node|string)} children
 */
function make(tag, className, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Draw one of our own icons. */
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `mnb-icon mnb-icon-${name}`);
  const path = svg.appendChild(document.createElementNS(svg.namespaceURI, "path"));
  path.setAttribute("d", ICONS[name]);
  return svg;
}

/** Put text where it differs, so that nothing is announced or laid out anew for nothing. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Give an element these children in this order, and no others. Only what is misplaced is moved, and
 * never what has the focus: an element that is moved loses it.
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} wanted
 */
function arrange(parent, wanted) {
  let next = parent.firstElementChild;
  for (const element of wanted) {
    if (element.parentElement === parent && element.contains(document.activeElement))
      while (next && next !== element) {
        const passed = next;
        next = next.nextElementSibling;
        parent.append(passed); // its turn is still to come
      }
    if (next === element) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  while (next) {
    const unwanted = next;
    next = next.nextElementSibling;
    unwanted.remove();
  }
}

/** How loud to play a clip so that all of these sound alike: down to the quietest, never up. */
function matchedGain(clip, clips) {
  const levels = clips.map((other) => other.loudness_lufs).filter((level) => typeof level === "number");
  if (levels.length < 2 || typeof clip.loudness_lufs !== "number") return 1;
  return Math.max(QUIETEST_GAIN, 10 ** ((Math.min(...levels) - clip.loudness_lufs) / 20));
}

/** Sets volume and speed of every board on the page. */
function setPage(changes) {
  Object.assign(page, changes);
  for (const board of page.boards) board.followPage();
}
