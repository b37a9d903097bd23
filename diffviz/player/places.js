// Places in the panels, in units of the data: one that a lesson asks for, by a click or by keys, and those that it marks.

import { ARROWS } from "./keyboard.js";
import { drawText } from "./letters.js";

/** @typedef {import("./panel.js").Panel} Panel */
/** @typedef {{ panel: string, at: [number, number], label: string, right: boolean }} Mark */

const STEP = 0.1, SIZE = 9; // of a key, in units of the data; of a cross, in pixels
const FIRST = 0.3; // of a panel, from its upper left corner: where keys find the cross, for its middle may be what is asked for

export class Places {
  /** @type {Mark[]} */
  marks = [];
  /** @type {{ panel: string, found: (x: number, y: number) => void } | null} */
  #wanted = null;
  /** where the keys have moved the cross @type {[number, number] | null} */
  #cross = null;

  /** @param {string} panel its name @param {(x: number, y: number) => void} found */
  ask(panel, found) {
    this.#wanted = { panel, found };
    this.#cross = null;
  }

  /** Is one asked for in this panel? @param {Panel} panel */
  asks(panel) {
    return this.#wanted?.panel === panel.name;
  }

  /** Is one asked for in this panel, or marked? @param {Panel} panel */
  fill(panel) {
    return this.asks(panel) || this.marks.some((mark) => mark.panel === panel.name);
  }

  /** Nothing is asked for, and these are shown. @param {Mark[]} marks */
  show(marks) {
    this.marks = marks;
    this.#wanted = this.#cross = null;
  }

  /** A click at a pixel; was it the one that is asked for? @param {Panel} panel @param {number} px @param {number} py */
  click(panel, px, py) {
    return this.#take(panel, /** @type {[number, number]} */ (panel.at(px, py)));
  }

  /** A key on a panel: the first shows a cross, arrows move it, Enter is the click. @param {Panel} panel @param {string} key */
  key(panel, key) {
    const arrow = ARROWS[key];
    if (this.#wanted?.panel !== panel.name || !(arrow || key === "Enter")) return false;
    if (!this.#cross) this.#cross = /** @type {[number, number]} */ (panel.at(FIRST * panel.width, FIRST * panel.height).map((value) => STEP * Math.round(value / STEP)));
    else if (arrow) this.#cross = [this.#cross[0] + STEP * arrow[0], this.#cross[1] - STEP * arrow[1]];
    else this.#take(panel, this.#cross);
    return true;
  }

  /** @param {Panel} panel @param {[number, number]} at */
  #take(panel, at) {
    if (this.#wanted?.panel !== panel.name) return false;
    const { found } = this.#wanted;
    this.#wanted = this.#cross = null;
    found(...at);
    return true;
  }

  /** @param {Panel} panel @param {Record<string, string>} colours @param {boolean} present letters for the last row */
  paint(panel, colours, present) {
    const shown = this.marks.filter((mark) => mark.panel === panel.name);
    if (this.#wanted?.panel === panel.name && this.#cross) shown.push({ panel: panel.name, at: this.#cross, label: "Enter: here", right: false });
    const c = panel.context, size = SIZE * (present ? 1.6 : 1);
    for (const { at: [x, y], label, right } of shown) {
      const px = panel.x(x), py = panel.y(y);
      for (const [colour, width] of /** @type {[string, number][]} */ ([[colours.panel, 6], [right ? colours.ink : colours.muted, 2.5]])) {
        c.strokeStyle = colour;
        c.lineWidth = width;
        c.beginPath();
        if (right) c.arc(px, py, size, 0, 2 * Math.PI);
        c.moveTo(px - size, py);
        c.lineTo(px + size, py);
        c.moveTo(px, py - size);
        c.lineTo(px, py + size);
        c.stroke();
      }
      drawText(panel, { present }, label, px + size + 5, py + 4, { colour: colours.ink, plate: colours.panel, weight: 600 });
    }
  }
}
