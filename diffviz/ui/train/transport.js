// Training time as it is seen and moved: buttons, scrubber, keys.
import { find, write } from "../../player/dom.js";
import { isTyped } from "../../player/keyboard.js";
import { countOf, lasting } from "./numbers.js";

/** @typedef {import("./moment.js").Moment} Moment */
/** @typedef {import("./pull.js").Pull} Pull */

const STEP_MANY = 10;
const FORTH = "The next report; at the end, one update (right arrow)";

export class TrainTransport {
  /**
   * @param {HTMLElement} root
   * @param {{moment: Moment, pull: Pull, toggle: () => void, one: () => void, letGo: () => boolean}} conductor
   */
  constructor(root, conductor) {
    this.root = root;
    this.conductor = conductor;
    this.scrubber = /** @type {HTMLInputElement} */ (find(root, ".dv-scrubber"));
    this.play = /** @type {HTMLButtonElement} */ (find(root, ".dv-play"));
    this.time = /** @type {HTMLElement} */ (find(root, ".dv-time"));
    this.done = /** @type {HTMLElement} */ (find(root, ".dv-done"));
    const { moment, toggle } = conductor, press = (/** @type {string} */ name, /** @type {() => void} */ action) => find(root, name).addEventListener("click", action);
    press(".dv-first", () => moment.go(0));
    press(".dv-back", () => moment.step(-1));
    press(".dv-play", toggle);
    press(".dv-forth", () => this.#forth(1));
    press(".dv-last", () => moment.end());
    this.scrubber.addEventListener("input", () => moment.go(Number(this.scrubber.value)));
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** To a later report; at the end the network makes one update. @param {number} by */
  #forth(by) {
    const { moment, one } = this.conductor;
    if (moment.live) one();
    else moment.step(by);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { moment, toggle, letGo } = this.conductor, target = /** @type {Element} */ (event.target);
    const inside = (/** @type {string} */ what) => target.closest?.(what);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !this.root.offsetParent) return;
    if (isTyped(event) || inside("dialog") || (inside("input[type=range]") && target !== this.scrubber)) return;
    if (event.key === " " && inside("button, input[type=checkbox], summary")) return;
    const many = event.shiftKey ? STEP_MANY : 1;
    if (event.key === " ") toggle();
    else if (event.key === "ArrowLeft") moment.step(-many);
    else if (event.key === "ArrowRight") this.#forth(many);
    else if (event.key === "Home") moment.go(0);
    else if (event.key === "End") moment.end();
    else if (event.key !== "Escape" || !letGo()) return;
    event.preventDefault();
  }

  /** @param {number} of updates @param {number | null} left seconds @param {string} over why no update can be made now, "" if one can @param {boolean} longer more updates are wanted than were: single ones begin with Continue */
  show(of, left, over, longer) {
    const { moment, pull } = this.conductor, { list } = moment.reports, alone = list.length === 1 && list[0].update > 0; // of a file
    const last = alone ? 1 : Math.max(0, list.length - 1), index = alone ? 1 : Math.max(0, moment.index);
    this.scrubber.max = String(last);
    this.scrubber.value = String(index);
    this.scrubber.style.setProperty("--dv-share", String(last ? index / last : 0));
    const update = moment.report?.update ?? 0, text = list.length ? `${countOf(update)} / ${countOf(of)}` : "not trained yet";
    this.time.textContent = text;
    this.scrubber.setAttribute("aria-valuetext", `update ${update} of ${of}${moment.live ? ", the newest report" : ""}`);
    this.done.style.transform = `scaleX(${of && pull.update < of ? pull.update / of : 0})`;
    const playing = pull.running, name = playing ? "Pause" : pull.update ? "Continue" : "Train";
    const forth = /** @type {HTMLButtonElement} */ (find(this.root, ".dv-forth")), stays = moment.live ? over || (longer ? "Continue makes the further updates." : "") : "";
    this.root.dataset.state = playing ? "playing" : "paused";
    this.root.classList.toggle("dv-in-past", !moment.live);
    this.play.setAttribute("aria-label", name);
    this.play.disabled = !playing && Boolean(over);
    this.play.title = !playing && over ? over : `${name} (space)`;
    forth.disabled = Boolean(stays);
    forth.title = stays || FORTH;
    return playing && left !== null ? `${lasting(left)} left` : "";
  }

  /** For those who do not see it. @param {string} text */
  announce(text) {
    write(find(this.root, ".dv-announced"), text);
  }
}
