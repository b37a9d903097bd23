// Charts that are computed when they become visible: which ones the runs on screen have, what was asked for, what has come.

import { AGAIN_MS } from "./asking.js";

/** @typedef {import("./contract.js").Chart} Chart */
/** @typedef {import("./contract.js").LaterChart} LaterChart */
/** @typedef {import("./contract.js").Run} Run */
/** @typedef {{ chosen: number | null, place: number[] | null }} Choice a particle, counted from 0, and a place in units of the data */
/** @typedef {{ charts: Record<string, Record<string, Chart>>, why: Record<string, string>, lost?: boolean }} Answer by clock and name; by name, why there is none */

const QUIET_MS = 250; // after the choice has changed, before charts of another one are asked for
const COMPUTING = "computing …", LOST = "The server does not answer. Choose these charts again to ask again.";

export class Later {
  /** @type {Pick<Run, "id" | "query" | "later">[]} */
  #runs = [];
  #ids = "";
  /** @type {Choice} */
  #choice = { chosen: null, place: null };
  /** by group and choice @type {Map<string, Answer>} */
  #answers = new Map();
  /** by group, the last answer that came @type {Map<string, Answer>} */
  #last = new Map();
  /** groups of these runs that were asked for and have not answered @type {Set<string>} */
  #asking = new Set();
  /** by name and text, so that what is said stays the same object @type {Map<string, Chart>} */
  #said = new Map();
  /** @type {string[]} */
  #seen = [];
  #quiet = 0;

  /** @param {{ ask: (what: object) => Promise<any>, changed: () => void }} host */
  constructor(host) {
    this.host = host;
  }

  /**
   * Those of runs that are done, by name; for one that has not come, what stands in its place.
   * @param {Pick<Run, "id" | "query" | "later">[]} runs @param {string} axis of the clock @param {Choice} choice
   */
  charts(runs, axis, choice) {
    const ids = runs.map(({ id }) => id).join();
    if (ids !== this.#ids) {
      this.#ids = ids;
      this.#asking = new Set();
      for (const kept of [this.#answers, this.#last, this.#said]) kept.clear();
    }
    this.#runs = runs;
    this.#choice = choice;
    /** @type {Record<string, Chart>} */
    const found = {};
    for (const [name, offer] of Object.entries(runs[0]?.later ?? {})) {
      if (!runs.every(({ later }) => name in later)) continue;
      const answer = this.#answers.get(this.#key(offer)) ?? this.#last.get(offer.group);
      const chart = answer ? (answer.charts[runs.length > 1 ? axis : "time"]?.[name] ?? (answer.why[name] && this.#say(name, offer, answer.why[name], false))) : this.#say(name, offer, COMPUTING, true);
      if (chart) found[name] = chart;
    }
    return found;
  }

  /** Is what is shown of it of a choice that is no more? @param {string} name */
  isStale(name) {
    const offer = this.#runs[0]?.later[name];
    return Boolean(offer && this.#last.has(offer.group) && !this.#answers.has(this.#key(offer)));
  }

  /** These are visible: what has not come of them is asked for. @param {string[]} names */
  see(names) {
    const anew = names.filter((name) => !this.#seen.includes(name));
    this.#seen = names;
    for (const name of names) {
      const offer = this.#runs[0]?.later[name];
      if (!offer) continue;
      const key = this.#key(offer);
      if (anew.includes(name) && this.#answers.get(key)?.lost) this.#answers.delete(key);
      if (this.#answers.has(key) || this.#asking.has(offer.group)) continue;
      if (!this.#last.has(offer.group)) this.#ask(offer, key);
      else {
        clearTimeout(this.#quiet);
        this.#quiet = window.setTimeout(() => this.#asking.has(offer.group) || this.#ask(offer, this.#key(offer)), QUIET_MS);
      }
    }
  }

  /** @param {LaterChart} offer */
  #key = ({ group, chosen }) => (chosen ? `${group} ${JSON.stringify(this.#choice)}` : group);

  /** @param {string} name @param {LaterChart} around @param {string} text @param {boolean} waits */
  #say(name, around, text, waits) {
    const key = `${name} ${text}`, known = this.#said.get(key);
    if (known) return known;
    const chart = saying(around, text, { waits });
    this.#said.set(key, chart);
    return chart;
  }

  /** @param {LaterChart} offer @param {string} key */
  async #ask({ group, chosen }, key) {
    const asking = this.#asking, [{ query }, other] = this.#runs;
    asking.add(group);
    const answer = await this.host.ask({ query, ...(other && { other: other.query }), later: group, ...(chosen && this.#choice) }).catch(() => null);
    if (answer?.later) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS)); // the server has too much to do
    asking.delete(group);
    if (asking !== this.#asking) return; // of runs that are gone
    if (!answer?.later) {
      const names = Object.entries(this.#runs[0].later).filter(([, offer]) => offer.group === group).map(([name]) => name);
      const told = answer ?? { charts: {}, why: Object.fromEntries(names.map((name) => [name, LOST])), lost: true };
      this.#answers.set(key, told);
      if (chosen) this.#last.set(group, told);
    }
    this.host.changed();
  }
}

/**
 * All charts of what is on screen: of one run, or of two, with those that come later.
 * @param {import("./player.js").Player} player
 */
export function chartsOf({ sides, pair, comparison, axis, panels, later }) {
  const [{ run, view }] = sides, runs = sides.map((side) => side.run), { chosen, place } = panels;
  /** @type {Record<string, Chart>} */
  const charts = { ...(pair ? comparison?.charts[axis] : run.charts) };
  if (!pair && view.chart) for (const [name, chart] of Object.entries(charts)) charts[name] = view.chart(run, name, chart, chosen) ?? chart;
  const known = runs.every(({ done }) => done) && Object.keys(charts).length;
  return known ? { ...missingOf(runs), ...charts, ...later.charts(runs, axis, { chosen: chosen < 0 ? null : chosen, place }) } : charts;
}

/** By run and name, so that what is said stays the same object @type {WeakMap<object, Chart>} */
const SAID = new WeakMap();

/** In place of a chart, why there is none. @param {{ title: string, unit: string, term: string }} around @param {string} said @param {object} more @returns {Chart} */
const saying = ({ title, unit, term }, said, more) => ({ title, figure: { data: [], layout: { yaxis: { title: { text: unit } } } }, readout: [], note: "", term, axis: "own", said, ...more });

/** The charts that one of the runs has not. @param {Run[]} runs */
function missingOf(runs) {
  /** @type {Record<string, Chart>} */
  const found = {};
  for (const { missing } of runs) {
    for (const [name, around] of Object.entries(missing)) {
      if (!SAID.has(around)) SAID.set(around, saying(around, around.why, { missing: true }));
      found[name] ??= /** @type {Chart} */ (SAID.get(around));
    }
  }
  return found;
}
