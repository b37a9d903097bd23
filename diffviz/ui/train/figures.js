// Lines over an axis as a figure for Plotly, in the style of the other charts (figures/charts.py): ranges, labels and colours are
// fixed here, and the player's Chart draws it.

/**
 * @typedef {object} Line
 * @property {string} name what it is, beside what is pointed at
 * @property {ArrayLike<number>} x
 * @property {ArrayLike<number | null>} y
 * @property {(number | null)[]} [error] standard errors: a band of twice their size, of points bars of their size
 * @property {string} colour
 * @property {string} [band] colour of the band
 * @property {string} [dash]
 * @property {number} [width]
 * @property {string} [label] at its end
 * @property {boolean} [points] instead of a line
 * @property {boolean} [aside] the range of the vertical axis is not made for it
 */
/** @typedef {{title: string, range: [number, number], note?: string, log?: boolean, ticks?: {tickvals: number[], ticktext: string[]}}} Across note: what all lines are of, beside the title: a narrow chart's head has no room for it */
/** @typedef {{unit: string, log?: boolean, from?: number}} Upwards from: a value that the axis begins with */

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const LOOK = { gridcolor: "var(--dv-grid)", linecolor: "var(--dv-grid)", zeroline: false, exponentformat: "power", tickfont: { size: 11, color: "var(--dv-muted)" } };
const TITLE = { font: { size: 11, color: "var(--dv-muted)" }, standoff: 4 };
const MOST_POINTS = 500; // of a line: more than the chart has pixels
const LEAST = 1e-12, DECADES = 6; // of a log axis under the largest value
const ROOM = 0.15; // decades above and below

/** @typedef {{x: number, y: number, error: number}} Point */

/** The points of a line that the axes can show, and not too many. @param {Line} line @param {boolean} log @returns {Point[]} */
function pointsOf({ x, y, error }, log) {
  const all = [];
  for (let i = 0; i < x.length; i++) {
    const value = y[i];
    if (value === null || !Number.isFinite(value) || (log && value <= LEAST)) continue;
    all.push({ x: x[i], y: value, error: error?.[i] ?? 0 });
  }
  const stride = Math.ceil(all.length / MOST_POINTS);
  return stride < 2 ? all : all.filter((_, i) => i % stride === 0 || i === all.length - 1);
}

/** @param {Point[]} points @param {Upwards} upwards @returns {[number, number]} as Plotly has it */
function rangeOf(points, { log, from }) {
  const values = points.flatMap(({ y, error }) => [y, y - error, y + error]).filter((value) => !log || value > LEAST);
  if (!values.length) return log ? [-1, 1] : [0, 1];
  const [low, high] = [Math.min(...values, from ?? Infinity), Math.max(...values)];
  if (log) return [Math.max(Math.log10(low), Math.log10(high) - DECADES) - ROOM, Math.log10(high) + ROOM];
  const margin = 0.06 * (high - low) || 0.5;
  return [from === undefined ? low - margin : from, high + margin];
}

/** @param {Line} line @param {Point[]} points @param {boolean} log */
function bandOf(line, points, log) {
  const edge = (/** @type {number} */ sign) => points.map(({ y, error }) => (log ? Math.max(y + sign * 2 * error, y / 10, LEAST) : y + sign * 2 * error));
  const x = points.map((point) => point.x);
  return { type: "scatter", x: [...x, ...[...x].reverse()], y: [...edge(1), ...edge(-1).reverse()], fill: "toself", mode: "none", fillcolor: line.band, hoverinfo: "skip" };
}

/** @param {Line} line @param {Point[]} points @param {Across} across @param {Upwards} upwards */
function traceOf(line, points, across, { unit }) {
  const told = `${across.title} %{x:.4g}<br>${line.name} %{y:.4g}`, error = points.map((point) => point.error), errs = error.some(Boolean);
  const base = { type: "scatter", name: line.name, x: points.map(({ x }) => x), y: points.map(({ y }) => y) };
  if (!line.points && points.length > 1) return { ...base, mode: "lines", line: { color: line.colour, width: line.width ?? 2.2, dash: line.dash ?? "solid", simplify: false }, hovertemplate: `${told} ${unit}<extra></extra>` };
  const bars = errs ? { error_y: { type: "data", array: error, color: line.colour, thickness: 1.2, width: 3 } } : {};
  return { ...base, ...bars, mode: "markers", marker: { color: line.colour, size: 6, symbol: line.dash ? "circle-open" : "circle" }, hovertemplate: `${told}${errs ? " ± %{error_y.array:.2g}" : ""} ${unit}<extra></extra>` };
}

/** At the line's last point. @param {Line} line @param {Point[]} points @param {Across} across @param {boolean} log */
function labelOf(line, points, across, log) {
  const end = points.at(-1);
  if (!line.label || !end) return [];
  return [{ text: line.label, name: line.name, showarrow: false, font: { color: line.colour, size: 12 }, x: across.log ? Math.log10(end.x) : end.x, y: log ? Math.log10(end.y) : end.y }];
}

/** @param {Line[]} lines @param {Across} across @param {Upwards} upwards */
export function figureOf(lines, across, upwards) {
  const log = Boolean(upwards.log), drawn = lines.map((line) => ({ line, points: pointsOf(line, log) })).filter(({ points }) => points.length);
  const bands = drawn.filter(({ line, points }) => line.band && points.some(({ error }) => error)).map(({ line, points }) => bandOf(line, points, log));
  const range = rangeOf(drawn.filter(({ line }) => !line.aside).flatMap(({ points }) => points), upwards);
  const layout = {
    showlegend: false, margin: { l: 48, r: 18, t: 6, b: 34 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: FONT, size: 12, color: "var(--dv-ink)" }, hovermode: "closest", dragmode: "zoom",
    annotations: drawn.flatMap(({ line, points }) => labelOf(line, points, across, log)),
    xaxis: { ...LOOK, range: [...across.range], nticks: 5, tickangle: 0, ...(across.log ? { type: "log" } : {}), ...across.ticks, title: { ...TITLE, text: [across.title, across.note].filter(Boolean).join(" · ") } },
    yaxis: { ...LOOK, range, ...(log ? { type: "log" } : {}), title: { ...TITLE, text: upwards.unit } },
  };
  return { data: [...bands, ...drawn.map(({ line, points }) => traceOf(line, points, across, upwards))], layout };
}
