// What is typed is judged when that rests, on Enter, and when the box is left.
import assert from "node:assert/strict";
import { test } from "node:test";

import { whenTyped } from "../../diffviz/ui/typed.js";

/** @typedef {{value: string, oninput: any, onchange: any}} Box */

/** A box, what was judged in it, and keys for it. */
function typed() {
  const box = /** @type {Box} */ ({ value: "", oninput: null, onchange: null }), judged = /** @type {string[]} */ ([]);
  const waits = whenTyped(box, () => judged.push(box.value));
  const type = (/** @type {string} */ key) => {
    box.value += key;
    box.oninput();
  };
  return { box, judged, waits, type };
}

test("keys that follow one another soon are judged together", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { judged, waits, type } = typed();
  for (const key of "_a_r_") {
    type(key);
    assert.ok(waits());
    mock.timers.tick(300);
  }
  assert.deepEqual(judged, []);
  mock.timers.tick(60);
  assert.deepEqual(judged, ["_a_r_"]);
  assert.ok(!waits());
});

test("Enter and leaving the box do not wait, and what was judged is not judged again", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { box, judged, waits, type } = typed();
  type("a");
  box.onchange();
  assert.deepEqual(judged, ["a"]);
  assert.ok(!waits());
  mock.timers.tick(1000);
  assert.deepEqual(judged, ["a"]);
});
