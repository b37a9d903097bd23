// A factor r(x) in the browser: its values against integrals, and the exact density of what it leaves.

import assert from "node:assert/strict";
import { test } from "node:test";
import { factorLines, i0e, logBlurred, logErfc } from "../../diffviz/views/plane/factor.js";
import { tiltedLaw } from "../../diffviz/views/plane/law.js";

const TWO = { means: [[-1.5, 0.2], [1, -0.5]], weights: [0.3, 0.7], std: 0.4 };
const FACTORS = ["half_plane", "ring", "observation", "strip"].map((kind) => ({ kind, direction: 0.5, offset: 0.8, std: 0.3 }));

const close = (found, wanted, tolerance) => assert.ok(Math.abs(found - wanted) <= tolerance, `${found} is not ${wanted} ± ${tolerance}`);

test("the special functions have their known values", () => {
  for (const [x, value] of [[0, 1], [1, 0.15729920705], [-1, 1.84270079295], [3, 2.209049699858544e-5]]) close(logErfc(x), Math.log(value), 2e-7);
  close(logErfc(30), -903.974, 1e-3);
  for (const [z, value] of [[0, 1], [1, 0.46575960759], [5, 0.18354081261], [50, 0.05656163266]]) close(i0e(z), value, 3e-7);
});

test("r with more noise is its mean over that noise, up to a constant", () => {
  const step = 0.05;
  for (const factor of FACTORS) {
    const blurredAt = (x, y, v) => {
      let sum = 0;
      for (let i = -60; i <= 60; i++) {
        for (let j = -60; j <= 60; j++) {
          const [dx, dy] = [i * step, j * step];
          sum += Math.exp(-(dx * dx + dy * dy) / (2 * v)) * Math.exp(logBlurred(factor, x + dx, y + dy, factor.std ** 2));
        }
      }
      return Math.log(sum);
    };
    const v = 0.25;
    const [one, other] = [[0.4, -0.2], [-0.7, 1.1]];
    const wanted = blurredAt(...one, v) - blurredAt(...other, v);
    const found = logBlurred(factor, ...one, factor.std ** 2 + v) - logBlurred(factor, ...other, factor.std ** 2 + v);
    close(found, wanted, 1e-4);
  }
});

test("the exact density of x_t is the data times r, noised", () => {
  const [alpha, sigma, step] = [0.8, 0.6, 0.04];
  for (const factor of FACTORS) {
    const noised = (x, y) => {
      let sum = 0;
      for (let i = -90; i <= 90; i++) {
        for (let j = -90; j <= 90; j++) {
          const [u, v] = [i * step, j * step];
          const data = TWO.means.reduce((all, [mx, my], k) => all + TWO.weights[k] * Math.exp(-((u - mx) ** 2 + (v - my) ** 2) / (2 * TWO.std ** 2)), 0);
          sum += data * Math.exp(logBlurred(factor, u, v, factor.std ** 2) - ((x - alpha * u) ** 2 + (y - alpha * v) ** 2) / (2 * sigma ** 2));
        }
      }
      return sum;
    };
    const { side, reach, values } = tiltedLaw(TWO, factor).grid(alpha, sigma);
    const at = (i) => reach * ((2 * i) / (side - 1) - 1);
    const places = [[70, 60], [60, 40], [50, 66]];
    const [first, ...others] = places.map(([i, j]) => values[j * side + i] / noised(at(i), at(j)));
    for (const ratio of others) close(ratio / first, 1, 1e-4);
  }
});

test("it integrates to 1, also with a factor far from the data", () => {
  const far = { kind: "observation", direction: 0, offset: 3, std: 0.1 };
  const laws = [...FACTORS.map((factor) => tiltedLaw(TWO, factor)), tiltedLaw({ means: [[0, 0]], weights: [1], std: 0.3 }, far)];
  for (const law of laws) {
    for (const tails of [5, 8]) {
      const { side, reach, values } = law.grid(0.7, 0.7, tails);
      close(values.reduce((a, b) => a + b, 0) * ((2 * reach) / (side - 1)) ** 2, 1, 1e-3);
    }
  }
});

test("the lines of a factor lie where it is, and a deviation to either side", () => {
  const [edge] = factorLines(FACTORS[0]);
  for (const [x, y] of edge) close(Math.cos(0.5) * x + Math.sin(0.5) * y, 0.8, 1e-9);
  const radii = factorLines(FACTORS[1]).map((line) => Math.hypot(...line[7]));
  [0.8, 0.5, 1.1].forEach((radius, i) => close(radii[i], radius, 1e-9));
  assert.equal(factorLines({ ...FACTORS[1], offset: 0.2 }).length, 2);
});
