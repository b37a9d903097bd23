// Small pictures of data: the stock one of a data set, or that of a person's own, which the server draws from what was made.
import { make } from "./dialog.js";
import { patient } from "./patient.js";

const KEPT = 32; // pictures of own data

/** @param {any} table @param {string} name */
export function picture(table, name) {
  const url = table.thumbnails[name];
  return url ? make("img", { src: url, alt: "", width: 64, height: 64, loading: "lazy" }) : unknown();
}

const unknown = () => make("span", { className: "dv-no-thumb", textContent: "?" });

/** The field that holds a person's own data of this name, with its editor. @param {any} table @param {string} dataset */
export const editorOf = (table, dataset) => table.fields.find((/** @type {any} */ field) => field.kind === "editor" && field.name === dataset);

/** What a picture of these data is made of; equal for equal pictures. @param {any} table @param {string} dataset @param {any} values */
export function madeOf(table, dataset, values) {
  const field = values[dataset] ? editorOf(table, dataset) : null;
  return { dataset, ...Object.fromEntries((field?.reads ?? []).map((/** @type {string} */ name) => [name, values[name]])) };
}

/** A picture for each set of values: of own data as they are there, else the stock one.
 * @param {any} table @param {(name: string) => (what: object) => Promise<any>} ask a function of the server, by its name */
export function makePictures(table, ask) {
  /** @type {Map<string, Promise<any>>} */
  const kept = new Map();
  return (/** @type {string} */ dataset, /** @type {any} */ values) => {
    const what = madeOf(table, dataset, values), key = JSON.stringify(what);
    if (Object.keys(what).length === 1) return picture(table, dataset);
    const image = make("img", { alt: "", width: 64, height: 64 });
    const found = kept.get(key) ?? patient(ask(editorOf(table, dataset).pictured))(what);
    if (kept.size >= KEPT) kept.delete([...kept.keys()][0]);
    kept.set(key, found);
    found.then((told) => {
      if (told?.png) return Object.assign(image, { src: told.png });
      kept.delete(key); // it is asked for again
      image.replaceWith(unknown());
    });
    return image;
  };
}
