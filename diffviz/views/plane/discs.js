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
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const { offsets, cover } = stamped[Math.floor((y - top) * PHASES) * PHASES + Math.floor((x - left) * PHASES)];
  const middle = top * width + left;
  for (let k = 0; k < offsets.length; k++) {
    const at = 4 * (middle + offsets[k]) + 3;
    if (data[at] < cover[k]) data[at] = cover[k];
  }
}

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
 * Returns x, y, x, y ... of those points that are beyond the panel.
 * @param {Panel} panel
 * @param {Float32Array} points
 * @param {string} colour
 * @param {number} radius in pixels of the page
 * @param {number} opacity
 */
export function dots(panel, points, colour, radius, opacity) {
  const { context: c, ratio } = panel;
  const [width, height] = [panel.width, panel.height].map((size) => Math.round(size * ratio));
  const rim = Math.ceil(radius * ratio + 2); // a disc at the edge is cut there
  const wide = width + 2 * rim;
  const { canvas, context, image, words } = sheetOf(panel, wide, height + 2 * rim);
  const stamped = stamps(radius * ratio, wide);
  const beyond = [];
  words.fill(clearOf(colour));
  for (let i = 0; i < points.length; i += 2) {
    const x = panel.x(points[i]) * ratio;
    const y = panel.y(points[i + 1]) * ratio;
    if (x >= 0 && y >= 0 && x < width && y < height) press(image.data, wide, stamped, x + rim, y + rim);
    else beyond.push(points[i], points[i + 1]);
  }
  context.putImageData(image, 0, 0);
  c.save();
  c.setTransform(1, 0, 0, 1, 0, 0);
  c.globalAlpha = opacity;
  c.drawImage(canvas, -rim, -rim);
  c.restore();
  return beyond;
}
