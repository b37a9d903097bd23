// What is said of a training at the moment that is shown: numbers with their errors, and when more of it no longer helps.
import { lossAt, newestOf, smoothingOf, whenOf } from "./charts.js";
import { alike, countOf, plainNumber, withError } from "./numbers.js";

/** @typedef {import("./charts.js").Shown} Shown */
/** @typedef {import("./contract.js").Estimate} Estimate */

/** The term opens its entry of the glossary. @param {string} name @param {string} text */
const term = (name, text) => `<button type="button" class="dv-term" data-term="${name}">${text}</button>`;

const DIVIDED = ["eps", "score"]; // predictions whose error counts 1/alpha times in the denoised point
const FAR = 1.9; // of the grid's reach; farther samples are sent as twice that

/** Why samples lie far outside. @param {Shown} shown @param {number} side */
function farOf({ begin, reports, index }, side) {
  const samples = reports.list[index]?.runs[side].samples, { objective } = begin.recipes[side];
  if (!samples || !DIVIDED.includes(objective)) return "";
  const far = samples.numbers.some((_, i) => i % 2 === 0 && samples.scale * Math.hypot(samples.numbers[i], samples.numbers[i + 1]) > FAR * begin.reach);
  return far ? `The samples at the panel's edge lie far outside: an error in ${objective === "eps" ? "ε" : "the score"} is divided by α in x̂₀, and α is small where the noise is high.` : "";
}

/** A sentence about a measurement; one of an earlier update stands back, with nothing in bold. @param {Shown} shown @param {{value: any, update: number}} found @param {(bold: (text: string) => string) => string} sentence */
function measured(shown, found, sentence) {
  const when = whenOf(shown, found);
  return when ? `<span class="dv-stale">${sentence((text) => text)}${when}.</span>` : `${sentence((text) => `<b>${text}</b>`)}.`;
}

/** The loss, from which no network can be told to be better than the best. @param {Shown} shown @param {number} side */
function lossSaid(shown, side) {
  const { least } = shown.begin.runs[side], found = newestOf(shown, side, (run) => run.excess), loss = lossAt(shown, side);
  if (found && least !== null) return measured(shown, found, (bold) => `${term("training_loss", "Loss")} of the ${term("ema", "averaged")} weights ${bold(withError(found.value))} above its exact minimum, ${plainNumber(least)}`);
  return loss ? `${term("training_loss", "Loss")} of the last batches ${withError(loss)}, a mean over about ${countOf(Math.round(smoothingOf(shown)))} updates.` : "";
}

/** @param {Estimate} ais log Z by annealing: without an error where so few chains have the weight that there is none to be told */
const annealedSaid = (ais) => (ais[1] === null ? `${plainNumber(ais[0])}, which is no estimate: fewer than ten chains have nearly all of the weight` : withError(ais));

/** @param {Shown} shown @param {number} side @returns {string} HTML */
export function told(shown, side) {
  const { begin, reports, index } = shown, run = reports.list[index]?.runs[side], { parameters } = begin.runs[side], update = reports.list[index]?.update ?? 0;
  if (!update) return `The network has ${countOf(parameters)} weights and is not trained yet: its score and its samples are those of random weights.`;
  const parts = [];
  if (run?.diverged) parts.push(`<b>${run.diverged}</b>`);
  parts.push(lossSaid(shown, side));
  const costs = newestOf(shown, side, ({ bound, gap }) => bound && gap && { bound, gap }), known = newestOf(shown, side, (each) => each.energy), energy = known?.value;
  if (costs) parts.push(measured(shown, costs, (bold) => `${term("elbo", "Negative ELBO")} ${withError(costs.value.bound)} nats, which is ${bold(`${withError(costs.value.gap)} nats`)} above the ${term("entropy", "entropy")} of the data`));
  if (energy) parts.push(measured(shown, known, (bold) => `${term("kl", "KL")}(data ‖ model) ${bold(`${withError(energy.kl_data_model)} nats`)}, KL(model ‖ data) ${withError(energy.kl_model_data)} nats; ${term("partition", "log <i>Z</i>")} ${alike(energy.log_z, energy.ais)}${energy.ais ? `, by ${term("annealed", "annealed importance sampling")} ${annealedSaid(energy.ais)}` : ""}`));
  return [...parts, farOf(shown, side)].filter(Boolean).join(" ");
}

/** HTML that says that more training no longer helps, or that energies run away, at the report that is shown. @param {Shown} shown @param {number} side */
export function summaryOf({ reports, index }, side) {
  const run = reports.list[index]?.runs[side];
  const said = (/** @type {string} */ name, /** @type {string | null | undefined} */ sentence) => (sentence ? `<b>${sentence.replace(/^[^:.]+/, (first) => term(name, first))}</b>` : "");
  return [said("plateau", run?.plateau), said("contrastive", run?.warning)].filter(Boolean).join(" ");
}

/** @param {Estimate | null} a @param {Estimate | null} b */
function differenceOf(a, b) {
  if (!a || !b) return "";
  return withError([a[0] - b[0], a[1] === null && b[1] === null ? null : Math.hypot(a[1] ?? 0, b[1] ?? 0)]);
}

/** @typedef {{value: Estimate, update: number} | null} Found update: that it is of */

/** Of the update that is shown. @param {Shown} shown @param {Estimate | null} value @returns {Found} */
const now = ({ reports, index }, value) => value && { value, update: reports.list[index]?.update ?? 0 };

/** @type {[string, string, (shown: Shown, side: number) => Found][]} what it is called, its unit, its value */
const METRICS = [
  ["Loss of the last batches", "", (shown, side) => now(shown, lossAt(shown, side))],
  ["Least loss of any network", "", (shown, side) => { const { least } = shown.begin.runs[side]; return now(shown, least === null ? null : [least, null]); }],
  ["Loss above its least", "", (shown, side) => newestOf(shown, side, (run) => run.excess)],
  ["Negative ELBO", "nats", (shown, side) => newestOf(shown, side, (run) => run.bound)],
  ["Gap to the entropy of the data", "nats", (shown, side) => newestOf(shown, side, (run) => run.gap)],
  ["KL(data ‖ model)", "nats", (shown, side) => newestOf(shown, side, (run) => run.energy?.kl_data_model ?? null)],
  ["KL(model ‖ data)", "nats", (shown, side) => newestOf(shown, side, (run) => run.energy?.kl_model_data ?? null)],
  ["log Z by quadrature", "nats", (shown, side) => newestOf(shown, side, ({ energy }) => energy && [energy.log_z, null])],
  ["log Z by annealed importance sampling", "nats", (shown, side) => newestOf(shown, side, (run) => run.energy?.ais ?? null)],
];

/** Rows of the table of metrics of two trainings, HTML. @param {Shown} shown */
export function metricsOf(shown) {
  const rows = METRICS.map(([name, unit, value]) => ({ name, unit, values: [0, 1].map((side) => value(shown, side)) })).filter(({ values }) => values.some(Boolean));
  const cell = (/** @type {Found} */ found) => `<td>${found ? `${withError(found.value)}${whenOf(shown, found)}` : "–"}</td>`;
  const weights = shown.begin.runs.map(({ parameters }) => `<td>${countOf(parameters)}</td>`).join("");
  return `${rows.map(({ name, unit, values: [a, b] }) => `<tr><th>${name}${unit ? `, ${unit}` : ""}</th>${cell(a)}${cell(b)}<td>${differenceOf(a?.value ?? null, b?.value ?? null) || "–"}</td></tr>`).join("")}<tr><th>Weights of the network</th>${weights}<td></td></tr>`;
}
