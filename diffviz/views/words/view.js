// Words as tiles of letters, forward and in reverse, and the posterior of one letter.

import { percent } from "../../player/digits.js";
import { drawText } from "../../player/letters.js";
import { computedTo, someOf, WAYS } from "../../player/readings.js";
import { bothWays } from "../ways.js";
import { nothingAsked } from "./asked.js";
import { counted, countedTold } from "./count.js";
import { MASK, named, spelled } from "./glyphs.js";
import { changesOf, givenPlaces, makeTools, MOST, setBy, textOf, withChange, without } from "./hand.js";
import { drawMatching, matchingOf, matchingTold } from "./matching.js";
import { barAt, drawLetters, lettersOf, lettersTold } from "./letter.js";
import { drawCrosses, drawLine, drawScale, drawTiles, outlineTile, placeOf, tileAt, underline } from "./tiles.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("../../player/contract.js").Host} Host */
/** @typedef {{letter: number, pressed: boolean, boxes: import("./letter.js").Box[], under: {row: number, symbol: number} | null, tools: import("./hand.js").Tools[]}} Room what is kept for a player, whatever its runs are; letter: the chosen one; pressed: a click is about to ask what is below it; tools: by side */

/** @type {WeakMap<Host, Room>} */
const ROOMS = new WeakMap();

/** @param {Host} host */
function roomOf(host) {
  const room = ROOMS.get(host) ?? { letter: 0, pressed: false, boxes: [], under: null, tools: [] };
  ROOMS.set(host, room);
  return room;
}

/** @param {HTMLElement} place in a panel's head */
const canvasAt = (place) => /** @type {HTMLCanvasElement} */ (place.closest("figure")?.querySelector("canvas"));

/** @param {Panel} panel */
const isOfWords = ({ name }) => name === "forward" || name === "reverse";

/** @param {Panel} panel @param {Scene} scene */
const placeIn = (panel, { run, present }) => placeOf(panel, { present }, run.particles, lettersOf(run));

/** @param {Run} run */
const hasMasks = (run) => run.data.masks;

/** Which words are complete and not on the list; null where letters are still to be redrawn. @param {Run} run @param {number} frame */
const unlistedOf = (run, frame) => (hasMasks(run) || frame === 0 ? run.array("unlisted", frame) : null);

/** @param {Panel} panel @param {Scene} scene */
function paintWords(panel, scene) {
  const { run, frame, colours, layers, chosen } = scene;
  const symbols = run.array(panel.name, frame), letters = lettersOf(run), place = placeIn(panel, scene);
  if (!symbols) return drawText(panel, scene, "not computed yet", place.left, place.top + 20, { colour: colours.muted });
  const at = (/** @type {Uint8Array} */ values) => (/** @type {number} */ row, /** @type {number} */ letter) => values[row * letters + letter];
  const back = panel.name === "reverse", told = back && run.array("x0_hat", frame), sure = back && run.array("confidence", frame);
  const shaded = sure && layers.has("confidence") ? (/** @type {number} */ row, /** @type {number} */ letter) => sure[row * letters + letter] / 255 : null;
  drawTiles(panel, scene, place, run.particles, at(symbols), shaded, told && layers.has("estimate") ? at(told) : null);
  if (back) {
    const given = givenPlaces(run), rows = place.rows * place.columns;
    underline(panel, scene, place, [...setBy(run, run.times[frame]), ...given.flatMap((letter) => Array.from({ length: Math.min(rows, run.particles) }, (_, row) => ({ row, letter })))]);
  }
  outlineTile(panel, scene, place, chosen, roomOf(run.kept.asked.host).letter);
  const unlisted = back && unlistedOf(run, frame);
  if (unlisted) {
    drawCrosses(panel, scene, place, run.particles, (row) => unlisted[row]);
    drawLine(panel, scene, place, 1, countedTold(counted(symbols, unlisted, letters), run.particles));
  }
  if (shaded) drawScale(panel, scene, place, ["probability of the most probable letter", "P(most probable letter)", "confidence"]);
  else if (!back) drawLine(panel, scene, place, 0, hasMasks(run) ? ["empty: masked; ·: the word has ended", "empty: masked; ·: the end"] : ["·: the word has ended", "·: the end"]);
}

/** The reverse process of a side as the bars show it. @param {Room} room @param {number} side */
const backAt = (room, side) => room.boxes.find(({ row }) => row.direction === "reverse" && row.side === side)?.row ?? null;

/** Can a letter be set at the moment that is shown? Nothing is left to be drawn at t = 0. @param {import("./letter.js").Row | null} row */
const canSet = (row) => Boolean(row && row.frame > 0);

/** The chosen letter becomes a symbol at the moment that is shown, and the rest is drawn again. @param {Room} room @param {Host} host @param {number} side @param {number} symbol */
function setLetter(room, host, side, symbol) {
  const row = backAt(room, side);
  if (!row || !canSet(row)) return;
  const more = { word: host.chosen, letter: room.letter, t: row.run.times[row.frame], symbol };
  const changes = withChange(changesOf(row.run), more);
  if (changes) host.change(side, "changes", textOf(changes));
}

/** The menus of the sides in the panel's head. @param {HTMLElement} place @param {Room} room @param {Host} host @param {boolean} pair @param {boolean} masks */
function putTools(place, room, host, pair, masks) {
  const made = (pair ? [0, 1] : [0]).map((side) =>
    makeTools(pair ? "AB"[side] : "", masks, (symbol) => setLetter(room, host, side, symbol), () => {
      const row = backAt(room, side);
      if (row) host.change(side, "changes", textOf(without(changesOf(row.run), host.chosen)));
    }),
  );
  room.tools = made;
  place.replaceChildren(...made.flatMap(({ menu, clear }) => [menu, clear]));
}

/** The menus as they are for what is shown. @param {Room} room @param {Scene} scene */
function freshTools(room, { sides, chosen }) {
  room.tools.forEach(({ menu, clear }, side) => {
    const row = backAt(room, side), changes = row ? changesOf(sides[side].run) : [], full = changes.length >= MOST;
    menu.disabled = !canSet(row) || full;
    menu.title = full ? `There can be ${MOST} changes at once.` : canSet(row) ? "The letter at this time; the rest is drawn again, with the same noise." : "At t = 0 nothing is left to be drawn: go to an earlier moment of the reverse process.";
    clear.hidden = !changes.some(({ word }) => word === chosen);
  });
}

/** What the letter under the pointer is, in the panel of its posterior. @param {HTMLCanvasElement} canvas @param {Room} room @param {Host} host */
function bindBars(canvas, room, host) {
  const look = (/** @type {{row: number, symbol: number} | null} */ found) => {
    if (found?.row === room.under?.row && found?.symbol === room.under?.symbol) return;
    room.under = found;
    host.paint();
  };
  canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => look(barAt(room.boxes, offsetX, offsetY)));
  canvas.addEventListener("pointerleave", () => look(null));
  canvas.addEventListener("click", ({ offsetX, offsetY }) => {
    const found = barAt(room.boxes, offsetX, offsetY);
    if (!found) return;
    const { direction, side } = room.boxes[found.row].row;
    if (direction === "reverse") setLetter(room, host, side, found.symbol);
  });
}

/** The share of the letters that are masked, or were never redrawn. @param {Run} run @param {Uint8Array} symbols @param {number} frame */
function stateOf(run, symbols, frame) {
  if (hasMasks(run)) return `${Math.round((100 * symbols.filter((symbol) => symbol === MASK).length) / symbols.length)} % of the letters are masked`;
  const share = run.alpha[frame] ** 2 / (run.alpha[frame] ** 2 + run.sigma[frame] ** 2);
  return `${Math.round(100 * share)} % of the letters were never redrawn`;
}

/** @type {import("../../player/contract.js").View} */
export const view = {
  alwaysChosen: true,

  layers: () => [
    { name: "confidence", label: "Confidence", help: "The shade of a tile is the probability of the most probable letter of x₀ there, given xₜ, as the denoiser knows it.", on: true },
    { name: "estimate", label: "Estimate", help: "In a masked tile, the most probable letter of x₀ there, given xₜ, as the denoiser knows it." },
  ],

  panels(run, pair) {
    const tiles = bothWays({ head: (place, host) => canvasAt(place).addEventListener("click", () => { roomOf(host).pressed = true; }) });
    const letter = {
      name: "letter",
      title: "<b>Letter</b>",
      label: "What one letter may be",
      shared: true,
      masks: hasMasks(run), // panels of another process are others
      head: (/** @type {HTMLElement} */ place, /** @type {Host} */ host) => {
        putTools(place, roomOf(host), host, pair, hasMasks(run));
        bindBars(canvasAt(place), roomOf(host), host);
      },
    };
    const matching = { name: "matching", title: "<b>Words that agree</b>", label: "Words that agree with the given letters", term: "posterior", shared: true };
    return [...tiles, letter, ...(matchingOf(run) ? [matching] : [])];
  },

  begin: (_run, host) => ({ asked: nothingAsked(host) }),

  paint(panel, scene) {
    const room = roomOf(scene.run.kept.asked.host);
    if (isOfWords(panel)) paintWords(panel, scene);
    else if (panel.name === "matching") drawMatching(panel, scene);
    else if (!scene.asking) {
      room.boxes = drawLetters(panel, scene, room.letter, room.under);
      freshTools(room, scene);
      panel.canvas.style.cursor = room.under && canSet(room.boxes[room.under.row]?.row) && room.boxes[room.under.row].row.direction === "reverse" ? "pointer" : "default";
    }
  },

  pick(panel, scene, x, y) {
    const room = roomOf(scene.run.kept.asked.host), found = isOfWords(panel) ? tileAt(placeIn(panel, scene), x, y, scene.run.particles) : null;
    if (found && room.pressed) room.letter = found.letter;
    room.pressed = false;
    return found ? found.row : -1;
  },

  step(panel, scene, picked, dx, dy) {
    const room = roomOf(scene.run.kept.asked.host), { rows, columns, letters } = placeIn(panel, scene);
    const next = room.letter + dx, beyond = next < 0 ? -rows : next >= letters ? rows : 0;
    const word = picked + dy + beyond;
    if (picked < 0 || word < 0 || word >= Math.min(scene.run.particles, rows * columns)) return Math.max(0, picked);
    room.letter = (next + letters) % letters;
    return word;
  },

  hint(panel, scene) {
    const { run, frame, behind, moment, waiting, chosen } = scene;
    if (panel.name === "matching") return matchingOf(run)?.letters ?? "";
    if (!isOfWords(panel)) return `<span class="dv-more">letter </span>${roomOf(run.kept.asked.host).letter + 1} of word ${chosen + 1}`;
    if (panel.name === "reverse") return waiting ? "" : behind ? computedTo(run.times[frame]) : moment || WAYS.reverse;
    const { rows, columns } = placeIn(panel, scene);
    return `${moment || WAYS.forward}${someOf(rows * columns, run.particles, "words")}`;
  },

  note(panel, scene) {
    const { run, frame, picked } = scene, symbols = isOfWords(panel) ? run.array(panel.name, frame) : null;
    if (!symbols || picked < 0) return "";
    const letters = lettersOf(run), { letter } = roomOf(run.kept.asked.host), own = symbols.subarray(picked * letters, (picked + 1) * letters);
    const told = panel.name === "reverse" ? run.array("x0_hat", frame) : null, sure = told && run.array("confidence", frame), i = picked * letters + letter;
    const estimate = told && sure ? ` The most probable letter there is ${named(told[i])}, ${percent(sure[i] / 255)}.` : "";
    return `Word ${picked + 1} of ${run.particles} at t = ${run.times[frame]}: ${spelled(own)}; letter ${letter + 1} is ${named(own[letter])}.${estimate}`;
  },

  describe(panel, scene) {
    const { run, frame, waiting, chosen } = scene;
    if (panel.name === "matching") return `${panel.spec.label}. ${matchingTold(run)}`;
    if (!isOfWords(panel)) return scene.asking ? `${panel.spec.label}.` : `Letter ${roomOf(run.kept.asked.host).letter + 1} of word ${chosen + 1}. ${lettersTold(scene, roomOf(run.kept.asked.host).letter)}`;
    const symbols = run.array(panel.name, frame);
    if (!symbols) return `${panel.spec.label}: not computed yet.`;
    const paused = waiting && panel.name === "reverse" ? ", waiting for the forward process" : "", unlisted = panel.name === "reverse" && unlistedOf(run, frame);
    const found = unlisted ? `; ${countedTold(counted(symbols, unlisted, lettersOf(run)), run.particles)[0].replace(", ×", "")}` : "";
    return `${panel.spec.label}, at t = ${run.times[frame]} of ${run.steps}${paused}: ${run.particles} words, ${stateOf(run, symbols, frame)}${found}. ${this.note?.(panel, { ...scene, picked: chosen })}`;
  },
};
