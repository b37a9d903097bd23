// What is given beside a run of pictures that is measured, edited or between two, what came back of it, and what is exact.

import { bytesOf } from "../../player/decode.js";
import { drawText, firstThatFits, lineHeight, textWidth } from "../../player/letters.js";
import { drawRows } from "./drawing.js";
import { dimOf, moments, shapeOf, valuesOf } from "./pixels.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("./drawing.js").Framed} Framed */
/** @typedef {{title: string, values: Float64Array, known: number[]}} Given values [dim]; known: by pixel 0 or 1, or empty if all is */
/** @typedef {[string, number?]} Place a name and, of what comes back, the number of its side */

const RETURNED = /** @type {Record<string, string>} */ ({ mean: "sample mean", std: "sample std", first_back: "reverse", last_back: "reverse" });
const BRIEF = /** @type {Record<string, string[]>} */ ({ truth: ["image"], measured: ["y"], exact_mean: ["exact mean*", "mean*"], exact_std: ["std*"], mean: ["mean"], std: ["std"], first: ["first"], last: ["second"] });

/** @param {Run} run @returns {Map<string, Given>} */
export function givenOf(run) {
  const values = valuesOf(run, "reverse");
  return new Map(
    run.data.given.map((/** @type {any} */ { name, title, data, known }) => [name, { title, known, values: Float64Array.from(bytesOf(data), (byte) => values[byte]) }]),
  );
}

/**
 * What stands where, one under the other what should be alike.
 * @param {{has: (name: string) => boolean}} given
 * @param {number} sides
 * @returns {Place[][]}
 */
export function places(given, sides) {
  const each = (/** @type {string} */ name) => Array.from({ length: sides }, (_, side) => /** @type {Place} */ ([name, side]));
  if (given.has("measured")) return [[["truth"], ...each("mean"), ["exact_mean"]], [["measured"], ...each("std"), ["exact_std"]]];
  if (given.has("last")) return [[["first"], ...each("first_back")], [["last"], ...each("last_back")]];
  return [[["truth"], ...each("mean"), ...each("std")]];
}

/**
 * Of the particles of a run at a frame: their mean, their spread, the first or the last.
 * @param {Run} run
 * @param {number} frame
 * @returns {Record<string, Float64Array> | null}
 */
function returned(run, frame) {
  const bytes = run.array("reverse", frame);
  if (!bytes) return null;
  const dim = dimOf(run);
  const values = valuesOf(run, "reverse");
  const one = (/** @type {number} */ i) => Float64Array.from(bytes.subarray(i * dim, (i + 1) * dim), (byte) => values[byte]);
  return { ...moments(bytes, dim, values), first_back: one(0), last_back: one(run.particles - 1) };
}

/**
 * Values into an image: as greys or colours, transparent where they are not known; or as so much ink.
 * @param {ImageData} image
 * @param {Float64Array} values
 * @param {number[]} known
 * @param {[number, number, number] | null} ink
 */
export function fillValues({ data, width, height }, values, known, ink) {
  const plane = width * height;
  const step = values.length === 3 * plane ? plane : 0;
  for (let k = 0; k < plane; k++) {
    const pixel = [values[k], values[k + step], values[k + 2 * step]];
    if (ink) data.set([...ink, Math.min(255, (255 * (pixel[0] + pixel[1] + pixel[2])) / 3)], 4 * k);
    else data.set([...pixel.map((value) => 127.5 + 127.5 * value), known.length && !known[k] ? 0 : 255], 4 * k);
  }
}

/**
 * Parts of a sentence in as few lines as hold them.
 * @param {string[]} parts
 * @param {(text: string) => boolean} fits
 */
export function inLines(parts, fits) {
  const lines = [parts[0]];
  for (const part of parts.slice(1)) {
    const longer = `${lines[lines.length - 1]}; ${part}`;
    if (fits(longer)) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

/** What came back, or at t > 0 what is on its way. @param {string} name @param {number} frame */
const returnedTitle = (name, frame) => (frame > 0 && (name === "mean" || name === "std") ? `${name} of xₜ` : RETURNED[name]);

/** The standard deviation at full shade: the largest that is seen. @param {Map<string, Given>} given @param {(Record<string, Float64Array> | null)[]} found */
const fullShade = (given, found) => Math.max(0, ...(given.get("exact_std")?.values ?? []), ...found.flatMap((moments) => [...(moments?.std ?? [])])) || 1;

/** How the pictures are to be read: parts, each in several wordings. @param {Run} run @param {number} full standard deviation at full shade */
function reading({ particles, data: { given_term } }, full) {
  if (given_term === "between") return [];
  const exact = [["* exact if p(x₀) is the training set", "* p(x₀): training set"]];
  return [[`${particles} samples`], [`std at full shade: ${Number(full.toPrecision(2))}`], ...(given_term === "posterior" ? exact : [])];
}

/** @param {Panel} panel @param {Scene} scene */
export function drawGiven(panel, scene) {
  const { run, sides, colours, ink, pair } = scene;
  const given = /** @type {Map<string, Given>} */ (run.kept.given);
  const [, high, wide] = shapeOf(run);
  const found = sides.map((side) => returned(side.run, side.frames.reverse)), full = fullShade(given, found);
  const rows = places(given, sides.length).map((row) =>
    row.map(([name, side]) => {
      const exact = name.startsWith("exact");
      const colour = side === undefined ? (exact ? colours.ink : colours.muted) : pair ? [colours.a, colours.b][side] : colours.reverse;
      const { title, values, known } = given.get(name) || { title: returnedTitle(name, sides[side ?? 0].frames.reverse), values: found[side ?? 0]?.[name], known: [] };
      const letter = pair && side !== undefined ? `${"AB"[side]} ` : "", brief = (BRIEF[name] ?? []).map((text) => letter + text);
      /** @type {Framed} */
      const framed = { title: letter + title, brief, colour, dashed: exact, hatched: known.length > 0, empty: "not computed yet" };
      if (values) framed.fill = (image) => (name.endsWith("std") ? fillValues(image, values.map((value) => value / full), known, ink) : fillValues(image, values, known, null));
      return framed;
    }),
  );
  const parts = reading(run, full).map((wordings) => firstThatFits(wordings, scene, panel.width - 20));
  const lines = parts.length ? inLines(parts, (text) => textWidth(text, scene) < panel.width - 20) : [];
  const line = lineHeight(scene.present);
  const box = panel.height - lines.length * line - (lines.length ? 6 : 0);
  drawRows(panel, scene, rows, [wide, high], box);
  lines.forEach((text, i) => {
    drawText(panel, scene, text, panel.width / 2, box + (i + 1) * line, { colour: colours.muted, align: "center", most: panel.width - 12 });
  });
}
