// Particles and sequences coloured by the work along their paths so far, log q(path) - log p(path) in kT: around 0, as far either way.

import { askOnce } from "../player/asking.js";
import { bytesOf } from "../player/decode.js";
import { css, ramp, toOklab, tripleOf, wordsOf } from "./shades.js";

/** @typedef {import("../player/contract.js").Panel} Panel */
/** @typedef {import("../player/contract.js").Scene} Scene */
/** @typedef {import("../player/contract.js").Run} Run */
/** @typedef {import("./shades.js").Triple} Triple */
/** @typedef {{range: number, forward: string, reverse: string, mean: number[]}} Told coloured.py's answer */
/** @typedef {{range: number, forward: Uint8Array, reverse: Uint8Array | null, mean: number[]}} Work by frame and particle a byte */

const STEPS = 127; // bytes from no work to the most that is told apart, as coloured.py has it
// teal below none, brown above it, for every kind of colour vision (after ColorBrewer's BrBG); on dark panels the ends are light
/** @type {Record<"light" | "dark", Triple[]>} */
export const STOPS = {
  light: [[0, 68, 62], [28, 134, 124], [140, 148, 158], [178, 112, 24], [98, 48, 0]],
  dark: [[150, 240, 224], [58, 172, 158], [118, 127, 138], [206, 138, 44], [255, 208, 140]],
};

/** The button of this layer. @param {string} what is coloured @param {string} paths which have no work, or none that is finite, in a sentence */
export const workLayer = (what, paths) => ({
  name: "work",
  label: "Work",
  help: `${what} coloured by the work along their paths so far, log q(path) − log p(path) in kT: of the forward path the steps up to t, of the reverse path those from the start down to t. On average it is the entropy produced. ${paths}`,
});

/** @type {Map<string, Triple[]>} */
const RAMPS = new Map();

/** Colours from the most negative work to the most positive, 2 STEPS + 1 of them. @param {Scene["colours"]} colours */
function rampOf({ panel }) {
  const known = RAMPS.get(panel) ?? ramp(STOPS[toOklab(tripleOf(panel))[0] > 0.5 ? "light" : "dark"], 2 * STEPS + 1);
  RAMPS.set(panel, known);
  return known;
}

/** @param {Run} run @returns {Work | null} */
function workOf(run) {
  const { works, host } = /** @type {{works: Map<string, any>, host: import("../player/contract.js").Host}} */ (run.kept);
  const told = /** @type {Told | null} */ (askOnce(works, "work", run, host, { work: true }));
  if (!told) return null;
  const known = works.get("read");
  if (known) return known;
  const made = { range: told.range, forward: bytesOf(told.forward), reverse: told.reverse ? bytesOf(told.reverse) : null, mean: told.mean };
  works.set("read", made);
  return made;
}

/** kT of the last colour: of what is compared the larger one. @param {Scene} scene */
const rangeOf = ({ sides }) => Math.max(...sides.map(({ run }) => workOf(run)?.range ?? 0));

/**
 * Bytes of one range as those of another.
 * @param {Uint8Array} bytes
 * @param {number} own
 * @param {number} range at least as large
 */
export const onRange = (bytes, own, range) => (own === range ? bytes : bytes.map((value) => Math.round(STEPS + ((value - STEPS) * own) / range)));

/**
 * The colour of each particle of a panel; null while they are not known, and where these paths have no work.
 * @param {Panel} panel
 * @param {Scene} scene
 * @returns {import("./plane/discs.js").Ink["tints"]}
 */
export function workTints({ name }, scene) {
  const { run, frame, colours } = scene;
  const work = workOf(run);
  const all = work?.[name === "forward" ? "forward" : "reverse"];
  if (!work || !all) return null;
  const shares = onRange(all.subarray(frame * run.particles, (frame + 1) * run.particles), work.range, rangeOf(scene));
  return { words: wordsOf(rampOf(colours), 0), shares };
}

/** The same as CSS, of one particle. @param {Panel} panel @param {Scene} scene @returns {((i: number) => string) | null} */
export function workColours({ name }, scene) {
  const { run, frame, colours } = scene;
  const work = workOf(run);
  const all = work?.[name === "forward" ? "forward" : "reverse"];
  if (!work || !all) return null;
  const [own, range, shades] = [all.subarray(frame * run.particles, (frame + 1) * run.particles), rangeOf(scene), rampOf(colours)];
  const shares = onRange(own, work.range, range);
  return (i) => css(shades[shares[i]]);
}

const number = (/** @type {number} */ value) => String(Number(value.toPrecision(2))).replace("-", "−");

/** @param {Panel} panel @param {Scene} scene @returns {import("./plane/legend.js").Row[]} */
export function workRows(panel, scene) {
  const { run, colours } = scene;
  const work = workOf(run);
  const bare = { width: 0, draw: () => {} };
  if (run.kept.works.get("work") === null) return [{ ...bare, text: "the work of this run is not known here", brief: ["no work"] }];
  if (!work) return [{ ...bare, text: "work: computing …" }];
  if (panel.name !== "forward" && !work.reverse) return [{ ...bare, text: "no work: these paths are not those of the ancestral chain", brief: ["no work: not the ancestral chain", "no work"] }];
  if (panel.name !== "forward" || panel.side) return [];
  const range = number(rangeOf(scene));
  const ramp = rampOf(colours);
  const [width, bars] = [72, 24];
  return [
    {
      width,
      draw: (c, x, y) => {
        for (let i = 0; i < bars; i++) {
          c.fillStyle = `rgb(${ramp[Math.round((i * 2 * STEPS) / (bars - 1))].join(" ")})`;
          c.fillRect(x + (i * width) / bars, y - 5.5, width / bars + 0.5, 11);
        }
      },
      text: `work so far: −${range} to ${range} kT, and beyond`,
      brief: [`work so far: −${range} to ${range} kT`, `work: ±${range} kT`],
    },
  ];
}

/** Of the picked particle, for its label. @param {Panel} panel @param {Scene} scene @returns {string[]} */
export function workFacts({ name }, { run, frame, picked }) {
  const work = workOf(run);
  const value = work?.[name === "forward" ? "forward" : "reverse"]?.[frame * run.particles + picked];
  if (!work || value === undefined) return [];
  if (value === 0 || value === 2 * STEPS) return [`work so far: ${value ? "above " : "below −"}${number(work.range)} kT`];
  return [`work so far: ${number(((value - STEPS) / STEPS) * work.range)} kT`];
}

/** The same in a sentence, of the forward paths. @param {Panel} panel @param {Scene} scene */
export function workTold({ name }, { run, frame }) {
  const mean = workOf(run)?.mean[frame];
  if (mean === undefined || name !== "forward") return "";
  return `The work of these paths so far is ${number(mean)} kT on average, which is the entropy produced up to here.`;
}
