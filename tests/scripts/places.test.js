import assert from "node:assert/strict";
import { test } from "node:test";
import { Places } from "../../diffviz/player/places.js";

const panel = { name: "reverse", width: 400, height: 400, at: (x, y) => [(x - 200) / 100, (200 - y) / 100] };

test("a click counts once, in the panel that is asked for", () => {
  const places = new Places(), found = [];
  places.ask("reverse", (x, y) => found.push([x, y]));
  assert.equal(places.click({ ...panel, name: "forward" }, 5, 5), false);
  assert.equal(places.click(panel, 250, 220), true);
  assert.equal(places.click(panel, 1, 1), false);
  assert.deepEqual(found, [[0.5, -0.2]]);
});

test("the first key shows a cross away from the middle, arrows move it, and Enter is the click", () => {
  const places = new Places(), found = [];
  assert.equal(places.key(panel, "Enter"), false);
  places.ask("reverse", (x, y) => found.push([x, y]));
  for (const key of ["Enter", "ArrowRight", "ArrowRight", "ArrowUp"]) assert.equal(places.key(panel, key), true);
  assert.deepEqual(found, []);
  assert.equal(places.key(panel, "x"), false);
  assert.equal(places.key(panel, "Enter"), true);
  assert.deepEqual(found.map((at) => at.map((value) => value.toFixed(6))), [["-0.600000", "0.900000"]]);
});

test("marks end the asking", () => {
  const places = new Places();
  places.ask("reverse", () => assert.fail());
  places.show([{ panel: "reverse", at: [0, 0], label: "here", right: true }]);
  assert.equal(places.click(panel, 0, 0), false);
});
