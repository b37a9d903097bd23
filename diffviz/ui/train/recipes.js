// Recipes in the address: of each training what is not as usual, "1" where all is. And the data of Explore as settings of a training.
import { laden, lightened } from "../heavy.js";
import { canonical, relevant } from "../rules.js";

/** @typedef {import("./contract.js").Settings} Settings */

const USUAL = "1";

/** @param {any} table contract.d.ts's Table @param {Settings} run */
export function queryOf(table, run) {
  const values = canonical(table, run), changed = Object.keys(table.defaults).filter((name) => values[name] !== table.defaults[name]);
  const query = new URLSearchParams(changed.map((name) => [name, values[name] === null ? "" : String(values[name])])).toString();
  return query ? lightened(query) : USUAL;
}

/** The kind of each field that there is. @param {any} table @returns {Map<string, string>} */
const kindsOf = (table) => new Map(table.fields.map((/** @type {any} */ { name, kind }) => [name, kind]));

/** What stands in a query. @param {string} query @returns {[string, string][]} */
const saidIn = (query) => [...new URLSearchParams(query === USUAL ? "" : laden(query))];

/** Fields of an address that no training has. @param {any} table contract.d.ts's Table @param {string} query */
export const unreadOf = (table, query) => saidIn(query).map(([name]) => name).filter((name) => !kindsOf(table).has(name));

/** What an address says of a training: fields that there are, each in its type. The server says what is wrong with a value.
 * @param {any} table contract.d.ts's Table @param {string} query @returns {Settings} */
export function recipeOf(table, query) {
  const kinds = kindsOf(table);
  const typed = (/** @type {string} */ name, /** @type {string} */ text) => {
    if (kinds.get(name) === "number") return text === "" ? null : Number.isFinite(Number(text)) ? Number(text) : text;
    return kinds.get(name) === "check" ? text === "true" : text;
  };
  return Object.fromEntries(saidIn(query).filter(([name]) => kinds.has(name)).map(([name, text]) => [name, typed(name, text)]));
}

/** The data of a run or of a training, as settings of the other; null where the other does not know them.
 * @param {any} from its table @param {Settings} values @param {any} to the other's table @returns {Settings | null} */
export function dataOf(from, values, to) {
  const known = to.domains.some((/** @type {any} */ domain) => domain.datasets.some((/** @type {any} */ row) => row[0] === values.dataset)), read = relevant(from, values);
  const names = ["dataset", "own_points", "bandwidth", "own_mixture"].filter((name) => read.has(name) && name in values && name in to.defaults);
  return known ? Object.fromEntries(names.map((name) => [name, values[name]])) : null;
}
