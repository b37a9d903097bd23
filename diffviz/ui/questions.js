// Questions take one line: the present one between previous and next, what to watch below it, and all of them by topic in a drawer.
import { closesBeside, make } from "./dialog.js";
import { picture } from "./pictures.js";
import { domainOf } from "./rules.js";

const ICONS = { back: "M10 3 5 8l5 5", forth: "m6 3 5 5-5 5", all: "M3 4h10M3 8h10M3 12h10" };

/** @param {string} label @param {keyof typeof ICONS} icon */
function button(label, icon) {
  const made = make("button", { type: "button", className: `dv-question-${icon}`, title: label });
  made.setAttribute("aria-label", label);
  made.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${ICONS[icon]}" fill="none" stroke="currentColor" stroke-width="1.8"/></svg>`;
  return made;
}

/** @param {HTMLElement} place @param {HTMLDialogElement} box @param {any} table @param {(question: any) => void} ask */
export function makeQuestions(place, box, table, ask) {
  /** @type {any[]} */
  const questions = table.questions;
  const back = button("Previous question", "back"), forth = button("Next question", "forth"), all = button("All questions", "all");
  const title = make("h2"), watch = make("p", { className: "dv-watch" });
  place.append(make("div", { className: "dv-question-row" }, back, title, forth, all), watch);
  let shown = -1;
  const step = (/** @type {number} */ by) => ask(questions[(Math.max(shown, by > 0 ? shown : 0) + by + questions.length) % questions.length]);
  back.onclick = () => step(-1);
  forth.onclick = () => step(1);

  const topics = [...new Set(questions.map((question) => question.topic))];
  const close = make("button", { type: "button", className: "dv-close", textContent: "Close", onclick: () => box.close() });
  box.append(make("header", {}, make("h2", { textContent: "Questions" }), close));
  for (const topic of topics) {
    const items = questions.filter((question) => question.topic === topic).map((question) => {
      const dataset = question.runs[0].dataset || table.defaults.dataset;
      const kind = make("small", { textContent: `${domainOf(table, dataset).title}${question.runs.length > 1 ? " · two runs" : ""}` });
      const item = make("button", { type: "button" }, picture(table, dataset), make("span", {}, make("span", { innerHTML: question.question }), kind));
      item.dataset.key = question.key;
      item.onclick = () => {
        box.close();
        ask(question);
      };
      return make("li", {}, item);
    });
    box.append(make("section", {}, make("h3", { textContent: topic }), make("ul", {}, ...items)));
  }
  closesBeside(box);
  all.onclick = () => {
    for (const item of box.querySelectorAll("li button")) item.setAttribute("aria-current", String(shown >= 0 && /** @type {HTMLElement} */ (item).dataset.key === questions[shown].key));
    box.showModal();
  };

  return {
    /** The one that is answered, or none: the settings are a person's own. @param {any} question */
    show(question) {
      shown = question ? questions.indexOf(question) : shown;
      place.classList.toggle("dv-own-settings", !question);
      title.innerHTML = question ? question.question : "Your own settings";
      watch.innerHTML = question ? question.watch : "";
    },
    /** By its key in an address. @param {string} key */
    find: (key) => questions.find((question) => question.key === key) || null,
  };
}
