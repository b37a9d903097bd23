// The two panels that most views have: what goes to noise, and what comes back.

/** @typedef {import("../player/contract.js").PanelSpec} PanelSpec */

/** What a panel of the forward process or of the reverse one is called, in plain words. */
export const CALLED = { forward: "Forward process, from data to noise", reverse: "Reverse process, from noise to data" };

/** Both, in which samples are chosen. @param {Partial<PanelSpec>} more @returns {PanelSpec[]} */
export const bothWays = (more = {}) =>
  /** @type {const} */ (["forward", "reverse"]).map((name) => ({ name, title: `<b>${name}</b> <i>x</i><sub>t</sub>`, label: CALLED[name], term: name, colour: name, chooses: true, ...more }));
