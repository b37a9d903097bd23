// The script of a file that plays by itself: the player, its messages and the glossary are in the file.
import { Player } from "../player/player.js";
import { register } from "../player/inbox.js";
import { bindGlossary, make } from "./dialog.js";
import { headline } from "./headline.js";

/** @param {string} name of the view @param {import("../player/contract.js").View} view */
export function start(name, view) {
  const read = (/** @type {string} */ id) => document.getElementById(id)?.textContent || "";
  const { messages, late, answers, sets, glossary, view: seen, lesson } = JSON.parse(read("dv-tables"));
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
  document.body.classList.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches);
  find(".dv-theme").onclick = () => document.body.classList.toggle("dark");
  window.addEventListener("diffviz:run", (event) => headline(find(".dv-shown"), /** @type {CustomEvent} */ (event).detail));
  register(name, view);
  const library = URL.createObjectURL(new Blob([read("dv-plotly")], { type: "text/javascript" }));
  const player = new Player(find("#dv-player"), { plotlyUrl: library, sets, repair: () => Promise.reject(new Error("no server")), inside: async (what) => answers[what] ?? JSON.stringify(late[JSON.parse(what).later] ?? null) });
  /** @type {any} */ (find(".dv")).player = player;
  bindGlossary(glossary, () => player.run?.worked || {});
  player.restore(seen, true);
  player.receive(JSON.stringify({ request: 1, messages }));
  if (!lesson) return;
  const place = find(".dv-file-lesson");
  place.hidden = false;
  place.append(make("h2", { innerHTML: lesson.title }), make("p", { innerHTML: lesson.text }));
  if (lesson.question) place.append(make("p", { innerHTML: `<b>Predict first.</b> ${lesson.question}` }), make("ol", {}, ...lesson.answers.map((/** @type {string} */ answer) => make("li", { innerHTML: answer }))));
  if (lesson.answer) place.append(make("details", {}, make("summary", { textContent: "The answer" }), make("div", { innerHTML: lesson.answer })));
}
