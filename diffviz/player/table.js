// A chart's lines as a table.

import { plain } from "./dom.js";
import { numbers } from "./plot.js";

/** A number that came in 32 bits, in the fewest digits that name it. @param {number} value */
function shortest(value) {
  if (!Number.isFinite(value)) return "";
  for (let digits = 6; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === Math.fround(value)) return text;
  }
  return String(Number(value.toPrecision(9)));
}

/** @param {string} text */
const quoted = (text) => (/[\x22,\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A line, and its standard errors as another one. @param {any} trace */
const withErrors = (trace) => (trace.error_y ? [trace, { ...trace, name: `standard error of ${trace.name}`, y: trace.error_y.array }] : [trace]);

/** The lines of a chart as comma-separated values: a row for each place on its axis, or as many as a line has values there (a stair
 * has two), a column for each line with its unit; empty where a line has no value. @param {import("./contract.js").Chart} chart */
export function table({ figure: { data, layout } }) {
  const drawn = data.filter((trace) => trace.name && ["lines", "markers"].includes(trace.mode) && numbers(trace.x).length).flatMap(withErrors), unit = plain(layout.yaxis?.title?.text ?? "");
  const names = drawn.map(({ name }, i) => {
    const before = drawn.slice(0, i).filter((other) => other.name === name).length;
    return `${plain(name)}${before ? ` ${before + 1}` : ""}${unit ? ` (${unit})` : ""}`;
  });
  const lines = drawn.map((trace) => {
    const y = numbers(trace.y), found = /** @type {Map<number, number[]>} */ (new Map());
    for (const [i, x] of Array.from(numbers(trace.x), Number).entries()) if (Number.isFinite(x)) found.set(x, [...(found.get(x) ?? []), Number(y[i])]); // a gap of a line is no place
    return found;
  });
  const places = [...new Set(lines.flatMap((line) => [...line.keys()]))].sort((a, b) => a - b);
  const rows = places.flatMap((x) => {
    const values = lines.map((line) => line.get(x) ?? []);
    return Array.from({ length: Math.max(...values.map(({ length }) => length)) }, (_, nth) => [x, ...values.map((of) => of[nth] ?? NaN)].map(shortest));
  });
  return `${[[plain(layout.xaxis?.title?.text ?? "x"), ...names].map(quoted), ...rows].map((row) => row.join(",")).join("\n")}\n`;
}
