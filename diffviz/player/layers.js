// What is laid over the panels, or which of several things they show: buttons in the head of a panel, a menu where that is narrow.

import { make, makeButton } from "./dom.js";

/** @typedef {import("./contract.js").Layer} Layer */
/** @typedef {import("./player.js").Side} Side */

const OPENER = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="m8 2 6 3.5-6 3.5-6-3.5zM2.5 8.5 8 11.7l5.5-3.2M2.5 11 8 14.2l5.5-3.2" fill="none" stroke-linejoin="round"/></svg><span>layers ▾</span>';

/** @param {Side[]} sides */
function offeredBy(sides) {
  const [a, ...others] = sides.map(({ run, view }) => view.layers(run, sides.length > 1).filter(({ name }) => !run.layers?.length || run.layers.includes(name)));
  return [...a, ...others.flat().filter(({ name }) => !a.some((layer) => layer.name === name))];
}

export class Layers {
  /** @type {Layer[]} */
  #offered = [];
  /** by view, the names that are on, once somebody has said so @type {Map<string, Set<string>>} */
  #chosen = new Map();
  #view = "";
  /** names that were asked for before their run came @type {string[] | null} */
  #asked = null;

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.element = make("span", "dv-layers");
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Layers");
    const isOpen = () => this.element.classList.contains("dv-open");
    this.opener = makeButton("dv-layers-open", OPENER, "Layers", () => this.#open(!isOpen()));
    this.opener.setAttribute("aria-expanded", "false");
    this.list = make("span", "dv-layers-list");
    this.element.append(this.opener, this.list);
    document.addEventListener("pointerdown", ({ target }) => {
      if (!this.element.contains(/** @type {Node} */ (target))) this.#open(false);
    }, true); // before a panel takes it
    document.addEventListener("keydown", (event) => { // wherever the keyboard is: a press of the pointer gives it back to the player
      if (event.key !== "Escape" || !isOpen() || document.querySelector("dialog[open]")) return;
      if (this.element.contains(document.activeElement)) this.opener.focus();
      this.#open(false);
      event.stopPropagation();
    }, true);
  }

  /** @param {boolean} open */
  #open(open) {
    this.element.classList.toggle("dv-open", open);
    this.opener.setAttribute("aria-expanded", String(open));
  }

  /** The layers of runs that have come: of both, if there are two. @param {Side[]} sides @param {HTMLElement | undefined} head of the panel where they stand */
  begin(sides, head) {
    const view = sides[0].run.view, offered = offeredBy(sides);
    this.#view = view;
    if (this.#asked) this.#chosen.set(view, new Set(this.#asked));
    this.#asked = null;
    const before = this.#offered.map(({ name }) => name).join(), after = offered.map(({ name }) => name).join();
    this.#offered = offered;
    if (before !== after) this.list.replaceChildren(...offered.map((layer) => this.#button(layer)));
    if (head && this.element.parentElement !== head) head.append(this.element);
    this.element.hidden = !offered.length;
    this.#press();
  }

  /** @param {Layer} layer */
  #button({ name, label, help }) {
    const button = make("button", "", label);
    button.type = "button";
    button.title = help;
    button.dataset.layer = name;
    button.addEventListener("click", () => this.toggle(name));
    return button;
  }

  /** The names that somebody chose, or those that are on from the start. */
  get #wanted() {
    const chosen = this.#chosen.get(this.#view);
    return new Set(this.#offered.filter(({ name, on }) => (chosen ? chosen.has(name) : on)).map(({ name }) => name));
  }

  /** The names that are on; of a group, one and no more. */
  get on() {
    const on = this.#wanted;
    for (const group of new Set(this.#offered.map((layer) => layer.group))) {
      const members = this.#offered.filter((layer) => group && layer.group === group), [first, ...others] = members.filter(({ name }) => on.has(name));
      for (const { name } of others) on.delete(name);
      if (members.length && !first && !members.some(({ free }) => free)) on.add((members.find((layer) => layer.on) ?? members[0]).name);
    }
    for (const { name, within, without } of this.#offered) if ((within && !on.has(within)) || (without && on.has(without))) on.delete(name);
    return on;
  }

  /** @param {string} name */
  toggle(name) {
    const wanted = this.#wanted, layer = this.#offered.find((each) => each.name === name);
    if (!layer) return;
    const was = this.on.has(name);
    if (layer.group) for (const each of this.#offered) if (each.group === layer.group) wanted.delete(each.name);
    if (was && (!layer.group || layer.free)) wanted.delete(name);
    else wanted.add(name);
    this.#chosen.set(this.#view, wanted);
    this.#asked = null;
    this.#press();
    this.changed();
  }

  /** From now on, and of the run that comes next. @param {string[]} names */
  set(names) {
    this.#asked = names;
    if (this.#view) this.#chosen.set(this.#view, new Set(names));
    this.#press();
  }

  #press() {
    const { on } = this;
    for (const button of this.list.querySelectorAll("button")) {
      const { within, without } = this.#offered.find(({ name }) => name === button.dataset.layer) ?? {};
      button.hidden = Boolean((within && !on.has(within)) || (without && on.has(without)));
      button.setAttribute("aria-pressed", String(on.has(button.dataset.layer ?? "")));
    }
  }
}
