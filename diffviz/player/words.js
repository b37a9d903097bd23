// What is said under the clock: warnings, what the present step does, what the metrics say.

import { find, write } from "./dom.js";
import { badge } from "./panels.js";

/** @typedef {import("./player.js").Side} Side */

export class Words {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.caption = /** @type {HTMLElement} */ (find(root, ".dv-caption"));
    this.summary = /** @type {HTMLElement} */ (find(root, ".dv-summary"));
    this.warning = /** @type {HTMLElement} */ (find(root, ".dv-warning"));
  }

  /** @param {Side[]} sides @param {(side: Side) => string} text of each that says something; of two with its letter */
  #each(sides, text) {
    const said = sides.filter(text).map((side) => (sides.length > 1 ? badge(side.number) : "") + text(side));
    return said.join("<br>");
  }

  /** @param {Side[]} sides */
  warn(sides) {
    const text = this.#each(sides, ({ run }) => run.warning);
    write(this.warning, text);
    this.warning.hidden = !text;
  }

  /** @param {Side[]} sides @param {number} frame of the clock @param {boolean} playing @param {string} summary */
  show(sides, frame, playing, summary) {
    write(this.caption, this.#each(sides, ({ run, index }) => run.captions[index[frame]]));
    this.caption.setAttribute("aria-live", playing ? "off" : "polite");
    write(this.summary, summary);
  }
}
