// The settings of one run or two as the page keeps them: complete, compared with a question or a run on screen, and what is wrong.
import { canonical, relevant } from "./rules.js";

/** @typedef {import("./rules.js").Values} Values */
/** @typedef {Record<string, string>} Problems */

/** @param {any} table of the form */
export function makeSettings(table) {
  const full = (/** @type {Values} */ values) => ({ ...table.defaults, ...values });
  /** Equal for equal runs. @param {Values[]} runs */
  const key = (runs) => JSON.stringify(runs.map((values) => canonical(table, full(values))));
  return {
    full,
    key,
    /** The question that these runs answer, the present one before others. @param {Values[]} runs @param {any} [present] */
    questionOf(runs, present) {
      const mine = key(runs), answered = (/** @type {any} */ question) => question.runs.length === runs.length && key(question.runs) === mine;
      return present && answered(present) ? present : table.questions.find(answered) || null;
    },
    /** Of the fields that count. @param {Values[]} runs @param {Problems[]} problems of each side @returns {import("./notices.js").Notice[]} */
    wrong: (runs, problems) => runs.flatMap((values, side) => {
      const counted = relevant(table, values);
      return Object.entries(problems[side]).filter(([field]) => counted.has(field)).map(([field, message]) => ({ field, message, side }));
    }),
  };
}
