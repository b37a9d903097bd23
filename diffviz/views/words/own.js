// A list of words of one's own: typed, pasted or read from a file; then used as the data.
import { downloaded } from "../../ui/bytes.js";
import { dialog, make } from "../../ui/dialog.js";

const QUIET_MS = 250; // after the last letter that is typed
const EMPTY = "Type or paste words, or choose a file.", SILENT = "The server does not answer.";

/** @typedef {{own_words: string, words: number, entropy_bits: number, link: boolean}} Told own.py's take_words */
/** @typedef {{problem: string}} Refused */

/** What is said of a list. @param {Told} told */
export function said({ words, entropy_bits, link }) {
  return `${words} ${words === 1 ? "word" : "words"}, entropy ${entropy_bits} bits.${link ? "" : " A link cannot hold so many: save them as a file."}`;
}

/** The text of a file. @param {Blob} file @param {number} most bytes @returns {Promise<{text: string} | Refused>} */
export async function textOf(file, most) {
  if (file.size > most) return { problem: `Your words must be a file of at most ${most / 1000} kB.` };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()) };
  } catch {
    return { problem: "Your words must be a file of text, UTF-8." };
  }
}

/** @param {{field: any, value: string, say: (value: string, problem?: string) => void, ask: (what: object) => Promise<any>, way?: string}} how way: paste or upload */
export function open({ field, value, say, ask, way }) {
  const words = /** @type {HTMLTextAreaElement} */ (make("textarea", { className: "dv-own-words", rows: 12, spellcheck: false, value: value || field.usual }));
  words.setAttribute("aria-label", "Your words: a to z, at most 8 letters each, with spaces or line ends between; a number after a word is how often it is to come up");
  const status = make("p");
  status.setAttribute("role", "status");
  let acts = 0, files = 0, timer = 0; // acts: changes of the text; what the server says of an earlier one is not told
  /** of the text as it stands @type {Told | null} */
  let told = null;

  function tell(/** @type {string} */ sentence, wrong = false) {
    status.textContent = sentence;
    status.className = wrong ? "dv-error" : "dv-own-status";
  }
  /** What the text is. @param {Told | null} found @param {string} [problem] */
  function show(found, problem = "") {
    told = found;
    tell(found ? said(found) : problem || EMPTY, Boolean(problem));
    words.setAttribute("aria-invalid", String(Boolean(problem)));
    use.disabled = save.disabled = !found;
  }
  /** @param {string} text @returns {Promise<Told | Refused>} */
  async function judged(text) {
    if (text.length > field.most) return { problem: `Your words must be at most ${field.most} letters long, not ${text.length}.` };
    return (await ask({ own_words: text.replace(/\s+/g, " ") })) ?? { problem: SILENT };
  }
  async function describe() {
    if (!words.value.trim()) return show(null);
    const act = acts, found = await judged(words.value);
    if (act !== acts) return; // the text is another by now
    if ("problem" in found) show(null, found.problem);
    else show(found);
  }
  words.addEventListener("input", () => {
    acts++;
    use.disabled = save.disabled = true;
    clearTimeout(timer);
    timer = window.setTimeout(describe, QUIET_MS);
  });
  words.addEventListener("keydown", (event) => event.stopPropagation()); // letters are no keys of the page here

  const file = /** @type {HTMLInputElement} */ (make("input", { type: "file", accept: ".txt,.csv,.tsv,text/plain" }));
  file.setAttribute("aria-label", "A text file of words");
  file.onclick = () => { file.value = ""; }; // the same one, once it is mended, is another
  file.onchange = async () => {
    const chosen = file.files?.[0], act = acts, number = ++files;
    if (!chosen) return;
    const read = await textOf(chosen, field.most), found = "problem" in read ? read : await judged(read.text);
    if (act !== acts || number !== files) return; // something else was done meanwhile
    if ("problem" in found) return tell(`${found.problem}${words.value.trim() ? " The words of before are kept." : ""}`, true);
    acts++;
    words.value = "text" in read ? read.text : "";
    show(found);
  };

  const use = /** @type {HTMLButtonElement} */ (make("button", { type: "button", className: "dv-primary", textContent: "Use these words", disabled: true, onclick: () => {
    if (!told) return;
    say(told.own_words === field.usual ? "" : told.own_words);
    box.close();
  } }));
  const save = /** @type {HTMLButtonElement} */ (make("button", { type: "button", textContent: "Save as a file", disabled: true, onclick: () => { if (told) downloaded("words.txt", `${told.own_words.replace(/ (?=[a-z])/g, "\n")}\n`); } }));
  const box = dialog("Your own words", [make("div", { className: "dv-own" }, words, make("div", { className: "dv-own-tools" }, file), status)], save, use);
  describe();
  if (way === "upload") {
    file.focus();
    file.click();
  } else words.select();
}
