// What is drawn in a panel of the plane, one function a thing.

import { drawText } from "../../player/letters.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("./score.js").Field} Field */
/** @typedef {Scene["colours"]} Colours */

const SHADES = [6, 12, 18, 24, 30]; // per cent of ink in the panel's background, from the outermost band inwards
const TRAILS = 40; // particles
const TRAIL_FRAMES = 30;
const EDGE = 7; // pixels: a mark for a point beyond the panel
const ERROR = [230, 159, 0]; // Okabe and Ito's orange
const DARKEST = 0.7; // opacity of the largest error

/**
 * Paths in units of the data are drawn in pixels.
 * @param {Panel} panel
 * @param {(context: CanvasRenderingContext2D) => void} draw
 */
export function inUnits(panel, draw) {
  const c = panel.context;
  c.save();
  c.translate(panel.x(0), panel.y(0));
  c.scale(panel.k, -panel.k);
  draw(c);
  c.restore();
}

/** Closed lines x, y, x, y ... in units of the data. @param {number[][]} lines */
export function pathOf(lines) {
  const path = new Path2D();
  for (const line of lines) {
    path.moveTo(line[0], line[1]);
    for (let i = 2; i < line.length; i += 2) path.lineTo(line[i], line[i + 1]);
    path.closePath();
  }
  return path;
}

/**
 * The shade of a band: a mixture of ink and background in a space that is even to the eye, so an empty panel is empty in
 * both themes.
 * @param {Colours} colours
 * @param {number} band counted from the outermost
 */
export const shade = ({ ink, panel }, band) => `color-mix(in oklab, ${ink} ${SHADES[band]}%, ${panel})`;

/**
 * @param {Panel} panel
 * @param {Path2D[]} regions from the largest to the smallest
 * @param {Colours} colours
 * @param {boolean} outlined lines alone, over something else
 */
export function bands(panel, regions, colours, outlined) {
  inUnits(panel, (c) => {
    c.strokeStyle = colours.ink;
    c.globalAlpha = outlined ? 0.45 : 1;
    c.lineWidth = 1 / panel.k;
    regions.forEach((region, i) => {
      c.fillStyle = shade(colours, i);
      if (outlined) c.stroke(region);
      else c.fill(region, "evenodd");
    });
  });
}

/**
 * A line in ink, as what is exact is drawn.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {number[][]} points in pixels
 * @param {number[]} dash
 */
export function inkLine({ context: c }, { colours, present }, points, dash) {
  c.strokeStyle = colours.ink;
  c.lineWidth = present ? 2.4 : 1.5;
  c.setLineDash(dash);
  c.beginPath();
  for (const [x, y] of points) c.lineTo(x, y);
  c.stroke();
  c.setLineDash([]);
}

/**
 * How large 1 is.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {number[]} dash
 */
export function unitCircle(panel, { colours, present }, dash) {
  const c = panel.context;
  c.strokeStyle = colours.muted;
  c.globalAlpha = 0.6;
  c.lineWidth = present ? 1.5 : 1;
  c.setLineDash(dash);
  c.beginPath();
  c.arc(panel.x(0), panel.y(0), panel.k, 0, 2 * Math.PI);
  for (const [dx, dy] of [[4, 0], [0, 4]]) {
    c.moveTo(panel.x(0) - dx, panel.y(0) - dy);
    c.lineTo(panel.x(0) + dx, panel.y(0) + dy);
  }
  c.stroke();
  c.setLineDash([]);
  c.globalAlpha = 1;
}

/**
 * Words over whatever is there, on the panel's colour.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {string} text
 * @param {number} x
 * @param {number} y
 */
export const words = (panel, scene, text, x, y) => drawText(panel, scene, text, x, y, { colour: scene.colours.muted, plate: scene.colours.panel });

/** @param {Panel} panel @param {number} particles @param {boolean} present */
export const dotRadius = (panel, particles, present) => {
  const fitting = Math.max(1.6, Math.min(2.8, ((60 / Math.sqrt(particles)) * panel.k) / 62));
  return present ? 1.8 * fitting : fitting;
};

/**
 * Points beyond the panel, as triangles at its edge that look towards them.
 * @param {Panel} panel
 * @param {number[]} beyond
 * @param {string} colour
 */
export function edgeMarks(panel, beyond, colour) {
  const c = panel.context;
  const within = (/** @type {number} */ value, /** @type {number} */ end) => Math.max(1, Math.min(end - 1, value));
  c.fillStyle = colour;
  c.beginPath();
  for (let i = 0; i < beyond.length; i += 2) {
    const [x, y] = [panel.x(beyond[i]), panel.y(beyond[i + 1])];
    const [ex, ey] = [within(x, panel.width), within(y, panel.height)];
    const away = Math.hypot(x - ex, y - ey);
    const [ux, uy] = [(x - ex) / away, (y - ey) / away];
    c.moveTo(ex, ey);
    c.lineTo(ex - EDGE * ux + 0.55 * EDGE * uy, ey - EDGE * uy - 0.55 * EDGE * ux);
    c.lineTo(ex - EDGE * ux - 0.55 * EDGE * uy, ey - EDGE * uy + 0.55 * EDGE * ux);
    c.closePath();
  }
  c.fill();
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {number} x
 * @param {number} y
 * @param {number} ux of the direction, of length 1
 * @param {number} uy
 * @param {number} length
 */
export function arrow(c, x, y, ux, uy, length) {
  const [ex, ey] = [x + ux * length, y + uy * length];
  const head = Math.min(4.5, 0.45 * length);
  c.moveTo(x, y);
  c.lineTo(ex, ey);
  c.moveTo(ex - head * (ux - 0.55 * uy), ey - head * (uy + 0.55 * ux));
  c.lineTo(ex, ey);
  c.lineTo(ex - head * (ux + 0.55 * uy), ey - head * (uy - 0.55 * ux));
}

/** @param {Panel} panel @param {Field} field */
export const cellSize = ({ k }, { points }) => (points[2] - points[0]) * k;

/**
 * @param {Panel} panel
 * @param {Field} field
 * @param {Float32Array} score exact or the network's, at the field's points
 * @param {string} colour
 * @param {number} width
 */
export function arrows(panel, field, score, colour, width) {
  const c = panel.context;
  const cell = cellSize(panel, field);
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.beginPath();
  for (let i = 0; i < score.length; i += 2) {
    const size = Math.hypot(score[i], score[i + 1]);
    const length = 0.95 * cell * Math.min(1, size / field.unit);
    if (length > 1) arrow(c, panel.x(field.points[i]), panel.y(field.points[i + 1]), score[i] / size, -score[i + 1] / size, length);
  }
  c.stroke();
}

/**
 * The network's error as shade, from nothing to the darkest.
 * @param {Panel} panel
 * @param {Field} field with an error
 * @param {HTMLCanvasElement} picture to draw it by, as small as the grid
 */
export function errorMap(panel, { points, error, worst }, picture) {
  if (!error) return;
  const c = panel.context;
  const side = Math.sqrt(error.length);
  const wide = side + 2; // with a rim of nothing, into which it fades: beyond the grid nothing is known
  const reach = -points[0] * (wide / (side - 1)); // a value stands in the middle of its pixel
  const small = /** @type {CanvasRenderingContext2D} */ (picture.getContext("2d"));
  Object.assign(picture, { width: wide, height: wide });
  const image = small.createImageData(wide, wide);
  for (let i = 0; i < image.data.length; i += 4) image.data.set(ERROR, i);
  error.forEach((value, i) => {
    const row = side - Math.floor(i / side);
    image.data[4 * (row * wide + (i % side) + 1) + 3] = 255 * DARKEST * Math.min(1, value / worst);
  });
  small.putImageData(image, 0, 0);
  c.imageSmoothingEnabled = true;
  c.drawImage(picture, panel.x(-reach), panel.y(reach), 2 * reach * panel.k, 2 * reach * panel.k);
}

/** @param {number} share of the largest error */
export const errorColour = (share) => `rgb(${ERROR.join(" ")} / ${DARKEST * share})`;

/**
 * The path of a particle over frames from..to, in either order; frames that have not come are left out.
 * @param {Panel} panel
 * @param {Run} run
 * @param {number} particle
 * @param {number} from
 * @param {number} to
 */
function path(panel, run, particle, from, to) {
  const c = panel.context;
  let started = false;
  for (let i = Math.min(from, to); i <= Math.max(from, to); i++) {
    const points = run.array(panel.name, i);
    if (!points) continue;
    const [x, y] = [panel.x(points[2 * particle]), panel.y(points[2 * particle + 1])];
    if (started) c.lineTo(x, y);
    else c.moveTo(x, y);
    started = true;
  }
}

/**
 * Where some particles came from.
 * @param {Panel} panel
 * @param {Scene} scene
 */
export function trails(panel, { run, frame, colours, present }) {
  const c = panel.context;
  const before = panel.name === "forward" ? -TRAIL_FRAMES : TRAIL_FRAMES;
  const from = Math.max(0, Math.min(run.frames - 1, frame + before));
  c.strokeStyle = colours.own;
  c.lineJoin = "round";
  c.lineWidth = present ? 2 : 1;
  c.globalAlpha = 0.6;
  c.beginPath();
  for (let i = 0; i < Math.min(TRAILS, run.particles); i++) path(panel, run, i, from, frame);
  c.stroke();
  c.globalAlpha = 1;
}

/**
 * @param {Panel} panel
 * @param {Float32Array} points
 * @param {string} colour
 * @param {number} radius
 */
export function rings(panel, points, colour, radius) {
  const c = panel.context;
  c.strokeStyle = colour;
  c.lineWidth = 1.2;
  c.globalAlpha = 0.7;
  c.beginPath();
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [panel.x(points[i]), panel.y(points[i + 1])];
    c.moveTo(x + radius, y);
    c.arc(x, y, radius, 0, 2 * Math.PI);
  }
  c.stroke();
  c.globalAlpha = 1;
}

/**
 * One particle with its path over the whole run, and lines to what it is taken to be: the exact mean dashed.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {ArrayLike<number>} at
 * @param {ArrayLike<number> | null} x0Hat
 * @param {ArrayLike<number> | null} mean
 */
export function highlight(panel, scene, at, x0Hat, mean) {
  const { run, picked, colours, present } = scene;
  const c = panel.context;
  const [x, y] = [panel.x(at[0]), panel.y(at[1])];
  c.strokeStyle = colours.own;
  c.lineWidth = present ? 2.5 : 1.6;
  c.lineJoin = "round";
  c.globalAlpha = 0.9;
  c.beginPath();
  path(panel, run, picked, 0, run.frames - 1);
  c.stroke();
  c.globalAlpha = 1;
  c.strokeStyle = colours.ink;
  c.lineWidth = 1.5;
  for (const [target, dash] of /** @type {[ArrayLike<number> | null, number[]][]} */ ([[x0Hat, []], [mean, [3, 3]]])) {
    if (!target) continue;
    const [tx, ty] = [panel.x(target[0]), panel.y(target[1])];
    c.setLineDash(dash);
    c.beginPath();
    c.moveTo(x, y);
    c.lineTo(tx, ty);
    c.moveTo(tx + 6, ty);
    c.arc(tx, ty, dash.length ? 8 : 6, 0, 2 * Math.PI);
    c.stroke();
  }
  c.setLineDash([]);
  spot(panel, scene, x, y);
}

/**
 * A chosen x_0, and q(x_t | x_0) at one standard deviation around α_t x_0: where the forward paths from it are now.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {[number, number]} x_0
 */
export function startOf(panel, scene, [x, y]) {
  const { run, frame, colours, present } = scene;
  const [px, py] = [panel.x(x), panel.y(y)];
  const arm = present ? 11 : 7;
  inUnits(panel, (c) => {
    c.strokeStyle = colours.own;
    c.lineWidth = (present ? 3 : 2) / panel.k;
    c.beginPath();
    c.arc(run.alpha[frame] * x, run.alpha[frame] * y, run.sigma[frame], 0, 2 * Math.PI);
    c.stroke();
  });
  inkLine(panel, scene, [[px - arm, py], [px + arm, py]], []);
  inkLine(panel, scene, [[px, py - arm], [px, py + arm]], []);
  words(panel, scene, "x₀", px + arm, py - 6);
}

/** The particle itself, in pixels. @param {Panel} panel @param {Scene} scene @param {number} x @param {number} y */
export function spot({ context: c }, { colours, present }, x, y) {
  c.fillStyle = colours.own;
  c.strokeStyle = colours.ink;
  c.lineWidth = 2;
  c.beginPath();
  c.arc(x, y, present ? 8 : 5, 0, 2 * Math.PI);
  c.fill();
  c.stroke();
}
