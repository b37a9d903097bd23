// Graphs as node-link pictures, forward and in reverse, with the probability of each edge.

import { percent } from "../../player/digits.js";
import { drawText, lineHeight } from "../../player/letters.js";
import { computedTo, someOf, WAYS } from "../../player/readings.js";
import { bothWays } from "../ways.js";
import { workColours, workFacts, workLayer, workRows, workTold } from "../work.js";
import { counted, graphOf, MASKED, judged, signOf, spelled } from "./edges.js";
import { cellAt, drawBands, drawGraphs, drawLarge, drawLegend, drawLine, drawSigns, insetOf, kindsOf, outlineCell, placeOf, standingOf } from "./rings.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */

/** @param {Panel} panel @param {Scene} scene */
const placeIn = (panel, scene) => placeOf(panel, scene, scene.run.particles, scene.run.data.nodes);

/**
 * What the bands are: forward, the edges of x_0 that are lost; in reverse, how probable an edge of x_0 is, as the denoiser knows it,
 * where that is masked.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Uint8Array} states
 * @returns {((i: number) => number) | null} of the pair with a number in the frame
 */
function probabilityOf({ name }, { run, frame }, states) {
  const told = name === "forward" ? run.array("forward", 0) : run.array("x0_hat", frame);
  if (!told) return null;
  if (name === "forward") return (i) => (states[i] === 1 ? 0 : told[i]);
  return (i) => (run.data.masks && states[i] !== MASKED ? 0 : told[i] / 255);
}

/** The pairs that are masked, the most probable first, as the denoiser knows them; none going forward. @param {Panel} panel @param {Scene} scene @param {Uint8Array} states */
function likely({ name }, { run, frame, picked }, states) {
  const hat = name === "reverse" ? run.array("x0_hat", frame) : null;
  if (!hat) return [];
  const own = graphOf(states, run, picked), p = graphOf(hat, run, picked), { masks, pairs } = run.data;
  const open = pairs.map((/** @type {[number, number]} */ _, /** @type {number} */ k) => k).filter((/** @type {number} */ k) => p[k] > 0 && !(masks && own[k] !== MASKED));
  open.sort((/** @type {number} */ a, /** @type {number} */ b) => p[b] - p[a]);
  return open.slice(0, 3).map((/** @type {number} */ k) => `${pairs[k][0] + 1}–${pairs[k][1] + 1} ${percent(p[k] / 255)}`);
}

/** Of the picked graph, for its label. @param {Panel} panel @param {Scene} scene @param {Uint8Array} states @param {Uint8Array} possible */
const told = (panel, scene, states, possible) => [`graph ${scene.picked + 1}: ${judged(graphOf(states, scene.run, scene.picked), possible[scene.picked], scene.run)}`, ...(scene.layers.has("work") ? workFacts(panel, scene) : [])].join(", ");

/** @type {import("../../player/contract.js").View} */
export const view = {
  layers: (run) => [
    {
      name: "probability",
      label: "Probability",
      help: "Pale bands: forward, the edges of x₀ that are lost; in reverse, edges of x₀, under masks those of masked pairs alone, the darker the more probable, as the denoiser knows it.",
      on: true,
    },
    {
      name: "force",
      label: "Force layout",
      help: "Nodes stand where forces move them: all repel one another and edges pull, so that communities are seen. Forward the edges are those of x₀, in reverse those of what is drawn in the end, so that nothing moves from step to step. Without it nodes stand on a ring in the order of their numbers.",
      on: !run.data.family,
    },
    workLayer("Graphs", "A reverse path that ends outside the family has −∞."),
  ],

  panels: () => bothWays(),

  begin: (_run, host) => ({ host, works: new Map() }),

  paint(panel, scene) {
    const { run, frame, colours, layers, picked, present } = scene;
    const states = run.array(panel.name, frame), possible = run.array(`${panel.name}_possible`, frame), place = placeIn(panel, scene), at = standingOf(panel, scene);
    if (!states || !possible) return drawText(panel, scene, "not computed yet", place.left + 8, place.top + 20, { colour: colours.muted });
    const probability = layers.has("probability") ? probabilityOf(panel, scene, states) : null;
    if (probability) drawBands(panel, scene, place, at, probability);
    drawGraphs(panel, scene, place, at, states, layers.has("work") ? workColours(panel, scene) : null);
    drawSigns(panel, scene, place, (i) => signOf(graphOf(states, run, i), possible[i], run));
    const row = layers.has("work") ? workRows(panel, scene)[0] : null;
    if (!row) drawLegend(panel, scene, place, kindsOf(scene, Boolean(probability), panel.name === "forward" ? "edge of x₀ that is lost" : "probability of an edge of x₀"));
    if (picked >= 0 && picked < place.count) {
      outlineCell(panel, place, picked, colours.ink, present ? 3 : 2);
      const label = told(panel, scene, states, possible), most = likely(panel, scene, states);
      drawLine(panel, scene, place, [...(most.length ? [`${label}; most probable: ${most.join(", ")}`] : []), label]);
      const from = picked * run.data.pairs.length;
      if (picked === scene.chosen) drawLarge(panel, scene, insetOf(panel, place, picked), at(picked), graphOf(states, run, picked), probability && ((pair) => probability(from + pair)));
    } else if (row) {
      row.draw(panel.context, place.left + 8, place.below - lineHeight(present) - 4);
      drawLine(panel, scene, place, [row.text, ...(row.brief ?? [])], row.width && row.width + 6);
    } else {
      const { whole, lost } = counted(states, possible, run);
      const family = `✓ ${run.data.kind}: ${whole} of ${run.particles < run.total ? `the first ${run.particles}` : run.particles}`;
      drawLine(panel, scene, place, run.data.masks && run.data.family ? [`${family};  × can no longer become so: ${lost}`, `✓ ${whole},  × ${lost}`] : [family, `✓ ${whole}`]);
    }
  },

  pick(panel, scene, x, y) {
    const place = placeIn(panel, scene), { chosen } = scene;
    const onCard = chosen >= 0 && chosen < place.count && cellAt(insetOf(panel, place, chosen), x, y) === 0;
    return onCard ? chosen : cellAt(place, x, y);
  },

  step(panel, scene, picked, dx, dy) {
    const { count, columns } = placeIn(panel, scene);
    const next = picked < 0 ? 0 : picked + dx + dy * columns;
    return next >= 0 && next < count ? next : picked;
  },

  hint(panel, scene) {
    const { run, frame, behind, moment, waiting } = scene;
    if (panel.name === "reverse") return waiting ? "" : behind ? computedTo(run.times[frame]) : moment || WAYS.reverse;
    const { count } = placeIn(panel, scene);
    return `${moment || WAYS.forward}${someOf(count, run.total, "graphs")}`;
  },

  note(panel, scene) {
    const { run, frame, picked } = scene, states = run.array(panel.name, frame), possible = run.array(`${panel.name}_possible`, frame);
    if (!states || !possible || picked < 0 || picked >= run.particles) return "";
    const { pairs } = run.data, own = graphOf(states, run, picked), most = likely(panel, scene, states);
    const nearest = most.length && !possible[picked] && run.data.masks && run.experiment.denoiser === "exact" ? ", as in those of the family that differ from it in the fewest pairs" : "";
    return `Graph ${picked + 1} of ${run.particles} at t = ${run.times[frame]}: ${spelled(own, pairs)}; ${judged(own, possible[picked], run)}.${most.length ? ` Most probable in x₀${nearest}: ${most.join(", ")}.` : ""}`;
  },

  describe(panel, scene) {
    const { run, frame, waiting } = scene, states = run.array(panel.name, frame), possible = run.array(`${panel.name}_possible`, frame);
    if (!states || !possible) return `${panel.spec.label}: not computed yet.`;
    const { whole, lost } = counted(states, possible, run);
    const edges = states.filter((/** @type {number} */ state) => state === 1).length / run.particles;
    const masked = Math.round((100 * states.filter((/** @type {number} */ state) => state === MASKED).length) / states.length);
    const paused = waiting && panel.name === "reverse" ? ", waiting for the forward process" : "";
    const open = run.data.masks ? `, ${masked} % of the pairs masked` : "";
    const { family, kind, kinds } = run.data;
    const what = family ? (whole === 1 ? `is ${kind}` : `are ${kinds}`) : whole === 1 ? kind : kinds;
    const fate = `${whole} ${what}${run.data.masks && family ? `, ${lost} can no longer become so` : ""}`;
    return (
      `${panel.spec.label}, at t = ${run.times[frame]} of ${run.steps}${paused}: ${run.particles} graphs on ${run.data.nodes} nodes with ${edges.toFixed(1)} edges each${open}; ${fate}.` +
      `${scene.layers.has("work") ? ` ${workTold(panel, scene)}` : ""}${scene.chosen >= 0 ? ` ${this.note?.(panel, { ...scene, picked: scene.chosen })}` : ""}`
    );
  },
};
