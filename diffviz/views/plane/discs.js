// Many discs of one colour as pixels: two to three times as fast as a path of them where there is no GPU, and round, and in
// between pixels, so that slow particles do not jump.

import { bytes } from "../../player/theme.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {{offsets: Int32Array, cover: Uint8Array}} Stamp of one disc: where, from the pixel that holds its middle, and how much of a pixel it covers, 0..255 */
/** @typedef {{canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, image: ImageData, words: Uint32Array}} Sheet */

const PHASES = 4; // places of a middle within its pixel, along each axis

/** @type {WeakMap<Panel, Sheet>} */
const SHEETS = new WeakMap();
/** @type {Map<string, number>} */
const CLEAR = new Map();

/**
 * A disc in an image, for each place of its middle within a pixel.
 * @param {number} radius
 * @param {number} width of the image
 * @returns {Stamp[]}
 */
export function stamps(radius, width) {
  const far = Math.ceil(radius + 1);
  return Array.from({ length: PHASES ** 2 }, (_, phase) => {
    const [mx, my] = [phase % PHASES, Math.floor(phase / PHASES)].map((p) => (p + 0.5) / PHASES);
    const [offsets, cover] = [[], []].map((list) => /** @type {number[]} */ (list));
    for (let y = -far; y <= far; y++) {
      for (let x = -far; x <= far; x++) {
        const share = Math.max(0, Math.min(1, radius + 0.5 - Math.hypot(x + 0.5 - mx, y + 0.5 - my)));
        if (share > 0.02) {
          offsets.push(y * width + x);
          cover.push(Math.round(255 * share));
        }
      }
    }
    return { offsets: Int32Array.from(offsets), cover: Uint8Array.from(cover) };
  });
}

/**
 * The opacity of pixels raised to what a disc at (x, y) covers of them: where discs overlap nothing adds up.
 * @param {Uint8ClampedArray} data four bytes a pixel
 * @param {number} width
 * @param {Stamp[]} stamped
 * @param {number} x
 * @param {number} y
 */
export function press(data, width, stamped, x, y) {
  const { offsets, cover } = stampAt(stamped, x, y);
  const middle = Math.floor(y) * width + Math.floor(x);
  for (let k = 0; k < offsets.length; k++) {
    const at = 4 * (middle + offsets[k]) + 3;
    if (data[at] < cover[k]) data[at] = cover[k];
  }
}

/**
 * The same in a colour of its own: the later of two discs lies on top.
 * @param {Uint32Array} words a pixel each
 * @param {number} width
 * @param {Stamp[]} stamped
 * @param {number} x
 * @param {number} y
 * @param {number} clear the colour with no opacity
 */
export function paste(words, width, stamped, x, y, clear) {
  const { offsets, cover } = stampAt(stamped, x, y);
  const middle = Math.floor(y) * width + Math.floor(x);
  for (let k = 0; k < offsets.length; k++) {
    const at = middle + offsets[k];
    if (words[at] >>> 24 <= cover[k]) words[at] = clear | (cover[k] << 24);
  }
}

/** @param {Stamp[]} stamped @param {number} x @param {number} y */
const stampAt = (stamped, x, y) => stamped[Math.floor((y - Math.floor(y)) * PHASES) * PHASES + Math.floor((x - Math.floor(x)) * PHASES)];

/** A pixel of the colour that cannot be seen. @param {string} colour */
function clearOf(colour) {
  const known = CLEAR.get(colour);
  if (known !== undefined) return known;
  const [made] = new Uint32Array(Uint8Array.of(...bytes(colour), 0).buffer);
  CLEAR.set(colour, made);
  return made;
}

/** @param {Panel} panel @param {number} width @param {number} height */
function sheetOf(panel, width, height) {
  const found = SHEETS.get(panel);
  if (found && found.image.width === width && found.image.height === height) return found;
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  const sheet = { canvas, context, image, words: new Uint32Array(image.data.buffer) };
  SHEETS.set(panel, sheet);
  return sheet;
}

/**
 * @typedef {object} Ink
 * @property {string} colour
 * @property {number} radius in pixels of the page
 * @property {number} opacity
 * @property {{words: Uint32Array, shares: ArrayLike<number>} | null} [tints] by disc a colour among the words, which have no opacity
 * @property {{share: number, which: Uint8Array} | null} [faint] discs that have only a share of the opacity
 */

/**
 * Discs at places in pixels of the page. Returns the numbers of those that are beyond the panel.
 * @param {Panel} panel
 * @param {Float32Array} places x, y, x, y ...
 * @param {Ink} ink
 */
export function discs(panel, places, { colour, radius, opacity, tints = null, faint = null }) {
  const { context: c, ratio } = panel;
  const [width, height] = [panel.width, panel.height].map((size) => Math.round(size * ratio));
  const rim = Math.ceil(radius * ratio + 2); // a disc at the edge is cut there
  const wide = width + 2 * rim;
  const { canvas, context, image, words } = sheetOf(panel, wide, height + 2 * rim);
  const strong = stamps(radius * ratio, wide);
  const weak = faint && strong.map(({ offsets, cover }) => ({ offsets, cover: cover.map((value) => value * faint.share) }));
  const beyond = [];
  words.fill(tints ? 0 : clearOf(colour));
  for (let i = 0; i < places.length; i += 2) {
    const [x, y] = [places[i] * ratio, places[i + 1] * ratio];
    const stamped = weak && faint?.which[i / 2] ? weak : strong;
    if (!(x >= 0 && y >= 0 && x < width && y < height)) beyond.push(i / 2);
    else if (tints) paste(words, wide, stamped, x + rim, y + rim, tints.words[tints.shares[i / 2]]);
    else press(image.data, wide, stamped, x + rim, y + rim);
  }
  context.putImageData(image, 0, 0);
  c.save();
  c.setTransform(1, 0, 0, 1, 0, 0);
  c.globalAlpha = opacity;
  c.drawImage(canvas, -rim, -rim);
  c.restore();
  return beyond;
}

/**
 * Points of the plane as discs. Returns x, y, x, y ... of those that are beyond the panel.
 * @param {Panel} panel
 * @param {Float32Array} points
 * @param {Ink} ink
 */
export function dots(panel, points, ink) {
  const places = points.map((value, i) => (i % 2 ? panel.y(value) : panel.x(value)));
  return discs(panel, places, ink).flatMap((i) => [points[2 * i], points[2 * i + 1]]);
}
