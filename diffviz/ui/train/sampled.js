// Points of the data, drawn in the browser: the same ones every time.

/** A small generator of numbers in 0..1 (mulberry32). @param {number} seed */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** x, y, x, y ... of a mixture of Gaussians. @param {import("./contract.js").Begin["mixture"]} mixture @param {number} count */
export function sampled({ means, weights, std }, count, seed = 1) {
  const random = randomFrom(seed), total = weights.reduce((sum, weight) => sum + weight, 0), points = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    let [k, rest] = [0, random() * total];
    while (k < weights.length - 1 && rest >= weights[k]) rest -= weights[k++];
    const radius = std * Math.sqrt(-2 * Math.log(1 - random())), angle = 2 * Math.PI * random();
    points[2 * i] = means[k][0] + radius * Math.cos(angle);
    points[2 * i + 1] = means[k][1] + radius * Math.sin(angle);
  }
  return points;
}
