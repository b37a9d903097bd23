// Ticks of charts: two at least, none too many, and each says its own value.

import assert from "node:assert/strict";
import { test } from "node:test";
import { countTicks, linearTicks, logTicks } from "../../diffviz/player/ticks.js";

const DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
/** The number that a text says. */
function read(text) {
  const [, mantissa, sign, power] = /^(?:(\d+)·)?10(⁻?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)$/.exec(text) ?? [];
  if (power === undefined) return Number(text.replace("−", "-"));
  return Number(mantissa ?? 1) * 10 ** ((sign ? -1 : 1) * Number([...power].map((digit) => DIGITS.indexOf(digit)).join("")));
}

test("a log axis of any range has two ticks or more, none outside, each labelled with its value", () => {
  for (let low = -12; low < 3; low += 0.37) {
    for (const span of [0.02, 0.1, 0.25, 0.5, 0.9, 1.3, 1.9, 2.5, 4, 8]) {
      for (const most of [2, 3, 4, 6, 9]) {
        for (const ticks of [logTicks, countTicks]) {
        const { tickvals, ticktext } = ticks([low, low + span], most), said = `${low} ${span} ${most}: ${ticktext}`;
        assert.ok(tickvals.length >= 2 && tickvals.length <= Math.max(2, most), said);
        tickvals.forEach((value, i) => {
          assert.ok(Math.log10(value) >= low - 1e-6 && Math.log10(value) <= low + span + 1e-6, said);
          assert.ok(Math.abs(read(ticktext[i]) / value - 1) < 0.01, said);
        });
        assert.equal(new Set(ticktext).size, ticktext.length, said);
        }
      }
    }
  }
});

test("a log axis over several decades is told by powers of ten alone, one of under a decade by 1, 2, 5", () => {
  assert.deepEqual(logTicks([-7.6, 0.4], 5).ticktext, ["10⁻⁶", "10⁻⁴", "10⁻²", "1"]);
  assert.deepEqual(logTicks([-2.2, -1.2], 4).ticktext, ["0.01", "0.02", "0.05"]);
  assert.deepEqual(logTicks([-5.8, -5.2], 4).ticktext, ["2·10⁻⁶", "5·10⁻⁶"]);
});

test("a linear axis has round numbers, two or more", () => {
  for (const [low, high] of [[-6.6, 3.9], [0, 1], [-0.03, 1.06], [0.4871, 0.4874], [12, 13], [0, 3170], [-9, -1], [-1e-4, 1e-4]]) {
    for (const most of [2, 3, 5, 8]) {
      const { tickvals, ticktext } = linearTicks([low, high], most), said = `${low} ${high} ${most}: ${ticktext}`;
      assert.ok(tickvals.length >= 2 && tickvals.length <= most, said);
      tickvals.forEach((value, i) => {
        assert.ok(value >= low - 1e-9 && value <= high + 1e-9, said);
        assert.ok(Math.abs(read(ticktext[i]) - value) <= 1e-9 * (high - low), said);
      });
    }
  }
  assert.deepEqual(linearTicks([-6.6, 3.9], 2).ticktext, ["−5", "0"]);
  assert.deepEqual(linearTicks([0, 1], 3).ticktext, ["0.0", "0.5", "1.0"]);
  assert.deepEqual(linearTicks([-1.1e10, 1e9], 4).ticktext, ["−1.0·10¹⁰", "−0.5·10¹⁰", "0"]); // of energies that run away
  assert.deepEqual(linearTicks([99000, 201000], 3).ticktext, ["1.0·10⁵", "1.5·10⁵", "2.0·10⁵"]);
});

test("what is counted is written out, at as many round numbers as there is room for", () => {
  assert.deepEqual(countTicks([0.6, 2.8], 9).ticktext, ["5", "10", "20", "50", "100", "200", "500"]);
  assert.deepEqual(countTicks([0.6, 2.8], 5).ticktext, ["10", "30", "100", "300"]);
  assert.deepEqual(countTicks([0.6, 2.8], 3).ticktext, ["10", "100"]);
  assert.deepEqual(countTicks([2.9, 4.1], 3).ticktext, ["1000", "3000", "10⁴"]);
});
