// One canvas with its head: as sharp as the screen, measured in the page's pixels.

import { find, make, plain, write } from "./dom.js";

/** @typedef {import("./contract.js").PanelSpec} PanelSpec */
/** @typedef {import("./contract.js").Panel} PanelOfView */

const SHARPEST = 2; // device pixels per pixel that are drawn

/** @param {PanelSpec} spec @param {string} badge HTML */
function figureOf(spec, badge) {
  const title = make("button", "dv-term", spec.title);
  title.type = "button";
  const head = make("figcaption", "", badge, spec.term ? title : make("span", "", spec.title), '<span class="dv-hint"><span></span></span>');
  if (spec.term) title.dataset.term = spec.term;
  const canvas = make("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", spec.label);
  if (spec.chooses) canvas.tabIndex = 0;
  const figure = make("figure", `dv-panel dv-${spec.name}`, head, canvas);
  figure.style.flexGrow = String(spec.share ?? 1);
  figure.classList.toggle("dv-over", Boolean(spec.scaled));
  return { figure, head, canvas };
}

/** @implements {PanelOfView} */
export class Panel {
  width = 0;
  height = 0;
  ratio = 1;
  k = 1;
  #middle = [0, 0];

  /** @param {PanelSpec} spec @param {number} side @param {string} badge HTML of the side's letter */
  constructor(spec, side, badge) {
    const { figure, head, canvas } = figureOf(spec, badge);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no canvas");
    this.spec = spec;
    this.name = spec.name;
    this.side = side;
    this.figure = figure;
    this.head = head;
    this.canvas = canvas;
    this.context = context;
    this.hint = /** @type {HTMLElement} */ (find(head, ".dv-hint"));
    this.said = /** @type {HTMLElement} */ (find(head, ".dv-hint > span"));
    this.hint.addEventListener("pointerenter", () => { this.hint.title = plain(this.said.innerHTML); }); // what has no room can be read
    this.describedAt = -Infinity;
  }

  /** Whose frame it shows. */
  get follows() {
    return this.spec.follows ?? (this.name === "forward" ? "forward" : "reverse");
  }

  /** Takes the size of its box; called when that changes, for to ask for it makes the browser lay out the page. */
  resize() {
    const { width, height } = this.canvas.getBoundingClientRect(), ratio = Math.min(window.devicePixelRatio || 1, SHARPEST);
    Object.assign(this, { width, height, ratio });
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
  }

  /** @param {import("./scale.js").Scale} scale */
  measure(scale) {
    this.k = scale.pixels(this.width, this.height);
    this.#middle = [this.width / 2 - scale.x * this.k, this.height / 2 + scale.y * this.k];
  }

  /** @param {number} value */
  x(value) {
    return this.#middle[0] + value * this.k;
  }

  /** @param {number} value */
  y(value) {
    return this.#middle[1] - value * this.k;
  }

  /** The point of the data at a pixel. @param {number} px @param {number} py */
  at(px, py) {
    return [(px - this.#middle[0]) / this.k, (this.#middle[1] - py) / this.k];
  }

  /** Nothing but the background, and the context as views expect it. @param {string} colour */
  clear(colour) {
    const c = this.context;
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    c.globalAlpha = 1;
    c.fillStyle = colour;
    c.fillRect(0, 0, this.width + 1, this.height + 1); // the last row too, where a box ends between two pixels
  }

  /** @param {string} html where that is not plain, what it shows */
  say(html) {
    write(this.said, html);
  }

  /** For those who do not see it. @param {string} sentence */
  describe(sentence) {
    this.canvas.setAttribute("aria-label", sentence);
  }
}
