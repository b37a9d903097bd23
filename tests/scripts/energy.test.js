// The energy landscape: its heights, lines and colours, and how a surface is seen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Camera } from "../../diffviz/player/camera.js";
import { paste, stamps } from "../../diffviz/views/plane/discs.js";
import { basins, HIGH, heightAt, levelsFrom, lowest, reliefOf } from "../../diffviz/views/plane/energy.js";
import { plainLaw, tiltedLaw } from "../../diffviz/views/plane/law.js";
import { exactAt, exactEnergy } from "../../diffviz/views/plane/mixture.js";
import { lit, ramp, toOklab, toRgb, wordsOf } from "../../diffviz/views/shades.js";
import { onRange, STOPS } from "../../diffviz/views/work.js";
import { eyeOf, isSeen, project, render, sheetOf, through } from "../../diffviz/views/plane/surface.js";

const GAUSSIAN = { means: [[0, 0]], weights: [1], std: 1 };
const TWO = { means: [[-1.5, 0.2], [1, -0.5]], weights: [0.3, 0.7], std: 0.2 };
const PATCH = { x: 0, y: 0, half: 2.6 };
const ROOM = { width: 400, height: 300, head: 40, foot: 26, aside: 22 };
const NONE = 0xff000000;

const close = (found, wanted, tolerance) => assert.ok(Math.abs(found - wanted) <= tolerance, `${found} is not ${wanted} ± ${tolerance}`);

test("the energy is -log q: of a Gaussian a parabola, of any mixture what falls along the score", () => {
  close(exactEnergy(GAUSSIAN, 0.6, -0.8, 0.6, 0.8), Math.log(2 * Math.PI) + 0.5, 1e-12);
  const h = 1e-5;
  for (const [x, y, alpha, sigma] of [[0.3, -0.4, 0.8, 0.6], [-1.4, 0.4, 1, 0], [30, -20, 0.5, 0.8]]) {
    const { score } = exactAt(TWO, x, y, alpha, sigma);
    const slope = [(exactEnergy(TWO, x + h, y, alpha, sigma) - exactEnergy(TWO, x - h, y, alpha, sigma)) / (2 * h), (exactEnergy(TWO, x, y + h, alpha, sigma) - exactEnergy(TWO, x, y - h, alpha, sigma)) / (2 * h)];
    slope.forEach((value, i) => close(value, -score[i], 1e-4 * Math.max(1, Math.abs(score[i]))));
  }
});

test("one scale holds all heights of a run, at every time", () => {
  const alpha = [1, 0.9, 0.7, 0.4, 0];
  const run = { alpha, sigma: alpha.map((a) => Math.sqrt(1 - a * a)) };
  for (const mixture of [GAUSSIAN, TWO, { ...GAUSSIAN, std: 3 }]) {
    const low = lowest(run, [plainLaw(mixture)]);
    assert.ok(Number.isInteger(low));
    for (const [i, a] of alpha.entries()) for (let x = -3; x <= 3; x += 0.1) assert.ok(exactEnergy(mixture, x, 0.1, a, run.sigma[i]) >= low);
    assert.deepEqual(levelsFrom(low), Array.from({ length: HIGH - low }, (_, i) => HIGH - i));
  }
});

test("the lines of the map are where the energy is a whole number of kT", () => {
  const levels = [7, 4, 2];
  basins(GAUSSIAN, plainLaw(GAUSSIAN), 0.6, 0.8, levels).forEach(([line, ...others], i) => {
    assert.equal(others.length, 0);
    for (let k = 0; k < line.length; k += 2) close(Math.hypot(line[k], line[k + 1]), Math.sqrt(2 * (levels[i] - Math.log(2 * Math.PI))), 4e-3);
  });
  for (const [alpha, sigma] of [[1, 0], [0.8, 0.6]]) {
    basins(TWO, plainLaw(TWO), alpha, sigma, levels).forEach((lines, i) => {
      for (const line of lines) for (let k = 0; k < line.length; k += 2) close(exactEnergy(TWO, line[k], line[k + 1], alpha, sigma), levels[i], 0.04);
    });
  }
});

test("of data with a factor the map is that of the exact posterior: of a Gaussian and an observation a parabola about its mean", () => {
  const [alpha, sigma, y, v] = [0.8, 0.6, 1.5, 0.25]; // x_0 ~ N(0, I) given y = (1.5, 0) with σ_y = 1/2: mean y/(1 + v), variance v/(1 + v)
  const law = tiltedLaw(GAUSSIAN, { kind: "observation", direction: 0, offset: y, std: Math.sqrt(v) });
  const [mean, variance] = [(alpha * y) / (1 + v), (alpha ** 2 * v) / (1 + v) + sigma ** 2];
  const exact = (px, py) => Math.log(2 * Math.PI * variance) + ((px - mean) ** 2 + py ** 2) / (2 * variance);
  for (const [px, py] of [[mean, 0], [0, 0.5], [2, -1]]) close(law.energy(px, py, alpha, sigma), exact(px, py), 1e-3);
  const [[line, ...others]] = basins(GAUSSIAN, law, alpha, sigma, [4]);
  assert.equal(others.length, 0);
  for (let k = 0; k < line.length; k += 2) close(exact(line[k], line[k + 1]), 4, 0.01);
  const relief = reliefOf(GAUSSIAN, law, alpha, sigma, PATCH, 0);
  for (const [px, py] of [[0.9, 0.1], [-0.5, 1]]) close(heightAt(relief, px, py), Math.min(HIGH, exact(px, py)), 0.02);
  const values = Float64Array.of(-0.3, 0.9, 1.6);
  law.marginal(0, values, alpha, sigma).forEach((density, i) => {
    close(density, Math.exp(-((values[i] - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance), 0.01);
  });
  const run = { alpha: [1, alpha, 0], sigma: [0, sigma, 1] };
  close(law.lowest(run), Math.log((2 * Math.PI * v) / (1 + v)), 0.06); // at the data; a grid may miss the top
});

test("a factor far from narrow data draws its law there, and nothing of it is lost", () => {
  const narrow = { means: [[0, 0], [1, 0]], weights: [0.5, 0.5], std: 0.2 };
  const law = tiltedLaw(narrow, { kind: "observation", direction: 0, offset: 3, std: 0.05 });
  const mean = 1 + (0.04 / 0.0425) * 2, variance = (0.04 * 0.0025) / 0.0425;
  close(law.energy(mean, 0, 1, 0), Math.log(2 * Math.PI * variance), 0.02);
});

test("a relief has the exact heights up to where they are cut, and light on the sides that face it", () => {
  const relief = reliefOf(TWO, plainLaw(TWO), 0.8, 0.6, { x: 0.5, y: -0.2, half: 2 }, 0);
  for (const [x, y] of [[0.5, -0.2], [-1, 0.4], [1.7, -1.1], [2.3, 1.6]]) close(heightAt(relief, x, y), Math.min(HIGH, exactEnergy(TWO, x, y, 0.8, 0.6)), 0.02);
  assert.equal(heightAt(reliefOf(TWO, plainLaw(TWO), 1, 0, PATCH, 0), 2.4, 2.4), HIGH);
  const { side, slopes } = reliefOf(GAUSSIAN, plainLaw(GAUSSIAN), 0.6, 0.8, PATCH, 0);
  const at = (i, j) => slopes[j * side + i];
  const middle = side >> 1;
  close(at(middle, middle), 0, 1e-6); // flat
  assert.ok(at(middle + 12, middle - 12) > 0.05); // it comes from the upper left, and this side faces it
  close(at(middle - 12, middle + 12), -at(middle + 12, middle - 12), 1e-6);
});

test("seen from above a surface is the map; its block has room wherever it is seen from", () => {
  const above = eyeOf({ yaw: 0, pitch: 90 }, ROOM, PATCH, 0, 7);
  const [x0, y0] = project(above, 0, 0, 3);
  for (const [x, y, height] of [[1, 0, 0], [-0.5, 1.2, 7]]) {
    const [px, py] = project(above, x, y, height);
    close(px - x0, above.k * x, 1e-9);
    close(py - y0, -above.k * y, 1e-9);
  }
  for (const yaw of [-170, -45, 0, 30, 133]) {
    for (const pitch of [15, 40, 58, 90]) {
      const eye = eyeOf({ yaw, pitch }, ROOM, PATCH, -1, 7);
      for (const x of [-2.6, 2.6]) for (const y of [-2.6, 2.6]) for (const height of [-1, 7]) {
        const [px, py] = project(eye, x, y, height);
        assert.ok(px >= ROOM.aside - 1e-6 && px <= ROOM.width - ROOM.aside + 1e-6);
        assert.ok(py >= ROOM.head - 1e-6 && py <= ROOM.height - ROOM.foot + 1e-6);
      }
    }
  }
});

test("what is in front is lower on the panel and hides what lies behind it", () => {
  const hollows = { means: [[0, 1.4], [0, -1.4]], weights: [0.5, 0.5], std: 0.25 };
  const wall = reliefOf(hollows, plainLaw(hollows), 1, 0, PATCH, 0); // two hollows, a ridge between
  const eye = eyeOf({ yaw: 0, pitch: 20 }, ROOM, PATCH, 0, 7);
  const sheet = sheetOf(400, 300);
  render(sheet, wall, eye, { heights: new Uint32Array(3 * 112).fill(0xff0000ff), wall: new Uint32Array(112).fill(0xff00ff00), ground: 0xffffffff, line: NONE, shades: 3, fine: 16 });
  const seen = (x, y) => isSeen(sheet, eye, ...project(eye, x, y, heightAt(wall, x, y)));
  assert.ok(seen(0, -2.45)); // the plateau in front
  assert.ok(!seen(0, -1.9)); // its rim hides the hollow
  assert.ok(seen(0, -0.6)); // the far side of the hollow
  assert.ok(!seen(0, 0.9)); // behind the ridge
  const [, front] = project(eye, 0, -2, 3);
  const [, back] = project(eye, 0, 2, 3);
  assert.ok(front > back);
  assert.equal(sheet.words[0], 0xffffffff); // beside the block the panel is empty
  const steep = eyeOf({ yaw: 0, pitch: 90 }, ROOM, PATCH, 0, 7);
  render(sheet, wall, steep, { heights: new Uint32Array(3 * 112), wall: new Uint32Array(112), ground: 0, line: 0, shades: 3, fine: 16 });
  for (const [x, y] of [[0, -1.6], [0, 1.2], [2, 2]]) assert.ok(isSeen(sheet, steep, ...project(steep, x, y, heightAt(wall, x, y)))); // from above nothing is hidden
});

test("each pixel is the surface point that is projected there", () => {
  const relief = reliefOf(TWO, plainLaw(TWO), 0.7, 0.7, PATCH, 0);
  const eye = eyeOf({ yaw: -35, pitch: 58 }, ROOM, PATCH, 0, 7);
  const sheet = sheetOf(400, 300);
  const fine = 16;
  render(sheet, relief, eye, { heights: Uint32Array.from({ length: 7 * fine }, (_, i) => i), wall: new Uint32Array(7 * fine), ground: 0, line: 0, shades: 1, fine });
  let compared = 0;
  for (let x = -2; x <= 2; x += 0.37) {
    for (let y = -2; y <= 2; y += 0.41) {
      const height = heightAt(relief, x, y);
      const [px, py, depth] = project(eye, x, y, height);
      if (!isSeen(sheet, eye, px, py, depth)) continue;
      const pixel = Math.round(py) * 400 + Math.round(px - 0.5);
      close(sheet.depths[pixel], depth, 6 / eye.k);
      if (sheet.levels[pixel] < 60) close(sheet.levels[pixel], height, 0.3);
      compared++;
    }
  }
  assert.ok(compared > 60);
});

test("a line of sight enters and leaves through the borders of the patch", () => {
  for (const yaw of [0, 20, 45, 90, -130]) {
    const eye = eyeOf({ yaw, pitch: 50 }, ROOM, PATCH, 0, 7);
    for (const across of [-1, 0, 2]) {
      for (const depth of through(eye, across)) {
        const [x, y] = [across * eye.cos - depth * eye.sin, across * eye.sin + depth * eye.cos];
        close(Math.max(Math.abs(x), Math.abs(y)), PATCH.half, 1e-9);
      }
    }
    assert.equal(through(eye, 4), null);
  }
});

test("the camera is turned by the hand, stops at the horizon's edge and overhead, and is a value", () => {
  const camera = new Camera();
  assert.equal(camera.state, null);
  const eyes = [0, 1].map(() => {
    const [px, py] = project(eyeOf(camera, ROOM, PATCH, 0, 7), 0.5 * Math.sin((camera.yaw * Math.PI) / 180), -0.5 * Math.cos((camera.yaw * Math.PI) / 180), 3.5);
    return [px, py];
  });
  const { yaw } = camera;
  camera.drag(30, 0);
  const front = [0.5 * Math.sin((yaw * Math.PI) / 180), -0.5 * Math.cos((yaw * Math.PI) / 180)];
  assert.ok(project(eyeOf(camera, ROOM, PATCH, 0, 7), ...front, 3.5)[0] > eyes[0][0]); // what is in front follows it to the right
  camera.drag(0, 1000);
  assert.equal(camera.pitch, 90);
  camera.drag(0, -1000);
  assert.equal(camera.pitch, 15);
  camera.key([-1, 0]);
  assert.ok(camera.turned);
  const { state } = camera;
  camera.drag(900, 0);
  assert.ok(camera.yaw >= -180 && camera.yaw < 180);
  camera.state = state;
  assert.deepEqual(camera.state, state);
  for (const wrong of [null, [1], ["x", 2], [Number.NaN, 1]]) {
    camera.state = wrong;
    assert.equal(camera.state, null);
  }
});

test("ramps end in their colours and are even to the eye", () => {
  for (const rgb of [[255, 255, 255], [0, 0, 0], [0, 114, 178], [213, 94, 0]]) assert.deepEqual(toRgb(toOklab(rgb)), rgb);
  close(toOklab([255, 255, 255])[0], 1, 1e-3);
  const colours = ramp([[255, 255, 255], [22, 32, 44]], 9);
  assert.deepEqual(colours[0], [255, 255, 255]);
  assert.deepEqual(colours[8], [22, 32, 44]);
  const lightness = colours.map((rgb) => toOklab(rgb)[0]);
  for (let i = 2; i < 9; i++) close(lightness[i] - lightness[i - 1], lightness[1] - lightness[0], 0.01);
  close(toOklab(lit([90, 90, 90], 0.1))[0] - toOklab([90, 90, 90])[0], 0.1, 0.01);
  assert.equal(wordsOf([[1, 2, 3]])[0] >>> 0, 0xff030201);
  assert.equal(wordsOf([[1, 2, 3]], 0)[0], 0x030201);
});

test("a disc with a colour of its own lies over the one before it", () => {
  const stamped = stamps(3, 20);
  const words = new Uint32Array(400);
  paste(words, 20, stamped, 8.5, 10.5, 0x0000ff);
  paste(words, 20, stamped, 11.5, 10.5, 0x00ff00);
  assert.equal(words[10 * 20 + 11], 0xff00ff00);
  assert.equal(words[10 * 20 + 7], 0xff0000ff);
  assert.equal(words[10 * 20 + 10], 0xff00ff00); // both cover it
  assert.equal(words[0], 0);
});

// what a person without one kind of cone sees (Machado et al. 2009, full severity), of linear light
const BLIND = {
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

/** @param {number[]} rgb @param {number[][]} matrix */
function seenBy(rgb, matrix) {
  const light = rgb.map((byte) => (byte <= 10.314 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4));
  const mixed = matrix.map((row) => Math.max(0, Math.min(1, row.reduce((sum, weight, i) => sum + weight * light[i], 0))));
  return mixed.map((value) => Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)));
}

const apart = (a, b) => Math.hypot(...toOklab(a).map((value, i) => value - toOklab(b)[i]));

test("work below and above none is told apart by everybody, on light panels and on dark ones", () => {
  const identity = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  for (const [theme, stops] of Object.entries(STOPS)) {
    const panel = theme === "light" ? [255, 255, 255] : [23, 30, 38];
    const colours = ramp(stops, 255);
    for (const matrix of [identity, ...Object.values(BLIND)]) {
      const seen = colours.map((rgb) => seenBy(rgb, matrix));
      for (const part of [64, 100, 127]) {
        assert.ok(apart(seen[127 - part], seen[127 + part]) > 0.06, `${theme}: ${part}`); // below from above
        for (const side of [-1, 1]) assert.ok(apart(seen[127 + side * part], seen[127]) > 0.06); // and from none
      }
      for (const colour of seen) assert.ok(apart(colour, panel) > 0.3); // all are seen
    }
  }
});

test("bytes of one range are told on another", () => {
  const bytes = Uint8Array.of(0, 64, 127, 190, 254);
  assert.equal(onRange(bytes, 2, 2), bytes);
  assert.deepEqual([...onRange(bytes, 1, 2)], [64, 96, 127, 159, 191]);
});
