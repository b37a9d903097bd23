// The energy landscape in a panel: as a map, and as a surface that turns, with the particles on it.

import { drawText, lineHeight } from "../../player/letters.js";
import { discs } from "./discs.js";
import { dotRadius, inUnits, pathOf } from "./draw.js";
import { basins, HIGH, heightAt, levelsFrom, lowest, reliefOf } from "./energy.js";
import { landscapeLaw } from "./law.js";
import { css, lit, ramp, tripleOf, wordsOf } from "../shades.js";
import { eyeOf, isSeen, project, render, sheetOf } from "./surface.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("./energy.js").Relief} Relief */
/** @typedef {import("./surface.js").Eye} Eye */
/** @typedef {import("./surface.js").Sheet} Sheet */
/** @typedef {{level: number, path: Path2D, tip: [number, number] | null}} Basin tip: where its height is written */
/** @typedef {{key: string, sheet: Sheet, canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, image: ImageData}} Drawn */
/**
 * What is kept of a run's landscape.
 * @typedef {object} Kept
 * @property {number | null} low of its own heights
 * @property {Map<string, Basin[]>} basins
 * @property {Map<string, Relief>} reliefs
 * @property {Drawn[]} drawn the surfaces that were drawn last, the latest first
 */

const DEEPEST = 0.42; // of ink in the colour of the lowest height
const FINE = 16; // shades a kT
const LIGHTS = 21; // from shadow to light
const RELIEF = 0.2; // of Oklab's L, between flat and the brightest
const SHADOW = 0.12; // and the darkest
const WALL = 0.04; // of ink in the block's sides
const DRAWN = 3; // surfaces kept: of forward and of reverse, while one of them waits
const MOST = 420_000; // pixels of a surface; a larger one is drawn coarser
const WRITTEN = 46; // pixels that a line must be wide for its height to be written on it
const UPWARDS = [Math.cos(1.1), Math.sin(1.1)]; // the side of a line where that is
const TOLD = 256; // particles of which the mean is told
const FAINT = 0.5; // share of their opacity that particles have which the surface hides
export const UNIT = [3, 3]; // dashes of the unit circle, which is no line of equal height
const ROUND = 120; // points of it
const TICKS = [2, 4]; // kT between the heights that are written
const APART = 12; // pixels between two of them
const ROOM = { head: 40, aside: 22, foot: 10 }; // pixels around a surface, but for the legend

/** @returns {Kept} */
export const emptyLandscape = () => ({ low: null, basins: new Map(), reliefs: new Map(), drawn: [] });

/** The zoom has changed. @param {Run} run */
export function forgetLandscape({ kept }) {
  kept.landscape.reliefs.clear();
  kept.landscape.drawn.length = 0;
}

/** The lowest height of what is compared, so that all panels have one scale. @param {Scene} scene */
function lowOf({ sides }) {
  return Math.min(
    ...sides.map(({ run }) => {
      const landscape = /** @type {Kept} */ (run.kept.landscape);
      landscape.low ??= lowest(run, [...new Set(["forward", "reverse"].map((name) => landscapeLaw(run, name)))]);
      return landscape.low;
    }),
  );
}

/** @type {Map<string, {bands: string[], words: Uint32Array, wall: Uint32Array, ground: number, line: number}>} */
const PAINTS = new Map();

/** Colours of heights, from the deepest to the panel's own. @param {Scene["colours"]} colours @param {number} low */
function paintOf({ ink, panel }, low) {
  const key = `${ink} ${panel} ${low}`;
  const known = PAINTS.get(key);
  if (known) return known;
  const [ground, dark] = [tripleOf(panel), tripleOf(ink)];
  const deep = ramp([ground, dark], 101)[Math.round(100 * DEEPEST)];
  const all = ramp([deep, ground], (HIGH - low) * FINE + 1).slice(0, -1);
  const lights = Array.from({ length: LIGHTS }, (_, i) => (2 * i) / (LIGHTS - 1) - 1).map((light) => light * (light < 0 ? SHADOW : RELIEF));
  const side = ramp([ground, dark], 101)[Math.round(100 * WALL)];
  const made = {
    bands: ramp([deep, ground], HIGH - low + 1).slice(0, -1).reverse().map(css), // from the highest
    words: wordsOf(lights.flatMap((light) => all.map((rgb) => lit(rgb, light)))),
    wall: wordsOf(all.map(() => side)),
    ground: wordsOf([ground])[0],
    line: wordsOf([dark])[0],
  };
  if (PAINTS.size > 8) PAINTS.clear();
  PAINTS.set(key, made);
  return made;
}

// ---- the map ----

/** @param {Run} run @param {string} name of the panel @param {number} frame @param {number} low @returns {Basin[]} from the highest level to the lowest */
function basinsOf(run, name, frame, low) {
  const { basins: known } = /** @type {Kept} */ (run.kept.landscape);
  const density = landscapeLaw(run, name);
  const key = `${density.name} ${frame} ${low}`;
  const found = known.get(key);
  if (found) return found;
  const levels = levelsFrom(low);
  const made = basins(run.data.mixture, density, run.alpha[frame], run.sigma[frame], levels).map((lines, i) => ({ level: levels[i], path: pathOf(lines), tip: tipOf(lines) }));
  known.set(key, made);
  return made;
}

/** The point of the longest line that lies farthest to one side. @param {number[][]} lines @returns {[number, number] | null} */
function tipOf(lines) {
  const line = lines.reduce((a, b) => (b.length > a.length ? b : a), /** @type {number[]} */ ([]));
  let [best, most] = [-1, -Infinity];
  for (let i = 0; i < line.length; i += 2) {
    const far = UPWARDS[0] * line[i] + UPWARDS[1] * line[i + 1];
    if (far > most) [best, most] = [i, far];
  }
  return best < 0 ? null : [line[best], line[best + 1]];
}

/** @param {Panel} panel @param {Scene} scene */
export function energyMap(panel, scene) {
  const { run, frame, colours, present } = scene;
  const low = lowOf(scene);
  const { bands } = paintOf(colours, low);
  const found = basinsOf(run, panel.name, frame, low);
  inUnits(panel, (c) => {
    c.strokeStyle = colours.ink;
    c.lineWidth = (present ? 1.4 : 1) / panel.k;
    found.forEach(({ path }, i) => {
      c.fillStyle = bands[i];
      c.fill(path, "evenodd");
      c.globalAlpha = 0.28;
      c.stroke(path);
      c.globalAlpha = 1;
    });
  });
}

/** Heights on the lines of the map. @param {Panel} panel @param {Scene} scene */
export function energyHeights(panel, scene) {
  const { run, frame, colours } = scene;
  /** @type {[number, number][]} */
  const written = [];
  for (const { level, tip } of basinsOf(run, panel.name, frame, lowOf(scene))) {
    if (!tip || level % TICKS[0]) continue;
    const [x, y] = [panel.x(tip[0]), panel.y(tip[1])];
    if (x < 8 || y < ROOM.head || x > panel.width - 16 || y > panel.height - 40) continue;
    if (written.some(([px, py]) => Math.hypot(px - x, py - y) < WRITTEN / 2)) continue;
    written.push([x, y]);
    drawText(panel, scene, heightText(level), x, y + 4, { colour: colours.ink, plate: colours.panel, align: "center" });
  }
}

const heightText = (/** @type {number} */ value) => String(value).replace("-", "−");

/** @param {Scene} scene @param {string} what the energy is @returns {import("./legend.js").Row} */
export function energyRow(scene, what = "U = −log q(xₜ)") {
  const low = lowOf(scene);
  const { bands } = paintOf(scene.colours, low);
  const width = 72;
  const each = width / bands.length;
  return {
    width,
    draw: (c, x, y) => {
      [...bands].reverse().forEach((colour, i) => {
        c.fillStyle = colour;
        c.fillRect(x + i * each, y - 5.5, each + 0.5, 11);
      });
      c.strokeStyle = scene.colours.muted;
      c.lineWidth = 1;
      c.strokeRect(x - 0.5, y - 6, width + 1, 12);
    },
    text: `energy ${what}: ${heightText(low)} to ${HIGH} kT (nats), a line each kT`,
    brief: [`${what}: ${heightText(low)} to ${HIGH} kT`, `U: ${heightText(low)} to ${HIGH} kT`],
  };
}

/** The same in a sentence. @param {Panel} panel @param {Scene} scene @param {Float32Array} points */
export function landscapeTold({ name }, scene, points) {
  const { run, frame, layers } = scene;
  const count = Math.min(TOLD, points.length / 2);
  const density = landscapeLaw(run, name);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += density.energy(points[2 * i], points[2 * i + 1], run.alpha[frame], run.sigma[frame]);
  const shown = layers.has("surface") ? "a surface with the particles on it" : "a map";
  return `The energy U = −log ${density.name === "tilted" ? `[${density.formula}]` : density.formula} is ${shown}, from ${heightText(lowOf(scene))} to ${HIGH} kT; particles are at ${(sum / count).toFixed(1).replace("-", "−")} kT on average.`;
}

// ---- the surface ----

/**
 * How a panel sees the landscape of a moment, in the page's pixels.
 * @param {Panel} panel
 * @param {Scene} scene
 * @returns {{relief: Relief, eye: Eye}}
 */
function sightOf(panel, scene) {
  const { run, frame, camera, centre, layers, present } = scene;
  const low = lowOf(scene);
  const half = Math.min(panel.width, panel.height) / (2 * panel.k);
  const patch = { x: centre.x, y: centre.y, half };
  const density = landscapeLaw(run, panel.name);
  const { reliefs } = /** @type {Kept} */ (run.kept.landscape);
  const key = `${density.name} ${frame} ${low} ${half.toPrecision(6)}`;
  const relief = reliefs.get(key) ?? reliefOf(run.data.mixture, density, run.alpha[frame], run.sigma[frame], patch, low);
  if (reliefs.size > 500) reliefs.clear();
  reliefs.set(key, relief);
  return { relief, eye: eyeOf(camera, { width: panel.width, height: panel.height, ...ROOM, foot: ROOM.foot + (layers.has("work") ? 2 : 1) * lineHeight(present) }, patch, low, HIGH) };
}

/** The same eye in pixels of another size. @param {Eye} eye @param {number} ratio @returns {Eye} */
const scaled = (eye, ratio) => ({ ...eye, k: eye.k * ratio, rise: eye.rise * ratio, left: eye.left * ratio, top: eye.top * ratio });

/**
 * The surface as pixels: of two panels that show the same, drawn once.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Relief} relief
 * @param {Eye} eye
 * @returns {{drawn: Drawn, ratio: number}}
 */
function surfaceOf(panel, { run, frame, colours }, relief, eye) {
  const { drawn } = /** @type {Kept} */ (run.kept.landscape);
  const ratio = Math.min(panel.ratio, Math.sqrt(MOST / (panel.width * panel.height)));
  const [width, height] = [panel.width, panel.height].map((size) => Math.round(size * ratio));
  const key = [landscapeLaw(run, panel.name).name, frame, width, height, eye.k, eye.rise, eye.cos, eye.sin, eye.low, eye.patch.x, eye.patch.y, eye.patch.half, colours.ink, colours.panel].join();
  const known = drawn.findIndex((each) => each.key === key);
  let [made] = known < 0 ? [] : drawn.splice(known, 1);
  if (!made) {
    const old = drawn.length >= DRAWN ? drawn.pop() : undefined;
    made = old?.sheet.width === width && old.sheet.height === height ? old : blank(width, height);
    const { words: heights, wall, ground, line } = paintOf(colours, eye.low);
    render(made.sheet, relief, scaled(eye, ratio), { heights, wall, ground, line, shades: LIGHTS, fine: FINE });
    made.context.putImageData(made.image, 0, 0);
    made.key = key;
  }
  drawn.unshift(made);
  return { drawn: made, ratio };
}

/** @param {number} width @param {number} height @returns {Drawn} */
function blank(width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  return { key: "", sheet: { ...sheetOf(width, height), words: new Uint32Array(image.data.buffer) }, canvas, context, image };
}

/**
 * Places of points on the surface, x, y, x, y ... in the page's pixels, and how far away they are.
 * @param {Relief} relief
 * @param {Eye} eye
 * @param {Float32Array} points
 */
function standing(relief, eye, points) {
  const places = new Float32Array(points.length);
  const depths = new Float32Array(points.length / 2);
  const { patch: { x, y, half } } = eye;
  for (let i = 0; i < points.length; i += 2) {
    const inside = Math.abs(points[i] - x) <= half && Math.abs(points[i + 1] - y) <= half;
    const [px, py, depth] = project(eye, points[i], points[i + 1], heightAt(relief, points[i], points[i + 1]));
    places[i] = inside ? px : Number.NaN;
    places[i + 1] = py;
    depths[i / 2] = depth;
  }
  return { places, depths };
}

/**
 * The surface with the particles on it; those that it hides are faint.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Float32Array | null} points
 * @param {import("./discs.js").Ink["tints"]} tints
 */
export function surface(panel, scene, points, tints) {
  const { run, colours, present } = scene;
  const { relief, eye } = sightOf(panel, scene);
  const { drawn: { canvas, sheet }, ratio } = surfaceOf(panel, scene, relief, eye);
  const c = panel.context;
  c.imageSmoothingEnabled = true;
  c.drawImage(canvas, 0, 0, sheet.width / ratio, sheet.height / ratio);
  const small = scaled(eye, ratio);
  const isShown = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ depth) => isSeen(sheet, small, x * ratio, y * ratio, depth);
  axis(panel, scene, relief, eye);
  circle(panel, scene, relief, eye, isShown);
  if (!points) return;
  const { places, depths } = standing(relief, eye, points);
  const hidden = Uint8Array.from(depths, (depth, i) => Number(!isShown(places[2 * i], places[2 * i + 1], depth)));
  discs(panel, places, { colour: colours.own, radius: dotRadius(panel, run.particles, present), opacity: 0.85, tints, faint: { share: FAINT, which: hidden } });
}

/** How large 1 is: the unit circle on the surface, where it is seen. @param {Panel} panel @param {Scene} scene @param {Relief} relief @param {Eye} eye @param {(x: number, y: number, depth: number) => boolean} isShown */
function circle({ context: c }, { colours, present }, relief, eye, isShown) {
  const { patch } = eye;
  c.strokeStyle = colours.muted;
  c.lineWidth = present ? 1.8 : 1.2;
  c.setLineDash(UNIT);
  c.beginPath();
  let before = false;
  for (let i = 0; i <= ROUND; i++) {
    const [x, y] = [Math.cos((2 * Math.PI * i) / ROUND), Math.sin((2 * Math.PI * i) / ROUND)];
    const [px, py, depth] = project(eye, x, y, heightAt(relief, x, y));
    const shown = Math.max(Math.abs(x - patch.x), Math.abs(y - patch.y)) <= patch.half && isShown(px, py, depth);
    if (shown && before) c.lineTo(px, py);
    else c.moveTo(px, py);
    before = shown;
  }
  c.stroke();
  c.setLineDash([]);
}

/** Heights at the corner of the block that is farthest to the left. @param {Panel} panel @param {Scene} scene @param {Relief} relief @param {Eye} eye */
function axis(panel, scene, relief, eye) {
  const { patch: { x, y, half }, low, rise } = eye;
  const tick = TICKS.find((each) => each * rise >= APART);
  if (!tick) return; // from above there is no height to be read
  const corners = [[x - half, y - half], [x + half, y - half], [x - half, y + half], [x + half, y + half]].map(([a, b]) => ({ a, b, px: project(eye, a, b, 0)[0] }));
  const { a, b, px } = corners.reduce((one, other) => (other.px < one.px ? other : one));
  const top = heightAt(relief, a, b);
  const { colours } = scene;
  for (let level = Math.ceil(low / tick) * tick; level <= top + 1e-6; level += tick) {
    drawText(panel, scene, heightText(level), px - 9, project(eye, a, b, level)[1] + 4, { colour: colours.muted, align: "center" });
  }
  drawText(panel, scene, "kT", px - 9, project(eye, a, b, top)[1] - 10, { colour: colours.muted, align: "center" });
}

/** Where a particle stands on the surface. @param {Panel} panel @param {Scene} scene @param {ArrayLike<number>} at @returns {{x: number, y: number, height: number}} */
export function placeOn(panel, scene, at) {
  const { relief, eye } = sightOf(panel, scene);
  const height = heightAt(relief, at[0], at[1]);
  const [x, y] = project(eye, at[0], at[1], height);
  return { x, y, height };
}

/** The particle nearest to a pixel, or -1. @param {Panel} panel @param {Scene} scene @param {Float32Array} points @param {number} px @param {number} py @param {number} near pixels */
export function pickOn(panel, scene, points, px, py, near) {
  const { relief, eye } = sightOf(panel, scene);
  const { places } = standing(relief, eye, points);
  let [best, distance] = [-1, near ** 2];
  for (let i = 0; i < places.length; i += 2) {
    const d = (places[i] - px) ** 2 + (places[i + 1] - py) ** 2;
    if (d < distance) [best, distance] = [i / 2, d];
  }
  return best;
}
