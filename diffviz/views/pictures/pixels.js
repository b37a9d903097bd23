// Pixels as they are sent, bytes of values from low to high, and what is computed of them.

/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {{columns: number, wide: number, high: number, scale: number, x: number, y: number}} Layout of a grid: its size in pixels of the pictures, its scale and place in the panel */

export const GUTTER = 1; // between pictures, in pixels of theirs
export const BINS = 24; // of a histogram
const EPS_REACH = 2.5; // of predicted noise, shown from minus this to this; all else from -1 to 1, where the data lie

/** @param {Run} run @returns {[number, number, number]} channels, height, width of a picture */
export const shapeOf = ({ arrays }) => /** @type {[number, number, number]} */ (arrays.reverse.shape.slice(1));

/** Numbers of a picture. @param {Run} run */
export const dimOf = (run) => shapeOf(run).reduce((a, b) => a * b, 1);

/** The value of every byte of an array. @param {Run} run @param {string} name */
export function valuesOf({ arrays }, name) {
  const { low, high } = arrays[name];
  return Float64Array.from({ length: 256 }, (_, byte) => low + ((high - low) * byte) / 255);
}

/** @param {string} name of an array */
export const reachOf = (name) => (name === "eps_hat" ? EPS_REACH : 1);

/** What is shown for every byte of an array, 0..255. @param {Run} run @param {string} name */
export const greysOf = (run, name) => Uint8ClampedArray.from(valuesOf(run, name), (value) => 127.5 + (127.5 * value) / reachOf(name));

/**
 * The grid of count pictures in which they are largest in a box.
 * @param {number} count
 * @param {number} wide of a picture
 * @param {number} high
 * @param {number} width of the box
 * @param {number} height
 * @returns {Layout}
 */
export function layout(count, wide, high, width, height) {
  let best = { columns: 1, wide: 1, high: 1, scale: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const w = columns * (wide + GUTTER) - GUTTER;
    const h = Math.ceil(count / columns) * (high + GUTTER) - GUTTER;
    const scale = Math.min(width / w, height / h);
    if (scale > best.scale) best = { columns, wide: w, high: h, scale };
  }
  return { ...best, x: (width - best.wide * best.scale) / 2, y: (height - best.high * best.scale) / 2 };
}

/**
 * Picture i into an image at a place; three channels are red, green and blue, one is grey.
 * @param {Uint8Array} bytes [N, C, H, W]
 * @param {[number, number, number]} shape C, H, W
 * @param {number} i
 * @param {Uint8ClampedArray} greys
 * @param {ImageData} image
 * @param {number} left
 * @param {number} top
 */
export function copyPicture(bytes, [channels, high, wide], i, greys, image, left, top) {
  const { data, width } = image;
  const plane = high * wide;
  const green = channels === 3 ? plane : 0;
  let k = i * channels * plane;
  for (let y = 0; y < high; y++) {
    let o = 4 * ((top + y) * width + left);
    for (let x = 0; x < wide; x++, k++, o += 4) {
      data[o] = greys[bytes[k]];
      data[o + 1] = greys[bytes[k + green]];
      data[o + 2] = greys[bytes[k + 2 * green]];
      data[o + 3] = 255;
    }
  }
}

/**
 * Mean and standard deviation [dim] over pictures.
 * @param {Uint8Array} bytes [N, dim]
 * @param {number} dim
 * @param {Float64Array} values of every byte
 */
export function moments(bytes, dim, values) {
  const count = bytes.length / dim;
  const mean = new Float64Array(dim);
  const std = new Float64Array(dim);
  for (let k = 0; k < bytes.length; ) for (let p = 0; p < dim; p++, k++) mean[p] += values[bytes[k]] / count;
  for (let k = 0; k < bytes.length; ) for (let p = 0; p < dim; p++, k++) std[p] += (values[bytes[k]] - mean[p]) ** 2 / Math.max(1, count - 1);
  return { mean, std: std.map(Math.sqrt) };
}

/**
 * |a - b| of two pictures as sent, summed over the channels, and its mean over all numbers.
 * @param {Uint8Array} a [dim]
 * @param {Uint8Array} b [dim]
 * @param {Float64Array} values of every byte
 * @param {number} plane pixels of a picture
 */
export function difference(a, b, values, plane) {
  const sums = new Float64Array(plane);
  for (let k = 0; k < a.length; k++) sums[k % plane] += Math.abs(values[a[k]] - values[b[k]]);
  return { sums, mean: sums.reduce((x, y) => x + y, 0) / a.length };
}

/**
 * Shares of a picture's numbers in BINS bins over the whole range.
 * @param {Uint8Array} bytes
 */
export function histogram(bytes) {
  const shares = new Float64Array(BINS);
  for (const byte of bytes) shares[Math.min(BINS - 1, Math.floor((byte / 255) * BINS))] += 1 / bytes.length;
  return shares;
}
