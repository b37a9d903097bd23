// What is too long for its place ends in a sign.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cut } from "../../diffviz/player/letters.js";

const fits = (most) => (text) => text.length <= most;

test("a text that fits stays as it is", () => {
  assert.equal(cut("exact", fits(5)), "exact");
});

test("of a longer one as much stands there as fits, with a sign", () => {
  assert.equal(cut("exact posterior mean", fits(8)), "exact p…");
  assert.equal(cut("exact posterior mean", fits(7)), "exact…"); // no space before the sign
  assert.equal(cut("exact", fits(0)), "…");
});
