// How one clock moves two runs: positions, frames, where SNR = 1, and how it is said.

import assert from "node:assert/strict";
import { test } from "node:test";
import { scrubberAt, scrubberMarks, summaryOf, timeText } from "../../diffviz/player/readings.js";
import { decimal, equalNoise, LEVEL_MARGIN, layOut, levelsOf, moment, nearest } from "../../diffviz/player/sides.js";

/** A variance-preserving run with log10 SNR falling evenly from high to low; data before it, and pure noise behind if it ends there. */
function runOf(steps, high, low, ends = false) {
  const times = Array.from({ length: steps + 1 }, (_, i) => i), levels = times.map((t) => (t === 0 ? Infinity : high + ((low - high) * (t - 1)) / (steps - 1)));
  if (ends) levels[steps] = -Infinity;
  const alpha = levels.map((level) => (level === Infinity ? 1 : level === -Infinity ? 0 : Math.sqrt(1 / (1 + 10 ** -level))));
  const finite = levels.filter(Number.isFinite);
  return { times, steps, alpha, sigma: alpha.map((a) => Math.sqrt(1 - a * a)), levels: [Math.max(...finite), Math.min(...finite)] };
}

const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

test("levels are log10 SNR", () => {
  const run = runOf(10, 3, -3);
  levelsOf(run).slice(1).forEach((level, i) => near(level, 3 - (6 * i) / 9, 1e-6));
  assert.equal(levelsOf(run)[0], Infinity);
});

test("one run: a position is a frame", () => {
  const run = runOf(5, 2, -2), positions = layOut([run], "time");
  assert.deepEqual(positions, { values: run.times, told: run.times, index: [[0, 1, 2, 3, 4, 5]], places: [run.times] });
  assert.equal(timeText(positions, 3, "time", [run]), "t = 3 / 5");
  assert.deepEqual(scrubberAt(positions, 3, [run]), { value: 3, max: 5 });
});

test("two runs at equal t/T: the finer one gives the positions, the other its nearest frame", () => {
  const runs = [runOf(40, 2, -2), runOf(20, 2, -2)], positions = layOut(runs, "time");
  assert.equal(positions.values.length, 41);
  assert.deepEqual([positions.index[0][20], positions.index[1][20]], [20, 10]);
  near(positions.places[1][20], 0.5);
  assert.equal(timeText(positions, 20, "time", runs), "t/T = 0.50");
  assert.deepEqual(scrubberAt(positions, 20, runs), { value: 20, max: 40 });
});

test("two runs at equal SNR: both ends are reached, and in between both have the same level", () => {
  const runs = [runOf(200, 4, -2), runOf(150, 2, -4, true)], { values, told, index, places } = layOut(runs, "log_snr");
  assert.equal(told[0], Infinity);
  assert.equal(told.at(-1), -Infinity);
  assert.deepEqual(index.map((frames) => frames[0]), [0, 0]);
  assert.deepEqual(index.map((frames) => frames.at(-1)), [200, 150]);
  near(values[0], 4 + LEVEL_MARGIN * (4 - runs[1].levels[1]), 1e-6);
  const middle = nearest(told, 0);
  runs.forEach((run, side) => near(levelsOf(run)[index[side][middle]], 0, 0.06));
  assert.equal(places[0][0], values[0]); // data stand at the axis's edge
  assert.equal(timeText({ values, told, index, places }, 0, "log_snr", runs), "log₁₀ SNR = ∞");
});

test("chains at one noise level have steps left, and no time", () => {
  const chain = { ...runOf(40, 2, -2), levels: [3, 3] }, process = runOf(40, 2, -2);
  assert.equal(timeText(layOut([chain], "time"), 30, "time", [chain]), "30 / 40 left");
  assert.equal(timeText(layOut([chain, chain], "time"), 30, "time", [chain, chain]), "0.75 left");
  assert.equal(timeText(layOut([chain, process], "time"), 30, "time", [chain, process]), "t/T = 0.75");
  assert.equal(moment(chain, 30, "time", [], 30), "30 steps left");
  assert.equal(moment(process, 30, "time", [], 30), "t = 30");
});

test("a side without such a noise level says so", () => {
  const runs = [runOf(50, 4, 1), runOf(50, 4, -4)], { told, index } = layOut(runs, "log_snr"), last = told.length - 1;
  assert.equal(moment(runs[0], index[0][last], "log_snr", told, last), "ended at log₁₀ SNR 1.0");
  assert.equal(moment(runs[1], index[1][last], "log_snr", told, last), "log₁₀ SNR −4.0");
  assert.equal(moment(runs[0], 7, "time", told, 3), "t = 7");
});

test("SNR = 1 is marked between the two frames that lie around it", () => {
  const run = runOf(100, 3, -3), positions = layOut([run], "time"), [share] = equalNoise([run], positions, "time");
  near(share, (1 + 99 / 2) / 100, 1e-6); // half of the 99 steps between the finite levels
  near(scrubberMarks([share], positions, [run])[0], share);
  const never = runOf(20, 4, 1);
  assert.deepEqual(equalNoise([never], layOut([never], "time"), "time"), [null]);
  assert.deepEqual(scrubberMarks([null], positions, [run]), [null]);
  const pair = [run, runOf(50, 1, -5)], both = layOut(pair, "log_snr"), marks = equalNoise(pair, both, "log_snr");
  marks.forEach((mark) => near(both.values[0] + mark * (both.values.at(-1) - both.values[0]), 0, 1e-9)); // one level, one place
});

test("what is said while a run comes, and after", () => {
  const going = { done: false, summary: "" }, done = { done: true, summary: "all" };
  assert.equal(summaryOf([going], 0.5, false, null), "computing … 50 %");
  assert.equal(summaryOf([going], 0.5, true, null), "stopped after 50 %");
  assert.equal(summaryOf([going], 1, false, null), "computing the cost of each step …");
  assert.equal(summaryOf([done], 1, false, null), "all");
  assert.equal(summaryOf([done, done], 1, false, null), "measuring …");
  assert.equal(summaryOf([done, done], 1, true, null), "stopped before it was measured");
  assert.equal(summaryOf([done, done], 1, false, { sentence: "B" }), "B");
  assert.deepEqual([decimal(-1.26, 1), decimal(-Infinity, 1), decimal(2, 0)], ["−1.3", "−∞", "2"]);
});
