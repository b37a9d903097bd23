// A square piece of the plane on a canvas, as sharp as the screen: where a pointer is, and what is drawn in the theme's colours.

/** @typedef {import("./brush.js").Point} Point */

export class Board {
  /** @param {string} name for those who do not see it @param {number} reach half of its side, in the plane's units @param {(context: CanvasRenderingContext2D, board: Board) => void} draw */
  constructor(name, reach, draw) {
    this.reach = reach;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "dv-board";
    this.canvas.tabIndex = 0;
    this.canvas.autofocus = true; // not Close, when its box opens
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", name);
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.side = 1; // in CSS pixels
    this.draw = draw;
    this.asked = false;
    this.watch = new ResizeObserver(() => this.paint());
    this.watch.observe(this.canvas);
  }

  /** Where a pointer is, in the plane. @param {{clientX: number, clientY: number}} event @returns {Point} */
  placeOf({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    return [this.reach * ((2 * (clientX - box.left)) / box.width - 1), this.reach * (1 - (2 * (clientY - box.top)) / box.height)];
  }

  /** In CSS pixels. @param {number} x @param {number} y @returns {Point} */
  at(x, y) {
    return [((x / this.reach + 1) * this.side) / 2, ((1 - y / this.reach) * this.side) / 2];
  }

  /** A length of the plane in CSS pixels. @param {number} length */
  long(length) {
    return (length * this.side) / (2 * this.reach);
  }

  /** @param {string} name of the theme's colours */
  colour(name) {
    return getComputedStyle(this.canvas).getPropertyValue(`--dv-${name}`).trim();
  }

  /** Draw again before the next frame. */
  paint() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      const { width } = this.canvas.getBoundingClientRect(), sharp = devicePixelRatio || 1;
      if (!width) return;
      this.side = width;
      if (this.canvas.width !== Math.round(width * sharp)) this.canvas.width = this.canvas.height = Math.round(width * sharp);
      this.context.setTransform(sharp, 0, 0, sharp, 0, 0);
      this.context.clearRect(0, 0, width, width);
      this.axes();
      this.draw(this.context, this);
    });
  }

  axes() {
    const { context } = this;
    context.strokeStyle = this.colour("grid") || this.colour("line");
    context.lineWidth = 1;
    for (let i = -Math.floor(this.reach); i <= this.reach; i++) {
      context.globalAlpha = i ? 0.5 : 1;
      const [x, y] = this.at(i, i);
      context.beginPath();
      context.moveTo(x, 0);
      context.lineTo(x, this.side);
      context.moveTo(0, y);
      context.lineTo(this.side, y);
      context.stroke();
    }
    context.globalAlpha = 1;
  }
}
