// The charts of a training, or of two laid over one another: made of what has been reported, a function each.
import { figureOf } from "./figures.js";
import { alike, countOf, withError } from "./numbers.js";
import { smoothed, smoothedAt } from "./reports.js";

/** @typedef {import("./contract.js").Begin} Begin */
/** @typedef {import("./contract.js").Estimate} Estimate */
/** @typedef {import("./figures.js").Line} Line */
/** @typedef {import("./reports.js").Reports} Reports */
/** @typedef {import("./reports.js").KeptRun} KeptRun */
/** @typedef {import("../../player/contract.js").Chart} Chart */
/** @typedef {{begin: Begin, reports: Reports, index: number, of: number, level: number}} Shown index: of the report that is shown; of: updates; level: log SNR on the slider */
/** @typedef {{chart: Chart, at: number, reading: string}} Drawn at: where the cursor stands; reading: HTML beside it */

export const CHART_SETS = [
  { name: "training", title: "Loss, noise levels and gap", charts: ["loss", "excess", "levels", "gap", "bound"] },
  { name: "energy", title: "Divergences, log Z and weights", charts: ["kl", "log_z", "weights"] },
];

const WITHOUT_DIFFUSION = [{ name: "energy", title: "Loss, divergences, weights", charts: ["loss", "kl", "weights", "log_z", "excess"] }];

/** Those of trainings of which one has a reverse process, with its bound; without one the loss alone is left of the first set. @param {Begin} begin */
export const chartSetsOf = ({ runs }) => (runs.some(({ exact_gap }) => exact_gap !== null) ? CHART_SETS : WITHOUT_DIFFUSION);

const INK = "var(--dv-ink)", OWN = "var(--dv-reverse)", SIDES = ["var(--dv-a)", "var(--dv-b)"], BANDS = ["var(--dv-a-band)", "var(--dv-b-band)"], OWN_BAND = "var(--dv-reverse-fill)";
const SMOOTH = 0.02, LEAST_SMOOTH = 10; // of all updates, over which the loss is smoothed; of them at least
const MOST_WEIGHTS = 40; // components of the data whose weights can be told apart

/** @param {Begin} begin @param {number} side */
const colourOf = ({ runs }, side) => (runs.length > 1 ? SIDES[side] : OWN);
/** @param {Begin} begin @param {number} side */
const bandOf = ({ runs }, side) => (runs.length > 1 ? BANDS[side] : OWN_BAND);
/** @param {Begin} begin @param {number} side @param {string} text */
const named = ({ runs }, side, text) => (runs.length > 1 ? `${"AB"[side]}` : text);
/** @param {Begin} begin @param {number} side */
const dashOf = ({ runs }, side) => (runs.length > 1 && side ? "dot" : "solid");

/** A reading of each training, with its letter. @param {Begin} begin @param {(side: number) => string} text */
function readings(begin, text) {
  const found = begin.runs.map((_, side) => ({ side, value: text(side) })).filter(({ value }) => value);
  return found.map(({ side, value }) => (begin.runs.length > 1 ? `<b class="dv-badge dv-badge-${"ab"[side]}">${"AB"[side]}</b> ${value}` : value)).join(" ");
}

/** @param {Shown} shown @param {string} [note] @returns {import("./figures.js").Across} */
const updatesOf = ({ of }, note = "") => ({ title: "updates", note, range: [0, Math.max(1, of)] });

/** @param {Partial<Chart> & {title: string, figure: any, term: string}} parts @returns {Chart} */
const chartOf = (parts) => ({ readout: [], note: "", ...parts });

/** What is exact, once where both trainings have it alike. @param {Begin} begin @param {(side: number) => number | null} value @param {number} of @param {string} label @returns {Line[]} */
function exactLines(begin, value, of, label) {
  const values = begin.runs.map((_, side) => value(side)), alike = values.every((each) => each === values[0]);
  return values.flatMap((each, side) => (each === null || (alike && side) ? [] : [{ name: label, x: [0, of], y: [each, each], colour: alike ? INK : colourOf(begin, side), dash: "dash", width: 1.3, label }]));
}

/** A quantity of the reports over training, with its error. @param {Shown} shown @param {(run: KeptRun) => Estimate | null | undefined} value @param {string} name @param {string} [dash] @returns {Line[]} */
function overTraining({ begin, reports }, value, name, dash) {
  return begin.runs.map((_, side) => {
    const found = reports.list.map(({ update, runs }) => ({ update, estimate: value(runs[side]) })).filter(({ estimate }) => estimate);
    const estimates = found.map(({ estimate }) => /** @type {Estimate} */ (estimate));
    return { name, x: found.map(({ update }) => update), y: estimates.map(([y]) => y), error: estimates.map(([, error]) => error), colour: colourOf(begin, side), band: bandOf(begin, side), dash: dash ?? dashOf(begin, side), label: named(begin, side, name) };
  });
}

/** The newest value at or before the report that is shown, and of which update it is. @template T @param {Shown} shown @param {number} side @param {(run: KeptRun) => T | null} value @returns {{value: T, update: number} | null} */
export function newestOf({ reports, index }, side, value) {
  for (let i = index; i >= 0; i--) {
    const found = value(reports.list[i].runs[side]);
    if (found !== null && found !== undefined) return { value: found, update: reports.list[i].update };
  }
  return null;
}

/** The value alone. @template T @param {Shown} shown @param {number} side @param {(run: KeptRun) => T | null} value @returns {T | null} */
export const newest = (shown, side, value) => newestOf(shown, side, value)?.value ?? null;

/** Of which update a value is, where that is not the one that is shown. @param {Shown} shown @param {{update: number} | null} found */
export const whenOf = ({ reports, index }, found) => (found && found.update !== reports.list[index]?.update ? ` (at update ${countOf(found.update)})` : "");

/** An estimate with its error, and of which update it is. @param {Shown} shown @param {{value: Estimate, update: number}} found */
const saidAt = (shown, found) => `${withError(found.value)}${whenOf(shown, found)}`;

/** @param {Shown} shown */
export const smoothingOf = ({ of }) => Math.max(LEAST_SMOOTH, SMOOTH * of);

/** The smoothed loss at the report that is shown, with its standard error. @param {Shown} shown @param {number} side @returns {Estimate | null} */
export function lossAt(shown, side) {
  const { reports, index } = shown, series = reports.losses[side], update = reports.list[index]?.update ?? 0;
  if (!series?.x.length || !update) return null;
  const after = series.x.findIndex((at) => at > update), end = after < 0 ? series.x.length : Math.max(1, after);
  return smoothedAt(series, smoothingOf(shown), end - 1);
}

/** Whose values can be compared with another's. @param {import("./contract.js").Settings} recipe */
const lossName = ({ objective, loss, weighting }) => JSON.stringify(objective === "energy" && loss && loss !== "dsm" ? loss : [objective, weighting]);

/** @param {Shown} shown @returns {Drawn | null} */
function loss(shown) {
  const { begin, reports, of } = shown, update = reports.list[shown.index]?.update ?? 0;
  const lines = begin.runs.flatMap((_, side) => {
    const series = reports.losses[side];
    if (!series?.x.length) return [];
    return [
      { name: "loss of a batch", ...series, colour: bandOf(begin, side), width: 1 },
      { name: "smoothed", ...smoothed(series, smoothingOf(shown)), colour: colourOf(begin, side), label: named(begin, side, "smoothed"), dash: dashOf(begin, side) },
    ];
  });
  const least = exactLines(begin, (side) => begin.runs[side].least, of, "exact minimum");
  const value = (/** @type {number} */ side) => {
    const found = lossAt(shown, side);
    return found ? withError(found) : "";
  };
  const note = new Set(begin.recipes.map(lossName)).size > 1 ? "A and B minimise different losses" : "";
  const all = [...lines, ...least], positive = all.every(({ y }) => Array.from(y).every((/** @type {number | null} */ each) => each === null || each > 0));
  return { chart: chartOf({ title: "Loss", figure: figureOf(all, updatesOf(shown, note), { unit: unitOf(begin), log: positive }), term: begin.runs.every(({ kind }) => kind === "contrast") ? "contrastive" : "training_loss" }), at: update, reading: readings(begin, value) };
}

/** @param {Shown} shown @returns {Drawn | null} */
function levels(shown) {
  const { begin, level } = shown, ends = [...begin.levels].sort((a, b) => b - a);
  const measured = begin.runs.map((_, side) => newest(shown, side, (run) => run.levels));
  if (!measured.some(Boolean)) return null;
  const lines = measured.flatMap((found, side) => (found ? [{ name: "loss of this network", x: begin.levels, y: found.loss, error: found.stderr, colour: colourOf(begin, side), band: bandOf(begin, side), dash: dashOf(begin, side), label: named(begin, side, "network") }] : []));
  const floors = begin.runs.map(({ floor }) => floor), alike = floors.every((floor) => JSON.stringify(floor) === JSON.stringify(floors[0]));
  const floor = floors.flatMap((values, side) => (!values || (alike && side) ? [] : [{ name: "exact minimum", x: begin.levels, y: values, colour: alike ? INK : colourOf(begin, side), dash: "dash", width: 1.3, label: "exact minimum" }]));
  const nearest = begin.levels.reduce((best, each, i) => (Math.abs(each - level) < Math.abs(begin.levels[best] - level) ? i : best), 0);
  const value = (/** @type {number} */ side) => {
    const [found, error] = [measured[side]?.loss[nearest], measured[side]?.stderr[nearest]];
    return found === null || found === undefined ? "" : withError([found, error ?? null]);
  };
  const across = { title: "log SNR", range: /** @type {[number, number]} */ ([ends[0], ends[ends.length - 1]]) };
  return { chart: chartOf({ title: "Loss by noise level", figure: figureOf([...lines, ...floor], across, { unit: begin.runs[measured.findIndex(Boolean)].unit, log: true }), term: "training_loss" }), at: level, reading: readings(begin, value) };
}

/** The unit of the loss; "" where it is not the same of both. @param {Begin} begin */
const unitOf = ({ runs }) => (runs.every(({ unit }) => unit === runs[0].unit) ? runs[0].unit : "");

/** @param {Shown} shown @returns {Drawn | null} */
const excess = (shown) => estimated("Loss above its minimum", "training_loss", (run) => run.excess, true, "averaged weights", () => null, "", unitOf(shown.begin))(shown);

/** @param {string} title @param {string} term @param {(run: KeptRun) => Estimate | null} value @param {boolean} log @param {string} name @param {(begin: Begin, side: number) => number | null} exact @param {string} label @param {string} [unit] */
const estimated = (title, term, value, log, name, exact, label, unit = "nats") => (/** @type {Shown} */ shown) => {
  const { begin, reports, index, of } = shown, lines = overTraining(shown, value, name);
  if (!lines.some(({ x }) => x.length)) return null;
  const reading = readings(begin, (side) => {
    const found = newestOf(shown, side, value);
    return found ? saidAt(shown, found) : "";
  });
  const figure = figureOf([...lines, ...exactLines(begin, (side) => exact(begin, side), of, label)], updatesOf(shown), { unit, log });
  return { chart: chartOf({ title, figure, term }), at: reports.list[index]?.update ?? 0, reading };
};

/** The noise levels of the energies that are shown: one, or of each training its own. @param {Shown} shown */
const energyLevels = (shown) => new Set(shown.begin.runs.flatMap((_, side) => newest(shown, side, (run) => run.energy)?.log_snr ?? []));

/** A value of energies, of the reports that are of the noise levels of the report which is shown. @template T @param {Shown} shown @param {(energy: import("./reports.js").KeptEnergy) => T} value */
function atOneLevel(shown, value) {
  const levels = energyLevels(shown);
  return (/** @type {KeptRun} */ { energy }) => (energy && (energy.log_snr === null || levels.has(energy.log_snr)) ? value(energy) : null);
}

/** The noise level of energies, for a chart's axis. @param {Shown} shown */
function levelNote(shown) {
  const levels = [...energyLevels(shown)];
  return levels.length ? `at log SNR ${levels.map((level) => String(level).replace("-", "−")).join(" and ")}` : "";
}

/** @param {Shown} shown @returns {Drawn | null} */
function kl(shown) {
  const { begin, reports, index } = shown, way = (/** @type {"kl_data_model" | "kl_model_data"} */ name) => atOneLevel(shown, (energy) => energy[name]);
  const lines = [...overTraining(shown, way("kl_data_model"), "data ‖ model", "solid"), ...overTraining(shown, way("kl_model_data"), "model ‖ data", "dot").map((line) => ({ ...line, band: "" }))];
  if (!lines.some(({ x }) => x.length)) return null;
  const labelled = begin.runs.length > 1 ? lines.map((line, i) => ({ ...line, label: `${"AB"[i % 2]}: ${line.name}` })) : lines;
  const reading = readings(begin, (side) => {
    const found = newestOf(shown, side, way("kl_data_model"));
    return found ? saidAt(shown, found) : "";
  });
  return { chart: chartOf({ title: "KL divergence, both ways", figure: figureOf(labelled, updatesOf(shown, levelNote(shown)), { unit: "nats", log: true }), term: "kl" }), at: reports.list[index]?.update ?? 0, reading };
}

/** @param {Shown} shown @returns {Drawn | null} */
function logZ(shown) {
  const { begin, reports, index } = shown, exact = atOneLevel(shown, (energy) => /** @type {Estimate} */ ([energy.log_z, null])), annealed = atOneLevel(shown, (energy) => energy.ais);
  const lines = overTraining(shown, exact, "quadrature");
  if (!lines.some(({ x }) => x.length)) return null;
  const sampled = overTraining(shown, annealed, "annealed importance sampling").map((line) => ({ ...line, points: true, band: "", label: "" }));
  const reading = readings(begin, (side) => {
    const found = newestOf(shown, side, atOneLevel(shown, (each) => each)), energy = found?.value;
    return energy ? `${alike(energy.log_z, energy.ais)}${energy.ais && begin.runs.length < 2 ? `, AIS ${withError(energy.ais)}${energy.ais[1] === null ? " (no estimate)" : ""}` : ""}${whenOf(shown, found)}` : ""; // of the same weights
  });
  return { chart: chartOf({ title: "log <i>Z</i>", figure: figureOf([...lines, ...sampled], updatesOf(shown, levelNote(shown)), { unit: "nats" }), term: "partition" }), at: reports.list[index]?.update ?? 0, reading };
}

/** @param {Shown} shown @returns {Drawn | null} */
function weights(shown) {
  const { begin } = shown, found = begin.runs.map((_, side) => newest(shown, side, (run) => run.energy?.weights ?? null)), first = found.find(Boolean);
  if (!first || first.exact.length > MOST_WEIGHTS) return null;
  const x = first.exact.map((_, i) => i + 1), at = (/** @type {number} */ side) => x.map((each) => each + (begin.runs.length > 1 ? 0.14 * (2 * side - 1) : 0));
  const lines = [
    ...found.flatMap((each, side) => (each ? [{ name: "of the model", x: at(side), y: each.found, colour: colourOf(begin, side), points: true, label: named(begin, side, "model") }] : [])),
    ...found.flatMap((each, side) => (each?.chains ? [{ name: "where chains are", x: at(side), y: each.chains, colour: colourOf(begin, side), points: true, dash: "dot" }] : [])),
    { name: "of the data", x, y: first.exact, colour: INK, dash: "dash", width: 1.3, label: "data" },
  ];
  const across = { title: "component of the data", note: found.some((each) => each?.chains) ? "● model, ○ chains" : "", range: /** @type {[number, number]} */ ([0.4, x.length + 0.6]) };
  return { chart: chartOf({ title: "Weights of the modes", figure: figureOf(lines, across, { unit: "", from: 0 }), term: "data_distribution", axis: "own" }), at: 0, reading: "" };
}

/** By name; null where nothing of it has been reported. @type {Record<string, (shown: Shown) => Drawn | null>} */
export const CHARTS = {
  loss,
  excess,
  levels,
  gap: estimated("Gap to the entropy", "gap", (run) => run.gap, true, "network", (begin, side) => begin.runs[side].exact_gap, "exact denoiser"),
  bound: estimated("Negative ELBO", "elbo", (run) => run.bound, false, "network", (begin) => begin.entropy, "entropy of the data"),
  kl,
  log_z: logZ,
  weights,
};

/** All charts that there is something for. @param {Shown} shown @returns {Record<string, Drawn>} */
export const chartsOf = (shown) => Object.fromEntries(Object.entries(CHARTS).flatMap(([name, make]) => {
  const drawn = make(shown);
  return drawn ? [[name, drawn]] : [];
}));
