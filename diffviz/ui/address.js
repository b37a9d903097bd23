// The address holds the whole view: the run or the two runs, and how they are looked at. Composed and read here, of the runs by
// Python alone.

/** @typedef {{layers?: string[], charts?: string, clock?: string, at?: number, direction?: string, speed?: number, playing?: boolean, back?: boolean, large?: string | null, zoom?: number[] | null, turn?: number[] | null, chosen?: number | null, place?: number[] | null, arrow?: number, train?: string[]}} View arrow: the steps of time's arrow, if it is open; train: of the Train tab, if it is open, the recipes (train/recipes.js) */

export const VIEW = ["question", "lesson", "step", "student", "embed", "results", "layers", "charts", "large", "clock", "at", "back", "direction", "speed", "playing", "zoom", "turn", "chosen", "place", "arrow", "train", "train_b"];

/** The query of an address, without its question mark.
 * @param {string[]} queries of one run or two @param {string} dataset written even where it is the usual one @param {string | null} question @param {View} view
 * @param {{lesson: string, step: string} | null} [place] in a lesson @param {string} [student] whose draw it is @param {boolean} [results] is the results page open? */
export function compose(queries, dataset, question, view, place = null, student = "", results = false) {
  const parts = queries.length > 1 ? queries.map((query, i) => `${"ab"[i]}=${encodeURIComponent(query)}`) : [queries[0]];
  if (queries.length === 1 && !new URLSearchParams(queries[0]).has("dataset")) parts.unshift(`dataset=${encodeURIComponent(dataset)}`);
  const more = new URLSearchParams();
  if (place) for (const [name, value] of Object.entries(place)) more.set(name, value);
  else if (question) more.set("question", question);
  if (student) more.set("student", student);
  if (results) more.set("results", "1");
  if (view.layers) more.set("layers", view.layers.join(" "));
  for (const name of /** @type {const} */ (["charts", "large", "clock", "direction"])) if (view[name]) more.set(name, /** @type {string} */ (view[name]));
  if (Number.isFinite(view.at)) more.set("at", String(view.at));
  if (view.back) more.set("back", "1");
  if (Number.isFinite(view.speed)) more.set("speed", String(view.speed));
  if (view.playing !== undefined) more.set("playing", view.playing ? "1" : "0");
  if (view.chosen) more.set("chosen", String(view.chosen));
  view.train?.forEach((query, side) => { more.set(side ? "train_b" : "train", query); });
  if (view.arrow) more.set("arrow", String(view.arrow));
  for (const name of /** @type {const} */ (["zoom", "turn", "place"])) if (view[name]) more.set(name, view[name].join(" "));
  return [...parts, more.toString()].filter(Boolean).join("&");
}

/** What an address says of the view: what is not there, or cannot be, is left out.
 * @param {string} search @returns {{question: string, lesson: string, step: string, results: boolean, view: View, plain: boolean}} plain: it names no run, and nothing else */
export function parse(search) {
  const fields = new URLSearchParams(search), own = (/** @type {string} */ name) => fields.get(name) ?? undefined;
  const finite = (/** @type {string} */ name) => (own(name) && Number.isFinite(Number(own(name))) ? Number(own(name)) : undefined);
  const layers = own("layers")?.split(" ").filter(Boolean), playing = own("playing");
  const several = (/** @type {string} */ name, /** @type {number} */ count) => {
    const numbers = own(name)?.split(" ").map((number) => (number ? Number(number) : Number.NaN));
    return numbers?.length === count && numbers.every(Number.isFinite) ? numbers : undefined;
  };
  const all = { train: own("train") ? [own("train"), own("train_b")].filter(Boolean) : undefined, layers, charts: own("charts"), large: own("large") || undefined, clock: own("clock"), direction: own("direction"), at: finite("at"), chosen: Number.isInteger(finite("chosen")) && Number(own("chosen")) > 0 ? finite("chosen") : undefined, arrow: Number(finite("arrow")) >= 1 ? finite("arrow") : undefined, back: own("back") === "1" || undefined, zoom: several("zoom", 3), turn: several("turn", 2), place: several("place", 2), speed: finite("speed"), playing: playing === undefined ? undefined : playing !== "0" };
  const view = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const plain = [...fields.keys()].every((name) => name.startsWith("__") || ["embed", "results", "train", "train_b"].includes(name));
  return { question: own("question") || "", lesson: own("lesson") || "", step: own("step") || "", results: own("results") === "1", view, plain };
}

/** The fields of an address that nobody reads: what hosts add begins with two underscores.
 * @param {string} search @param {string[]} fields of runs */
export function unread(search, fields) {
  const known = new Set([...VIEW, ...fields, "a", "b"]);
  return [...new Set(new URLSearchParams(search).keys())].filter((name) => name && !known.has(name) && !name.startsWith("__"));
}

/** A student's own seed: the number itself, so that it can be said; of other words, one that follows from them. @param {string} student */
export function seedOf(student) {
  if (/^\d{1,9}$/.test(student)) return Number(student);
  return [...student].reduce((sum, letter) => (Math.imul(31, sum) + (letter.codePointAt(0) ?? 0)) & 0x7fffffff, 7);
}

/** The address with the student's seed in every run that it names without a seed. @param {string} search */
export function ofStudent(search) {
  const fields = new URLSearchParams(search), student = fields.get("student"), sides = ["a", "b"].filter((name) => fields.has(name));
  if (!student) return search;
  const seeded = (/** @type {URLSearchParams} */ run) => {
    if (!run.has("seed")) run.set("seed", String(seedOf(student)));
    return run.toString();
  };
  for (const side of sides) fields.set(side, seeded(new URLSearchParams(fields.get(side) ?? "")));
  if (!sides.length) seeded(fields);
  return `?${fields}`;
}
