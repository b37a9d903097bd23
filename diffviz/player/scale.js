// One scale for all panels that show points: what the wheel and dragging change, so that panels can always be compared.

const CLOSEST = 1 / 40, WIDEST = 2; // of the reach with nothing zoomed

export class Scale {
  /** half of a panel's shorter side, in units of the data, when nothing is zoomed */
  reach = 3;
  x = 0; // in the middle of a panel
  y = 0;
  factor = 1; // of the reach

  get zoomed() {
    return this.factor !== 1 || this.x !== 0 || this.y !== 0;
  }

  /** Pixels per unit in a panel of some size. @param {number} width @param {number} height */
  pixels(width, height) {
    return Math.min(width, height) / (2 * this.reach * this.factor);
  }

  /** Closer by a factor below 1, so that the point (x, y) of the data stays where it is. @param {number} by @param {number} x @param {number} y */
  zoom(by, x, y) {
    const factor = Math.max(CLOSEST, Math.min(WIDEST, this.factor * by)), done = factor / this.factor;
    this.factor = factor;
    this.#centre(x + (this.x - x) * done, y + (this.y - y) * done);
  }

  /** @param {number} dx @param {number} dy in units of the data */
  pan(dx, dy) {
    this.#centre(this.x - dx, this.y - dy);
  }

  /** the middle stays where there may be data @param {number} x @param {number} y */
  #centre(x, y) {
    const within = (/** @type {number} */ value) => Math.max(-2 * this.reach, Math.min(2 * this.reach, value));
    this.x = within(x);
    this.y = within(y);
  }

  reset() {
    this.x = this.y = 0;
    this.factor = 1;
  }

  /** For the address: three numbers, or null. */
  get state() {
    const short = (/** @type {number} */ value) => Number(value.toPrecision(4));
    return this.zoomed ? [short(this.x), short(this.y), short(this.factor)] : null;
  }

  /** @param {any} state */
  set state(state) {
    this.reset();
    if (!Array.isArray(state) || state.length !== 3 || !state.every(Number.isFinite)) return;
    this.factor = Math.max(CLOSEST, Math.min(WIDEST, state[2]));
    this.#centre(state[0], state[1]);
  }
}
