// What a hand does to points in the plane: a spray, an eraser, and letters or a picture made into dots. No page is needed here.

/** @typedef {[number, number]} Point */

/** Points within a disc, as many as its area asks for, evenly in it. @param {Point} at @param {number} radius @param {number} count @param {() => number} random in 0..1 @returns {Point[]} */
export function spray([x, y], radius, count, random) {
  return Array.from({ length: count }, () => {
    const angle = 2 * Math.PI * random(), far = radius * Math.sqrt(random());
    return [x + far * Math.cos(angle), y + far * Math.sin(angle)];
  });
}

/** Those that are not within the disc. @param {Point[]} points @param {Point} at @param {number} radius */
export const erased = (points, [x, y], radius) => points.filter((point) => Math.hypot(point[0] - x, point[1] - y) > radius);

/** The places a stroke passes on its way, at most so far apart, without its start. @param {Point} from @param {Point} to @param {number} apart @returns {Point[]} */
export function along(from, to, apart) {
  const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / apart));
  return Array.from({ length: steps }, (_, i) => [from[0] + ((to[0] - from[0]) * (i + 1)) / steps, from[1] + ((to[1] - from[1]) * (i + 1)) / steps]);
}

/**
 * Points where there is ink: its amount, added up over the pixels, is cut into equal parts with a point in each.
 * @param {ArrayLike<number>} ink of each pixel, row by row from the top
 * @param {number} width
 * @param {number} count
 * @param {() => number} random
 * @returns {Point[]} in pixels, y upwards; none where there is no ink
 */
export function dots(ink, width, count, random) {
  let total = 0;
  for (let i = 0; i < ink.length; i++) total += ink[i];
  /** @type {Point[]} */
  const found = [];
  if (!(total > 0)) return found;
  let sum = 0, next = random();
  for (let i = 0; i < ink.length; i++) {
    sum += (ink[i] * count) / total;
    while (found.length < count && next < sum) {
      found.push([(i % width) + random(), -Math.floor(i / width) - random()]);
      next = found.length + random();
    }
  }
  return found;
}

/** Centred, with one scale for both coordinates, so that their mean variance is 1. @param {Point[]} points @returns {Point[]} */
export function standard(points) {
  if (!points.length) return [];
  const mean = [0, 1].map((k) => points.reduce((sum, point) => sum + point[k], 0) / points.length);
  const square = points.reduce((sum, [x, y]) => sum + (x - mean[0]) ** 2 + (y - mean[1]) ** 2, 0) / (2 * points.length);
  const scale = square > 0 ? 1 / Math.sqrt(square) : 1;
  return points.map(([x, y]) => [(x - mean[0]) * scale, (y - mean[1]) * scale]);
}
