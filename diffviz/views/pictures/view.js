// Pictures: a grid of them forward and in reverse, one of them enlarged, and what is given beside them.

import { computedTo, WAYS } from "../../player/readings.js";
import { bothWays } from "../ways.js";
import { apart, drawChosen, drawPair, shownArray } from "./chosen.js";
import { drawGrid, gridOf, outline, pictureAt, say } from "./drawing.js";
import { drawGiven, givenOf, places } from "./given.js";
import { fillHead, makeHead, showChosen } from "./heads.js";
import { drawInside, insideWords, lookInside, nothingInside } from "./maps.js";
import { dimOf, greysOf, moments, shapeOf, valuesOf } from "./pixels.js";
import { bindPixel, drawTraining, noPixel, trainingTold } from "./training.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("../../player/contract.js").Host} Host */
/** @typedef {import("./maps.js").Inside} Inside */
/** @typedef {import("./heads.js").Head} Head */
/** @typedef {{inside: Inside, pixel: import("./training.js").Pixel, head: Head | null, count: number, levels: string[]}} Room what is kept for a player, whatever its runs are */

const SHOWN = /** @type {Record<string, {hint: string, words: (count: number) => string}>} */ ({
  reverse: { hint: WAYS.reverse, words: (count) => `${count} images` },
  x0_hat: { hint: '<span class="dv-more">denoised </span>estimate <i>x̂</i><sub>0</sub>', words: (count) => `denoised estimates of ${count} images` },
  eps_hat: { hint: '<span class="dv-more">predicted </span>noise <i>ε̂</i>', words: (count) => `predicted noise of ${count} images` },
});

/** @type {WeakMap<Host, Room>} */
const ROOMS = new WeakMap();

/** @param {Host} host */
function roomOf(host) {
  const room = ROOMS.get(host) ?? { inside: nothingInside(), pixel: noPixel(), head: null, count: 1, levels: [] };
  ROOMS.set(host, room);
  return room;
}

/** @param {Room} room */
function refill({ head, count, levels, inside }) {
  if (head) fillHead(head, count, levels, inside);
}

/** @param {Run} run */
const isGiven = (run) => (run.data.given ?? []).length > 0;

/** The array a grid shows. @param {Panel} panel @param {Scene} scene */
const arrayOf = (panel, scene) => (panel.name === "forward" ? "forward" : shownArray(scene));

/** @param {Scene} scene @param {string} name */
const picturesOf = ({ run, frame }, name) => ({ bytes: run.array(name, frame), shape: shapeOf(run), greys: greysOf(run, name), count: run.particles });

/** @param {Panel} panel */
const isGrid = ({ name }) => name === "forward" || name === "reverse";

/** @param {Panel} panel @param {Scene} scene */
function paintGrid(panel, scene) {
  const name = arrayOf(panel, scene);
  const pictures = picturesOf(scene, name);
  if (!pictures.bytes) return say(panel, scene, name === "eps_hat" && scene.frame === 0 ? "no noise is predicted at t = 0" : "not computed yet");
  drawGrid(panel, pictures);
  if (scene.picked !== scene.chosen) outline(panel, pictures, scene.picked, scene.colours.muted, 2);
  outline(panel, pictures, scene.chosen, scene.colours.own, scene.present ? 4 : 3);
}

/** @param {Panel} panel @param {Scene} scene */
function paintChosen(panel, scene) {
  const { host, room } = scene.run.kept;
  const training = scene.layers.has("training");
  if (room.head) {
    showChosen(room.head, scene.chosen);
    room.head.menu.hidden = training || !room.levels.length;
  }
  if (training) return drawTraining(panel, scene, room.pixel);
  room.pixel.corners = [];
  if (scene.pair) return drawPair(panel, scene);
  if (!room.inside.level) return drawChosen(panel, scene);
  lookInside(room.inside, scene.run, scene.chosen, host);
  drawInside(panel, scene, room.inside);
}

/** The share of the variance of x_t that is the data's, in per cent. @param {Run} run @param {number} frame */
const signal = ({ alpha, sigma }, frame) => Math.round((100 * alpha[frame] ** 2) / (alpha[frame] ** 2 + sigma[frame] ** 2));

/** @param {Scene} scene @param {string} name @param {number} frame @param {number} i */
function spread({ run }, name, frame, i) {
  const bytes = run.array(name, frame);
  if (!bytes) return null;
  const values = valuesOf(run, name);
  const { mean, std } = moments(bytes.subarray(i * dimOf(run), (i + 1) * dimOf(run)), 1, values);
  return `pixel values of mean ${mean[0].toFixed(2)} and standard deviation ${std[0].toFixed(2)}`.replaceAll("-", "−");
}

const DESCRIBED = {
  /** @param {Panel} panel @param {Scene} scene */
  grid(panel, scene) {
    const { run, frame, waiting } = scene;
    const name = arrayOf(panel, scene);
    const [channels, high, wide] = shapeOf(run);
    const what = SHOWN[name === "forward" ? "reverse" : name].words(run.particles);
    const paused = waiting && panel.name === "reverse" ? ", waiting for the forward process" : "";
    const seen = run.array(name, frame) ? `${what} ${channels === 3 ? "in colour" : "in grey"}, ${wide} by ${high} pixels; ${signal(run, frame)} % of the variance of xₜ is signal, ${100 - signal(run, frame)} % noise` : "not computed yet";
    return `${panel.spec.label}, at t = ${run.times[frame]} of ${run.steps}${paused}: ${seen}.`;
  },
  /** @param {Panel} _panel @param {Scene} scene */
  chosen(_panel, scene) {
    const { chosen, pair, run, frames } = scene;
    const { inside, pixel } = /** @type {Room} */ (run.kept.room);
    if (scene.layers.has("training")) return trainingTold(scene, pixel);
    if (pair) {
      const found = apart(scene);
      return `Image ${chosen + 1} in A and in B: ${found ? `they differ by ${found.mean.toFixed(2)} on average, on a scale where black is −1 and white 1` : "not computed yet"}.`;
    }
    if (inside.level) return `Feature maps of image ${chosen + 1} at level ${inside.level}: ${insideWords(inside)}.`;
    const [forward, reverse] = [spread(scene, "forward", frames.forward, chosen), spread(scene, "reverse", frames.reverse, chosen)];
    return `Image ${chosen + 1} enlarged: forward, ${forward ?? "not computed yet"}; in reverse, ${reverse ?? "not computed yet"}; with its denoised estimate and the predicted noise.`;
  },
  /** @param {Panel} panel @param {Scene} scene */
  given(panel, { run, sides }) {
    const given = run.kept.given;
    const names = places(given, sides.length).flat().filter(([, side]) => side === undefined).map(([name]) => given.get(name).title);
    return `${panel.spec.label}: ${names.join(", ")}, and beside them the mean and spread, or the ends, of what the reverse process gives.`;
  },
};

/** @type {import("../../player/contract.js").View} */
export const view = {
  alwaysChosen: true,

  layers: () => [
    { name: "x_t", label: "<i>x</i><sub>t</sub>", help: "The samples xₜ of the reverse process.", group: "shown", on: true },
    { name: "x0_hat", label: "estimate <i>x̂</i><sub>0</sub>", help: "The denoised estimate x̂₀: the mean of the data given xₜ, as the denoiser knows it.", group: "shown" },
    { name: "eps_hat", label: "noise <i>ε̂</i>", help: "The predicted noise ε̂ in xₜ.", group: "shown" },
    {
      name: "training",
      label: "training images",
      help: "Beside the chosen image: the training images with the largest weights in the exact posterior p(x₀ | xₜ), and the one nearest to the sample. Click a pixel for the posterior of its grey value.",
    },
  ],

  panels(run, pair) {
    const grids = bothWays();
    const chosen = {
      name: "chosen",
      title: "<b>Image</b>",
      label: "One image enlarged",
      shared: true,
      share: 0.9,
      head: (/** @type {HTMLElement} */ place, /** @type {Host} */ host) => {
        const room = roomOf(host);
        const canvas = place.closest("figure")?.querySelector("canvas");
        if (canvas) bindPixel(canvas, room.pixel, host);
        room.head = makeHead(place, host, (level) => Object.assign(room.inside, nothingInside(), { level }));
        if (pair) room.inside.level = "";
        refill(room);
      },
    };
    const given = { name: "given", title: `<b>${run.data.given_title}</b>`, label: "What is given", term: run.data.given_term, shared: true, share: 1.2 };
    return [...grids, chosen, ...(isGiven(run) ? [given] : [])];
  },

  begin(run, host) {
    const room = roomOf(host);
    room.count = run.particles;
    room.levels = run.data.inside ?? [];
    if (!room.levels.includes(room.inside.level)) Object.assign(room.inside, nothingInside());
    refill(room);
    if (room.pixel.index >= shapeOf(run)[1] * shapeOf(run)[2]) room.pixel.index = -1;
    return { host, room, training: new Map(), pixels: new Map(), given: isGiven(run) ? givenOf(run) : new Map() };
  },

  paint(panel, scene) {
    if (isGrid(panel)) paintGrid(panel, scene);
    else if (panel.name === "chosen") paintChosen(panel, scene);
    else drawGiven(panel, scene);
  },

  pick: (panel, { run }, x, y) => (isGrid(panel) ? pictureAt(panel, { shape: shapeOf(run), count: run.particles }, x, y) : -1),

  step(panel, { run }, picked, dx, dy) {
    if (picked < 0) return 0;
    const { columns } = gridOf(panel, { shape: shapeOf(run), count: run.particles });
    const next = picked + dx + dy * columns;
    return next >= 0 && next < run.particles ? next : picked;
  },

  hint(panel, scene) {
    const { run, frame, behind, moment, pair, waiting } = scene;
    if (panel.name === "chosen") {
      if (scene.layers.has("training")) return "";
      const found = pair && apart(scene);
      if (found) return `<span class="dv-more">mean |A − B| = ${found.mean.toFixed(2)}</span>`;
      return !pair && run.kept.room.inside.level ? insideWords(run.kept.room.inside) : "";
    }
    if (panel.name === "given") return "";
    if (panel.name === "forward") return moment || WAYS.forward;
    const what = SHOWN[shownArray(scene)].hint;
    if (waiting) return shownArray(scene) === "reverse" ? "" : what; // it stands at no moment of the clock
    if (behind) return computedTo(run.times[frame]);
    return !moment ? what : shownArray(scene) === "reverse" ? moment : `${what}, ${moment}`;
  },

  note(panel, scene) {
    if (!isGrid(panel) || scene.picked < 0) return "";
    const found = spread(scene, arrayOf(panel, scene), scene.frame, scene.picked);
    return found ? `Image ${scene.picked + 1} of ${scene.run.particles} at t = ${scene.run.times[scene.frame]}: ${found}.` : "";
  },

  describe: (panel, scene) => (isGrid(panel) ? DESCRIBED.grid : panel.name === "chosen" ? DESCRIBED.chosen : DESCRIBED.given)(panel, scene),

  // the chosen picture's own line in the chart of costs: what the step that leaves each displayed time costs it
  chart(run, name, chart, chosen) {
    const own = run.data.costs?.[chosen];
    if (name !== "kl" || !own) return null;
    const { data, layout } = chart.figure;
    const line = { ...data.at(-1), x: run.times.slice(1), y: own.slice(1) };
    const middle = Math.floor(own.length / 2), font = { color: line.line?.color, size: 12 };
    const label = own[middle] > 0 ? [{ text: `image ${chosen + 1}`, showarrow: false, font, x: run.times[middle], y: Math.log10(own[middle]) }] : [];
    return { ...chart, figure: { data: [...data.slice(0, -1), line], layout: { ...layout, annotations: [...(layout.annotations ?? []), ...label] } } };
  },
};
