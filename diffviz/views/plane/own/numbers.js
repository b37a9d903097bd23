// What the server knows of a mixture while it is edited: entropy, the exact minimum of the error, and what schedules cost.
import { linearTicks, logTicks } from "../../../player/ticks.js";
import { make } from "../../../ui/dialog.js";

const WIDE = 300, HIGH = 130, LEFT = 30, RIGHT = 8, TOP = 8, FOOT = 30; // of the picture, in its own units

/** Ask for the newest only: one question at a time, and after its answer the last that came meanwhile.
 * @template {{}} T @param {(what: T) => Promise<any>} ask @param {(told: any) => void} tell */
export function newest(ask, tell) {
  let busy = false;
  /** @type {T | null} */
  let next = null;
  return async function put(/** @type {T} */ what) {
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

/** Where a log SNR and an MMSE are in the picture, whose vertical axis covers whole decades. @param {number[]} logSnr @param {number[]} mmse */
export function scales(logSnr, mmse) {
  const powers = mmse.map((value) => Math.log10(value)), low = Math.floor(Math.min(...powers)), high = Math.max(low + 1, Math.ceil(Math.max(...powers)));
  const first = logSnr[0], last = logSnr[logSnr.length - 1];
  return {
    decades: [low, high],
    x: (/** @type {number} */ value) => LEFT + ((WIDE - RIGHT - LEFT) * (value - first)) / (last - first),
    y: (/** @type {number} */ value) => TOP + ((HIGH - FOOT - TOP) * (high - Math.log10(value))) / (high - low),
  };
}

/** The picture of MMSE over log SNR, as SVG. @param {number[]} logSnr @param {number[]} mmse */
export function curve(logSnr, mmse) {
  const { decades, x, y } = scales(logSnr, mmse), across = linearTicks([logSnr[0], logSnr[logSnr.length - 1]], 6), up = logTicks(decades, 6);
  const text = (/** @type {number} */ left, /** @type {number} */ top, /** @type {string} */ words, /** @type {string} */ anchor) => `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}" text-anchor="${anchor}">${words}</text>`;
  const rows = up.tickvals.map((value, i) => `<line x1="${LEFT}" x2="${WIDE - RIGHT}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/>${text(LEFT - 4, y(value) + 4, up.ticktext[i], "end")}`);
  const columns = across.tickvals.map((value, i) => text(x(value), HIGH - FOOT + 13, across.ticktext[i], "middle"));
  const points = logSnr.map((value, i) => `${x(value).toFixed(1)},${y(mmse[i]).toFixed(1)}`).join(" ");
  return `<svg viewBox="0 0 ${WIDE} ${HIGH}" role="img" aria-label="MMSE over log SNR">${rows.join("")}${columns.join("")}${text((LEFT + WIDE - RIGHT) / 2, HIGH - 4, "log SNR", "middle")}<polyline points="${points}"/></svg>`;
}

const signed = (/** @type {number} */ value, /** @type {number} */ digits) => value.toFixed(digits).replace("-", "−");

/** @param {number} most Gaussians of one standard deviation that a mixture may be */
export function makeNumbers(most) {
  const entropy = make("b"), gaps = make("tbody"), picture = make("div", { className: "dv-own-curve" }), problem = make("p", { className: "dv-error", hidden: true });
  problem.setAttribute("role", "alert");
  const head = make("caption"), narrow = make("p", { className: "dv-own-note" });
  const known = make("div", {}, make("p", {}, "Entropy of the data: ", entropy), make("p", { textContent: "MMSE, the least mean squared error of any denoiser:" }), picture, make("table", {}, head, gaps), narrow);
  return {
    element: make("div", { className: "dv-own-numbers" }, problem, known),
    /** @param {any} told @returns {boolean} can it be used? */
    tell(told) {
      const sentence = told ? told.problem || "" : "The server does not answer.";
      problem.hidden = !sentence;
      problem.textContent = sentence;
      known.hidden = Boolean(sentence); // they are of another mixture
      if (sentence) return false;
      entropy.textContent = `${signed(told.entropy, 3)} nats`;
      narrow.textContent = `A component wider than the narrowest is computed as a sum of narrow ones: ${told.narrow} Gaussians of one standard deviation in all, of at most ${most}.`;
      narrow.hidden = told.narrow <= told.components;
      head.textContent = `ELBO gap of the exact denoiser with T = ${told.steps} steps, in nats, by schedule:`;
      gaps.replaceChildren(...Object.entries(told.gaps).map(([name, value]) => make("tr", {}, make("th", { textContent: name, scope: "row" }), make("td", { textContent: signed(Number(value), 4) }))));
      picture.innerHTML = curve(told.log_snr, told.mmse);
      return true;
    },
  };
}
