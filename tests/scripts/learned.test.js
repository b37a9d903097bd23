// The landscape of an energy model: what it has learned in the reverse panel, the exact one beside it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { finer, landscapeLaw, learnedRow } from "../../diffviz/views/plane/law.js";

const SIDE = 64;
const REACH = 3.4;
const MIXTURE = { means: [[0, 0]], weights: [1], std: 1 };
const axis = Array.from({ length: SIDE }, (_, i) => -REACH + (2 * REACH * i) / (SIDE - 1));
const heights = (/** @type {number} */ variance) => Float32Array.from(axis.flatMap((y) => axis.map((x) => (x * x + y * y) / (2 * variance) + Math.log(2 * Math.PI * variance))));
const close = (found, wanted, tolerance) => assert.ok(Math.abs(found - wanted) <= tolerance, `${found} is not ${wanted} ± ${tolerance}`);

/** A run of three frames, the first without a learned energy. */
const run = (learned = true) => ({
  data: { mixture: MIXTURE, field_reach: REACH },
  arrays: learned ? { learned: {} } : {},
  alpha: [1, 0.8, 0.6],
  sigma: [0, 0.6, 0.8],
  kept: { laws: {} },
  has: (/** @type {string} */ _, /** @type {number} */ frame) => frame > 0,
  array: (/** @type {string} */ _, /** @type {number} */ frame) => heights(0.1 * frame),
});

test("between the points of its grid a parabola is exact, and so is its mass", () => {
  const { side, values } = finer(heights(0.1), REACH);
  const cell = (2 * REACH) / (side - 1);
  assert.equal(side, 127);
  close(values.reduce((a, b) => a + b, 0) * cell * cell, 1, 1e-3);
  const [i, j] = [71, 60]; // between two columns
  const [x, y] = [i * cell - REACH, j * cell - REACH];
  close(-Math.log(values[j * side + i]), (x * x + y * y) / 0.2 + Math.log(0.2 * Math.PI), 1e-4);
});

test("the reverse panel has the learned energy of its frame, the forward panel the exact one", () => {
  const made = run();
  const law = landscapeLaw(made, "reverse");
  for (const frame of [1, 2]) {
    const variance = 0.1 * frame;
    close(law.energy(0.2, -0.3, made.alpha[frame], made.sigma[frame]), 0.13 / (2 * variance) + Math.log(2 * Math.PI * variance), 0.03);
    assert.equal(law.grid(made.alpha[frame], made.sigma[frame]).side, 127);
  }
  assert.equal(law.formula, "p(xₜ)");
  close(law.energy(0, 0, 1, 0), Math.log(2 * Math.PI), 1e-9); // at t = 0 nothing is learned
  assert.equal(landscapeLaw(made, "forward").name, "q");
  assert.equal(landscapeLaw(made, "reverse"), law);
  assert.equal(landscapeLaw(run(false), "reverse").name, "q");
});

test("the legend says where it is the learned one", () => {
  assert.match(learnedRow({ name: "reverse" }, run()).text, /learned/);
  assert.equal(learnedRow({ name: "forward" }, run()), null);
  assert.equal(learnedRow({ name: "reverse" }, run(false)), null);
});
