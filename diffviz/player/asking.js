// What a view asks of the server about a run: once for each thing, when the run is done; every moment of the clock reads from the
// answer.

export const AGAIN_MS = 3000; // until something is asked again

/** @typedef {import("./contract.js").Run} Run */
/** @typedef {import("./contract.js").Host} Host */

/** @template T @typedef {Map<string | number, T | "asked" | null>} Answers by what was asked; null: it cannot be had */

/**
 * The answer, if it is here; else it is asked for, and the panels are painted again when it has come.
 * @template T
 * @param {Answers<T>} answers
 * @param {string | number} key
 * @param {Run} run
 * @param {Host} host
 * @param {object} what is asked about the run
 * @returns {T | null}
 */
export function askOnce(answers, key, run, host, what) {
  const known = answers.get(key);
  if (known !== undefined) return known === "asked" ? null : known;
  if (!run.done) return null;
  answers.set(key, "asked");
  host.ask({ query: run.query, ...what }).catch(() => null).then((answer) => {
    if (answer?.later) return setTimeout(() => answers.delete(key) && host.paint(), AGAIN_MS); // the server has too much to do
    answers.set(key, answer);
    host.paint();
  });
  return null;
}
