// Numbers as a line of text has them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { lowered, percent, raised } from "../../diffviz/player/digits.js";

test("powers and indices stand above and below the line", () => {
  assert.deepEqual([raised(-12), raised("07"), lowered(107)], ["⁻¹²", "⁷", "₁₀₇"]);
});

test("shares are told as percentages, and none that is there as nothing", () => {
  assert.deepEqual([1, 0.624, 0.001, 0].map(percent), ["100 %", "62 %", "< 1 %", "0 %"]);
});
