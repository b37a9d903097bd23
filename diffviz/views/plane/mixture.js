// The data distribution and its noised versions in closed form: gaussian/mixtures.py in the browser.

/** @typedef {{means: number[][], weights: number[], std: number}} MixtureData */
/** @typedef {{side: number, reach: number, values: Float32Array}} Grid values [side * side], row by row from the lower left corner of [-reach, reach]^2 */

const TAILS = 3.6; // standard deviations of a component beyond which it is left out of a grid
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
 * The density of q(x_t) on a grid that holds nearly all of it, as fine as it needs to be.
 * A sum over components of a column times a row.
 * @param {MixtureData} mixture
 * @param {number} alpha
 * @param {number} sigma
 * @returns {Grid}
 */
export function densityGrid(mixture, alpha, sigma) {
  const { means, weights } = mixture;
  const tau2 = variance(mixture, alpha, sigma);
  const tau = Math.sqrt(tau2);
  const farthest = Math.max(...means.flat().map(Math.abs));
  const reach = alpha * farthest + TAILS * tau;
  const side = Math.max(COARSE, Math.min(FINE, Math.ceil((2 * reach * CELLS_PER_STD) / tau)));
  const at = Float64Array.from({ length: side }, (_, i) => reach * ((2 * i) / (side - 1) - 1));
  const values = new Float32Array(side * side);
  const column = new Float32Array(side);
  means.forEach(([mx, my], k) => {
    const near = (/** @type {number} */ m) => {
      const [low, high] = [alpha * m - 5 * tau, alpha * m + 5 * tau].map((x) => ((x / reach + 1) / 2) * (side - 1));
      return [Math.max(0, Math.ceil(low)), Math.min(side - 1, Math.floor(high))];
    };
    const [left, right] = near(mx);
    const [bottom, top] = near(my);
    const weight = weights[k] / (2 * Math.PI * tau2);
    for (let i = left; i <= right; i++) column[i] = weight * Math.exp(-((at[i] - alpha * mx) ** 2) / (2 * tau2));
    for (let j = bottom; j <= top; j++) {
      const row = Math.exp(-((at[j] - alpha * my) ** 2) / (2 * tau2));
      for (let i = left, o = j * side + left; i <= right; i++, o++) values[o] += row * column[i];
    }
  });
  return { side, reach, values };
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
