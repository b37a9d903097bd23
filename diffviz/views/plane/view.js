// Particles of the plane over the exact density, forward and in reverse.

import { computedTo, waysOf } from "../../player/readings.js";
import { conditional, conditionalLayers, conditionalTold } from "./conditional.js";
import { isolines, massLevels } from "./contours.js";
import { dots } from "./discs.js";
import { arrows, bands, dotRadius, edgeMarks, errorMap, highlight, pathOf, rings, spot, startOf, trails, unitCircle, words } from "./draw.js";
import { drift } from "./drift.js";
import { drawFactor, factorRow } from "./factor.js";
import { facts, known, NEAR, nearestPoint, neighbour, note } from "./inspect.js";
import { emptyLandscape, energyHeights, energyMap, energyRow, forgetLandscape, landscapeTold, pickOn, placeOn, surface, UNIT } from "./landscape.js";
import { lawOf, lawRow, learnedRow } from "./law.js";
import { bandsRow, beyondRow, errorRow, label, legend, scoreRow } from "./legend.js";
import { exactRow, marginals, marginalsTold, stripHeight } from "./marginals.js";
import { posteriorBands, posteriorNow, posteriorRow, scoreArrow, told } from "./particle.js";
import { gridPoints, scoreField } from "./score.js";
import { drawStep } from "./step.js";
import { CALLED } from "../ways.js";
import { workFacts, workLayer, workRows, workTints, workTold } from "../work.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("./score.js").Field} Field */

/** @typedef {{regions: Path2D[], parts: number}} Density its bands, and how many separate parts one of them has */

/**
 * What is drawn of a frame and depends on its noise level alone, made when it is first seen.
 * @typedef {{laws: Record<string, import("./law.js").Law>, densities: Map<string, Density>, fields: Map<number, Field>, points: Float32Array, picture: HTMLCanvasElement, landscape: import("./landscape.js").Kept}} Kept
 */

const SHARES = [0.95, 0.8, 0.6, 0.4, 0.2]; // of the probability inside each band of the density
const MAP_ONLY = { without: "surface" }; // drawn in the plane
const REACH = 2.6; // 1 % of the noise lies above or below
const COUNTED = 1; // the band whose separate parts are told

/** The exact density of a frame in a panel, in units of the data. @param {Run} run @param {number} frame @param {string} name of the panel */
function densityOf(run, frame, name) {
  const { densities } = /** @type {Kept} */ (run.kept);
  const law = lawOf(run, name);
  const key = `${law.name} ${frame}`;
  const made = densities.get(key) ?? makeDensity(law, run.alpha[frame], run.sigma[frame]);
  densities.set(key, made);
  return made;
}

/** @param {import("./law.js").Law} law @param {number} alpha @param {number} sigma @returns {Density} */
function makeDensity(law, alpha, sigma) {
  const { side, reach, values } = law.grid(alpha, sigma);
  const cell = (2 * reach) / (side - 1);
  const bands = massLevels(values, SHARES).map((level) => isolines(values, side, level).map((line) => line.map((at) => at * cell - reach)));
  return { regions: bands.map(pathOf), parts: bands[COUNTED].filter((line) => turning(line) > 0).length };
}

/** Twice the area within a line, positive where what it holds is on its left. @param {number[]} line */
export function turning(line) {
  let sum = 0;
  for (let i = 0; i < line.length; i += 2) {
    const j = (i + 2) % line.length;
    sum += line[i] * line[j + 1] - line[j] * line[i + 1];
  }
  return sum;
}

/**
 * The score of a frame; made again when the network's has come.
 * @param {Run} run
 * @param {number} frame
 */
function fieldOf(run, frame) {
  const { fields, points } = /** @type {Kept} */ (run.kept);
  const network = run.data.exact ? null : run.array("field", frame);
  const field = fields.get(frame);
  if (field && Boolean(field.network) === Boolean(network)) return field;
  const made = scoreField(run.data.mixture, points, network, run.alpha[frame], run.sigma[frame]);
  fields.set(frame, made);
  return made;
}

/** The panel that says what is the same in all of them. @param {Panel} panel */
const isFirst = ({ name, side }) => name === "forward" && side === 0;

/** A row of a legend, if there is one. @param {import("./legend.js").Row | null} row */
const listed = (row) => (row ? [row] : []);

/** The landscape as a surface, with the particles on it. @param {Panel} panel @param {Scene} scene @param {Float32Array | null} points */
function paintSurface(panel, scene, points) {
  const works = scene.layers.has("work");
  surface(panel, scene, points, works ? workTints(panel, scene) : null);
  legend(panel, scene, [...(isFirst(panel) ? [energyRow(scene)] : []), ...listed(lawRow(panel, scene.run, energyRow(scene))), ...listed(learnedRow(panel, scene.run)), ...(works ? workRows(panel, scene) : [])], panel.width);
  const found = points && known(panel, scene);
  if (!found) return;
  const { x, y, height } = placeOn(panel, scene, found.at);
  spot(panel, scene, x, y);
  label(panel, scene, [...facts(found, scene.run.data.exact), ...(works ? workFacts(panel, scene) : []), `U = ${height.toFixed(1).replace("-", "−")} kT`], x, y);
}

/** @type {import("../../player/contract.js").View} */
export const view = {
  layers: (run, pair) => [
    { name: "density", label: "Density", help: "The exact density of xₜ as bands, in every panel.", on: true, group: "ground", free: true },
    {
      name: "energy",
      label: "Energy",
      help: "The energy landscape U = −log q(xₜ) as a map: a line each kT (a nat), dark where the energy is low. Particles that follow the score go downhill. Of an energy model the reverse panel shows the learned one.",
      group: "ground",
      free: true,
    },
    {
      name: "surface",
      label: "Surface",
      help: "The same landscape as a surface with the particles on it. Drag, or use the arrow keys in the panel, to turn it; a double click turns it back.",
      group: "ground",
      free: true,
    },
    {
      name: "score",
      label: "Score",
      help: "The score, the gradient of log q(xₜ): arrows point to where xₜ becomes more likely. Black: exact. In colour: the network's. The longest are cut.",
      group: "field",
      free: true,
      ...MAP_ONLY,
    },
    {
      name: "drift",
      label: "Drift",
      help: "Where the reverse step leads on average: arrows from xₜ to the mean μ(xₜ, t) of p(xₛ|xₜ), as in Figure 1 of the 2015 paper. Black: exact. In colour: the network's. The longest are cut.",
      group: "field",
      free: true,
      ...MAP_ONLY,
    },
    ...(run.data.exact && !pair
      ? []
      : [{ name: "error", label: "Error", help: "How far the network's score is from the exact score, as shade.", ...MAP_ONLY }]),
    ...(run.data.work
      ? [workLayer("Particles", "Reverse paths have one with the ancestral sampler only.")]
      : []),
    { name: "trails", label: "Paths", help: "The last steps of some particles.", ...MAP_ONLY },
    { name: "x0_hat", label: "<i>x̂</i><sub>0</sub>", help: "The denoised estimates x̂₀ of particles, as rings: the mean of the data given xₜ.", ...MAP_ONLY },
    { name: "marginals", label: "Marginals", help: "Histograms of x and of y at the sides, against the exact marginals of q(xₜ), dashed; at the largest time also against N(0, 1), dotted.", ...MAP_ONLY },
    ...conditionalLayers(run).map((layer) => ({ ...layer, ...MAP_ONLY })),
  ],

  panels: () => [
    {
      name: "forward",
      title: "<b>forward</b> <i>q</i>(<i>x</i><sub>t</sub>)",
      label: CALLED.forward,
      term: "forward",
      colour: "forward",
      scaled: true,
      chooses: true,
      places: true,
    },
    {
      name: "reverse",
      title: "<b>reverse</b> <i>p</i>(<i>x</i><sub>t</sub>)",
      label: CALLED.reverse,
      term: "reverse",
      colour: "reverse",
      scaled: true,
      chooses: true,
    },
  ],

  begin: ({ data }, host) => ({
    host,
    answers: new Map(),
    posteriors: new Map(),
    steps: new Map(),
    bundles: new Map(),
    densities: new Map(),
    laws: {},
    fields: new Map(),
    drifts: new Map(),
    landscape: emptyLandscape(),
    works: new Map(),
    points: gridPoints(data.field_side, data.field_reach),
    picture: document.createElement("canvas"),
  }),

  reach({ data: { mixture } }) {
    const farthest = Math.max(...mixture.means.flat().map(Math.abs)) + 2.5 * mixture.std;
    return Math.max(REACH, 1.04 * farthest);
  },

  paint(panel, scene) {
    const { run, frame, layers, colours, present } = scene;
    const reverse = panel.name === "reverse";
    const points = run.array(panel.name, frame);
    if (layers.has("surface")) return paintSurface(panel, scene, points);
    const field = layers.has("score") || layers.has("error") ? fieldOf(run, frame) : null;
    const shaded = layers.has("error") && field?.error ? field : null;
    const rows = [];
    if (shaded) errorMap(panel, shaded, run.kept.picture);
    const posterior = posteriorNow(panel, scene);
    if (posterior) {
      posteriorBands(panel, scene, posterior);
      rows.push(posteriorRow(scene));
    } else if (layers.has("density")) {
      bands(panel, densityOf(run, frame, panel.name).regions, colours, Boolean(shaded));
      if (!shaded && isFirst(panel)) rows.push(bandsRow(scene, SHARES));
    } else if (layers.has("energy") && !shaded) {
      energyMap(panel, scene);
      if (isFirst(panel)) rows.push(energyRow(scene));
      rows.push(...listed(learnedRow(panel, run)));
    }
    if (shaded) rows.push(errorRow(scene, shaded));
    else if (!posterior && (layers.has("density") || layers.has("energy") || layers.has("marginals"))) rows.push(...listed(lawRow(panel, run, layers.has("density") ? bandsRow(scene, SHARES) : layers.has("energy") ? energyRow(scene) : exactRow(scene))));
    unitCircle(panel, scene, layers.has("energy") ? UNIT : []);
    if (run.data.factor) {
      drawFactor(panel, scene);
      if (isFirst(panel)) rows.push(factorRow(scene));
    }
    if (points) {
      const faded = posterior || layers.has("conditional") ? 0.2 : layers.has("score") || layers.has("drift") ? 0.35 : 0.7;
      const tints = layers.has("work") ? workTints(panel, scene) : null;
      const beyond = dots(panel, points, { colour: colours.own, radius: dotRadius(panel, run.particles, present), opacity: tints ? Math.sqrt(faded) : faded, tints });
      if (layers.has("work")) rows.push(...workRows(panel, scene));
      edgeMarks(panel, beyond, colours.own);
      if (layers.has("score") && field) {
        arrows(panel, field, field.exact, colours.ink, 1.3);
        if (reverse && field.network) arrows(panel, field, field.network, colours.own, 1.6);
        rows.push(scoreRow(panel, scene, field, run.data.factor ? "score without r(x)" : "score"));
      }
      for (const row of [layers.has("drift") && drift(panel, scene), layers.has("conditional") && conditional(panel, scene)]) if (row) rows.push(row);
      if (layers.has("trails")) trails(panel, scene);
      const estimates = layers.has("x0_hat") && reverse && run.array("x0_hat", frame);
      if (estimates) rings(panel, estimates, colours.ink, present ? 5 : 3);
      if (beyond.length) rows.push(beyondRow(beyond.length / 2, colours.own));
    }
    if (layers.has("energy") && !posterior && !shaded) energyHeights(panel, scene);
    if (points && layers.has("marginals")) marginals(panel, scene, points);
    words(panel, scene, "radius 1", panel.x(Math.SQRT1_2) + 4, panel.y(Math.SQRT1_2) - 4);
    legend(panel, scene, rows, panel.width, layers.has("marginals") ? stripHeight(panel) + 20 : 0);
    if (scene.place && panel.spec.places) startOf(panel, scene, scene.place);
    const found = points && known(panel, scene);
    if (found) {
      highlight(panel, scene, found.at, run.data.exact ? null : found.x0Hat, found.mean);
      if (posterior) scoreArrow(panel, scene, found.at, found.mean);
      const { more, inset } = drawStep(panel, scene, found.at);
      label(panel, scene, [...facts(found, run.data.exact), ...(layers.has("work") ? workFacts(panel, scene) : []), ...more], panel.x(found.at[0]), panel.y(found.at[1]), inset);
    }
  },

  pick(panel, scene, x, y) {
    const points = scene.run.array(panel.name, scene.frame);
    if (points && scene.layers.has("surface")) return pickOn(panel, scene, points, x, y, NEAR);
    return points ? nearestPoint(panel, points, x, y) : -1;
  },

  step(panel, { run, frame }, picked, dx, dy) {
    const points = run.array(panel.name, frame);
    return points ? neighbour(points, picked, dx, dy) : -1;
  },

  turns: (_, { layers }) => layers.has("surface"),

  forget: forgetLandscape,

  hint(panel, { run, frame, behind, moment, waiting, placing, layers }) {
    if (panel.spec.places && placing && !layers.has("surface")) return '<span class="dv-way">click: choose <i>x</i><sub>0</sub></span>';
    if (panel.name === "reverse" && waiting) return "";
    if (panel.name === "reverse" && behind) return computedTo(run.times[frame]);
    return moment || (panel.name === "forward" ? waysOf(run).forward : waysOf(run).reverse);
  },

  note: (panel, scene) => `${note(panel, scene)} ${told(panel, scene)}`.trim(),

  worked(run, frame, chosen) {
    const text = run.kept.answers.get(chosen)?.reverse?.worked[frame - 1];
    return text ? `This particle: ${text}.` : "";
  },

  describe(panel, scene) {
    const { run, frame, waiting } = scene;
    const points = run.array(panel.name, frame);
    if (!points) return `${panel.spec.label}: not computed yet.`;
    const parts = densityOf(run, frame, panel.name).parts;
    const spread = Math.sqrt(points.reduce((/** @type {number} */ sum, /** @type {number} */ x) => sum + x * x, 0) / points.length);
    const paused = waiting && panel.name === "reverse" ? ", waiting for the forward process" : "";
    const where = parts === 1 ? "one region" : `${parts} separate regions`;
    return (
      `${panel.spec.label}, at t = ${run.times[frame]} of ${run.steps}${paused}: ${run.particles} particles, root mean square ${spread.toFixed(2)} per coordinate. ` +
      `The exact density has ${100 * SHARES[COUNTED]} % of its probability in ${where}.` +
      [(scene.layers.has("energy") || scene.layers.has("surface")) && landscapeTold(panel, scene, points), scene.layers.has("work") && workTold(panel, scene), told(panel, scene), scene.layers.has("marginals") && marginalsTold(panel, scene, points), scene.layers.has("conditional") && conditionalTold(scene)]
        .filter(Boolean)
        .map((text) => ` ${text}`)
        .join("")
    );
  },
};
