// The clock as it is seen and moved: scrubber, buttons, menus, keys.

import { find, write } from "./dom.js";
import { isTyped } from "./keyboard.js";

/** @typedef {import("./clock.js").Clock} Clock */
/**
 * @typedef {object} Conductor what moves the clock
 * @property {Clock} clock
 * @property {(frame: number) => void} go
 * @property {(value: number) => void} scrub to a value of the scrubber
 * @property {(playing: boolean) => void} setPlaying
 * @property {(clock: string) => void} changeAxis
 * @property {() => boolean} letGo lets go of what is enlarged or chosen; false if nothing was
 * @property {() => void} changed
 */
/** @typedef {{ value: number, share: number, time: string, max: number, marks: (number | null)[], named: { share: number, label: string }[], arrived: number }} Reading of the clock; marks: where SNR is 1, of each side; named: what the charts mark; arrived: 0..1 */

const STEP_MANY = 10;
const MARK_WIDTH = 90; // pixels that "A: SNR = 1" takes
const LEAST = 7.6, LETTER = 0.6; // of the time's width, in its own letters' size
const NAMES_APART = 8; // pixels between two names
const AXIS_KEYS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1 });

export class Transport {
  #marks = "";

  /** @param {HTMLElement} root @param {Conductor} conductor */
  constructor(root, conductor) {
    this.root = root;
    this.conductor = conductor;
    this.scrubber = /** @type {HTMLInputElement} */ (find(root, ".dv-scrubber"));
    this.marks = /** @type {HTMLElement} */ (find(root, ".dv-marks"));
    new ResizeObserver(() => this.#spread()).observe(this.marks);
    this.play = /** @type {HTMLButtonElement} */ (find(root, ".dv-play"));
    this.time = /** @type {HTMLElement} */ (find(root, ".dv-time"));
    this.done = /** @type {HTMLElement} */ (find(root, ".dv-done"));
    this.axis = /** @type {HTMLSelectElement} */ (find(root, ".dv-axis"));
    this.direction = /** @type {HTMLSelectElement} */ (find(root, ".dv-direction"));
    this.speed = /** @type {HTMLSelectElement} */ (find(root, ".dv-speed"));
    this.loop = /** @type {HTMLButtonElement} */ (find(root, ".dv-loop"));
    this.#bind();
  }

  #bind() {
    const { clock, go, scrub, setPlaying, changeAxis, changed } = this.conductor;
    const press = (/** @type {string} */ selector, /** @type {() => void} */ action) => find(this.root, selector).addEventListener("click", action);
    press(".dv-first", () => go(0));
    press(".dv-back", () => go(clock.frame - 1));
    press(".dv-play", () => setPlaying(!clock.playing));
    press(".dv-forth", () => go(clock.frame + 1));
    press(".dv-last", () => go(clock.frames - 1));
    this.scrubber.addEventListener("input", () => scrub(Number(this.scrubber.value)));
    this.axis.addEventListener("change", () => changeAxis(this.axis.value));
    this.direction.addEventListener("change", () => {
      clock.hold(/** @type {Clock["direction"]} */ (this.direction.value));
      changed();
    });
    this.speed.addEventListener("change", () => {
      clock.speed = Number(this.speed.value);
      changed();
    });
    press(".dv-loop", () => {
      clock.loop = !clock.loop;
      this.loop.setAttribute("aria-pressed", String(clock.loop));
    });
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      if (!this.root.isConnected) document.removeEventListener("keydown", onKey);
      else this.#key(event);
    };
    document.addEventListener("keydown", onKey);
  }

  /** Keys belong to what takes text or opens a list; a button keeps only the two that press it. @param {KeyboardEvent} event */
  #key(event) {
    const { clock, go, setPlaying, letGo } = this.conductor, target = /** @type {Element} */ (event.target);
    const inside = (/** @type {string} */ what) => target.closest?.(what);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !this.root.offsetParent) return;
    if (isTyped(event) || inside("dialog") || (inside("input[type=range]") && target !== this.scrubber)) return;
    if (event.key === " " && inside("button, input[type=checkbox], summary")) return;
    if (event.key === " ") setPlaying(!clock.playing);
    else if (event.key in AXIS_KEYS) go(clock.frame + AXIS_KEYS[event.key] * (event.shiftKey ? STEP_MANY : 1));
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(clock.frames - 1);
    else if (event.key !== "Escape" || !letGo()) return;
    event.preventDefault();
  }

  /** What the menus say, after they were set from elsewhere. @param {string} axis */
  settle(axis) {
    const { clock } = this.conductor;
    this.axis.value = axis;
    this.direction.value = clock.direction;
    this.speed.value = String(clock.speed);
  }

  /** Playing or paused. */
  showState() {
    const { playing } = this.conductor.clock, name = playing ? "Pause" : "Play";
    if (this.root.dataset.state !== (playing ? "playing" : "paused")) this.root.dataset.state = playing ? "playing" : "paused";
    if (this.play.getAttribute("aria-label") === name) return;
    this.play.setAttribute("aria-label", name);
    this.play.title = `${name} (space)`;
  }

  /** @param {Reading} reading */
  show({ value, share, time, max, marks, named, arrived }) {
    if (Number(this.scrubber.max) !== max) this.scrubber.max = String(max);
    this.scrubber.value = String(value);
    this.scrubber.style.setProperty("--dv-share", String(share));
    this.scrubber.setAttribute("aria-valuetext", time.replace(" / ", " of "));
    this.time.textContent = time;
    this.time.style.width = `${Math.max(LEAST, LETTER * `t = ${max} / ${max}`.length)}em`; // at all times of a run
    this.done.style.transform = `scaleX(${arrived === 1 ? 0 : arrived})`;
    this.#mark(marks, named);
  }

  /** @param {(number | null)[]} shares @param {Reading["named"]} named */
  #mark(shares, named) {
    const key = `${shares.join()} ${named.map(({ share, label }) => `${share} ${label}`).join()}`;
    if (key === this.#marks) return;
    this.#marks = key;
    const apart = shares.length > 1 && Math.abs((shares[0] ?? 0) - (shares[1] ?? 0)) > 0.005;
    const marks = shares.flatMap((share, side) => (share === null || (side && !apart) ? [] : `<span class="dv-mark${apart ? ` dv-mark-${"ab"[side]}` : ""}" style="--at: ${share}"><i>${apart ? `${"AB"[side]}: ` : ""}SNR = 1</i></span>`));
    const others = named.map(({ share, label }) => `<span class="dv-named" style="--at: ${share}"><i>${label}</i></span>`);
    write(this.marks, [...marks, ...others].join(""));
    this.#spread();
  }

  /** Two marks with no room for both their words have them on their outer sides; another one without room for its name is a line. */
  #spread() {
    const [a, b] = /** @type {HTMLElement[]} */ ([...this.marks.querySelectorAll(".dv-mark")]), at = (/** @type {HTMLElement} */ mark) => Number(mark.style.getPropertyValue("--at"));
    this.marks.classList.toggle("dv-near", Boolean(b) && Math.abs(at(a) - at(b)) * this.marks.clientWidth < MARK_WIDTH);
    if (b) (at(a) > at(b) ? b : a).classList.add("dv-mark-first");
    /** @type {DOMRect[]} */
    const taken = [], { left, right } = this.marks.getBoundingClientRect();
    for (const name of /** @type {NodeListOf<HTMLElement>} */ (this.marks.querySelectorAll(".dv-named i"))) {
      name.style.visibility = "hidden"; // unless there is room in the middle under its line, to the left of it or to the right
      for (const move of ["-50%", "calc(-100% + 3px)", "-3px"]) {
        name.style.translate = move;
        const box = name.getBoundingClientRect();
        if (box.left < left || box.right > right || taken.some((other) => box.left < other.right + NAMES_APART && other.left < box.right + NAMES_APART)) continue;
        name.style.visibility = "";
        taken.push(box);
        break;
      }
    }
  }
}
