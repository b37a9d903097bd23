// Explore or Train: which of them is shown. Train is fetched and mounted when it is first opened, and goes on while Explore is shown.
import { makeControls } from "../controls.js";
import { make } from "../dialog.js";
import { markPart } from "../parts.js";
import { dataOf, queryOf, recipeOf, unreadOf } from "./recipes.js";
import { makeShelf } from "./shelf.js";

/** @typedef {Record<string, any>} Values */

/**
 * @param {HTMLElement} page
 * @param {object} parts
 * @param {any} parts.table of the page
 * @param {(name: string) => (what: object) => Promise<any>} parts.ask
 * @param {() => any} parts.player
 * @param {() => Values} parts.run the settings on the page
 * @param {(runs: Values[]) => void} parts.explore runs to be shown
 * @param {() => void} parts.menus the menus of the form are others
 * @param {() => void} parts.changed the address has to be written anew
 */
export function makeTrainTab(page, { table, ask, player, run, explore, menus, changed }) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (page.querySelector(selector));
  const tab = find(".dv-tab-train"), other = find(".dv-tab-explore"), sign = find(".dv-train-sign"), aside = find(".dv-train-aside"), place = find("#dv-train");
  const shelf = makeShelf(table, ask("train_shelf"), menus);
  /** @type {Promise<{enter: (data: Values | null, recipes: Values[] | null) => void, command: () => Promise<void>}> | null} */
  let mounted = null;
  let isOpen = false;
  /** of the address @type {string[]} */
  let recipes = ["1"];
  /** recipes of the address with which the tab was opened @type {Values[] | null} */
  let given = null;
  tab.hidden = !table.train;

  const own = { ...table.train, fields: table.train?.fields.map((/** @type {any} */ field) => ({ ...field, form: "train" })), glossary: table.glossary.training, thumbnails: table.thumbnails };

  function gallery() {
    const box = /** @type {HTMLDialogElement} */ (make("dialog", { className: "dv-dialog dv-gallery" }));
    box.setAttribute("aria-label", "Data of the training");
    aside.after(box);
    return box;
  }

  const mount = async () => {
    const { mountTrain } = await import("./train.js");
    return mountTrain(aside, place, {
      table: own, controls: makeControls(own, gallery(), ask), ask, plotlyUrl: new URL(table.plotly, document.baseURI).href,
      sign(text) {
        sign.textContent = text;
        sign.hidden = !text;
      },
      explore: use,
      changed(runs) {
        recipes = runs.map((run) => queryOf(table.train, run));
        changed();
      },
    });
  };

  /** @param {import("./contract.js").Answer} kept @param {boolean} beside @param {import("./contract.js").Begin} begin */
  function use({ trained: ids, titles }, beside, begin) {
    const values = ids.map((id, side) => ({ ...run(), ...dataOf(table.train, begin.recipes[side], table), ...begin.runs[side].explore, denoiser: id }));
    for (const [side, id] of ids.entries()) {
      const { dataset, variance_weight } = begin.recipes[side];
      shelf.put({ id, title: titles[side], dataset, energy: begin.runs[side].kind !== "denoiser", variance: Number(variance_weight) > 0 });
    }
    explore(beside && values.length < 2 ? [values[0], { ...values[0], denoiser: "exact" }] : beside ? values : values.slice(0, 1));
  }

  /** @param {boolean} train @param {string[]} [wanted] recipes of an address */
  async function show(train, wanted) {
    if (train && !table.train) return;
    isOpen = train;
    document.body.classList.toggle("dv-in-train", train);
    markPart(page);
    aside.hidden = place.hidden = !train;
    const { clock, charts, wantsToPlay = false } = player() ?? {};
    if (train) clock?.pause(); // what is not seen need not move
    else if (wantsToPlay) clock?.play();
    if (!train) charts?.draw(); // those that came while they were not seen
    given = wanted && wanted.join() !== "1" ? wanted.map((query) => recipeOf(table.train, query)) : null;
    if (wanted) recipes = wanted;
    changed();
    if (!train) return shelf.check();
    mounted ??= mount();
    enter();
  }

  /** With the data of the run, or as the address says. */
  async function enter() {
    (await mounted)?.enter(dataOf(table, run(), table.train), given);
  }

  tab.addEventListener("click", () => show(true));
  other.addEventListener("click", () => isOpen && show(false));
  shelf.check();
  return {
    /** As the address holds them, while it is open. */
    get recipes() {
      return isOpen ? recipes : undefined;
    },
    show,
    /** The command that repeats the training on screen is shown. */
    command: async () => (await mounted)?.command(),
    /** Fields of recipes of an address that no training has. @param {string[]} [wanted] */
    unread: (wanted = []) => (table.train ? wanted.flatMap((query) => unreadOf(table.train, query)) : []),
    /** The run of the address is known. */
    came: () => isOpen && enter(),
  };
}
