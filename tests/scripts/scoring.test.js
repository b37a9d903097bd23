// Time's arrow: guesses against the likelihood ratio.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kT, likelier, sureness, tally } from "../../diffviz/ui/scoring.js";

const near = (found, wanted) => assert.ok(Math.abs(found - wanted) < 1e-12, `${found} is not ${wanted}`);

test("the likelihood ratio says forward where the work is positive, and is as sure as Bayes' rule", () => {
  assert.deepEqual([0.4, -0.4, null].map((work) => likelier({ work })), [true, false, false]);
  near(sureness({ work: 0 }), 0.5);
  near(sureness({ work: Math.log(3) }), 0.75); // q is three times as likely as p
  near(sureness({ work: -Math.log(3) }), 0.75);
  near(sureness({ work: null }), 1); // a path that the forward process cannot take
  near(sureness({ work: 1e6 }), 1);
});

test("rounds are counted against the truth, and against whoever goes by the ratio", () => {
  const rounds = [
    { guess: true, truth: { forward: true, work: Math.log(3) } },
    { guess: true, truth: { forward: false, work: Math.log(9) } }, // both are wrong
    { guess: true, truth: { forward: false, work: null } },
  ];
  const found = tally(rounds);
  assert.deepEqual([found.of, found.right, found.likelihood], [3, 1, 2]);
  near(found.expected, 0.75 + 0.9 + 1);
  assert.deepEqual(tally([]), { of: 0, right: 0, likelihood: 0, expected: 0 });
});

test("over many rounds the ratio is right as often as is expected of it", () => {
  let seed = 1;
  const uniform = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const rounds = Array.from({ length: 4000 }, () => {
    const forward = uniform() < 0.5, normal = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    return { guess: true, truth: { forward, work: (forward ? 0.5 : -0.5) + normal } }; // Gaussian work of variance 1 obeys Crooks' theorem with mean ±1/2
  });
  const { likelihood, expected } = tally(rounds);
  assert.ok(Math.abs(likelihood - expected) < 4 * Math.sqrt(4000 * 0.25), `${likelihood} of ${expected}`);
});

test("work is written in kT", () => {
  assert.deepEqual([0.123, -2.5, 12.34, -345.6, -0.001, Number.NEGATIVE_INFINITY].map(kT), ["0.12", "−2.50", "12.3", "−346", "0.00", "−∞"]);
});
