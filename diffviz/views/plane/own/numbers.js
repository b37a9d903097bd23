// What the server knows of a mixture while it is edited: entropy, the exact minimum of the error, and what schedules cost.
import { make } from "../../../ui/dialog.js";

const WIDE = 300, HIGH = 110, LEFT = 40, FOOT = 16, DECADES = [-4, 1];

/** Ask for the newest only: one question at a time, and after its answer the last that came meanwhile.
 * @param {(what: object) => Promise<any>} ask @param {(told: any) => void} tell */
export function newest(ask, tell) {
  let busy = false;
  /** @type {object | null} */
  let next = null;
  return async function put(/** @type {object} */ what) {
    next = what;
    if (busy) return;
    busy = true;
    while (next) {
      const now = next;
      next = null;
      tell(await ask(now));
    }
    busy = false;
  };
}

/** The points of the curve in the picture, as SVG has them. @param {number[]} logSnr @param {number[]} mmse */
export function curve(logSnr, mmse) {
  const [low, high] = [logSnr[0], logSnr[logSnr.length - 1]];
  return logSnr.map((value, i) => {
    const share = (Math.log10(mmse[i]) - DECADES[0]) / (DECADES[1] - DECADES[0]);
    return `${(LEFT + ((WIDE - LEFT) * (value - low)) / (high - low)).toFixed(1)},${((HIGH - FOOT) * (1 - Math.max(0, Math.min(1, share)))).toFixed(1)}`;
  }).join(" ");
}

export function makeNumbers() {
  const entropy = make("b"), narrow = make("span"), gaps = make("tbody"), picture = make("div", { className: "dv-own-curve" }), problem = make("p", { className: "dv-error", hidden: true });
  problem.setAttribute("role", "alert");
  const head = make("caption");
  const table = make("table", {}, head, gaps);
  return {
    element: make("div", { className: "dv-own-numbers" }, make("p", {}, "Entropy of the data: ", entropy, " ", narrow), picture, table, problem),
    /** @param {any} told @returns {boolean} can it be used? */
    tell(told) {
      const sentence = told ? told.problem || "" : "The server does not answer.";
      problem.hidden = !sentence;
      problem.textContent = sentence;
      if (sentence) return false;
      entropy.textContent = `${told.entropy.toFixed(3)} nats`;
      narrow.textContent = `(${told.narrow} Gaussians of one width)`;
      head.textContent = `ELBO gap of T = ${told.steps} steps, nats`;
      gaps.replaceChildren(...Object.entries(told.gaps).map(([name, value]) => make("tr", {}, make("th", { textContent: name, scope: "row" }), make("td", { textContent: Number(value).toFixed(4) }))));
      const text = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ words, end = "") => `<text x="${x}" y="${y}"${end ? ` text-anchor="${end}"` : ""}>${words}</text>`;
      picture.innerHTML = `<svg viewBox="0 0 ${WIDE} ${HIGH}" role="img" aria-label="Least mean squared error of any denoiser (MMSE) over log SNR"><polyline points="${curve(told.log_snr, told.mmse)}"/>${text(LEFT, 10, "MMSE, the floor of any denoiser's error")}${text(0, 10, "10")}${text(0, HIGH - FOOT, "0.0001")}${text(LEFT, HIGH - 3, `log SNR ${told.log_snr[0]}`)}${text(WIDE, HIGH - 3, String(told.log_snr[told.log_snr.length - 1]), "end")}</svg>`;
      return true;
    },
  };
}
