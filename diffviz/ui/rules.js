// What the form's table says about a set of values: which fields count, what a menu offers, what differs. No page is needed here.

/** @typedef {Record<string, any>} Values */

/** Of a field's control, in the page: two forms may have a field of one name. @param {{name: string, form?: string}} field */
export const idOf = ({ name, form = "field" }) => `dv-${form}-${name}`;

/** @param {any} table @param {string} dataset */
export function domainOf(table, dataset) {
  return table.domains.find((/** @type {any} */ domain) => domain.datasets.some((/** @type {any} */ row) => row[0] === dataset)) || table.domains[0];
}

/** A field's title and help in third and fourth place, as they are where other fields have these values (fields.Called).
 * @param {any} field @param {Values} values @returns {[string, any[], string, string]} */
export function calledIn(field, values) {
  return field.called?.find((/** @type {[string, any[], string, string]} */ [other, among]) => among.includes(values[other])) ?? ["", [], field.title, field.help];
}

/** @typedef {{when: [string, any[], boolean][], uses: string[]}} Rule */

/** The names of the fields that have an effect on the run, from the rules in their order (relevant.py, rules_json).
 * @param {any} table @param {Values} values @returns {Set<string>} */
export function relevant(table, values) {
  /** @type {Set<string>} */
  const names = new Set();
  const known = (/** @type {any} */ value) => (value !== null && typeof value === "object" ? values[value.field] : value);
  for (const { when, uses } of /** @type {Rule[]} */ (table.rules)) {
    if (when.every(([field, among, wanted]) => names.has(field) && among.some((value) => known(value) === values[field]) === wanted)) {
      for (const name of uses) names.add(name);
    }
  }
  return names;
}

/** [value, title, why] of each choice of a menu, for the domain of the values.
 * @param {any} table @param {any} field @param {Values} values @returns {[string, string, string][]} */
export function choices(table, field, values) {
  const domain = domainOf(table, values.dataset), offered = domain.choices[field.name] || field.choices || [];
  const missing = domain.untrained?.includes(values.dataset) && field.name === "denoiser" ? "learned" : null;
  return offered.filter((/** @type {any} */ row) => row[0] !== missing);
}

/** The values of all fields, the default where a field has no effect: equal for settings that are one run. @param {any} table @param {Values} values */
export function canonical(table, values) {
  const names = relevant(table, values);
  const all = Object.fromEntries(Object.entries(table.defaults).map(([name, usual]) => [name, names.has(name) ? values[name] : usual]));
  if (all.sampler_steps === all.steps) all.sampler_steps = null;
  if (all.denoiser === all.dataset) all.denoiser = "learned";
  return all;
}

/** The fields in which two runs differ. @param {any} table @param {Values} a @param {Values} b */
export function differing(table, a, b) {
  const one = canonical(table, a), other = canonical(table, b);
  return Object.keys(one).filter((name) => one[name] !== other[name]);
}

/** The field with whose value a choice of a menu does not work; the trained network is the one that is called as its data are.
 * @param {any} table @param {any} field @param {string} name @param {Values} values @returns {string | undefined} */
const against = (table, field, name, values) => Object.entries(domainOf(table, values.dataset).only?.[field.name]?.[name === "learned" && field.name === "denoiser" ? values.dataset : name] ?? {}).find(([other, allowed]) => !(/** @type {any[]} */ (allowed).includes(values[other])))?.[0];

/** What a choice of a menu does not work with, in words; "" if it does. @param {any} table @param {any} field @param {string} name @param {Values} values */
export function without(table, field, name, values) {
  const other = table.fields.find((/** @type {any} */ each) => each.name === against(table, field, name, values)), value = other && values[other.name];
  if (!other) return "";
  const rows = other.name === "dataset" ? domainOf(table, values.dataset).datasets : choices(table, other, values);
  return `not with ${rows.find((/** @type {any} */ row) => row[0] === value)?.[1] ?? `${other.title} ${value}`}`;
}

/** The values with every choice that is not offered for their data put back to its default or, if that is not offered either, to the
 * first that works with the others; of a field that has no effect, when it has one.
 * @param {any} table @param {Values} values */
export function offered(table, values) {
  const fitting = { ...values };
  for (const field of table.fields) {
    const rows = field.kind === "menu" && field.name !== "label" ? choices(table, field, fitting) : [], has = (/** @type {any} */ name) => rows.some((row) => row[0] === name);
    const other = domainOf(table, values.dataset).other?.[field.name] && String(values[field.name]).includes(":");
    if (!rows.length || other || has(values[field.name])) continue;
    if (has(field.default)) fitting[field.name] = field.default;
    else if (relevant(table, fitting).has(field.name)) fitting[field.name] = (rows.find(([name]) => !against(table, field, name, fitting)) ?? rows[0])[0];
  }
  return fitting;
}

const YIELDING = ["sampler", "schedule"]; // go back to their defaults; a way of conditioning or a network that does not fit is refused, because it was asked for

/** The values after a choice, with sampler and schedule put back to their defaults where they do not work with what was chosen.
 * @param {any} table @param {Values} values @param {string} name @param {any} value */
export function withChoice(table, values, name, value) {
  const chosen = { ...values, [name]: value };
  for (const field of YIELDING) {
    const allowed = domainOf(table, values.dataset).only?.[field]?.[values[field]]?.[name];
    if (name !== field && allowed && !allowed.includes(value)) chosen[field] = table.defaults[field];
  }
  return offered(table, chosen);
}

/** The other run beside one that was changed: what two runs must have alike is as in that one.
 * @param {any} table @param {Values} values of the changed one @param {Values} other */
export function beside(table, values, other) {
  const domain = domainOf(table, values.dataset), rules = /** @type {Rule[]} */ (domain.alike);
  const names = [values, other].flatMap((run) => {
    const counted = canonical(table, run), holds = (/** @type {Rule} */ { when }) => when.every(([field, among, wanted]) => among.includes(counted[field]) === wanted);
    return rules.filter(holds).flatMap(({ uses }) => uses);
  });
  const moves = values.dataset !== other.dataset && (names.includes("dataset") || domain !== domainOf(table, other.dataset));
  const base = moves ? withDataset(table, other, values.dataset) : other;
  return names.reduce((changed, name) => withChoice(table, changed, name, values[name]), offered(table, base));
}

/** The values after another data set was chosen: of another kind, the others begin as its own first question has them.
 * @param {any} table @param {Values} values @param {string} dataset */
export function withDataset(table, values, dataset) {
  const domain = domainOf(table, dataset), kept = ["seed", "device"];
  const same = domain === domainOf(table, values.dataset);
  const base = same ? values : { ...table.defaults, ...domain.start, ...Object.fromEntries(kept.map((name) => [name, values[name]])) };
  const most = domain.most[dataset] ?? Infinity;
  return offered(table, { ...base, dataset, particles: Math.min(base.particles, most) });
}
