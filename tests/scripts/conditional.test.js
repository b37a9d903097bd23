// Conditional beside marginal, and the marginals at the sides of a panel.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bend, conditionalLayers, conditionalTold, countOf, dataOf, farApart, fieldIn, pathsIn, stepBack } from "../../diffviz/views/plane/conditional.js";
import { binned, NOISE } from "../../diffviz/views/plane/marginals.js";
import { marginal } from "../../diffviz/views/plane/mixture.js";

const TWO = { means: [[-1.5, 0.2], [1, -0.5]], weights: [0.3, 0.7], std: 0.2 };
const close = (found, wanted, tolerance) => assert.ok(Math.abs(found - wanted) <= tolerance, `${found} is not ${wanted} ± ${tolerance}`);

/** A run of 30 particles whose x_0 lie on a circle and whose x_T are spread. */
function runOf(alpha, sigma, eta) {
  const count = 30, frames = alpha.length;
  const circle = Float32Array.from({ length: 2 * count }, (_, k) => Math.sin(0.7 * Math.floor(k / 2) + (k % 2) * 1.57));
  const noise = Float32Array.from({ length: 2 * count }, (_, k) => 2 * Math.sin(3.1 * k + 1));
  return { alpha, sigma, frames, particles: count, data: { mixture: TWO, eta }, kept: { bundles: new Map() }, has: () => true, array: (name, frame) => (name === "forward" && frame === 0 ? circle : noise) };
}

const FRAMES = 41;
const share = Array.from({ length: FRAMES }, (_, i) => i / (FRAMES - 1));
const straight = runOf(share.map((t) => 1 - t), share, 0);
const preserving = (eta) => runOf(share.map((t) => Math.cos((t * Math.PI) / 2.02)), share.map((t) => Math.sin((t * Math.PI) / 2.02)), eta);

test("of one x_0 a rectified flow's paths are straight lines into it, another schedule's arcs; of several they bend", () => {
  const [one, few] = [1, 5].map((count) => pathsIn(straight, dataOf(straight, 3, count)));
  const target = dataOf(straight, 3, 1).means[0];
  for (const path of one) {
    close(bend(straight, path), 1, 1e-6);
    path[0].forEach((value, axis) => close(value, target[axis], 1e-9));
  }
  assert.ok(Math.max(...few.map((path) => bend(straight, path))) > 1.02);
  const run = preserving(0), [arcs, bent] = [1, 5].map((count) => pathsIn(run, dataOf(run, 3, count)));
  const line = (path) => Math.hypot(path[0][0] - path[path.length - 1][0], path[0][1] - path[path.length - 1][1]);
  const along = (path) => path.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - path[i][0], y - path[i][1]), 0);
  assert.ok(Math.max(...arcs.map((path) => along(path) / line(path))) > 1.05, "the arc is no straight line");
  for (const path of arcs) close(bend(run, path), 1, 1e-6);
  assert.ok(Math.max(...bent.map((path) => bend(run, path))) > 1.02);
});

test("every path of n points ends in one of them", () => {
  for (const run of [straight, preserving(0), preserving(1)]) {
    const data = dataOf(run, 0, 5);
    const ends = pathsIn(run, data).map((path) => Math.min(...data.means.map(([x, y]) => Math.hypot(path[0][0] - x, path[0][1] - y))));
    assert.ok(ends.filter((distance) => distance < 0.02).length >= 0.9 * ends.length);
  }
});

test("the field of n points is the mean of their fields, weighted by p(x_0 | x_t)", () => {
  const points = Float32Array.of(0.3, -0.2, 1.1, 0.4);
  const frame = 20, data = dataOf(straight, 0, 5);
  const all = fieldIn(straight, data, points, frame, false);
  const [alpha, sigma] = [straight.alpha[frame], straight.sigma[frame]];
  for (let i = 0; i < points.length; i += 2) {
    const weights = data.means.map(([x, y]) => Math.exp(-((points[i] - alpha * x) ** 2 + (points[i + 1] - alpha * y) ** 2) / (2 * sigma ** 2)));
    const total = weights.reduce((a, b) => a + b);
    for (const axis of [0, 1]) {
      const mean = data.means.reduce((sum, at, k) => sum + (weights[k] / total) * fieldIn(straight, { means: [at], weights: [1], std: 0 }, points, frame, false)[i + axis], 0);
      close(all[i + axis], mean, 1e-6);
    }
  }
});

test("of all data it is the mixture's own, whose score points as the exact one", () => {
  assert.equal(dataOf(straight, 0, Number.POSITIVE_INFINITY), TWO);
  const h = 1e-3, frame = 20, variance = (straight.alpha[frame] * 0.2) ** 2 + straight.sigma[frame] ** 2;
  const log = (x, y) => Math.log(TWO.means.reduce((sum, [mx, my], k) => sum + TWO.weights[k] * Math.exp(-((x - straight.alpha[frame] * mx) ** 2 + (y - straight.alpha[frame] * my) ** 2) / (2 * variance)), 0));
  const [found] = fieldIn(straight, TWO, Float32Array.of(0.25, 0.5), frame, true);
  close(found, (log(0.25 + h, 0.5) - log(0.25 - h, 0.5)) / (2 * h), 1e-4);
});

test("a step with noise has the mean and variance of q(x_s | x_t, x_0)", () => {
  const run = preserving(1), frame = 25, x0 = [0.4, -0.3], x = [1, 0.2];
  const a = run.alpha[frame] / run.alpha[frame - 1], v = run.sigma[frame] ** 2 - (a * run.sigma[frame - 1]) ** 2;
  const plain = stepBack(run, frame, x, x0, 1, () => 0), moved = stepBack(run, frame, x, x0, 1, () => 1);
  // Bayes' rule for one coordinate: precisions add
  const variance = 1 / (a ** 2 / v + 1 / run.sigma[frame - 1] ** 2);
  close((moved[0] - plain[0]) ** 2, variance, 1e-12);
  close(plain[1], variance * ((a * x[1]) / v + (run.alpha[frame - 1] * x0[1]) / run.sigma[frame - 1] ** 2), 1e-12);
});

test("what is said of paths follows schedule and sampler", () => {
  const said = (run) => [conditionalLayers(run)[0].help, conditionalTold({ run, layers: new Set(["of_1"]), chosen: 3 })];
  for (const [run, help, told] of [
    [straight, /is a straight line\./, /would be 1\.00 times as long as the straight line between its ends/],
    [preserving(0), /is an arc/, /would be 1\.00 times as long as the arc of one x₀ between its ends/],
    [preserving(0.3), /paths are random; arrows show the score/, /noise is drawn in its steps/],
  ]) {
    assert.match(said(run)[0], help);
    assert.match(said(run)[1], told);
  }
});

test("points far apart begin with the chosen one and repeat none", () => {
  const points = straight.array("forward", 0);
  const found = farApart(points, 7, 20);
  assert.deepEqual(found[0], [points[14], points[15]]);
  assert.equal(new Set(found.map(String)).size, 20);
  const apart = (few) => Math.min(...few.flatMap(([x, y], i) => few.slice(i + 1).map(([u, v]) => Math.hypot(x - u, y - v))));
  assert.ok(apart(found.slice(0, 5)) > 0.5);
});

test("how many points is a choice within its layer, all of them at first", () => {
  const names = conditionalLayers(straight).filter(({ within }) => within === "conditional").map(({ name }) => name);
  assert.deepEqual(names.map((name) => countOf(new Set([name]))), [1, 2, 5, 20, Number.POSITIVE_INFINITY]);
  assert.equal(conditionalLayers(straight).find(({ on }) => on)?.name, "of_all");
});

test("a marginal is the integral of the density over the other coordinate", () => {
  const [alpha, sigma] = [0.8, 0.6], variance = (alpha * 0.2) ** 2 + sigma ** 2;
  const [found] = marginal(TWO, 1, [0.3], alpha, sigma);
  let total = 0;
  for (let x = -6; x <= 6; x += 0.05) for (const [k, [mx, my]] of TWO.means.entries()) total += 0.05 * TWO.weights[k] * Math.exp(-((x - alpha * mx) ** 2 + (0.3 - alpha * my) ** 2) / (2 * variance)) / (2 * Math.PI * variance);
  close(found, total, 1e-9);
  close(marginal(NOISE, 0, [0], 1, 0)[0], 1 / Math.sqrt(2 * Math.PI), 1e-12);
});

test("a histogram is a density: what lies beyond it is not in it, but counts", () => {
  const points = Float32Array.of(0.1, 5, 0.1, 5, 0.6, 5, 9, 5);
  assert.deepEqual([...binned(points, 0, 0, 1, 2)], [1, 0.5]);
  assert.deepEqual([...binned(points, 1, 0, 1, 2)], [0, 0]);
});
