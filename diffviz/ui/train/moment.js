// Training time: the report that is shown. At the end it is live, and goes on with what comes.

/** @typedef {import("./reports.js").Reports} Reports */

export class Moment {
  live = true;
  #update = 0; // of the report that is shown, if it is not live: reports before it may be dropped

  /** @param {Reports} reports @param {() => void} changed */
  constructor(reports, changed) {
    this.reports = reports;
    this.changed = changed;
  }

  /** The number of the report that is shown; -1 while there is none. */
  get index() {
    const { list } = this.reports;
    return this.live ? list.length - 1 : this.reports.nearest(this.#update);
  }

  get report() {
    return this.reports.list[this.index];
  }

  /** @param {number} index */
  go(index) {
    const last = this.reports.list.length - 1, to = Math.max(0, Math.min(last, Math.round(index)));
    this.live = to >= last;
    this.#update = this.reports.list[to]?.update ?? 0;
    this.changed();
  }

  /** @param {number} by reports */
  step(by) {
    this.go(this.index + by);
  }

  /** To the report nearest to an update. @param {number} update */
  seek(update) {
    const index = this.reports.nearest(update);
    if (index >= 0) this.go(index);
  }

  end() {
    this.live = true;
    this.changed();
  }
}
