// What a panel's marks mean and how large they are, in its lower left corner.

import { drawCard, drawPlate, drawText, firstThatFits, lineHeight, textWidth } from "../../player/letters.js";
import { arrow, cellSize, errorColour, shade } from "./draw.js";
import { nice } from "./score.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("./score.js").Field} Field */

const MARGIN = 10;
const SWATCH = 11;
const HEAD = 34; // pixels over which a panel's title stands

/**
 * A row of the legend: a mark of some width, drawn from (x, y) to the right, and what it means.
 * @typedef {{width: number, draw: (c: CanvasRenderingContext2D, x: number, y: number) => void, text: string, brief?: string[]}} Row
 */

/** @param {number} value two digits that count, never as a power of ten where it can be read without */
export const short = (value) => {
  const text = Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
  return text.replace("-", "−");
};

/** @param {readonly number[]} shares */
const percentages = (shares) => `${shares.map((share) => Math.round(100 * share)).join(", ")} %`;

/**
 * @param {Scene} scene
 * @param {readonly number[]} shares of the probability inside each band, from the outermost
 * @returns {Row}
 */
export const bandsRow = ({ colours }, shares) => ({
  width: shares.length * SWATCH,
  draw: (c, x, y) =>
    shares.forEach((_, i) => {
      c.fillStyle = shade(colours, i);
      c.fillRect(x + i * SWATCH, y - SWATCH / 2, SWATCH, SWATCH);
    }),
  text: `exact density: ${percentages(shares)} of the probability inside`,
  brief: [`${percentages(shares)} inside`, `${Math.round(100 * shares[0])} to ${percentages(shares.slice(-1))}`],
});

/** @param {string} text @param {string} colour @returns {Row} */
export const dotsRow = (text, colour) => ({
  width: 8,
  draw: (c, x, y) => {
    c.fillStyle = colour;
    c.beginPath();
    c.arc(x + 4, y, 3, 0, 2 * Math.PI);
    c.fill();
  },
  text,
  brief: [text.split(":")[0]],
});

/**
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Field} field
 * @param {string} [what] its arrows are
 * @returns {Row}
 */
export function scoreRow(panel, { colours }, field, what = "score") {
  const value = nice(field.unit);
  const width = (0.95 * cellSize(panel, field) * value) / field.unit;
  return {
    width,
    draw: (c, x, y) => {
      c.strokeStyle = colours.ink;
      c.lineWidth = 1.4;
      c.beginPath();
      arrow(c, x, y, 1, 0, width);
      c.stroke();
    },
    text: `${what} of length ${short(value)}`,
    brief: [`${what} ${short(value)}`],
  };
}

/**
 * @param {Scene} scene
 * @param {Field} field
 * @returns {Row}
 */
export const errorRow = ({ colours }, { worst }) => ({
  width: 5 * SWATCH,
  draw: (c, x, y) => {
    c.fillStyle = colours.panel; // the map itself lies below
    c.fillRect(x - 1, y - SWATCH / 2 - 1, 5 * SWATCH + 2, SWATCH + 2);
    for (let i = 0; i < 5; i++) {
      c.fillStyle = errorColour(i / 4);
      c.fillRect(x + i * SWATCH, y - SWATCH / 2, SWATCH, SWATCH);
    }
  },
  text: `error of the score, 0 to ${short(worst)}`,
  brief: [`error 0 to ${short(worst)}`],
});

/**
 * @param {number} count
 * @param {string} colour
 * @returns {Row}
 */
export const beyondRow = (count, colour) => ({
  width: 8,
  draw: (c, x, y) => {
    c.fillStyle = colour;
    c.beginPath();
    c.moveTo(x, y);
    c.lineTo(x + 8, y - 4.5);
    c.lineTo(x + 8, y + 4.5);
    c.fill();
  },
  text: `${count} beyond the panel`,
  brief: [`${count} beyond`],
});

/**
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Row[]} rows the first one lowest
 * @param {number} room pixels from the left edge
 * @param {number} [lift] pixels that are taken below
 */
export function legend(panel, scene, rows, room, lift = 0) {
  const line = lineHeight(scene.present);
  const { panel: ground, muted } = scene.colours;
  const shown = rows.map(({ width, draw, text, brief = [] }, i) => {
    const left = MARGIN + width + 6;
    return { draw, left, y: panel.height - lift - MARGIN - i * line, text: firstThatFits([text, ...brief], scene, room - left - 6) };
  });
  if (!shown.length) return;
  const right = Math.min(room - 2, Math.max(...shown.map(({ left, text }) => left + textWidth(text, scene))) + 6);
  drawPlate(panel.context, ground, MARGIN - 6, panel.height - lift - MARGIN - rows.length * line + 2, right - MARGIN + 6, rows.length * line + 4);
  for (const { draw, left, y, text } of shown) {
    draw(panel.context, MARGIN, y - 4);
    drawText(panel, scene, text, left, y, { colour: muted, most: room - left - 6 });
  }
}

/**
 * Lines beside a point, on the side where there is room; below or above it where they would cover a box.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {string[]} lines
 * @param {number} x
 * @param {number} y
 * @param {{left: number, wide: number} | null} [box] at the left or at the right of the panel
 */
export function label(panel, scene, lines, x, y, box = null) {
  const c = panel.context;
  const { colours, present } = scene;
  const line = lineHeight(present);
  const width = Math.max(...lines.map((text) => textWidth(text, scene))) + 16;
  const height = lines.length * line + 10;
  const beside = Math.max(2, x + 16 + width < panel.width ? x + 16 : x - 16 - width);
  const covers = box !== null && beside < box.left + box.wide && beside + width > box.left;
  const ends = box && box.left < panel.width / 2 ? [box.left + box.wide + 4, panel.width - 2] : [2, (box?.left ?? panel.width) - 4];
  const left = covers ? Math.max(2, Math.min(ends[1] - width, Math.max(ends[0], x - width / 2))) : beside;
  const wanted = covers ? (y + 18 + height < panel.height ? y + 18 : y - 18 - height) : y - height / 2;
  const top = Math.max(HEAD, Math.min(panel.height - height - 2, wanted));
  drawCard(c, colours, left, top, width, height);
  lines.forEach((text, i) => {
    drawText(panel, scene, text, left + 8, top + (i + 1) * line, { colour: colours.ink });
  });
}
