// Where labels and readings go in a chart, so that none covers another, and lines as little as can be. Everything is in pixels.

/** @typedef {{ x: number, y: number, w: number, h: number }} Box left, top, width, height */
/** @typedef {{ x: number, y: number, w: number, h: number, along?: number[][], own?: number[][] }} Label anchor, size of what is written, other anchors that will do, points of its line */

const AROUND = 3; // pixels kept free around a label
const OVER_LABEL = 1000, OVER_LINE = 12; // cost of covering a label; of covering one point of a line
const OF_ANOTHER = 200; // of standing nearer to another line than to its own
const FARTHER = 12; // pixels along its line that cost a label one
const FEW = 4; // points of lines that a reading at no cursor may cover
const SAME = 3; // pixels between lines that are one to the eye
const GAPS = [4, 12, 22, 34]; // between a label and its anchor, in pixels

/** @param {Box} a @param {Box} b */
export const overlap = (a, b) => a.x < b.x + b.w + AROUND && b.x < a.x + a.w + AROUND && a.y < b.y + b.h && b.y < a.y + a.h;

/** How many points of lines, [x, y] each, lie in a box. @param {Box} box @param {number[][]} points */
function covered({ x, y, w, h }, points) {
  let count = 0;
  for (const [px, py] of points) if (px > x - 2 && px < x + w + 2 && py > y - 1 && py < y + h + 1) count++;
  return count;
}

/** How far the nearest of points is from a box. @param {Box} box @param {number[][]} points */
function away({ x, y, w, h }, points) {
  let least = Infinity;
  for (const [px, py] of points) least = Math.min(least, Math.hypot(Math.max(x - px, 0, px - x - w), Math.max(y - py, 0, py - y - h)));
  return least;
}

/** Inside of the bounds, as near as can be. @param {Box} box @param {Box} bounds @returns {Box} */
function within(box, bounds) {
  const x = Math.max(bounds.x, Math.min(bounds.x + bounds.w - box.w, box.x)), y = Math.max(bounds.y, Math.min(bounds.y + bounds.h - box.h, box.y));
  return { ...box, x, y };
}

/**
 * Boxes for labels of lines, each near its anchor, or else near another point of its line, in their order; null where every place
 * would be as near to another line.
 * @param {Label[]} labels @param {Box} bounds @param {number[][]} points of all lines @param {Box[]} taken by other labels
 * @returns {(Box | null)[]}
 */
export function placeLabels(labels, bounds, points, taken = []) {
  /** @type {Box[]} */
  const placed = [];
  return labels.map(({ x, y, w, h, along = [], own = [] }) => {
    const others = own.length ? points.filter(([px, py]) => !own.some(([qx, qy]) => Math.abs(px - qx) < SAME && Math.abs(py - qy) < SAME)) : [];
    const astray = (/** @type {Box} */ box) => others.length > 0 && away(box, others) <= away(box, own);
    let best = within({ x: x - w / 2, y: y - GAPS[0] - h, w, h }, bounds), least = Infinity;
    for (const [ax, ay] of [[x, y], ...along]) {
      const farther = Math.hypot(ax - x, ay - y) / FARTHER;
      if (farther >= least) continue;
      for (const gap of GAPS) for (const down of [-gap - h, gap]) for (const right of [-w / 2, 4, -w - 4, w / 2, -1.5 * w]) {
        const box = within({ x: ax + right, y: ay + down, w, h }, bounds), aside = Math.hypot(box.x + w / 2 - ax, box.y + h / 2 - ay);
        let cost = farther + aside / 4 + OVER_LINE * covered(box, points) + OVER_LABEL * [...taken, ...placed].filter((other) => overlap(box, other)).length;
        if (cost < least && astray(box)) cost += OF_ANOTHER;
        if (cost < least) [best, least] = [box, cost];
      }
    }
    if (astray(best)) return null;
    placed.push(best);
    return best;
  });
}

/**
 * Where the value beside a cursor is written: the highest place that is free, to the right if there is room; null if every place
 * would cover a label, or is too small.
 * @param {number} cursor @param {{ w: number, h: number }} size @param {Box} bounds @param {Box[]} labels @param {number[][]} points
 * @param {Box | null} before where it stood: it stays in its row as long as that is as good
 * @returns {Box | null}
 */
export function placeReading(cursor, { w, h }, bounds, labels, points, before = null) {
  if (w > bounds.w) return null;
  const rows = Math.max(1, Math.floor(bounds.h / h));
  let best = null, least = OVER_LABEL;
  for (let row = 0; row < rows; row++) {
    for (const beside of [cursor + 5, cursor - 5 - w]) {
      const box = within({ x: beside, y: bounds.y + row * h, w, h }, bounds), over = Math.abs(box.x - beside), left = beside < cursor;
      const stays = before && Math.abs(before.y - box.y) < 1 && before.x < cursor === left;
      const cost = 2 * row + (left ? 6 : 0) + (over ? 10 + over : 0) - (stays ? 4 : 0) + OVER_LINE * covered(box, points) + OVER_LABEL * labels.filter((other) => overlap(box, other)).length;
      if (cost < least) [best, least] = [box, cost];
    }
  }
  return best;
}

/**
 * Where a reading is written that stands at no cursor: in a corner if it can be, over no label and few points of lines; null if there
 * is no such place.
 * @param {{ w: number, h: number }} size @param {Box} bounds @param {Box[]} labels @param {number[][]} points
 * @returns {Box | null}
 */
export function placeFree({ w, h }, bounds, labels, points) {
  let best = null, least = OVER_LINE * FEW;
  for (let down = 0; down <= bounds.h - h; down += 6) for (let right = 0; right <= bounds.w - w; right += 8) {
    const box = { x: bounds.x + right, y: bounds.y + down, w, h };
    const cost = OVER_LINE * covered(box, points) + down / 50 + Math.min(right, bounds.w - w - right) / 50;
    if (cost < least && !labels.some((label) => overlap(box, label))) [best, least] = [box, cost];
  }
  return best;
}
