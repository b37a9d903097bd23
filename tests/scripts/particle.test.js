// One particle in the plane: its posterior, the exact reverse step, and what is asked about it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stepOf, toldOf } from "../../diffviz/views/plane/asked.js";
import { exactAt } from "../../diffviz/views/plane/mixture.js";
import { nats } from "../../diffviz/views/plane/particle.js";
import { oneBefore, posteriorOf, regionsOf, summary } from "../../diffviz/views/plane/posterior.js";
import { turning } from "../../diffviz/views/plane/view.js";

const TWO = { means: [[-1.5, 0.2], [1, -0.5]], weights: [0.3, 0.7], std: 0.2 };
const [ALPHA, SIGMA] = [0.8, 0.6];
const close = (found, wanted, tolerance) => assert.ok(Math.abs(found - wanted) <= tolerance, `${found} is not ${wanted} ± ${tolerance}`);

const normal = (x, y, [mx, my], variance) => Math.exp(-((x - mx) ** 2 + (y - my) ** 2) / (2 * variance)) / (2 * Math.PI * variance);
const density = ({ means, weights, std }, x, y) => means.reduce((sum, mean, k) => sum + weights[k] * normal(x, y, mean, std ** 2), 0);

test("the posterior is Bayes' rule", () => {
  const [x, y] = [0.1, -0.05];
  const found = posteriorOf(TWO, x, y, ALPHA, SIGMA);
  const joint = (a, b) => density(TWO, a, b) * normal(x, y, [ALPHA * a, ALPHA * b], SIGMA ** 2);
  const side = Array.from({ length: 241 }, (_, i) => -3 + i / 40);
  let total = 0;
  for (const a of side) for (const b of side) total += joint(a, b) / 40 ** 2;
  for (const [a, b] of [[-1.4, 0.2], [0.9, -0.4], [0.2, 0]]) close(density(found, a, b), joint(a, b) / total, 1e-6);
  close(found.weights.reduce((a, b) => a + b), 1, 1e-12);
  const { mean } = summary(found);
  exactAt(TWO, x, y, ALPHA, SIGMA).mean.forEach((value, i) => close(mean[i], value, 1e-9));
});

test("with little noise it is the point, with nothing but noise the data", () => {
  const sharp = summary(posteriorOf(TWO, 0.9, -0.6, 1, 1e-3));
  close(sharp.mean[0], 0.9, 1e-5);
  close(sharp.spread, 1e-3, 1e-6);
  assert.deepEqual(posteriorOf(TWO, 0.9, -0.6, 0, 1), TWO);
});

test("the exact step before has the mean and spread of what it mixes", () => {
  const posterior = posteriorOf(TWO, 0.1, 0.3, ALPHA, SIGMA);
  const [c_t, c_0, variance] = [0.7, 0.25, 0.01];
  const [from, to] = [summary(posterior), summary(oneBefore(posterior, 0.1, 0.3, [c_t, c_0, variance]))];
  close(to.mean[0], c_t * 0.1 + c_0 * from.mean[0], 1e-12);
  close(to.mean[1], c_t * 0.3 + c_0 * from.mean[1], 1e-12);
  close(to.spread ** 2, variance + (c_0 * from.spread) ** 2, 1e-12);
});

test("regions hold their shares, wherever the mixture lies and however small it is", () => {
  const small = { means: [[3.2, -1.1]], weights: [1], std: 0.004 };
  const [lines, ...others] = regionsOf(small, [0.8]);
  assert.equal(others.length, 0);
  assert.equal(lines.length, 1);
  for (let i = 0; i < lines[0].length; i += 2) close(Math.hypot(lines[0][i] - 3.2, lines[0][i + 1] + 1.1), 0.004 * Math.sqrt(-2 * Math.log(0.2)), 2e-4);
  const apart = regionsOf({ means: [[1, 1], [2, 1]], weights: [0.5, 0.5], std: 0.05 }, [0.9])[0];
  assert.equal(apart.filter((line) => turning(line) > 0).length, 2);
});

test("a particle is asked for once, when the run is done, and every frame reads from the answer", async () => {
  const asked = [];
  let painted = 0;
  const path = { x: [[1, 2], [3, 4]], x0_hat: [[5, 6], [7, 8]], variance: [[0.1, 0.3], [0.2, 0.4]], next: [null, [1, 2]], exact: [0.1, 0.2] };
  const told = { before: [0, 3], kernel: [[0, 1, 0], [0.5, 0.5, 0.1]], forward: { ...path, given: [-1, 2] }, reverse: { ...path, worked: ["a", "b"] } };
  const host = { ask: async (what) => { asked.push(what); return told; }, paint: () => { painted++; } };
  const run = { query: "steps=5", done: false, times: [0, 3, 5], kept: { answers: new Map(), host } };
  assert.equal(toldOf(run, 7), null);
  assert.deepEqual(asked, []);
  run.done = true;
  assert.equal(toldOf(run, 7), null);
  assert.equal(toldOf(run, 7), null);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(asked, [{ query: "steps=5", particle: 7 }]);
  assert.equal(painted, 1);
  const step = stepOf(run, "forward", 2, 7);
  assert.deepEqual([step.t, step.s, step.given, step.exact, step.next, step.variance], [5, 3, 2, 0.2, [1, 2], [0.2, 0.4]]);
  assert.equal(stepOf(run, "reverse", 1, 7).given, null);
  assert.equal(stepOf(run, "reverse", 0, 7), null); // no step leaves t = 0
});

test("nats are told to what a quadrature knows", () => {
  assert.equal(nats(0.12345), "0.12 nats");
  assert.equal(nats(0.000712), "7.1·10⁻⁴ nats");
  assert.equal(nats(3e-8), "below 10⁻⁶ nats");
  assert.equal(nats(-5.3), "−5.3 nats");
});
