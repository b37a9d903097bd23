// What is said of a training at the moment that is shown: numbers with their errors, and when more of it no longer helps.
import { lossAt, newest } from "./charts.js";
import { countOf, plainNumber, withError } from "./numbers.js";

/** @typedef {import("./charts.js").Shown} Shown */
/** @typedef {import("./contract.js").Estimate} Estimate */

/** The term opens its entry of the glossary. @param {string} name @param {string} text */
const term = (name, text) => `<button type="button" class="dv-term" data-term="${name}">${text}</button>`;

/** @param {Shown} shown @param {number} side @returns {string} HTML */
export function told(shown, side) {
  const { begin, reports, index } = shown, run = reports.list[index]?.runs[side], { parameters, least } = begin.runs[side], update = reports.list[index]?.update ?? 0;
  if (!update) return `The network has ${countOf(parameters)} weights and is not trained yet: its score and its samples are those of random weights.`;
  const loss = lossAt(shown, side), parts = [];
  if (run?.diverged) parts.push(`<b>${run.diverged}</b>`);
  if (loss !== null) parts.push(`${term("mmse", "Loss")} ${plainNumber(loss)}${least === null ? "" : `; no network can have less than ${plainNumber(least)}`}.`);
  const gap = newest(shown, side, (each) => each.gap), bound = newest(shown, side, (each) => each.bound), energy = newest(shown, side, (each) => each.energy);
  if (bound && gap) parts.push(`${term("elbo", "Negative ELBO")} ${withError(bound)} nats, which is <b>${withError(gap)} nats</b> above the ${term("entropy", "entropy")} of the data.`);
  if (energy) parts.push(`${term("kl", "KL")}(data ‖ model) <b>${withError(energy.kl_data_model)} nats</b>, KL(model ‖ data) ${withError(energy.kl_model_data)} nats; ${term("energy", "log <i>Z</i>")} ${plainNumber(energy.log_z)}${energy.ais ? `, by annealed importance sampling ${withError(energy.ais)}` : ""}.`);
  return parts.join(" ");
}

/** The sentence that says that more training no longer helps, at the report that is shown. @param {Shown} shown @param {number} side */
export const plateauOf = ({ reports, index }, side) => reports.list[index]?.runs[side].plateau ?? "";

/** @param {Estimate | null} a @param {Estimate | null} b */
function differenceOf(a, b) {
  if (!a || !b) return "";
  return withError([a[0] - b[0], a[1] === null && b[1] === null ? null : Math.hypot(a[1] ?? 0, b[1] ?? 0)]);
}

/** @type {[string, string, (shown: Shown, side: number) => Estimate | null][]} what it is called, its unit, its value */
const METRICS = [
  ["Loss, smoothed", "", (shown, side) => { const loss = lossAt(shown, side); return loss === null ? null : [loss, null]; }],
  ["Least loss of any network", "", ({ begin }, side) => { const { least } = begin.runs[side]; return least === null ? null : [least, null]; }],
  ["Negative ELBO", "nats", (shown, side) => newest(shown, side, (run) => run.bound)],
  ["Gap to the entropy of the data", "nats", (shown, side) => newest(shown, side, (run) => run.gap)],
  ["KL(data ‖ model)", "nats", (shown, side) => newest(shown, side, (run) => run.energy?.kl_data_model ?? null)],
  ["KL(model ‖ data)", "nats", (shown, side) => newest(shown, side, (run) => run.energy?.kl_model_data ?? null)],
  ["log Z by quadrature", "nats", (shown, side) => { const energy = newest(shown, side, (run) => run.energy); return energy && [energy.log_z, null]; }],
  ["log Z by annealed importance sampling", "nats", (shown, side) => newest(shown, side, (run) => run.energy?.ais ?? null)],
];

/** Rows of the table of metrics of two trainings, HTML. @param {Shown} shown */
export function metricsOf(shown) {
  const rows = METRICS.map(([name, unit, value]) => ({ name, unit, values: [0, 1].map((side) => value(shown, side)) })).filter(({ values }) => values.some(Boolean));
  const cell = (/** @type {Estimate | null} */ value) => `<td>${value ? withError(value) : "–"}</td>`;
  const weights = shown.begin.runs.map(({ parameters }) => `<td>${countOf(parameters)}</td>`).join("");
  return `${rows.map(({ name, unit, values: [a, b] }) => `<tr><th>${name}${unit ? `, ${unit}` : ""}</th>${cell(a)}${cell(b)}<td>${differenceOf(a, b) || "–"}</td></tr>`).join("")}<tr><th>Weights of the network</th>${weights}<td></td></tr>`;
}
