// The pure parts of the heartbeat's view.

import assert from "node:assert/strict";
import { test } from "node:test";
import { byPhase, countBeats, forwardProbability, nearestBeat, sequence, spelled } from "../../diffviz/views/heartbeat/bits.js";
import { phasesTold, phaseWeights } from "../../diffviz/views/heartbeat/phases.js";
import { view } from "../../diffviz/views/heartbeat/view.js";

const LENGTH = 20, PERIOD = 5;
const beat = (phase) => Uint8Array.from({ length: LENGTH }, (_, i) => Number(i % PERIOD === phase));

test("a heartbeat is found by its phase, and each bit that is different is counted", () => {
  for (let phase = 0; phase < PERIOD; phase++) {
    assert.deepEqual(nearestBeat(beat(phase), PERIOD), { phase, wrong: 0 });
    const off = beat(phase);
    off[7] ^= 1;
    off[phase] ^= 1;
    assert.deepEqual(nearestBeat(off, PERIOD), { phase, wrong: phase === 7 ? 0 : 2 });
  }
  assert.equal(nearestBeat(new Uint8Array(LENGTH), PERIOD).wrong, LENGTH / PERIOD);
  assert.equal(nearestBeat(new Uint8Array(LENGTH).fill(1), PERIOD).wrong, LENGTH - LENGTH / PERIOD);
});

test("a length that is no multiple of the period has heartbeats of different numbers of ones", () => {
  assert.deepEqual(nearestBeat(Uint8Array.of(1, 0, 1, 0, 1), 2), { phase: 0, wrong: 0 });
  assert.deepEqual(nearestBeat(Uint8Array.of(0, 1, 0, 1, 0), 2), { phase: 1, wrong: 0 });
});

test("sequences are sorted by phase and keep their order within one", () => {
  const bits = Uint8Array.from([3, 1, 3, 0].flatMap((phase) => [...beat(phase)]));
  assert.deepEqual(byPhase(bits, LENGTH, PERIOD), [3, 1, 0, 2]);
  assert.equal(countBeats(bits, LENGTH, PERIOD), 4);
  bits[0] ^= 1;
  assert.equal(countBeats(bits, LENGTH, PERIOD), 3);
  assert.deepEqual([...sequence(bits, LENGTH, 1)], [...beat(1)]);
});

test("q(x_t = 1 | x_0) goes from the bit to the rate of the noise as the signal goes", () => {
  assert.equal(forwardProbability(1, 0.2, 1, 0), 1);
  assert.equal(forwardProbability(0, 0.2, 1, 0), 0);
  assert.equal(forwardProbability(1, 0.2, 0, 1), 0.2);
  const share = 0.64; // alpha² of a variance-preserving schedule
  assert.ok(Math.abs(forwardProbability(1, 0.2, 0.8, 0.6) - (share + 0.2 * (1 - share))) < 1e-12);
  assert.ok(Math.abs(0.2 * forwardProbability(1, 0.2, 0.8, 0.6) + 0.8 * forwardProbability(0, 0.2, 0.8, 0.6) - 0.2) < 1e-12); // stationary
});

test("a sequence is spelled and judged, and a frame described", () => {
  const bits = Uint8Array.from([...beat(2), ...new Uint8Array(LENGTH)]);
  const run = { particles: 2, steps: 100, times: [0, 40], alpha: [1, 0.8], sigma: [0, 0.6], arrays: { reverse: { shape: [2, LENGTH] } }, data: { period: PERIOD, rate: 0.2 }, array: (_, frame) => (frame === 1 ? bits : null) };
  const panel = { name: "reverse", spec: { label: "Reverse process" } };
  assert.equal(spelled(beat(2), PERIOD), "00100 00100 00100 00100");
  assert.equal(view.note(panel, { run, frame: 1, picked: 0 }), "Sequence 1 of 2 at t = 40: 00100 00100 00100 00100, a heartbeat of phase 3. Given xₜ, the exact probabilities of the 5 phases are < 1 %, < 1 %, 100 %, < 1 %, < 1 %.");
  assert.match(view.note(panel, { run, frame: 1, picked: 1 }), /4 bits from a heartbeat of phase 1\. Given .* 20 %, 20 %, 20 %, 20 %, 20 %\.$/);
  assert.equal(view.note(panel, { run, frame: 1, picked: 2 }), "");
  assert.match(view.describe(panel, { run, frame: 1, waiting: false, layers: new Set() }), /at t = 40 of 100: 2 sequences of 20 bits, 10 % of them 1; 1 is an exact heartbeat,/);
  assert.match(view.describe(panel, { run, frame: 1, chosen: 0, picked: 1, layers: new Set() }), /nowhere else\. Sequence 1 of 2 at t = 40/);
  assert.equal(view.describe(panel, { run, frame: 0, waiting: false }), "Reverse process: not computed yet.");
});

test("rows hold the first sequences, in the order of their phase once x_0 is known; keys and pointer find them", () => {
  const bits = Uint8Array.from([3, 1, 3, 0].flatMap((phase) => [...beat(phase)]));
  const run = { particles: 4, arrays: { reverse: { shape: [4, LENGTH] } }, data: { period: PERIOD }, array: () => bits, kept: { orders: {}, plain: [0, 1, 2, 3] } };
  const panel = { name: "reverse", width: 224, height: 146 };
  const scene = { run, frame: 0, layers: new Set(["sorted"]), present: false };
  const rows = [0, 1, 2, 3].map((row) => view.pick(panel, scene, 100, 6 + (row + 0.5) * ((146 - 12 - 38) / 4)));
  assert.deepEqual(rows, [3, 1, 0, 2]);
  assert.equal(view.pick(panel, scene, 100, 140), -1);
  assert.equal(view.step(panel, scene, -1, 0, 1), 3);
  assert.equal(view.step(panel, scene, 1, 0, 1), 0);
  assert.equal(view.step(panel, scene, 2, 0, 1), 2);
  assert.deepEqual([0, 1, 2, 3].map((row) => view.pick(panel, { ...scene, layers: new Set() }, 100, 6 + (row + 0.5) * 24)), [0, 1, 2, 3]);
  const low = { ...panel, height: 12 + 38 + 11 }; // two rows alone have room: of the first two sequences
  assert.deepEqual([2, 8].map((y) => view.pick(low, scene, 100, 6 + y)), [1, 0]);
});

test("the weights of the phases are Bayes' rule, bit by bit", () => {
  const noisy = beat(2);
  for (const i of [0, 7, 13]) noisy[i] ^= 1;
  const [rate, alpha, sigma] = [0.2, 0.6, 0.8], share = alpha ** 2;
  const likelihood = (phase) => noisy.reduce((product, bit, i) => {
    const one = share * Number(i % PERIOD === phase) + (1 - share) * rate;
    return product * (bit ? one : 1 - one);
  }, 1);
  const all = Array.from({ length: PERIOD }, (_, phase) => likelihood(phase));
  const total = all.reduce((a, b) => a + b);
  phaseWeights(noisy, PERIOD, rate, alpha, sigma).forEach((weight, phase) => assert.ok(Math.abs(weight - all[phase] / total) < 1e-12));
});

test("without noise the phase is certain, in pure noise all are alike", () => {
  assert.deepEqual(phaseWeights(beat(3), PERIOD, 0.2, 1, 0), [0, 0, 0, 1, 0]);
  for (const weight of phaseWeights(beat(3), PERIOD, 0.2, 0, 1)) assert.ok(Math.abs(weight - 1 / PERIOD) < 1e-12);
  assert.equal(phasesTold([0.001, 0.5, 0.499, 0, 0]), "Given xₜ, the exact probabilities of the 5 phases are < 1 %, 50 %, 50 %, 0 %, 0 %.");
});
