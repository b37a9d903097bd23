// The menu Share: the link, the same in Python and on the command line, and files of what is shown.
import { make, showText } from "./dialog.js";
import { heavyFields } from "./heavy.js";

const MANY = /** @type {Record<string, string>} */ ({ own_points: "points", own_words: "words" }); // what is in the fields that a link may not hold

/** What is said over a link. @param {string} link */
export function said(link) {
  const what = heavyFields(link).map((name) => MANY[name] ?? "data")[0];
  return what ? `A link cannot hold so many ${what}. It works in this tab; for others, save the ${what} as a file` : "This link shows the same again";
}

/** @param {HTMLElement} opener @param {HTMLElement} list @param {[string, string, boolean][]} kinds of files: name, what is in it, whether a lesson alone has it
 * @param {{link: () => string, run: () => any, file: (kind: string) => void, training: () => (() => void) | null}} ask training: while one is on screen, what shows its command */
export function bindShare(opener, list, kinds, ask) {
  const entries = [
    ["Link", "to the same view", () => showText(said(ask.link()), ask.link())],
    ["Python", "for a notebook", () => ask.run() && showText("The same in Python", ask.run().snippet)],
    ["Command", "for a shell", () => {
      const training = ask.training();
      if (training) training();
      else if (ask.run()) showText("The same on the command line", ask.run().command);
    }],
    ...kinds.map(([name, what, ofLesson]) => [name, what, () => ask.file(name.toLowerCase()), ofLesson]),
  ];
  for (const [name, what, action, ofLesson] of /** @type {[string, string, () => void, boolean?][]} */ (entries)) {
    const item = make("button", { type: "button", tabIndex: -1 }, make("b", { textContent: name }), ` ${what}`);
    item.setAttribute("role", "menuitem");
    item.classList.toggle("dv-of-lesson", Boolean(ofLesson));
    item.classList.toggle("dv-of-run", !["Link", "Command"].includes(name));
    item.onclick = () => {
      show(false);
      opener.focus();
      action();
    };
    list.append(item);
  }
  const items = () => /** @type {HTMLElement[]} */ ([...list.children].filter((item) => item instanceof HTMLElement && item.offsetParent));
  function show(/** @type {boolean} */ open) {
    list.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) items()[0].focus();
  }
  opener.onclick = () => show(Boolean(list.hidden));
  document.addEventListener("click", ({ target }) => target instanceof Node && !opener.contains(target) && !list.contains(target) && show(false));
  list.addEventListener("focusout", ({ relatedTarget }) => relatedTarget instanceof Node && !list.contains(relatedTarget) && relatedTarget !== opener && show(false));
  list.addEventListener("keydown", (event) => {
    const all = items(), now = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowDown: now + 1, ArrowUp: now - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape") {
      show(false);
      opener.focus();
    } else if (to !== undefined) all[to % all.length].focus();
    else return;
    event.preventDefault();
    event.stopPropagation(); // the arrows are the clock's elsewhere
  });
}
