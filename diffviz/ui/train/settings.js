// The settings of one training or two, as the form of the server's table shows them: only what is read.
import { makeForm } from "../form.js";
import { bindHelp, helpOf } from "../help.js";
import { canonical, differing, relevant } from "../rules.js";
import { makeSwitch } from "../switch.js";

/** @typedef {import("./contract.js").Settings} Settings */
/** @typedef {import("./contract.js").Notice} Notice */

/**
 * @param {HTMLElement} aside
 * @param {any} table contract.d.ts's Table, with the glossary's entries by setting
 * @param {Record<string, any>} own controls that are made for one field alone, by kind
 * @param {() => void} changed
 */
export function makeTrainSettings(aside, table, own, changed) {
  const place = /** @type {HTMLElement} */ (aside.querySelector(".dv-form"));
  const common = table.fields.filter((/** @type {any} */ field) => field.common).map((/** @type {any} */ field) => field.name);
  /** @type {{runs: Settings[], side: number, problems: Record<string, string>[], notices: Notice[]}} */
  const state = { runs: [{ ...table.defaults }], side: 0, problems: [{}, {}], notices: [] };
  /** @param {Settings[]} runs */
  const keyOf = (runs) => JSON.stringify(runs.map((run) => canonical(table, run)));
  const form = makeForm(place, table, own, set);
  const sides = makeSwitch(aside, {
    compare() {
      state.runs = state.runs.length > 1 ? [state.runs[0]] : [state.runs[0], { ...state.runs[0] }];
      state.side = state.runs.length - 1;
      touched();
    },
    turn(side) {
      state.side = side;
      show();
    },
    copy: () => exchange([state.runs[state.side], state.runs[state.side]]),
    swap: () => exchange([...state.runs].reverse()),
    words: ["Add a second training, B", "Remove B"],
  });
  bindHelp(place, (row) => helpOf(table, form.help(row.dataset.field || ""), state.runs[state.side]));

  /** @param {Settings[]} runs */
  function exchange(runs) {
    state.runs = runs.map((run) => ({ ...run }));
    touched();
  }

  /** @param {string} name @param {any} value @param {string} problem */
  function set(name, value, problem) {
    const problems = state.problems[state.side];
    if (problem) problems[name] = problem;
    else delete problems[name];
    if (!problem) {
      state.runs[state.side] = { ...state.runs[state.side], [name]: value };
      if (common.includes(name)) for (const run of state.runs) run[name] = value;
    }
    touched();
  }

  function touched() {
    state.notices = [];
    show();
    changed();
  }

  function show() {
    const pair = state.runs.length > 1, run = state.runs[state.side];
    form.show(run, pair ? differing(table, state.runs[0], state.runs[1]) : [], state.problems[state.side]);
    sides.show(pair, state.side);
    form.forgive();
    for (const { field, message, side } of wrong()) if (side === null || side === state.side) form.tell(field, message);
  }

  /** What is wrong with fields that count. @returns {Notice[]} */
  function wrong() {
    const typed = state.problems.slice(0, state.runs.length).flatMap((problems, side) => Object.entries(problems).map(([field, message]) => ({ field, message, side })));
    return [...typed.filter(({ field, side }) => relevant(table, state.runs[side]).has(field)), ...state.notices];
  }

  show();
  return {
    get runs() {
      return state.runs;
    },
    get key() {
      return keyOf(state.runs);
    },
    /** Of settings of one or two, changed fields alone. @param {Settings[]} runs */
    keyOf: (runs) => keyOf(runs.map((run) => ({ ...table.defaults, ...run }))),
    /** The key of settings that are others. @param {Settings} others */
    keyWith: (others) => keyOf(state.runs.map((run) => ({ ...run, ...others }))),
    /** Is something typed that cannot be? */
    get wrong() {
      return wrong().length > 0;
    },
    /** Others than before, of a file or a preset. @param {Settings[]} runs */
    fill(runs) {
      state.runs = runs.map((run) => ({ ...table.defaults, ...run }));
      state.side = Math.min(state.side, runs.length - 1);
      state.problems = [{}, {}];
      state.notices = [];
      show();
    },
    /** What the server says of them; those that no control on screen is about are left. @param {Notice[]} notices @returns {Notice[]} */
    tell(notices) {
      const [first] = notices.filter(({ side }) => side !== null && side < state.runs.length);
      state.notices = notices;
      if (first && !notices.some(({ side }) => side === null || side === state.side)) state.side = /** @type {number} */ (first.side);
      show();
      return notices.filter(({ field, message, side }) => !(side === null || side === state.side) || !form.tell(field, message));
    },
  };
}
