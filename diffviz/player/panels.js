// The panels of all sides: made as the views ask, painted for the clock's moment, pointed at, described.

import { Camera } from "./camera.js";
import { find, make, plain } from "./dom.js";
import { drawText } from "./letters.js";
import { Panel } from "./panel.js";
import { Places } from "./places.js";
import { bindPointing } from "./pointing.js";
import { bindPrinting } from "./printing.js";
import { Scale } from "./scale.js";

/** @typedef {import("./contract.js").Scene} Scene */
/** @typedef {import("./contract.js").View} View */
/** @typedef {import("./contract.js").Run} Run */
/** @typedef {{ number: number, run: Run, view: View, frames: { forward: number, reverse: number }, moment: string, behind: boolean, own: string }} Side */
/** @typedef {{ sides: Side[], waiting: boolean, playing: boolean, placing: boolean, layers: Set<string>, asking: boolean, withheld: boolean, colours: any, ink: any, present: boolean }} Moment what there is to see; placing: a chart asks for a place; asking: a question is open; withheld: it is about the forward process, and the other would answer it */

const WITHHELD = "shown with the answer";
const DESCRIBED_MS = 2000; // how often what is seen is put in words while the clock runs

/** @param {number} number */
export const badge = (number) => `<b class="dv-badge dv-badge-${"ab"[number]}">${"AB"[number]}</b> `;

export class Panels {
  /** @type {Panel[]} */
  list = [];
  scale = new Scale();
  camera = new Camera();
  places = new Places();
  hovered = -1;
  chosen = -1;
  /** chosen instead of a sample, in units of the data @type {[number, number] | null} */
  place = null;
  #arranged = "";
  /** @type {Moment | null} */
  #moment = null;
  #later = 0;

  /**
   * @param {HTMLElement} root
   * @param {{ ask: (what: object) => Promise<any>, changed: (what: "scale" | "choice" | "answer") => void }} player
   */
  constructor(root, player) {
    this.rows = /** @type {HTMLElement} */ (find(root, ".dv-panels"));
    this.shared = /** @type {HTMLElement} */ (find(root, ".dv-shared"));
    this.said = /** @type {HTMLElement} */ (find(root, ".dv-announced"));
    this.changed = player.changed;
    bindPrinting(find(root, ".dv-stage"));
    const panels = this;
    /** @type {import("./contract.js").Host} */
    this.host = {
      ask: player.ask,
      paint: () => player.changed("answer"),
      choose: (index) => panels.choose(index),
      change: (side, name, value) => window.dispatchEvent(new CustomEvent("diffviz:change", { detail: { side, name, value } })),
      get chosen() { return panels.chosen; },
    };
    this.hand = {
      scale: this.scale,
      camera: this.camera,
      turns: (/** @type {Panel} */ panel) => this.#with(panel, (view, scene) => view.turns?.(panel, scene)) ?? false,
      pick: (/** @type {Panel} */ panel, /** @type {number} */ x, /** @type {number} */ y) => this.#with(panel, (view, scene) => view.pick?.(panel, scene, x, y)) ?? -1,
      step: (/** @type {Panel} */ panel, /** @type {number} */ dx, /** @type {number} */ dy) => {
        const next = this.#with(panel, (view, scene) => view.step?.(panel, scene, this.chosen, dx, dy));
        if (next !== undefined) this.choose(next, panel);
      },
      hover: (/** @type {number} */ index) => this.hover(index),
      choose: (/** @type {number} */ index) => this.choose(index),
      takesPlaces: (/** @type {Panel} */ panel) => Boolean(panel.spec.places && this.#moment?.placing && !this.hand.turns(panel)),
      put: (/** @type {[number, number]} */ place) => this.put(place),
      places: this.places,
      rescaled: () => {
        this.#forget();
        this.paint();
        this.changed("scale");
      },
      turned: () => {
        this.paint();
        this.changed("scale");
      },
    };
    this.resized = new ResizeObserver((entries) => {
      for (const panel of this.list) if (entries.some(({ target }) => target === panel.canvas)) panel.resize();
      this.paint();
    });
  }

  /** Makes the panels that the views want, if they are not there. @param {{ number: number, run: Run, view: View }[]} sides */
  arrange(sides) {
    const pair = sides.length > 1;
    const specs = sides.map(({ run, view }) => view.panels(run, pair));
    const wanted = JSON.stringify([pair, sides.map(({ run }) => run.view), specs]);
    const [{ run, view }] = sides;
    if (view.alwaysChosen) this.chosen = Math.max(0, Math.min(this.chosen, ...sides.map((side) => side.run.particles - 1)));
    else if (this.chosen >= Math.min(...sides.map((side) => side.run.particles))) this.chosen = -1;
    this.hovered = -1;
    const reach = view.reach?.(run);
    if (reach) this.scale.reach = pair ? Math.max(...sides.map((side) => side.view.reach?.(side.run) ?? reach)) : reach;
    if (wanted === this.#arranged) return false;
    this.#arranged = wanted;
    this.resized.disconnect();
    this.list = [];
    this.rows.replaceChildren();
    this.shared.replaceChildren();
    specs.forEach((ofSide, number) => {
      const row = make("div", `dv-row dv-row-${"ab"[number]}`);
      if (pair) {
        row.setAttribute("role", "group");
        row.setAttribute("aria-label", `Run ${"AB"[number]}`);
      }
      this.rows.append(row);
      ofSide.filter((spec) => number === 0 || !spec.shared).forEach((spec) => {
        const panel = new Panel(spec, number, pair && !spec.shared ? badge(number) : "");
        this.list.push(panel);
        (pair && spec.shared ? this.shared : row).append(panel.figure);
        spec.head?.(panel.head.appendChild(make("span", "dv-tools")), this.host);
        bindPointing(panel, this.hand);
        this.resized.observe(panel.canvas); // which tells its size at once, too
      });
    });
    return true;
  }

  /** The head of A's reverse panel, where the layers' buttons stand. */
  get corner() {
    return (this.list.find(({ name, side }) => name === "reverse" && side === 0) ?? this.list[0])?.head;
  }

  /** @param {Moment} moment */
  show(moment) {
    this.#moment = moment;
    this.paint();
  }

  /** Places in the panels; nothing is asked for any more. @param {import("./places.js").Mark[]} marks */
  mark(marks) {
    this.places.show(marks);
    this.paint();
  }

  paint() {
    const moment = this.#moment;
    if (!moment) return;
    for (const panel of this.list) {
      if (!panel.width || !panel.height) continue; // it is not seen
      panel.measure(this.scale);
      panel.clear(moment.colours.panel);
      const side = moment.sides[panel.side];
      if (!side?.run) continue;
      const scene = this.#scene(panel, moment);
      if (isWithheld(panel, moment)) {
        withhold(panel, moment);
        continue;
      }
      side.view.paint(panel, scene);
      panel.canvas.classList.toggle("dv-turns", side.view.turns?.(panel, scene) ?? false);
      this.places.paint(panel, moment.colours, moment.present);
      panel.say(this.#hint(panel, side, scene));
      this.#describe(panel, side.view, scene, moment.playing);
    }
  }

  /** @param {Panel} panel @param {Moment} moment @returns {Scene} */
  #scene(panel, { sides, waiting, placing, layers, asking, colours, ink, present }) {
    const side = sides[panel.side], pair = sides.length > 1;
    const own = pair && !panel.spec.shared ? colours["ab"[panel.side]] : colours[panel.spec.colour ?? "ink"];
    return {
      run: side.run, side: panel.side, frame: side.frames[panel.follows], frames: side.frames, waiting, sides, pair, moment: side.moment, behind: side.behind,
      layers, asking, camera: this.camera, centre: this.scale, picked: this.hovered >= 0 ? this.hovered : this.chosen, chosen: this.chosen, placing, place: placing ? this.place : null, colours: { ...colours, own }, ink, present,
    };
  }

  /** what sets a side apart, where it is, and what its view says of the panel @param {Panel} panel @param {Side} side @param {Scene} scene */
  #hint(panel, side, scene) {
    const hint = side.view.hint?.(panel, scene) ?? "";
    if (scene.waiting && panel.follows === "reverse" && !panel.spec.shared) return `${waitingAt(side.run)} ${hint}`;
    if (!scene.pair || panel.spec.shared) return hint;
    const own = panel.follows === "forward" && side.own ? ` <span class="dv-apart">${side.own}</span>` : "";
    return `<span class="dv-when">${panel.follows === "forward" ? side.moment : hint || side.moment}</span>${own}`;
  }

  /** @param {Panel} panel @param {View} view @param {Scene} scene @param {boolean} playing */
  #describe(panel, view, scene, playing) {
    const now = performance.now();
    clearTimeout(this.#later);
    if (!playing) this.#later = window.setTimeout(() => this.#describeAll(), 300);
    if (now - panel.describedAt < DESCRIBED_MS) return;
    panel.describedAt = now;
    panel.describe(view.describe(panel, scene));
  }

  #describeAll() {
    const seen = this.list.filter((panel) => this.#moment && !isWithheld(panel, this.#moment));
    for (const panel of seen) this.#with(panel, (view, scene) => panel.describe(view.describe(panel, scene)));
  }

  /** @template T @param {Panel} panel @param {(view: View, scene: Scene) => T} action @returns {T | undefined} */
  #with(panel, action) {
    const moment = this.#moment, side = moment?.sides[panel.side];
    return moment && side?.run ? action(side.view, this.#scene(panel, moment)) : undefined;
  }

  #forget() {
    for (const { view, run } of this.#moment?.sides ?? []) if (run) view.forget?.(run);
  }

  /** The theme is another one. */
  forget() {
    this.#forget();
  }

  /** @param {number} index */
  hover(index) {
    if (index === this.hovered || this.#moment?.sides[0].view.alwaysChosen) return;
    this.hovered = index;
    this.paint();
  }

  /** A place instead of a sample. @param {[number, number]} place in units of the data */
  put([x, y]) {
    this.chosen = this.hovered = -1;
    this.place = [rounded(x), rounded(y)];
    this.paint();
    this.changed("choice");
    this.said.textContent = `The place (${this.place.join(", ").replaceAll("-", "−")}) is chosen.`;
  }

  /** @param {number} index @param {Panel} [panel] where it was chosen with keys: what it is, is said */
  choose(index, panel) {
    const [side] = this.#moment?.sides ?? [];
    if (!side?.run || !Number.isInteger(index) || index >= Math.min(.../** @type {Moment} */ (this.#moment).sides.map(({ run }) => run.particles))) return;
    if (index < 0 && side.view.alwaysChosen) return;
    this.chosen = Math.max(-1, index);
    this.place = null;
    if (panel) this.hovered = -1; // the pointer may lie somewhere else
    this.paint();
    this.changed("choice");
    if (panel) this.said.textContent = plain(this.#with(panel, (view, scene) => view.note?.(panel, scene)) ?? "");
  }
}

/** @param {Panel} panel @param {Moment} moment */
const isWithheld = ({ follows, spec }, { withheld }) => withheld && follows === "reverse" && !spec.shared;

/** The panel while it would answer a question. @param {Panel} panel @param {Moment} moment */
function withhold(panel, { colours, present }) {
  drawText(panel, { present }, WITHHELD, panel.width / 2, panel.height / 2, { colour: colours.muted, align: "center" });
  panel.say("");
  panel.describe(`${panel.spec.label}: ${WITHHELD}.`);
}

/** @param {number} value */
const rounded = (value) => Math.round(1000 * value) / 1000;

/** The reverse process waits while the forward process runs. @param {Run} run */
function waitingAt({ times, steps }) {
  const last = times[times.length - 1]; // the largest visited time may be below T
  return `<span class="dv-paused"><span class="dv-word">waiting</span><span class="dv-more"> at <i>x</i><sub>${last === steps ? "T" : last}</sub></span></span>`;
}
