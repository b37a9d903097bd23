// Graphs in a grid: nodes on a ring or where forces move them, an edge as a line, what is only probable as a pale band.

import { drawCard, drawText, firstThatFits, lineHeight, textWidth } from "../../player/letters.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {[number, number][]} Nodes where they are on the unit disc, y downwards */
/** @typedef {(graph: number) => Nodes} Standing of each graph */
/** @typedef {{count: number, columns: number, side: number, left: number, top: number, below: number}} Place of the grid in its panel; count: graphs that have room; side: of a cell; below: the lower line of text's y */

const MARGIN = 8;
const LEAST = 44; // pixels of a cell
const PER_NODE = 6.5; // or so many for each node, where that is more
const RADIUS = 0.36; // of the ring, in cells
const LEVELS = 8; // of opacity, each of which is one path
const BAND = 0.42; // opacity where an edge is certain
const FAINT = 0.14; // opacity of a masked pair

/** Where the nodes are: on the unit circle, the first at the top, clockwise; y downwards. @param {number} nodes @returns {Nodes} */
export const ringOf = (nodes) => Array.from({ length: nodes }, (_, i) => [Math.sin((2 * Math.PI * i) / nodes), -Math.cos((2 * Math.PI * i) / nodes)]);

/** Where the nodes of each graph of a panel are: by forces if that layer is on and the run is measured. @param {{name: string}} panel @param {{run: Scene["run"], layers: Set<string>}} scene @returns {Standing} */
export function standingOf({ name }, { run, layers }) {
  const { nodes, places } = run.data;
  if (!layers.has("force") || !places) {
    const ring = ringOf(nodes);
    return () => ring;
  }
  const own = places[name];
  return (graph) => Array.from({ length: nodes }, (_, i) => [own[2 * (graph * nodes + i)] / 1000, own[2 * (graph * nodes + i) + 1] / 1000]);
}

/**
 * The largest cells in which so many graphs have room, or as many as have room in the smallest ones; a line of text below.
 * @param {{width: number, height: number}} panel
 * @param {{present: boolean}} scene
 * @param {number} count
 * @param {number} nodes of each
 * @returns {Place}
 */
export function placeOf({ width, height }, { present }, count, nodes) {
  const [wide, high, least] = [width - 2 * MARGIN, height - MARGIN - 2.4 * lineHeight(present), Math.max(LEAST, PER_NODE * nodes) * (present ? 1.5 : 1)];
  let [columns, side] = [1, 0];
  for (let tried = 1; tried <= count; tried++) {
    const found = Math.min(wide / tried, high / Math.ceil(count / tried));
    if (found > side) [columns, side] = [tried, found];
  }
  if (side < least) {
    columns = Math.max(1, Math.floor(wide / least));
    const rows = Math.max(1, Math.floor(high / least));
    [count, side] = [Math.min(count, columns * rows), Math.min(wide / columns, high / rows)];
  }
  return { count, columns, side, left: (width - columns * side) / 2, top: MARGIN / 2, below: height - 0.5 * lineHeight(present) };
}

/**
 * Where one graph is shown large: a grid of a single cell at the side where the small one is not.
 * @param {{width: number, height: number}} panel
 * @param {Place} place
 * @param {number} graph
 * @returns {Place}
 */
export function insetOf({ width, height }, place, graph) {
  const side = Math.min(230, 0.48 * width, 0.62 * height);
  const [x, y] = middle(place, graph);
  return { count: 1, columns: 1, side, left: x > width / 2 ? MARGIN : width - MARGIN - side, top: y > height / 2 ? MARGIN : place.below - 2.2 * lineHeight(false) - side, below: place.below };
}

/** The middle of a cell. @param {Place} place @param {number} i @returns {[number, number]} */
const middle = ({ columns, side, left, top }, i) => [left + ((i % columns) + 0.5) * side, top + (Math.floor(i / columns) + 0.5) * side];

/** Which graph is there; -1 for none. @param {Place} place @param {number} x @param {number} y */
export function cellAt({ count, columns, side, left, top }, x, y) {
  const [column, row] = [Math.floor((x - left) / side), Math.floor((y - top) / side)];
  const i = row * columns + column;
  return column >= 0 && column < columns && row >= 0 && i < count ? i : -1;
}

/**
 * One path through some pairs of nodes of some graphs.
 * @param {CanvasRenderingContext2D} c
 * @param {Place} place
 * @param {Standing} at
 * @param {[number, number][]} pairs
 * @param {number} from
 * @param {number} to
 * @param {(i: number) => boolean} has of the number of graph and pair in the frame
 */
function trace(c, place, at, pairs, from, to, has) {
  c.beginPath();
  for (let graph = from; graph < to; graph++) {
    const [x, y] = middle(place, graph), reach = RADIUS * place.side, nodes = at(graph);
    pairs.forEach(([a, b], k) => {
      if (!has(graph * pairs.length + k)) return;
      c.moveTo(x + reach * nodes[a][0], y + reach * nodes[a][1]);
      c.lineTo(x + reach * nodes[b][0], y + reach * nodes[b][1]);
    });
  }
  c.stroke();
}

/**
 * A pale band for what is probable.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Place} place
 * @param {Standing} at
 * @param {(i: number) => number} probability of the pair with a number in the frame
 */
export function drawBands({ context: c }, { run, colours }, place, at, probability) {
  const { pairs } = run.data;
  c.strokeStyle = colours.ink;
  c.lineCap = "butt";
  c.lineWidth = Math.min(9, Math.max(2.5, 0.055 * place.side));
  for (let level = 1; level <= LEVELS; level++) {
    c.globalAlpha = (BAND * level) / LEVELS;
    trace(c, place, at, pairs, 0, place.count, (i) => Math.round(LEVELS * probability(i)) === level);
  }
  c.globalAlpha = 1;
}

/**
 * Masked pairs, edges and nodes.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Place} place
 * @param {Standing} at
 * @param {Uint8Array} states
 * @param {((graph: number) => string) | null} tint colour of each graph
 */
export function drawGraphs({ context: c }, { run, colours }, place, at, states, tint) {
  const { pairs } = run.data;
  c.lineCap = "round";
  c.strokeStyle = colours.muted;
  c.lineWidth = 1;
  c.globalAlpha = 2 * FAINT;
  trace(c, place, at, pairs, 0, place.count, (i) => states[i] === 2);
  c.globalAlpha = 1;
  c.lineWidth = Math.min(3.5, Math.max(1.4, 0.026 * place.side));
  const isEdge = (/** @type {number} */ i) => states[i] === 1;
  if (tint) {
    for (let graph = 0; graph < place.count; graph++) {
      c.strokeStyle = tint(graph);
      trace(c, place, at, pairs, graph, graph + 1, isEdge);
    }
  } else {
    c.strokeStyle = colours.own;
    trace(c, place, at, pairs, 0, place.count, isEdge);
  }
  const [dot, reach] = [Math.min(4.5, Math.max(1.6, 0.032 * place.side)), RADIUS * place.side];
  c.fillStyle = colours.ink;
  c.beginPath();
  for (let graph = 0; graph < place.count; graph++) {
    const [x, y] = middle(place, graph);
    for (const [dx, dy] of at(graph)) {
      c.moveTo(x + reach * dx + dot, y + reach * dy);
      c.arc(x + reach * dx, y + reach * dy, dot, 0, 2 * Math.PI);
    }
  }
  c.fill();
}

/**
 * A sign in the corner of each graph.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Place} place
 * @param {(graph: number) => string} sign
 */
export function drawSigns(panel, scene, place, sign) {
  for (let graph = 0; graph < place.count; graph++) {
    const [x, y] = middle(place, graph), text = sign(graph);
    if (text) drawText(panel, scene, text, x + 0.42 * place.side, y - 0.32 * place.side, { colour: text === "✓" ? scene.colours.own : scene.colours.muted, align: "center" });
  }
}

/** @param {Panel} panel @param {Place} place @param {number} graph @param {string} colour @param {number} thick */
export function outlineCell({ context: c }, place, graph, colour, thick) {
  if (graph < 0 || graph >= place.count) return;
  const [x, y] = middle(place, graph), half = 0.48 * place.side;
  c.strokeStyle = colour;
  c.lineWidth = thick;
  c.beginPath();
  c.roundRect(x - half, y - half, 2 * half, 2 * half, 4);
  c.stroke();
}

/** The direction from a node to where the fewest others are near. @param {Nodes} nodes @param {number} node @returns {[number, number]} */
export function awayFrom(nodes, node) {
  const [x, y] = nodes[node];
  let [ax, ay] = [0, 0];
  nodes.forEach(([u, v], other) => {
    const square = (x - u) ** 2 + (y - v) ** 2;
    if (other !== node && square) [ax, ay] = [ax + (x - u) / square, ay + (y - v) / square];
  });
  const far = Math.hypot(ax, ay) || 1;
  return [ax / far, ay / far];
}

/**
 * One graph on a card, with the numbers of its nodes.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Place} inset
 * @param {Nodes} nodes
 * @param {Uint8Array} states of its pairs
 * @param {((pair: number) => number) | null} probability
 */
export function drawLarge(panel, scene, inset, nodes, states, probability) {
  const { side, left, top } = inset;
  drawCard(panel.context, scene.colours, left, top, side, side);
  if (probability) drawBands(panel, scene, inset, () => nodes, probability);
  drawGraphs(panel, scene, inset, () => nodes, states, null);
  const [x, y] = middle(inset, 0);
  nodes.forEach(([dx, dy], node) => {
    const [ax, ay] = awayFrom(nodes, node);
    drawText(panel, scene, String(node + 1), x + (RADIUS * dx + 0.08 * ax) * side, y + (RADIUS * dy + 0.08 * ay) * side + 4, { colour: scene.colours.ink, align: "center", plate: scene.colours.panel });
  });
}

/** The upper line of text below the grid. @param {Panel} panel @param {Scene} scene @param {Place} place @param {string[]} texts the first one that fits is written @param {number} [indent] */
export function drawLine(panel, scene, place, texts, indent = 0) {
  const most = panel.width - 2 * MARGIN - indent;
  drawText(panel, scene, firstThatFits(texts, scene, most), MARGIN + indent, place.below - lineHeight(scene.present), { colour: scene.colours.muted, most });
}

/**
 * The lower line: what lines of a kind mean, after a piece of each.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Place} place
 * @param {{colour: string, width: number, opacity: number, text: string}[]} kinds
 */
export function drawLegend(panel, scene, place, kinds) {
  const { context: c } = panel, piece = 18;
  let x = MARGIN;
  for (const { colour, width, opacity, text } of kinds) {
    const room = panel.width - MARGIN - x - piece - 5;
    if (textWidth(text, scene) > room) return;
    c.globalAlpha = opacity;
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.beginPath();
    c.moveTo(x, place.below - 4);
    c.lineTo(x + piece, place.below - 4);
    c.stroke();
    c.globalAlpha = 1;
    drawText(panel, scene, text, x + piece + 5, place.below, { colour: scene.colours.muted });
    x += piece + textWidth(text, scene) + 18;
  }
}

/** What the lines are. @param {Scene} scene @param {boolean} bands @param {string} lost what a band is */
export const kindsOf = ({ run, colours }, bands, lost) => [
  { colour: colours.own, width: 2, opacity: 1, text: "edge of xₜ" },
  ...(run.data.masks ? [{ colour: colours.muted, width: 1, opacity: 2 * FAINT, text: "masked" }] : []),
  ...(bands ? [{ colour: colours.ink, width: 4, opacity: BAND, text: lost }] : []),
];
