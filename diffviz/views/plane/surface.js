// A relief seen from above and aside, on the processor: column by column of the screen, from the front to the back, each point
// drawn where it stands above all that lies before it. No GPU is asked for, and what hides what comes for nothing.

/** @typedef {import("./energy.js").Relief} Relief */
/** @typedef {{yaw: number, pitch: number}} Camera degrees: around the upright axis; above the horizon */
/** @typedef {{k: number, rise: number, cos: number, sin: number, tilt: number, left: number, top: number, low: number, high: number, patch: import("./energy.js").Patch}} Eye k: pixels per unit; rise: pixels per kT; tilt: sine of the pitch; left, top: of the middle of the block */
/** @typedef {{width: number, height: number, words: Uint32Array, levels: Float32Array, depths: Float32Array}} Sheet of pixels: their colours, the height there in lines, and how far away it is, in units of the data */
/** @typedef {{heights: Uint32Array, wall: Uint32Array, ground: number, line: number, shades: number, fine: number}} Paint heights [shades * n] and wall [n] from low to high, fine of them a kT; ground, line: of the background, and of what separates heights */

const NONE = -128; // no surface there
const WALL = 64; // added to the height of the block's sides, so that a line parts them from its top
const LINE = 76; // of 256, the opacity of a line
const RULED = 2; // kT from one line to the next on the block's sides
const STRIDE = 2.2; // pixels on the ground from one point of a column to the next
const HIGHEST = 0.25; // of the block's side, what its heights take
const NEAR = 6; // pixels within which a point counts as on the surface

/**
 * The largest block that a panel has room for.
 * @param {Camera} camera
 * @param {{width: number, height: number, head: number, foot: number, aside: number}} room head: pixels above; foot: below; aside: at the left and at the right
 * @param {import("./energy.js").Patch} patch
 * @param {number} low
 * @param {number} high
 * @returns {Eye}
 */
export function eyeOf({ yaw, pitch }, { width, height, head, foot, aside }, patch, low, high) {
  const [turn, up] = [(yaw * Math.PI) / 180, (pitch * Math.PI) / 180];
  const [cos, sin, tilt, upright] = [Math.cos(turn), Math.sin(turn), Math.sin(up), Math.cos(up)];
  const side = 2 * patch.half;
  const [wide, deep] = [Math.SQRT2 * side, Math.SQRT2 * side * tilt + HIGHEST * side * upright];
  const k = Math.max(1, Math.min((width - 2 * aside) / wide, (height - head - foot) / deep));
  return { k, rise: (HIGHEST * side * k * upright) / (high - low), cos, sin, tilt, left: width / 2, top: (head + height - foot) / 2, low, high, patch };
}

/**
 * Where a point at some height is on the panel, and how far away: [x, y, depth].
 * @param {Eye} eye
 * @param {number} x
 * @param {number} y
 * @param {number} height
 * @returns {[number, number, number]}
 */
export function project({ k, rise, cos, sin, tilt, left, top, low, high, patch }, x, y, height) {
  const [dx, dy] = [x - patch.x, y - patch.y];
  const depth = cos * dy - sin * dx;
  return [left + k * (cos * dx + sin * dy), top - k * tilt * depth - rise * (height - (low + high) / 2), depth];
}

/**
 * The part of a line of sight that lies over the patch, as depths from the front to the back; null if it passes by.
 * @param {Eye} eye
 * @param {number} across distance from the middle to the right, in units of the data
 * @returns {[number, number] | null}
 */
export function through({ cos, sin, patch: { half } }, across) {
  let [front, back] = [-Infinity, Infinity];
  for (const [slope, at] of [[-sin, across * cos], [cos, across * sin]]) {
    if (Math.abs(slope) < 1e-9) {
      if (Math.abs(at) > half) return null;
      continue;
    }
    const ends = [(-half - at) / slope, (half - at) / slope];
    front = Math.max(front, Math.min(...ends));
    back = Math.min(back, Math.max(...ends));
  }
  return front < back ? [front, back] : null;
}

/** @param {number} width @param {number} height @returns {Sheet} */
export const sheetOf = (width, height) => ({ width, height, words: new Uint32Array(width * height), levels: new Float32Array(width * height), depths: new Float32Array(width * height) });

/**
 * @param {Sheet} sheet
 * @param {Relief} relief
 * @param {Eye} eye in the sheet's own pixels
 * @param {Paint} paint
 */
export function render(sheet, relief, eye, paint) {
  const { width, height, words, levels, depths } = sheet;
  words.fill(paint.ground);
  levels.fill(NONE);
  depths.fill(Infinity);
  const wide = eye.k * Math.SQRT2 * eye.patch.half;
  const high = wide * eye.tilt + (eye.rise * (eye.high - eye.low)) / 2;
  const within = (/** @type {number} */ value, /** @type {number} */ end) => Math.max(1, Math.min(end - 2, Math.round(value)));
  const [first, last] = [within(eye.left - wide - 1, width), within(eye.left + wide + 1, width)];
  for (let column = first; column <= last; column++) {
    const span = through(eye, (column + 0.5 - eye.left) / eye.k);
    if (span) drawColumn(sheet, relief, eye, paint, column, span);
  }
  drawLines(sheet, paint.line, first, last, within(eye.top - high - 1, height), within(eye.top + high + 1, height));
}

/**
 * Lines where the height is a whole number: as strong as a pixel is near one, measured by how fast the height changes there.
 * @param {Sheet} sheet
 * @param {number} line
 * @param {number} first column
 * @param {number} last
 * @param {number} top row
 * @param {number} bottom
 */
function drawLines({ width, words, levels }, line, first, last, top, bottom) {
  const odd = line & 0xff00ff;
  const even = line & 0x00ff00;
  for (let row = top; row <= bottom; row++) {
    for (let at = row * width + first; at <= row * width + last; at++) {
      const here = levels[at];
      const across = Math.max(Math.abs(here - levels[at - 1]), Math.abs(here - levels[at + 1]));
      const change = Math.max(across, Math.abs(here - levels[at - width]), Math.abs(here - levels[at + width]));
      const away = Math.abs(here - Math.round(here));
      if (!(away < change)) continue;
      const share = (LINE * (1 - away / change)) | 0;
      const word = words[at];
      words[at] =
        0xff000000 |
        (((word & 0xff00ff) + (Math.imul(odd - (word & 0xff00ff), share) >> 8)) & 0xff00ff) |
        (((word & 0x00ff00) + (Math.imul(even - (word & 0x00ff00), share) >> 8)) & 0x00ff00);
    }
  }
}

/**
 * @param {Sheet} sheet
 * @param {Relief} relief
 * @param {Eye} eye
 * @param {Paint} paint
 * @param {number} column
 * @param {[number, number]} span
 */
function drawColumn({ width, height, words, levels, depths }, { side, heights, slopes }, eye, paint, column, [front, back]) {
  const { k, rise, cos, sin, tilt, top, low, high, left, patch } = eye;
  const { fine, shades } = paint;
  const colours = paint.heights.length / shades;
  const across = (column + 0.5 - left) / k;
  const cells = (side - 1) / (2 * patch.half);
  const steps = Math.max(2, Math.ceil(((back - front) * k) / STRIDE));
  const stride = (back - front) / steps;
  const ground = top + rise * ((low + high) / 2); // the row of height 0 at depth 0
  let row = ground - k * tilt * front - rise * low; // of the last point
  let value = low;
  let horizon = Math.min(height, Math.ceil(row)); // all rows from here on downwards are hidden
  for (let step = 0; step <= steps; step++) {
    const depth = front + step * stride;
    const gx = Math.max(0, Math.min(side - 1.001, (across * cos - depth * sin + patch.half) * cells));
    const gy = Math.max(0, Math.min(side - 1.001, (across * sin + depth * cos + patch.half) * cells));
    const i = gx | 0;
    const j = gy | 0;
    const at = j * side + i;
    const [u, v] = [gx - i, gy - j];
    const lower = heights[at] + u * (heights[at + 1] - heights[at]);
    const next = Math.min(high, lower + v * (heights[at + side] + u * (heights[at + side + 1] - heights[at + side]) - lower));
    const y = ground - k * tilt * depth - rise * next;
    if (y < horizon) {
      const wall = step === 0;
      const light = (1 - v) * (slopes[at] + u * (slopes[at + 1] - slopes[at])) + v * (slopes[at + side] + u * (slopes[at + side + 1] - slopes[at + side]));
      const shade = Math.round(((next < high ? light : 0) * 0.5 + 0.5) * (shades - 1)) * colours;
      const slope = row > y ? (next - value) / (row - y) : 0;
      const end = Math.max(0, Math.ceil(y));
      for (let r = horizon - 1; r >= end; r--) {
        const here = value + (row - r) * slope;
        const pixel = r * width + column;
        const index = Math.max(0, Math.min(colours - 1, ((here - low) * fine) | 0));
        words[pixel] = wall ? paint.wall[index] : paint.heights[shade + index];
        levels[pixel] = wall ? WALL + here / RULED : here;
        depths[pixel] = depth;
      }
      horizon = Math.min(horizon, end);
    }
    row = y;
    value = next;
  }
}

/** Is a point of the surface seen, or does something before it hide it? @param {Sheet} sheet @param {Eye} eye @param {number} px @param {number} py @param {number} depth */
export function isSeen({ width, height, depths }, { k }, px, py, depth) {
  const [column, row] = [Math.round(px - 0.5), Math.round(py)];
  if (column < 0 || row < 0 || column >= width || row >= height) return true;
  return !(depths[row * width + column] < depth - NEAR / k);
}
