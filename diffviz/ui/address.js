// The address holds the whole view: the run or the two runs, and how they are looked at. Composed and read here, of the runs by
// Python alone.

/** @typedef {{layers?: string[], charts?: string, clock?: string, at?: number, direction?: string, speed?: number, playing?: boolean, back?: boolean, large?: string | null, zoom?: number[] | null}} View */

export const VIEW = ["question", "layers", "charts", "large", "clock", "at", "back", "direction", "speed", "playing", "zoom"];

/** The query of an address, without its question mark.
 * @param {string[]} queries of one run or two @param {string} dataset written even where it is the usual one @param {string | null} question @param {View} view */
export function compose(queries, dataset, question, view) {
  const parts = queries.length > 1 ? queries.map((query, i) => `${"ab"[i]}=${encodeURIComponent(query)}`) : [queries[0]];
  if (queries.length === 1 && !new URLSearchParams(queries[0]).has("dataset")) parts.unshift(`dataset=${encodeURIComponent(dataset)}`);
  const more = new URLSearchParams();
  if (question) more.set("question", question);
  if (view.layers) more.set("layers", view.layers.join(" "));
  for (const name of /** @type {const} */ (["charts", "large", "clock", "direction"])) if (view[name]) more.set(name, /** @type {string} */ (view[name]));
  if (Number.isFinite(view.at)) more.set("at", String(view.at));
  if (view.back) more.set("back", "1");
  if (Number.isFinite(view.speed)) more.set("speed", String(view.speed));
  if (view.playing !== undefined) more.set("playing", view.playing ? "1" : "0");
  if (view.zoom) more.set("zoom", view.zoom.join(" "));
  return [...parts, more.toString()].filter(Boolean).join("&");
}

/** What an address says of the view: what is not there, or cannot be, is left out.
 * @param {string} search @returns {{question: string, view: View, plain: boolean}} plain: it names no run, and nothing else */
export function parse(search) {
  const fields = new URLSearchParams(search), own = (/** @type {string} */ name) => fields.get(name) ?? undefined;
  const finite = (/** @type {string} */ name) => (own(name) && Number.isFinite(Number(own(name))) ? Number(own(name)) : undefined);
  const layers = own("layers")?.split(" ").filter(Boolean), playing = own("playing");
  const zoom = own("zoom")?.split(" ").map((number) => (number ? Number(number) : Number.NaN));
  const all = { layers, charts: own("charts"), large: own("large") || undefined, clock: own("clock"), direction: own("direction"), at: finite("at"), back: own("back") === "1" || undefined, zoom: zoom?.length === 3 && zoom.every(Number.isFinite) ? zoom : undefined, speed: finite("speed"), playing: playing === undefined ? undefined : playing !== "0" };
  const view = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const plain = [...fields.keys()].every((name) => name.startsWith("__"));
  return { question: own("question") || "", view, plain };
}
