// The 2015 paper's experiments: a table of what the paper has and what was found here; each opens its run in Explore.
import { dialog, make } from "./dialog.js";

/** @typedef {{name: string, title: string, why: string, note: string, figures: Record<string, string>, reasons: Record<string, string>, runs: Record<string, any>[], unopened: string, layers: string[] | null, command: string}} Row */

const COLUMNS = /** @type {const} */ ([["paper", "Paper"], ["ours", "Ours"], ["exact", "Exact"], ["truth", "Truth"], ["seconds", "Seconds"], ["seed", "Seed"]]);

/** A figure that does not exist is a dash, with its reason. @param {Row} row @param {string} name @param {string} heading */
function cell({ figures, reasons }, name, heading) {
  const one = make("td", { innerHTML: figures[name] || "–", title: reasons[name] || "" });
  one.dataset.of = heading;
  return one;
}

/** @param {Row[]} rows @param {(row: Row) => void} open */
function tableOf(rows, open) {
  const head = make("tr", {}, ...["Experiment", ...COLUMNS.map(([, title]) => title), ""].map((textContent) => make("th", { textContent, scope: "col" })));
  const body = rows.map((row) => {
    const button = make("button", { type: "button", textContent: "Open the run", onclick: () => open(row) });
    button.setAttribute("aria-label", `Open the run: ${row.title}`);
    return make("tr", {}, make("th", { textContent: row.title, scope: "row" }), ...COLUMNS.map(([name, title]) => cell(row, name, title)), make("td", {}, row.runs.length ? button : make("small", { textContent: row.unopened })));
  });
  return make("table", { className: "dv-results" }, make("thead", {}, head), make("tbody", {}, ...body));
}

/** What was done, how its figures are to be read, and how to do it again. @param {Row} row */
function told({ title, why, note, command, reasons }) {
  const paragraphs = [why, note, ...Object.values(reasons)].map((innerHTML) => make("p", { innerHTML }));
  return [make("h3", { textContent: title }), ...paragraphs, make("pre", { textContent: command, tabIndex: 0 })];
}

/** @param {string} address of the table @param {{show: (row: Row) => void, changed: () => void, failed: () => void}} act changed: it was opened or closed */
export function makeResults(address, act) {
  /** @type {Promise<{intro: string, rows: Row[]}> | null} */
  let loading = null;
  /** @type {HTMLDialogElement | null} */
  let box = null;
  const fetched = async () => (await fetch(new URL(address, document.baseURI))).json();
  return {
    get isOpen() {
      return box !== null;
    },
    async open() {
      try {
        loading ??= fetched();
        const { intro, rows } = await loading;
        if (box) return;
        const show = (/** @type {Row} */ row) => {
          box?.close();
          act.show(row);
        };
        box = dialog("The 2015 paper’s experiments", [make("p", { innerHTML: intro }), tableOf(rows, show), ...rows.flatMap(told)]);
        box.classList.add("dv-results-page");
        box.addEventListener("close", () => {
          box = null;
          act.changed();
        });
        act.changed();
      } catch {
        loading = null; // the next click asks again
        act.failed();
      }
    },
  };
}
