// Sequences of bits, forward and in reverse: a raster of them, with the probability of a 1 as shade.

import { drawText } from "../../player/letters.js";
import { computedTo, someOf, WAYS } from "../../player/readings.js";
import { byPhase, countBeats, forwardProbability, judged, sequence, spelled } from "./bits.js";
import { drawPhases, phasesTold, phaseWeights } from "./phases.js";
import { bothWays } from "../ways.js";
import { workColours, workFacts, workLayer, workRows, workTold } from "../work.js";
import { drawBins, drawBits, drawEdge, drawLegend, drawLine, drawRow, drawShade, outlineRow, placeOf } from "./raster.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {{host: import("../../player/contract.js").Host, works: Map<string, any>, orders: Record<string, number[]>, plain: number[], sheet: HTMLCanvasElement}} Kept orders: by array, once its x_0 is known */

/** Bins of a sequence. @param {Run} run */
const lengthOf = ({ arrays }) => arrays.reverse.shape[1];

/**
 * The sequences that have room, in the order of their rows: by the phase in which each begins or ends, at t = 0, if that is wanted
 * and known.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {number} rows
 */
function orderOf({ name }, { run, layers }, rows) {
  const { orders, plain } = /** @type {Kept} */ (run.kept);
  const bits = layers.has("sorted") ? run.array(name, 0) : null;
  if (bits) orders[name] ??= byPhase(bits, lengthOf(run), run.data.period);
  return (bits ? orders[name] : plain).filter((i) => i < rows);
}

/**
 * The probability of a 1: forward, that of q(x_t | x_0); in reverse, that of the bit of x_0, as the denoiser knows it.
 * @param {Panel} panel
 * @param {Scene} scene
 * @returns {((i: number) => number) | null} of the bit with a number in the frame
 */
function probabilityOf({ name }, { run, frame }) {
  const { alpha, sigma, data } = run;
  const source = name === "forward" ? run.array("forward", 0) : run.array("x0_hat", frame);
  if (!source) return null;
  if (name !== "forward") return (i) => source[i] / 255;
  const [zero, one] = [0, 1].map((bit) => forwardProbability(bit, data.rate, alpha[frame], sigma[frame]));
  return (i) => (source[i] ? one : zero);
}

/**
 * What the data behind a sequence may be, by phase; null where it is not computed.
 * @param {Panel} panel
 * @param {Scene} scene
 */
function weightsOf({ name }, { run, frame, picked }) {
  const bits = run.array(name, frame);
  if (!bits || picked < 0 || picked >= run.particles) return null;
  return phaseWeights(sequence(bits, lengthOf(run), picked), run.data.period, run.data.rate, run.alpha[frame], run.sigma[frame]);
}

/** @type {import("../../player/contract.js").View} */
export const view = {
  layers: () => [
    {
      name: "probability",
      label: "Probability",
      help: "The probability of a 1 as shade: forward, that of xₜ given x₀; in reverse, that of the bit of x₀ given xₜ, as the denoiser knows it.",
      on: true,
    },
    workLayer("Sequences", "A reverse path that ends in no heartbeat has −∞."),
    { name: "sorted", label: "Sorted", help: "The sequences in the order of their phase at t = 0. Each keeps its row.", on: true },
  ],

  panels: () => bothWays(),

  begin: (run, host) => ({ host, works: new Map(), orders: {}, plain: Array.from({ length: run.particles }, (_, i) => i), sheet: document.createElement("canvas") }),

  paint(panel, scene) {
    const { run, frame, colours, layers, ink, picked, present } = scene;
    const bits = run.array(panel.name, frame);
    const length = lengthOf(run);
    const place = placeOf(panel, scene, length);
    const order = orderOf(panel, scene, place.rows);
    const probability = layers.has("probability") ? probabilityOf(panel, scene) : null;
    if (probability) drawShade(panel, place, length, run.kept.sheet, ink, (row, bin) => probability(order[row] * length + bin));
    drawBins(panel, scene, place, length, run.data.period);
    if (!bits) {
      drawText(panel, scene, "not computed yet", place.left, place.top + 20, { colour: colours.muted });
      return;
    }
    const tint = layers.has("work") ? workColours(panel, scene) : null;
    const colourOf = (/** @type {number} */ row) => (tint ? tint(order[row]) : colours.own);
    if (tint) drawEdge(panel, place, colourOf);
    drawBits(panel, place, length, colourOf, (row, bin) => bits[order[row] * length + bin]);
    const known = picked >= 0 && picked < run.particles;
    const works = layers.has("work") ? { row: workRows(panel, scene)[0], facts: known ? workFacts(panel, scene) : [] } : { row: null, facts: [] };
    if (known) {
      outlineRow(panel, place, order.indexOf(picked), colours.ink, present ? 3 : 2);
      drawLine(panel, scene, place, [[`sequence ${picked + 1}: ${judged(sequence(bits, length, picked), run.data.period)}`, ...works.facts].join(", ")]);
      const weights = picked === scene.chosen ? weightsOf(panel, scene) : null;
      if (weights) drawPhases(panel, scene, weights, place.top + (order.indexOf(picked) + 0.5) * place.row);
    } else if (works.row) {
      drawRow(panel, scene, place, works.row);
    } else if (probability) {
      drawLegend(panel, scene, place, panel.name === "forward" ? ["probability of a 1 in xₜ, given x₀", "q(xₜ = 1 | x₀)"] : ["probability of a 1 in x₀, given xₜ", "p(x₀ = 1 | xₜ)"]);
    }
  },

  pick(panel, scene, x, y) {
    const { rows, left, top, width, row } = placeOf(panel, scene, lengthOf(scene.run));
    const at = Math.floor((y - top) / row);
    return x >= left && x <= left + width && at >= 0 && at < rows ? orderOf(panel, scene, rows)[at] : -1;
  },

  step(panel, scene, picked, dx, dy) {
    const { rows } = placeOf(panel, scene, lengthOf(scene.run));
    const order = orderOf(panel, scene, rows);
    if (picked < 0) return order[0];
    return order[Math.max(0, Math.min(rows - 1, order.indexOf(picked) + dx + dy))];
  },

  hint(panel, scene) {
    const { run, frame, behind, moment, waiting } = scene;
    if (panel.name === "reverse") return waiting ? "" : behind ? computedTo(run.times[frame]) : moment || WAYS.reverse;
    const { rows } = placeOf(panel, scene, lengthOf(run));
    return `${moment || WAYS.forward}${someOf(rows, run.particles, "sequences")}`;
  },

  note(panel, scene) {
    const { run, frame, picked } = scene;
    const bits = run.array(panel.name, frame);
    const weights = weightsOf(panel, scene);
    if (!bits || !weights) return "";
    const { period } = run.data;
    const own = sequence(bits, lengthOf(run), picked);
    return `Sequence ${picked + 1} of ${run.particles} at t = ${run.times[frame]}: ${spelled(own, period)}, ${judged(own, period)}. ${phasesTold(weights)}`;
  },

  describe(panel, scene) {
    const { run, frame, waiting } = scene;
    const bits = run.array(panel.name, frame);
    if (!bits) return `${panel.spec.label}: not computed yet.`;
    const length = lengthOf(run);
    const ones = bits.reduce((/** @type {number} */ sum, /** @type {number} */ bit) => sum + bit, 0);
    const paused = waiting && panel.name === "reverse" ? ", waiting for the forward process" : "";
    const beats = countBeats(bits, length, run.data.period);
    return (
      `${panel.spec.label}, at t = ${run.times[frame]} of ${run.steps}${paused}: ${run.particles} sequences of ${length} bits, ${Math.round((100 * ones) / bits.length)} % of them 1; ` +
      `${beats} ${beats === 1 ? "is an exact heartbeat" : "are exact heartbeats"}, with a 1 in every ${run.data.period}th bin and nowhere else.${scene.layers.has("work") ? ` ${workTold(panel, scene)}` : ""}${scene.chosen >= 0 ? ` ${this.note?.(panel, { ...scene, picked: scene.chosen })}` : ""}`
    );
  },
};
