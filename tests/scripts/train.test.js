// The Train tab without a page: what is kept of a training, training time, the questions to the server, charts and sentences.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHARTS, chartSetsOf, chartsOf, lossAt, newest, smoothingOf } from "../../diffviz/ui/train/charts.js";
import { figureOf } from "../../diffviz/ui/train/figures.js";
import { Moment } from "../../diffviz/ui/train/moment.js";
import { alike, lasting, plainNumber, withError } from "../../diffviz/ui/train/numbers.js";
import { Pull } from "../../diffviz/ui/train/pull.js";
import { halved, kept, MOST, MOST_LOSSES, Reports, smoothed, smoothedAt, valuesOf } from "../../diffviz/ui/train/reports.js";
import { sampled } from "../../diffviz/ui/train/sampled.js";
import { metricsOf, summaryOf, told } from "../../diffviz/ui/train/words.js";
import { between } from "../../diffviz/views/plane/law.js";
import { densityGrid } from "../../diffviz/views/plane/mixture.js";
import { begin, energyOf, packed, report, Server } from "./trainer.js";

const rest = () => new Promise((resolve) => setImmediate(resolve));

/** A pull from a small server, and what it heard. @param {Server} server */
function pulled(server) {
  const reports = new Reports(), refusals = [], answers = [];
  const pull = new Pull({
    ask: (what) => server.ask(what),
    about: () => ({ recipes: [{ updates: server.of }], reports: reports.received, view: { log_snr: 2 } }),
    heard(answer) {
      answers.push(answer);
      for (const each of answer.reports) reports.add(each);
    },
    refused(refusal) {
      refusals.push(refusal);
      if (refusal.gone) reports.clear();
    },
    changed() {},
    sleep: rest,
  });
  return { pull, reports, refusals, answers };
}

test("numbers are kept as they came, and read with their scale", () => {
  const found = kept(packed([0.5, -1.25, 3, 0], [2, 2], "int16", 0.25));
  assert.ok(found.numbers instanceof Int16Array);
  assert.deepEqual([...valuesOf(found)], [0.5, -1.25, 3, 0]);
  assert.deepEqual([...valuesOf(kept(packed([0.5, -1], [2], "float32", 1)))], [0.5, -1]);
});

test("never more than so many reports and losses are kept, the first and the newest among them", () => {
  const reports = new Reports();
  for (let update = 0; update <= 5000; update++) reports.add(report(update, { losses: update ? [1 / update] : [] }));
  assert.equal(reports.received, 5001);
  assert.ok(reports.list.length <= MOST);
  assert.ok(reports.losses[0].x.length <= MOST_LOSSES);
  for (const updates of [reports.list.map(({ update }) => update), reports.losses[0].x]) {
    assert.deepEqual(updates, [...updates].sort((a, b) => a - b));
    assert.equal(updates.at(-1), 5000);
  }
  assert.equal(reports.list[0].update, 0);
  assert.equal(reports.losses[0].x[0], 1);
  for (let i = 0; i < reports.losses[0].x.length; i++) assert.equal(reports.losses[0].y[i], 1 / reports.losses[0].x[i]); // each at its own update
  assert.deepEqual(halved([1, 2, 3, 4]), [1, 3, 4]);
});

test("views that are made anew take the place of those of the same update, and what is not measured again stays", () => {
  const reports = new Reports();
  reports.add(report(0));
  reports.add(report(4, { losses: [0.5, 0.25], batches: 2, bound: [2.5, 0.1] }));
  reports.add(report(4, { gap: [0.3, 0.1] }));
  assert.deepEqual(reports.list.map(({ update }) => update), [0, 4]);
  assert.deepEqual(reports.list[1].runs[0].gap, [0.3, 0.1]);
  assert.deepEqual(reports.list[1].runs[0].bound, [2.5, 0.1]);
  assert.deepEqual(reports.losses[0], { x: [2, 4], y: [0.5, 0.25] });
});

test("a smoothed loss is a mean of those before, from the first one on", () => {
  const x = Array.from({ length: 200 }, (_, i) => i + 1);
  assert.ok(smoothed({ x, y: x.map(() => 3) }, 20).y.every((value) => Math.abs(value - 3) < 1e-12));
  const { y } = smoothed({ x, y: x.map((at) => (at > 100 ? 1 : 0)) }, 20);
  assert.ok(Math.abs(y[119] - (1 - Math.exp(-1))) < 0.02); // after as many updates, all but 1/e
  assert.equal(smoothed({ x: [5], y: [7] }, 20).y[0], 7);
});

test("training time stays at its report while others come, and is live again at the end", () => {
  const reports = new Reports(), moment = new Moment(reports, () => {});
  assert.equal(moment.index, -1);
  for (const update of [0, 10, 20]) reports.add(report(update));
  assert.equal(moment.report.update, 20);
  moment.step(-1);
  assert.deepEqual([moment.live, moment.report.update], [false, 10]);
  reports.add(report(30));
  assert.equal(moment.report.update, 10);
  moment.seek(26);
  assert.deepEqual([moment.live, moment.report.update], [true, 30]);
  moment.go(0);
  reports.add(report(40));
  assert.equal(moment.report.update, 0);
  moment.end();
  reports.add(report(50));
  assert.equal(moment.report.update, 50);
});

test("a training is pulled until it is done, one question at a time", async () => {
  const server = new Server(1000), { pull, reports, answers } = pulled(server);
  await pull.go();
  assert.deepEqual([pull.update, pull.over, pull.running], [1000, true, false]);
  assert.equal(server.most, 1);
  assert.equal(server.jobs, 1);
  assert.equal(answers.filter((answer) => answer.begin).length, 1);
  assert.deepEqual(reports.list.slice(0, 9).map(({ update }) => update), [0, 1, 2, 4, 8, 16, 32, 64, 128]); // a slow start
  assert.equal(reports.list.at(-1).update, 1000);
  assert.equal(reports.received, server.reports.length);
});

test("it can be paused, makes single updates, and goes on", async () => {
  const server = new Server(300), { pull } = pulled(server);
  const going = pull.go();
  await rest();
  pull.pause();
  await going;
  const { update } = pull;
  assert.ok(update < 300 && !pull.over);
  await pull.step(1);
  assert.equal(pull.update, update + 1);
  await pull.step(0);
  assert.equal(pull.update, update + 1);
  pull.pace = "full";
  await pull.go();
  assert.deepEqual([pull.update, pull.over], [300, true]);
  assert.equal(await pull.step(1), null); // there is none left
});

test("pausing and going on while a call is under way leaves one loop", async () => {
  const server = new Server(500), { pull } = pulled(server);
  pull.pace = "one";
  const older = [pull.go()];
  await rest();
  for (let again = 0; again < 3; again++) {
    pull.pause();
    older.push(pull.go());
  }
  const newest = older.pop();
  await Promise.all(older); // each ends after the call that it waits for
  assert.deepEqual([pull.running, pull.over], [true, false]);
  assert.ok(pull.update <= older.length + 1);
  await newest;
  assert.deepEqual([pull.update, server.most], [500, 1]);
});

test("what was forgotten is not heard, and the next training is another one", async () => {
  const server = new Server(300), { pull, answers, reports } = pulled(server);
  pull.go();
  pull.forget();
  reports.clear();
  await rest();
  await rest();
  assert.equal(answers.length, 0);
  await pull.step(1);
  assert.equal(pull.update, 1);
  assert.equal(server.jobs, 1); // the first question was not even asked
});

test("a server that has too much to do is asked again, and what it refuses is told", async () => {
  const server = new Server(10), { pull, refusals } = pulled(server);
  server.busy = 3;
  await pull.go();
  assert.deepEqual([pull.update, pull.waiting, refusals.length], [10, false, 0]);
  pull.forget();
  server.refusal = { notices: [{ field: "batch", message: "Batch must be a whole number.", side: 0 }] };
  await pull.go();
  assert.deepEqual([pull.running, pull.job, refusals.at(-1)], [false, null, server.refusal]);
  server.refusal = null;
  await pull.step(1);
  server.refusal = { error: "It is gone.", gone: true };
  await pull.step(1);
  assert.equal(pull.job, null);
  server.refusal = null;
  server.silent = true;
  await pull.step(1);
  assert.equal(refusals.at(-1).error, "The server does not answer.");
});

test("a training that is gone leaves nothing, and going on is another one with all its reports", async () => {
  const server = new Server(10), { pull, reports, refusals, answers } = pulled(server);
  pull.pace = "one";
  for (let i = 0; i < 4; i++) await pull.step(1);
  assert.equal(reports.received, 5);
  server.refusal = { error: "It is gone.", gone: true };
  await pull.step(1);
  assert.deepEqual([refusals.length, pull.job, pull.update, pull.over, reports.received], [1, null, 0, false, 0]);
  server.refusal = null;
  await pull.go();
  assert.deepEqual([server.jobs, pull.update, answers.filter(({ begin: found }) => found).length], [2, 10, 2]);
  assert.deepEqual(reports.list.map(({ update }) => update), Array.from({ length: 11 }, (_, i) => i));
});

test("another question waits for those before it, and until the server has time for it", async () => {
  const server = new Server(5000), { pull } = pulled(server), file = async (job) => server.ask({ job, updates: 0, reports: 0 });
  pull.pace = "full";
  const going = pull.go();
  await rest();
  pull.pause();
  server.busy = 2;
  const answer = await pull.asked(file);
  assert.deepEqual([answer.job, server.busy, server.most, pull.waiting], ["job", 0, 1, false]);
  await going;
  assert.equal((await pull.asked(async () => null)).error, "The server does not answer.");
  const put = pull.asked(file);
  pull.forget();
  assert.equal(await put, null);
});

test("a new training names the one that the page has let go, also where its beginning was not awaited", async () => {
  const server = new Server(10), { pull } = pulled(server), asked = [], ask = server.ask.bind(server);
  server.ask = async (what) => {
    asked.push(what);
    return { ...(await ask(what)), job: `job ${asked.length}` };
  };
  await pull.step(1);
  pull.forget();
  const second = pull.step(1);
  await rest();
  pull.forget();
  await second;
  await pull.step(1);
  assert.deepEqual(asked.map(({ job, instead }) => [job, instead]), [[null, null], [null, "job 1"], [null, "job 2"]]);
});

test("its network is put on the shelf when that is asked for", async () => {
  const { pull } = pulled(new Server(10));
  await pull.step(2);
  const kept = await pull.keep();
  assert.deepEqual([kept?.trained, kept?.titles], [["trained:0123456789abcdef"], ["v, 2 updates"]]);
  assert.equal(pull.update, 2);
});

test("a training that is over goes on when more updates are wanted, and is not begun anew", async () => {
  const server = new Server(10), { pull } = pulled(server);
  await pull.go();
  assert.equal(await pull.step(1), null);
  assert.equal(pull.over, true);
  await pull.lengthen(30);
  assert.equal(pull.over, false);
  await pull.go();
  assert.deepEqual([pull.update, server.jobs], [30, 1]);
});

test("a figure shows what its axes can, with bands of two standard errors and a label at the end", () => {
  const line = { name: "gap", x: [1, 2, 3], y: [0.1, null, 0.4], error: [0.01, null, 0.05], colour: "red", band: "pink", label: "network" };
  const { data, layout } = figureOf([line], { title: "updates", range: [0, 4] }, { unit: "nats", log: true });
  const [band, drawn] = data;
  assert.deepEqual([drawn.x, drawn.y], [[1, 3], [0.1, 0.4]]);
  assert.deepEqual(band.y.map((value) => Number(value.toFixed(6))), [0.12, 0.5, 0.3, 0.08]);
  assert.deepEqual(layout.annotations.map(({ text, x, y }) => [text, x, y]), [["network", 3, Math.log10(0.4)]]);
  assert.ok(layout.yaxis.range[0] < Math.log10(0.09) && layout.yaxis.range[1] > Math.log10(0.45));
  const many = Array.from({ length: 5000 }, (_, i) => i);
  assert.ok(figureOf([{ name: "loss", x: many, y: many, colour: "red" }], { title: "updates", range: [0, 5000] }, { unit: "" }).data[0].x.length <= 501);
});

/** Everything of one training or two as it is shown. @param {number} runs @param {object} [more] of each report's runs */
function shownOf(runs, more = {}) {
  const reports = new Reports();
  reports.add(report(0, { runs, ...more }));
  for (const update of [100, 200, 300]) reports.add(report(update, { runs, losses: [1 + 10 / update], batches: 100, levels: { loss: [0.5, 0.3], stderr: [0.01, 0.01] }, gap: [0.2 + 10 / update, 0.01], bound: [2.4 + 10 / update, 0.02], ...more }));
  return { begin: begin(runs), reports, index: 3, of: 1000, level: 2 };
}

test("charts of one training: its lines, what is exact in ink and dashed, the cursor at the report that is shown", () => {
  const drawn = chartsOf({ ...shownOf(1), index: 2 });
  assert.deepEqual(Object.keys(drawn), ["loss", "levels", "gap", "bound"]);
  assert.equal(drawn.loss.at, 200);
  assert.equal(drawn.gap.reading, "0.250 ± 0.010");
  assert.equal(drawn.levels.at, 2);
  assert.equal(drawn.levels.reading, "0.500 ± 0.010"); // of the level nearest to that on the slider
  for (const name of ["loss", "levels", "gap", "bound"]) {
    const exact = drawn[name].chart.figure.data.filter(({ line }) => line?.dash === "dash");
    assert.deepEqual(exact.map(({ line }) => line.color), ["var(--dv-ink)"], name);
  }
  assert.deepEqual(drawn.levels.chart.figure.data.find(({ name }) => name === "exact minimum").y, [0.4, 0.2]);
  assert.deepEqual(drawn.levels.chart.figure.layout.xaxis.range, [4, -4]); // noise on the right
});

test("two trainings lie over one another in green and purple, and their floors are one where they are alike", () => {
  const shown = shownOf(2), { loss, gap, levels } = chartsOf(shown);
  const colours = (drawn) => new Set(drawn.chart.figure.data.flatMap(({ line }) => line?.color ?? []));
  for (const drawn of [loss, gap, levels]) assert.ok(colours(drawn).has("var(--dv-a)") && colours(drawn).has("var(--dv-b)") && colours(drawn).has("var(--dv-ink)"));
  assert.match(gap.reading, /dv-badge-a.*0\.233 ± 0\.010.*dv-badge-b/);
  shown.begin.runs[1].floor = [0.1, 0.1];
  assert.equal(CHARTS.levels(shown).chart.figure.data.filter(({ name }) => name === "exact minimum").length, 2);
});

test("the loss above its minimum has a log axis and the unit that both losses have", () => {
  const shown = shownOf(2, { excess: [0.002, 0.0004] }), { excess } = chartsOf(shown), { figure } = excess.chart, lines = figure.data.filter(({ hovertemplate }) => hovertemplate);
  assert.deepEqual(lines.map(({ y }) => [...new Set(y)]), [[0.002], [0.002]]);
  assert.equal(figure.layout.yaxis.type, "log");
  assert.ok(figure.layout.yaxis.range[1] < Math.log10(shown.begin.runs[0].least)); // the minimum, far above, is not on the axis
  assert.match(excess.reading, /0\.00200 ± 0\.00040/);
  shown.begin.runs.forEach((run, side) => { run.unit = ["nats", ""][side]; });
  assert.equal(chartsOf(shown).excess.chart.figure.layout.yaxis.title.text, "");
  shown.begin.runs.forEach((run) => { run.unit = "nats"; });
  assert.equal(chartsOf(shown).excess.chart.figure.layout.yaxis.title.text, "nats");
});

test("of an energy model both divergences, log Z beside the sampled one, and the weights of the modes", () => {
  const shown = shownOf(1, { energy: energyOf(), gap: null, bound: null, levels: null }), drawn = chartsOf(shown);
  assert.deepEqual(Object.keys(drawn), ["loss", "kl", "log_z", "weights"]);
  assert.equal(drawn.log_z.reading, "3.100, AIS 3.140 ± 0.050");
  assert.equal(drawn.weights.chart.axis, "own");
  assert.equal(drawn.weights.chart.figure.layout.xaxis.title.text, "component of the data");
  const chained = shownOf(1, { energy: { ...energyOf(), weights: { exact: [0.5, 0.5], found: [0.4, 0.6], chains: [0.3, 0.7] } } });
  assert.match(chartsOf(chained).weights.chart.figure.layout.xaxis.title.text, /● model, ○ chains/);
  assert.match(told(shown, 0), /KL.*\(data ‖ model\) <b>0\.100 ± 0\.010 nats<\/b>/);
  const failed = shownOf(1, { energy: { ...energyOf(), log_z: 933716858.8, ais: [920210000, null] }, gap: null, bound: null });
  assert.match(told(failed, 0).replace(/<[^>]*>/g, ""), /log Z 9\.34·10⁸, by annealed importance sampling 9\.2·10⁸, which is no estimate/);
});

test("two energies of one noise level each are drawn at their own, and without a diffusion the loss is beside the divergences", () => {
  const shown = shownOf(2, { gap: null, bound: null, levels: null });
  assert.deepEqual(chartSetsOf(shown.begin).map(({ name }) => name), ["training", "energy"]);
  shown.begin.runs.forEach((run) => { Object.assign(run, { kind: "contrast", exact_gap: null, floor: null, least: null }); });
  assert.deepEqual(chartSetsOf(shown.begin).map(({ charts }) => charts), [["loss", "kl", "weights", "log_z", "excess"]]);
  for (const { runs } of shown.reports.list) runs.forEach((run, side) => { run.energy = { ...energyOf(), log_snr: [7, 3][side], energy: kept(energyOf().energy), chains: null }; });
  const drawn = chartsOf(shown);
  const below = (/** @type {any} */ { chart }) => chart.figure.layout.xaxis.title.text; // where also a narrow chart has room
  assert.equal(below(drawn.kl), "updates · at log SNR 7 and 3");
  assert.equal(drawn.kl.chart.figure.data.filter(({ hovertemplate }) => hovertemplate).length, 4); // both ways of both
  assert.equal(below(drawn.loss), "updates");
  shown.begin.recipes = [{ objective: "energy", loss: "cd" }, { objective: "energy", loss: "dsm_one" }];
  assert.equal(below(chartsOf(shown).loss), "updates · A and B minimise different losses");
});

test("a chart of which nothing has come is not drawn, and the newest value counts where a report has none", () => {
  const shown = shownOf(1, { gap: null, bound: null, levels: null });
  assert.deepEqual(Object.keys(chartsOf(shown)), ["loss"]);
  const sparse = shownOf(1);
  sparse.reports.add(report(400));
  assert.deepEqual(newest({ ...sparse, index: 4 }, 0, (run) => run.gap), [0.2 + 10 / 300, 0.01]);
  assert.equal(smoothingOf(sparse), 20);
  assert.equal(lossAt({ ...sparse, index: 0 }, 0), null);
});

test("what is said has its errors, and the sentence that more training no longer helps is of the report that is shown", () => {
  assert.match(told({ ...shownOf(1), index: 0 }, 0), /12\u202f345 weights and is not trained yet/);
  const shown = shownOf(1, { plateau: "More training no longer helps." }), text = told(shown, 0).replace(/<[^>]*>/g, "");
  assert.match(text, /Loss of the last batches 1\.\d+ ± 0\.\d+, a mean over about 20 updates\./);
  const known = told(shownOf(1, { excess: [0.0123, 0.0021] }), 0).replace(/<[^>]*>/g, "");
  assert.match(known, /Loss of the averaged weights 0\.0123 ± 0\.0021 above its exact minimum, 0\.300\./);
  assert.match(text, /Negative ELBO 2\.433 ± 0\.020 nats, which is 0\.233 ± 0\.010 nats above the entropy of the data\./);
  assert.equal(summaryOf(shown, 0), '<b><button type="button" class="dv-term" data-term="plateau">More training no longer helps</button>.</b>');
  const apart = summaryOf(shownOf(1, { plateau: "Enough.", warning: "The energies run away: on average U is 120 nats lower." }), 0);
  assert.match(apart, /^<b><button[^>]*data-term="plateau">Enough<\/button>\.<\/b> <b><button[^>]*data-term="contrastive">The energies run away<\/button>: on average/);
  shown.reports.add(report(400));
  assert.equal(summaryOf({ ...shown, index: 4 }, 0), "");
  const rows = metricsOf(shownOf(2));
  assert.match(rows, /Gap to the entropy of the data, nats<\/th><td>0\.233 ± 0\.010<\/td><td>0\.233 ± 0\.010<\/td><td>0\.000 ± 0\.014/);
});

test("numbers have no more digits than their errors allow", () => {
  assert.deepEqual([[0.10342, 0.0101], [-12.3456, 0.5], [1234.5, 12], [0.1, null]].map(withError), ["0.103 ± 0.010", "−12.35 ± 0.50", "1235 ± 12", "0.100"]);
  assert.deepEqual([123.4, 12.34, 1.234, 0.01234, 0.00012, -0.0001, 0, Infinity].map(plainNumber), ["123", "12.3", "1.23", "0.012", "0.00012", "−0.00010", "0.000", "∞"]);
  assert.deepEqual([203660000, -1102077342, 99999, 5e9].map(plainNumber), ["2.04·10⁸", "−1.1·10⁹", "99999", "5·10⁹"]);
  assert.deepEqual([withError([-1102077342, 239287961]), alike(908833531, [9e8, 2e6])], ["(−1.10 ± 0.24)·10⁹", "9.09·10⁸"]);
  assert.equal(withError([920210000, 1.02]), "9.2·10⁸"); // no ± 0.000000
  assert.deepEqual([1, 20, 300].map(lasting), ["a second", "20 s", "5 min"]);
});

test("a value of an earlier report says of which update it is, and nothing else does", () => {
  const shown = shownOf(1);
  shown.reports.add(report(400, { losses: [1] }));
  const later = { ...shown, index: shown.reports.list.length - 1 }, text = told(later, 0).replace(/<[^>]*>/g, "");
  assert.match(text, /above the entropy of the data \(at update 300\)\./);
  const [stale] = told(later, 0).match(/<span class="dv-stale">.*?<\/span>/) ?? [""];
  assert.match(stale, /above the .*entropy.* \(at update 300\)\./);
  assert.doesNotMatch(stale, /<b>/);
  assert.doesNotMatch(told(shown, 0), /at update|dv-stale/);
  assert.match(CHARTS.gap(later)?.reading ?? "", /^0\.\d+ ± 0\.\d+ \(at update 300\)$/);
});

test("a smoothed loss has the error of a mean with the same weights", () => {
  const values = Array.from({ length: 400 }, (_, i) => 2 + Math.sin(12.9898 * i * i)), series = { x: values.map((_, i) => i + 1), y: values };
  const [mean, error] = smoothedAt(series, 20, 399), over = smoothed(series, 20).y;
  assert.ok(Math.abs(mean - over[399]) < 1e-9);
  const spread = Math.sqrt(over.slice(150).reduce((sum, each) => sum + (each - 2) ** 2, 0) / 250); // of means of as many
  assert.ok(error !== null && error > 0.7 * spread && error < 1.4 * spread, `${error} ${spread}`);
  assert.deepEqual(smoothedAt(series, 20, 0), [values[0], null]);
});

test("points of the data are of the mixture, and the same ones every time", () => {
  const mixture = { means: [[2, 0], [-1, 1]], weights: [0.25, 0.75], std: 0.1 }, points = sampled(mixture, 4000);
  assert.deepEqual(points, sampled(mixture, 4000));
  const right = points.filter((x, i) => i % 2 === 0 && x > 0.5);
  assert.ok(Math.abs(right.length / 4000 - 0.25) < 0.025); // 3.6 standard errors
  const mean = right.reduce((a, b) => a + b) / right.length, variance = right.reduce((sum, x) => sum + (x - mean) ** 2, 0) / right.length;
  assert.ok(Math.abs(mean - 2) < 0.015 && Math.abs(variance / 0.01 - 1) < 0.2);
});

test("a density between the points of its grid is the mixture's own", () => {
  const grid = densityGrid({ means: [[0.3, -0.2]], weights: [1], std: 0.5 }, 1, 0), at = Float64Array.of(-0.41, 0.17, 0.9);
  const exact = (x, y) => Math.exp(-((x - 0.3) ** 2 + (y + 0.2) ** 2) / 0.5) / (0.5 * Math.PI);
  between(grid, at, at).forEach((value, i) => {
    const truth = exact(at[i % 3], at[Math.floor(i / 3)]);
    assert.ok(Math.abs(Math.log(value / truth)) < 0.02, `${value} ${truth}`);
  });
  assert.equal(between(grid, Float64Array.of(50, 51), Float64Array.of(0, 1))[0], 0);
});
