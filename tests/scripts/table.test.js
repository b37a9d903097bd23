// The numbers of a chart as a table.

import assert from "node:assert/strict";
import { test } from "node:test";
import { table } from "../../diffviz/player/table.js";

const line = (name, x, y) => ({ name, mode: "lines", x, y });
const chart = (...data) => ({ figure: { data, layout: { xaxis: { title: { text: "log<sub>10</sub> SNR" } }, yaxis: { title: { text: "nats" } } } } });

test("a stair keeps both of its values at one place", () => {
  const csv = table(chart(line("stairs", [-1, 0, 0, 1], [0.5, 0.5, 0.25, 0.25]), line("½ SNR·MMSE", [-1, 0, 1], [0.4, 0.3, 0.2])));
  assert.deepEqual(csv.split("\n"), ["log10 SNR,stairs (nats),½ SNR·MMSE (nats)", "-1,0.5,0.4", "0,0.5,0.3", "0,0.25,", "1,0.25,0.2", ""]);
});

test("where a line has no value its column is empty, and equal names are told apart", () => {
  const csv = table(chart(line("A", [0, 2], [1, 3]), line("A", [1], [5])));
  assert.deepEqual(csv.split("\n"), ["log10 SNR,A (nats),A 2 (nats)", "0,1,", "1,,5", "2,3,", ""]);
});

test("points have a column of their standard errors", () => {
  const csv = table(chart({ ...line("ratio", [1, 2], [3, 5]), mode: "markers", error_y: { array: [0.5, 0.25] } }));
  assert.deepEqual(csv.split("\n"), ["log10 SNR,ratio (nats),standard error of ratio (nats)", "1,3,0.5", "2,5,0.25", ""]);
});

test("a gap of a line is no row", () => {
  const csv = table(chart(line("KL", [1, NaN, 3], [2, NaN, 5]), { name: "", mode: "markers", x: [1], y: [2] }));
  assert.deepEqual(csv.split("\n"), ["log10 SNR,KL (nats)", "1,2", "3,5", ""]);
});
