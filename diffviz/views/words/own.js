// A list of words of one's own: typed, pasted or read from a file; then used as the data.
import { downloaded } from "../../ui/bytes.js";
import { dialog, make } from "../../ui/dialog.js";

const QUIET_MS = 250; // after the last letter that is typed
const SILENT = "The server does not answer.";

/** @typedef {{own_words: string, words: number, entropy_bits: number, link: boolean, problem?: string}} Told own.py's take_words */

/** What is said of a list. @param {Told} told */
export function said({ words, entropy_bits, link }) {
  const bits = words > 1 ? `; the entropy of one of them is ${entropy_bits} bits` : "";
  return `${words} ${words === 1 ? "word" : "words"}${bits}.${link ? "" : " A link cannot hold so many: save them as a file."}`;
}

/** @param {{field: any, value: string, say: (value: string, problem?: string) => void, ask: (what: object) => Promise<any>, way?: string}} how way: paste or upload */
export function open({ field, value, say, ask, way }) {
  const words = /** @type {HTMLTextAreaElement} */ (make("textarea", { className: "dv-own-words", rows: 12, maxLength: field.most, spellcheck: false, placeholder: "ant bee 3 cat" }));
  words.setAttribute("aria-label", "Your words: a to z, at most 8 letters each, with spaces or line ends between; a number after a word is how often it is to come up");
  const status = make("p", { className: "dv-own-status" });
  status.setAttribute("role", "status");
  let acts = 0, timer = 0; // acts: of the person; what the server says of an earlier one is not told
  /** of the text as it stands @type {Told | null} */
  let told = null;

  function show(/** @type {Told | null} */ answer) {
    told = answer && !answer.problem ? answer : null;
    status.textContent = told ? said(told) : answer?.problem || SILENT;
    words.setAttribute("aria-invalid", String(Boolean(answer?.problem)));
    use.disabled = save.disabled = !told;
  }
  /** @param {string} text "" for ours, which the box then shows */
  async function describe(text) {
    const act = ++acts, answer = await ask({ own_words: text });
    if (act !== acts) return;
    if (!text && answer?.own_words) words.value = answer.own_words;
    show(answer);
  }
  function typed() {
    acts++;
    use.disabled = save.disabled = true;
    clearTimeout(timer);
    timer = window.setTimeout(() => words.value.trim() ? describe(words.value) : show({ ...EMPTY }), QUIET_MS);
  }
  words.addEventListener("input", typed);
  words.addEventListener("keydown", (event) => event.stopPropagation()); // letters are no keys of the page here

  const file = /** @type {HTMLInputElement} */ (make("input", { type: "file", accept: ".txt,.csv,.tsv,text/plain" }));
  file.setAttribute("aria-label", "A text file of words");
  file.onchange = async () => {
    const chosen = file.files?.[0];
    if (!chosen) return;
    if (chosen.size > field.most) return show({ ...EMPTY, problem: `Your words must be a file of at most ${field.most / 1000} kB.` });
    words.value = await chosen.text();
    describe(words.value);
  };

  const use = /** @type {HTMLButtonElement} */ (make("button", { type: "button", className: "dv-primary", textContent: "Use these words", disabled: true, onclick: () => {
    if (!told) return;
    say(told.own_words);
    box.close();
  } }));
  const save = /** @type {HTMLButtonElement} */ (make("button", { type: "button", textContent: "Save as a file", disabled: true, onclick: () => { if (told) downloaded("words.txt", `${told.own_words.replace(/ (?=[a-z])/g, "\n")}\n`); } }));
  const box = dialog("Your own words", [make("div", { className: "dv-own" }, words, make("div", { className: "dv-own-tools" }, file), status)], save, use);
  words.value = value;
  describe(value);
  if (way === "upload") {
    file.focus();
    file.click();
  } else words.select();
}

const EMPTY = { own_words: "", words: 0, entropy_bits: 0, link: true, problem: "Type or paste words, or choose a file." };
