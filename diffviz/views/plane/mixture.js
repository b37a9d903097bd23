// The data distribution and its noised versions in closed form: gaussian/mixtures.py in the browser.

/** @typedef {{means: number[][], weights: number[], std: number}} MixtureData */
/** @typedef {{side: number, reach: number, values: Float32Array}} Grid values [side * side], row by row from the lower left corner of [-reach, reach]^2 */

const TAILS = 3.6; // standard deviations of a component that a grid reaches beyond its middle
const CUT = 5; // standard deviations beyond which a component counts as nothing
const COARSE = 65;
const FINE = 161; // of a grid: as fine as its smallest component asks
const CELLS_PER_STD = 2.2;

/**
 * q(x_t) is a mixture of Gaussians with means alpha m_k and the variance alpha² std² + sigma².
 * @param {MixtureData} mixture
 * @param {number} alpha
 * @param {number} sigma
 */
export const variance = ({ std }, alpha, sigma) => (alpha * std) ** 2 + sigma ** 2;

/**
 * The density of q(x_t) where columns and rows cross: a sum over components of a column times a row.
 * @param {MixtureData} mixture
 * @param {number} alpha
 * @param {number} sigma
 * @param {Float64Array} xs evenly spaced
 * @param {Float64Array} ys evenly spaced
 * @param {number} cut standard deviations beyond which a component counts as nothing
 * @returns {Float32Array} row by row
 */
export function densityAt(mixture, alpha, sigma, xs, ys, cut) {
  const { means, weights } = mixture;
  const tau2 = variance(mixture, alpha, sigma);
  const far = cut * Math.sqrt(tau2);
  const values = new Float32Array(xs.length * ys.length);
  const column = new Float32Array(xs.length);
  const near = (/** @type {Float64Array} */ at, /** @type {number} */ middle) => {
    const cell = at[1] - at[0];
    return [Math.max(0, Math.ceil((middle - far - at[0]) / cell)), Math.min(at.length - 1, Math.floor((middle + far - at[0]) / cell))];
  };
  means.forEach(([mx, my], k) => {
    const [left, right] = near(xs, alpha * mx);
    const [bottom, top] = near(ys, alpha * my);
    const weight = weights[k] / (2 * Math.PI * tau2);
    for (let i = left; i <= right; i++) column[i] = weight * Math.exp(-((xs[i] - alpha * mx) ** 2) / (2 * tau2));
    for (let j = bottom; j <= top; j++) {
      const row = Math.exp(-((ys[j] - alpha * my) ** 2) / (2 * tau2));
      for (let i = left, o = j * xs.length + left; i <= right; i++, o++) values[o] += row * column[i];
    }
  });
  return values;
}

/** Evenly from low to high. @param {number} low @param {number} high @param {number} count */
export const evenly = (low, high, count) => Float64Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

/**
 * The same on a grid that holds nearly all of it, as fine as it needs to be.
 * @param {MixtureData} mixture
 * @param {number} alpha
 * @param {number} sigma
 * @param {number} [tails] standard deviations of a component that the grid reaches beyond its middle
 * @returns {Grid}
 */
export function densityGrid(mixture, alpha, sigma, tails = TAILS) {
  const tau = Math.sqrt(variance(mixture, alpha, sigma));
  const reach = alpha * Math.max(...mixture.means.flat().map(Math.abs)) + tails * tau;
  const side = Math.max(COARSE, Math.min(FINE, Math.ceil((2 * reach * CELLS_PER_STD) / tau)));
  const at = evenly(-reach, reach, side);
  return { side, reach, values: densityAt(mixture, alpha, sigma, at, at, Math.max(CUT, tails)) };
}

/**
 * The density of one coordinate of q(x_t) at values.
 * @param {MixtureData} mixture
 * @param {number} axis 0 is x
 * @param {ArrayLike<number>} values
 * @param {number} alpha
 * @param {number} sigma
 */
export function marginal(mixture, axis, values, alpha, sigma) {
  const tau2 = variance(mixture, alpha, sigma);
  const found = new Float64Array(values.length);
  mixture.means.forEach((mean, k) => {
    const weight = mixture.weights[k] / Math.sqrt(2 * Math.PI * tau2);
    for (let i = 0; i < values.length; i++) found[i] += weight * Math.exp(-((values[i] - alpha * mean[axis]) ** 2) / (2 * tau2));
  });
  return found;
}

/**
 * -log q(x_t) at a point.
 * @param {MixtureData} mixture
 * @param {number} x
 * @param {number} y
 * @param {number} alpha
 * @param {number} sigma
 */
export function exactEnergy(mixture, x, y, alpha, sigma) {
  const { means, weights } = mixture;
  const tau2 = variance(mixture, alpha, sigma);
  const logs = means.map(([mx, my], k) => Math.log(weights[k]) - ((x - alpha * mx) ** 2 + (y - alpha * my) ** 2) / (2 * tau2));
  const top = logs.reduce((a, b) => Math.max(a, b));
  return Math.log(2 * Math.PI * tau2) - top - Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0));
}

/**
 * The score grad log q(x_t) and the posterior mean E[x_0 | x_t] at a point.
 * @param {MixtureData} mixture
 * @param {number} x
 * @param {number} y
 * @param {number} alpha
 * @param {number} sigma
 * @returns {{score: [number, number], mean: [number, number]}}
 */
export function exactAt(mixture, x, y, alpha, sigma) {
  const { means, weights, std } = mixture;
  const tau2 = variance(mixture, alpha, sigma);
  let top = -Infinity;
  let total = 0;
  let mx = 0; // the mean of the components' means, given x_t
  let my = 0;
  for (let k = 0; k < means.length; k++) {
    const logit = Math.log(weights[k]) - ((x - alpha * means[k][0]) ** 2 + (y - alpha * means[k][1]) ** 2) / (2 * tau2);
    if (logit > top) {
      const keep = Math.exp(top - logit);
      total *= keep;
      mx *= keep;
      my *= keep;
      top = logit;
    }
    const share = Math.exp(logit - top);
    total += share;
    mx += share * means[k][0];
    my += share * means[k][1];
  }
  mx /= total;
  my /= total;
  const shrink = sigma ** 2 / tau2;
  const keep = (alpha * std ** 2) / tau2;
  return {
    score: [(alpha * mx - x) / tau2, (alpha * my - y) / tau2],
    mean: [shrink * mx + keep * x, shrink * my + keep * y],
  };
}
