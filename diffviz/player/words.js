// What is said under the clock: warnings, what the present step does, what the metrics say.

import { find, make, plain, write } from "./dom.js";
import { badge } from "./panels.js";

/** @typedef {import("./player.js").Side} Side */

export class Words {
  /** a place for each side: what is said now, over its run's longest caption, which nobody sees @type {{ now: HTMLElement, longest: HTMLElement }[]} */
  #places = [];
  /** what was measured @type {string[][]} */
  #captions = [];
  /** of the chosen particle, the longest formula so far @type {string[]} */
  #worked = [];

  /** @param {HTMLElement} root */
  constructor(root) {
    this.captions = /** @type {HTMLElement} */ (find(root, ".dv-captions"));
    this.summary = /** @type {HTMLElement} */ (find(root, ".dv-summary"));
    this.warning = /** @type {HTMLElement} */ (find(root, ".dv-warning"));
  }

  /** @param {Side[]} sides */
  warn(sides) {
    const text = sides.filter(({ run }) => run.warning).map(({ number, run }) => (sides.length > 1 ? badge(number) : "") + run.warning).join("<br>");
    write(this.warning, text);
    this.warning.hidden = !text;
  }

  /** @param {Side[]} sides @param {number} frame of the clock @param {boolean} playing @param {string} summary @param {number} chosen @param {boolean} waiting is the reverse process at x_T, while the forward process runs? */
  show(sides, frame, playing, summary, chosen, waiting) {
    this.#arrange(sides.length);
    sides.forEach(({ number, run, view, index }, i) => {
      const worked = chosen >= 0 && !waiting ? view.worked?.(run, index[frame], chosen) : "";
      const letter = sides.length > 1 ? badge(number) : "", { now, longest } = this.#places[i];
      const longer = worked ? longestOf([this.#worked[i] ?? "", ` <span class="dv-worked-out">${worked}</span>`]) : chosen >= 0 ? this.#worked[i] : "";
      if (this.#captions[i] !== run.captions || this.#worked[i] !== longer) {
        this.#captions[i] = run.captions;
        this.#worked[i] = longer;
        write(longest, letter + longestOf(run.captions) + (longer ?? ""));
      }
      write(now, letter + run.captions[index[frame]] + (worked ? ` <span class="dv-worked">${worked}</span>` : ""));
      now.setAttribute("aria-live", playing ? "off" : "polite");
    });
    write(this.summary, summary);
  }

  /** @param {number} count of sides */
  #arrange(count) {
    if (this.#places.length === count) return;
    this.#captions = [];
    this.#worked = [];
    this.#places = Array.from({ length: count }, () => ({ now: make("p", "dv-caption-now"), longest: make("p", "dv-longest") }));
    for (const { longest } of this.#places) longest.setAttribute("aria-hidden", "true");
    this.captions.replaceChildren(...this.#places.map(({ now, longest }) => make("div", "dv-caption", now, longest)));
  }
}

/** @param {string[]} captions */
const longestOf = (captions) => captions.reduce((longest, caption) => (plain(caption).length > plain(longest).length ? caption : longest), "");
