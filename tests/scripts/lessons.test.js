import assert from "node:assert/strict";
import { test } from "node:test";
import { compose, ofStudent, parse, seedOf } from "../../diffviz/ui/address.js";
import { nextOf, seenOf, viewOf } from "../../diffviz/ui/lessons.js";

const step = { name: "one", layers: ["density"], charts: ["kl"], at: 40, back: true, direction: "reverse", playing: false, clock: "log_snr", predict: null };

test("a step says how it is looked at", () => {
  assert.deepEqual(viewOf(step), { layers: ["density"], only: ["kl"], at: 40, back: true, direction: "reverse", playing: false, asking: false, clock: "log_snr", large: null, zoom: null, turn: null, chosen: null, place: null, speed: 1 });
  assert.equal(viewOf({ ...step, at: null }).at, null);
});

test("a step that asks stands still, and a link copied beside its answer does not show that", () => {
  const moving = { ...step, playing: true }, asks = { ...moving, predict: { question: "?" } };
  assert.deepEqual([moving, asks].map((each) => [viewOf(each).playing, viewOf(each).asking]), [[true, false], [false, true]]);
  const seen = { at: 7, layers: ["x0_hat"], playing: true };
  assert.deepEqual(seenOf(moving, seen), seen);
  assert.deepEqual(seenOf(asks, seen), { at: 7 });
});

test("next leads to the answer first, then to the step after, then to the end", () => {
  const lesson = { steps: [{ ...step, predict: { question: "?" } }, step] };
  assert.equal(nextOf(lesson, 0, false), "answer");
  assert.equal(nextOf(lesson, 0, true), "step");
  assert.equal(nextOf(lesson, 1, false), "end");
});

test("an address names lesson and step in the place of the question", () => {
  const fields = new URLSearchParams(compose(["dataset=rings"], "eight_gaussians", "plane-q", {}, { lesson: "noise", step: "one" }, "7"));
  assert.equal(fields.get("question"), null);
  const read = parse(`?${fields}`);
  assert.deepEqual([read.lesson, read.step, fields.get("student")], ["noise", "one", "7"]);
});

test("a student's seed is the number, or follows from the name", () => {
  assert.equal(seedOf("7"), 7);
  assert.equal(seedOf("anna"), seedOf("anna"));
  assert.notEqual(seedOf("anna"), seedOf("anne"));
  for (const name of ["", "anna", "Ω", "1e9", "-3", "99999999999"]) assert.ok(Number.isInteger(seedOf(name)) && seedOf(name) >= 0 && seedOf(name) < 2 ** 31);
});

test("every run of an address that names no seed takes the student's", () => {
  assert.equal(new URLSearchParams(ofStudent("?student=7")).get("seed"), "7");
  assert.equal(new URLSearchParams(ofStudent("?seed=8&student=7")).get("seed"), "8");
  const pair = new URLSearchParams(ofStudent("?a=steps%3D5&b=&student=7"));
  assert.deepEqual(["a", "b"].map((side) => new URLSearchParams(pair.get(side)).get("seed")), ["7", "7"]);
  assert.equal(pair.get("seed"), null);
  const own = new URLSearchParams(ofStudent("?a=seed%3D8&b=steps%3D5&student=7"));
  assert.deepEqual(["a", "b"].map((side) => new URLSearchParams(own.get(side)).get("seed")), ["8", "7"]);
  assert.equal(ofStudent("?steps=5"), "?steps=5");
});
