// The pure parts of the plane's view: density, contours, score and who is picked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isolines, massLevels } from "../../diffviz/views/plane/contours.js";
import { press, stamps } from "../../diffviz/views/plane/discs.js";
import { driftField } from "../../diffviz/views/plane/drift.js";
import { facts, known, nearestPoint, neighbour, note } from "../../diffviz/views/plane/inspect.js";
import { short } from "../../diffviz/views/plane/legend.js";
import { densityGrid, exactAt } from "../../diffviz/views/plane/mixture.js";
import { gridPoints, lengths, nice, quantile, scoreField, scoreOf } from "../../diffviz/views/plane/score.js";
import { turning } from "../../diffviz/views/plane/view.js";

const GAUSSIAN = { means: [[0, 0]], weights: [1], std: 1 };
const TWO = { means: [[-1.5, 0.2], [1, -0.5]], weights: [0.3, 0.7], std: 0.2 };

const close = (found, wanted, tolerance) => assert.ok(Math.abs(found - wanted) <= tolerance, `${found} is not ${wanted} ± ${tolerance}`);

/** log q(x_t) of a mixture, term by term. */
function logDensity({ means, weights, std }, x, y, alpha, sigma) {
  const variance = (alpha * std) ** 2 + sigma ** 2;
  const terms = means.map(([mx, my], k) => (weights[k] * Math.exp(-((x - alpha * mx) ** 2 + (y - alpha * my) ** 2) / (2 * variance))) / (2 * Math.PI * variance));
  return Math.log(terms.reduce((a, b) => a + b));
}

test("the density grid holds nearly all of the probability, at every noise level", () => {
  for (const [alpha, sigma] of [[1, 0], [0.8, 0.6], [0.01, 1]]) {
    const { side, reach, values } = densityGrid(TWO, alpha, sigma);
    const cell = (2 * reach) / (side - 1);
    close(values.reduce((a, b) => a + b) * cell ** 2, 1, 2e-3);
    const at = (i) => i * cell - reach;
    for (const [i, j] of [[20, 30], [side >> 1, side >> 1], [side - 15, 12]]) {
      const exact = Math.exp(logDensity(TWO, at(i), at(j), alpha, sigma));
      close(values[j * side + i], exact, 1e-5 * Math.max(...values)); // components are cut at five deviations
    }
  }
});

test("contours of a Gaussian are circles with the radius of their share of the probability", () => {
  const { side, reach, values } = densityGrid(GAUSSIAN, 1, 0);
  for (const share of [0.2, 0.5, 0.8, 0.95]) {
    const [level] = massLevels(values, [share]);
    const lines = isolines(values, side, level);
    assert.equal(lines.length, 1);
    const at = (value) => (2 * reach * value) / (side - 1) - reach;
    const radii = Array.from({ length: lines[0].length / 2 }, (_, i) => Math.hypot(at(lines[0][2 * i]), at(lines[0][2 * i + 1])));
    const exact = Math.sqrt(-2 * Math.log(1 - share)); // of a standard normal in the plane
    radii.forEach((radius) => close(radius, exact, 0.03));
    close(Math.max(...radii), Math.min(...radii), 0.004); // round, whatever the grid
  }
});

test("lines are closed, with what is above on their left: outer ones turn left, holes turn right", () => {
  const ring = { means: Array.from({ length: 60 }, (_, k) => [2 * Math.cos(k / 60 * 2 * Math.PI), 2 * Math.sin(k / 60 * 2 * Math.PI)]), weights: Array(60).fill(1 / 60), std: 0.3 };
  const { side, values } = densityGrid(ring, 1, 0);
  const lines = isolines(values, side, massLevels(values, [0.8])[0]);
  assert.deepEqual(lines.map((line) => Math.sign(turning(line))).sort(), [-1, 1]);
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      const j = (i + 2) % line.length;
      assert.ok(Math.hypot(line[i] - line[j], line[i + 1] - line[j + 1]) <= Math.SQRT2 + 1e-9);
    }
  }
});

test("what meets at a saddle is one region, and the border of a grid closes what reaches it", () => {
  for (const saddle of [[5, 1, 1, 5], [1, 5, 5, 1]]) {
    const [a, b, c, d] = saddle;
    const lines = isolines(Float32Array.of(0, 0, 0, 0, 0, a, b, 0, 0, c, d, 0, 0, 0, 0, 0), 4, 2);
    assert.equal(lines.length, 1);
    assert.ok(turning(lines[0]) > 0);
  }
  const all = new Float32Array(25).fill(1);
  const [line, ...others] = isolines(all, 5, 0.5);
  assert.equal(others.length, 0);
  assert.ok(turning(line) > 0);
  assert.deepEqual(isolines(all, 5, 2), []);
});

test("levels hold their shares of a grid", () => {
  const { values } = densityGrid(TWO, 0.8, 0.6);
  const total = values.reduce((a, b) => a + b);
  const shares = [0.95, 0.8, 0.6, 0.4, 0.2];
  const levels = massLevels(values, shares);
  levels.forEach((level, i) => {
    const inside = values.filter((value) => value >= level).reduce((a, b) => a + b) / total;
    assert.ok(inside >= shares[i] && inside < shares[i] + 0.02);
  });
});

test("the exact score is the slope of log q, also without noise", () => {
  const h = 1e-5;
  for (const [x, y, alpha, sigma] of [[0.3, -0.4, 0.8, 0.6], [-1.4, 0.4, 1, 0], [2, 2, 0.1, 1], [40, -30, 0.8, 0.6]]) {
    const { score, mean } = exactAt(TWO, x, y, alpha, sigma);
    if (x < 10) {
      close(score[0], (logDensity(TWO, x + h, y, alpha, sigma) - logDensity(TWO, x - h, y, alpha, sigma)) / (2 * h), 1e-4 * Math.max(1, Math.abs(score[0])));
      close(score[1], (logDensity(TWO, x, y + h, alpha, sigma) - logDensity(TWO, x, y - h, alpha, sigma)) / (2 * h), 1e-4 * Math.max(1, Math.abs(score[1])));
    }
    assert.ok([...score, ...mean].every(Number.isFinite));
    if (sigma) scoreOf(Float32Array.of(x, y), mean, alpha, sigma).forEach((value, i) => close(value, score[i], 1e-4 * Math.max(1, Math.abs(score[i])))); // Tweedie
    else close(mean[0], x, 1e-12);
  }
});

test("a network that answers exactly has no error; one that is off by d is off by alpha d / sigma² in the score", () => {
  const points = gridPoints(5, 3);
  assert.deepEqual([...points.slice(0, 4)], [-3, -3, -1.5, -3]);
  assert.deepEqual([...points.slice(-2)], [3, 3]);
  const [alpha, sigma] = [0.8, 0.6];
  const exact = Float32Array.from(points);
  for (let i = 0; i < points.length; i += 2) exact.set(exactAt(TWO, points[i], points[i + 1], alpha, sigma).mean, i);
  const right = scoreField(TWO, points, exact, alpha, sigma);
  assert.ok(Math.max(...right.error) < 1e-4);
  const off = scoreField(TWO, points, exact.map((value, i) => value + (i % 2 ? 0.4 : 0.3)), alpha, sigma);
  off.error.forEach((value) => close(value, (alpha * 0.5) / sigma ** 2, 1e-4));
  close(off.worst, off.unit / 3, 1e-9); // the shade is measured by the arrows
  assert.equal(scoreField(TWO, points, null, alpha, sigma).error, null);
  assert.equal(scoreField(TWO, points, exact, 1, 0).network, null); // at t = 0 no denoiser is asked
});

test("the length scale of arrows is a round number at most as long as a cell", () => {
  assert.deepEqual([0.7, 1, 1.99, 2, 4.2, 5, 9.9, 10, 73].map(nice), [0.5, 1, 1, 2, 2, 5, 5, 10, 50]);
  assert.equal(quantile(Float32Array.of(5, 1, 4, 2, 3), 0.5), 3);
  assert.deepEqual([...lengths(Float32Array.of(3, 4, 0, -2))], [5, 2]);
  assert.deepEqual([0.5, 20, 1234, -0.0312].map(short), ["0.5", "20", "1234", "−0.031"]);
});

test("a particle is picked by the pointer and left by keys", () => {
  const panel = { name: "reverse", x: (v) => 100 + 50 * v, y: (v) => 100 - 50 * v };
  const points = Float32Array.of(0.1, 0, 1, 0.1, 1, 1, -1, 0, 2, 0);
  assert.equal(nearestPoint(panel, points, 151, 96), 1);
  assert.equal(nearestPoint(panel, points, 20, 190), -1);
  assert.equal(neighbour(points, -1, 1, 0), 0); // the one in the middle
  assert.equal(neighbour(points, 0, 1, 0), 1);
  assert.equal(neighbour(points, 1, 0, -1), 2); // up
  assert.equal(neighbour(points, 2, 0, 1), 1); // and down again
  assert.equal(neighbour(points, 4, 1, 0), 4); // none is further right
});

test("a particle's note gives what is known of it, and nothing of one that is not there", () => {
  const arrays = { forward: [Float32Array.of(-1.5, 0.2), Float32Array.of(-1.25, 0.5)], reverse: [null, Float32Array.of(0.5, -0.25)], x0_hat: [null, Float32Array.of(0.75, -0.5)] };
  const run = { particles: 1, times: [0, 40], alpha: [1, 0.8], sigma: [0, 0.6], data: { mixture: TWO, exact: false }, array: (name, frame) => arrays[name][frame] };
  const [x, y] = exactAt(TWO, 0.5, -0.25, 0.8, 0.6).mean.map((value) => value.toFixed(2).replace("-", "−"));
  const scene = { run, frame: 1, picked: 0 };
  assert.equal(
    note({ name: "reverse" }, scene),
    `Particle 1 of 1: xₜ = (0.50, −0.25) at t = 40, denoised estimate x̂₀ = (0.75, −0.50), exact posterior mean E[x₀ | xₜ] = (${x}, ${y}).`,
  );
  assert.deepEqual(facts(known({ name: "reverse" }, scene), false), ["xₜ = (0.50, −0.25)", "x̂₀ = (0.75, −0.50)", `E[x₀ | xₜ] = (${x}, ${y})`]);
  assert.equal(facts(known({ name: "reverse" }, scene), true).length, 2); // the estimate is the exact mean
  assert.match(note({ name: "forward" }, scene), /xₜ = \(−1\.25, 0\.50\) at t = 40, x₀ = \(−1\.50, 0\.20\)/);
  assert.equal(note({ name: "reverse" }, { ...scene, picked: 3 }), "");
  assert.equal(note({ name: "reverse" }, { ...scene, frame: 0 }), "");
});

test("a disc covers its area wherever its middle is, and overlapping discs do not add up", () => {
  const width = 40;
  for (const radius of [1.2, 2.4, 5]) {
    const stamped = stamps(radius, width);
    for (const [x, y] of [[20, 20], [20.3, 19.8], [20.99, 20.5]]) {
      const data = new Uint8ClampedArray(4 * width * width);
      press(data, width, stamped, x, y);
      const cover = Array.from({ length: width * width }, (_, k) => data[4 * k + 3] / 255);
      const area = cover.reduce((a, b) => a + b);
      close(area / (Math.PI * radius ** 2), 1, 0.12);
      const middle = (axis) => cover.reduce((sum, share, k) => sum + share * ((axis ? Math.floor(k / width) : k % width) + 0.5), 0) / area;
      close(middle(0), x, 0.2); // to an eighth of a pixel, and rounding
      close(middle(1), y, 0.2);
      const once = [...data];
      press(data, width, stamped, x, y);
      assert.deepEqual([...data], once);
    }
  }
});

test("the drift leads from the grid to the mean of the reverse step, and the network's is made once it has come", () => {
  const points = gridPoints(3, 2), kernel = [0.9, 0.25];
  let network = null;
  const run = { data: { drift: [null, kernel], exact: false, mixture: { means: [[1, 0], [-1, 0.5]], weights: [0.5, 0.5], std: 0.3 } }, alpha: [1, 0.8], sigma: [0, 0.6], kept: { points, drifts: new Map() }, array: () => network };
  assert.equal(driftField(run, 0), null);
  const first = driftField(run, 1);
  assert.equal(first.network, null);
  assert.equal(driftField(run, 1), first);
  for (let i = 0; i < points.length; i += 2) {
    const { mean } = exactAt(run.data.mixture, points[i], points[i + 1], 0.8, 0.6);
    for (const axis of [0, 1]) close(first.exact[i + axis], 0.9 * points[i + axis] + 0.25 * mean[axis] - points[i + axis], 1e-6);
  }
  network = new Float32Array(points.length).fill(2);
  const second = driftField(run, 1);
  close(second.network[0], -0.1 * points[0] + 0.5, 1e-6);
  assert.deepEqual(second.exact, first.exact);
});
