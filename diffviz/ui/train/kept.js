// What becomes of a trained network: it is used in Explore, compared there, saved as a file, and loaded from one.
import { find } from "../../player/dom.js";
import { bytesOf } from "../../player/decode.js";
import { downloaded, encoded } from "../bytes.js";

/** @typedef {import("./contract.js").Answer} Answer */
/** @typedef {import("./contract.js").Begin} Begin */

/**
 * @param {HTMLElement} aside where its buttons are
 * @param {object} of
 * @param {import("./pull.js").Pull} of.pull
 * @param {(name: string) => (what: object) => Promise<any>} of.ask
 * @param {number} of.most bytes of a file
 * @param {() => Begin | null} of.begin of the training on screen
 * @param {(kept: Answer, beside: boolean, begin: Begin) => void} of.explore the networks are to be used there
 * @param {(answer: Answer & {begin: Begin}) => void} of.loaded a training came from a file
 * @param {(sentence: string) => void} of.fail
 * @param {(refusal: import("./contract.js").Refusal) => string} of.sentences
 */
export function bindKept(aside, { pull, ask, most, begin, explore, loaded, fail, sentences }) {
  /** @param {boolean} beside in Compare */
  async function use(beside) {
    pull.pause();
    const kept = await pull.keep(), began = begin();
    if (kept && began) explore(kept, beside, began);
  }

  async function save() {
    pull.pause();
    for (const side of (begin()?.runs ?? []).keys()) {
      const answer = await pull.asked((job) => ask("train_file")({ job, side }));
      if (!answer) return;
      if (!("data" in answer)) return pull.refuse(answer);
      downloaded(answer.name, bytesOf(answer.data), "application/zip");
    }
  }

  let loads = 0;
  /** @param {HTMLInputElement} input */
  async function load(input) {
    const [chosen] = input.files ?? [], number = ++loads;
    input.value = "";
    if (!chosen) return;
    if (chosen.size > most) return fail(`The file must have at most ${(most / 1e6).toFixed(1)} MB.`);
    pull.pause();
    const data = await encoded(chosen), answer = await pull.asked(() => ask("train_load")({ data }));
    if (!answer || number !== loads) return; // another was chosen meanwhile
    if (!("job" in answer)) return fail(sentences(answer)); // what was there stays
    loaded(answer);
  }

  const clicked = (/** @type {string} */ name, /** @type {() => unknown} */ act) => find(aside, name).addEventListener("click", act);
  const file = /** @type {HTMLInputElement} */ (find(aside, "input[type=file]"));
  clicked(".dv-train-use", () => use(false));
  clicked(".dv-train-beside", () => use(true));
  clicked(".dv-train-save", save);
  clicked(".dv-train-load", () => file.click());
  file.addEventListener("change", () => load(file));
}
