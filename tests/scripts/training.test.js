// The chosen picture beside training images, and one of its pixels.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nextPixel, noPixel, pixelAt, trainingTold } from "../../diffviz/views/pictures/training.js";

const PIXEL = { index: -1, corners: [{ x: 10, y: 20 }, { x: 60, y: 20 }], scale: 5, size: [8, 6] };

test("a point in any of the pictures is a pixel of all", () => {
  assert.equal(pixelAt(PIXEL, 10.1, 20.1), 0);
  assert.equal(pixelAt(PIXEL, 60 + 7.5 * 5, 20 + 5.5 * 5), 5 * 8 + 7);
  assert.equal(pixelAt(PIXEL, 55, 30), -1);
  assert.equal(pixelAt(PIXEL, 12, 51), -1);
  assert.equal(pixelAt(noPixel(), 12, 21), -1);
});

test("keys go from pixel to pixel and stay within the picture", () => {
  assert.equal(nextPixel(PIXEL, 1, 0), 3 * 8 + 4); // of none, the one in the middle
  assert.equal(nextPixel({ ...PIXEL, index: 9 }, 1, 0), 10);
  assert.equal(nextPixel({ ...PIXEL, index: 9 }, 0, -1), 1);
  assert.equal(nextPixel({ ...PIXEL, index: 8 }, -1, 0), 8);
  assert.equal(nextPixel({ ...PIXEL, index: 47 }, 0, 1), 47);
});

test("what is seen is told: the weights, the nearest image and the pixel", async () => {
  const weights = { top: [[0, 1], [1, 0]], weight: [[1, 0], [0.7, 0.3]], effective: [1, 1.842] };
  const path = { mean: [0.5, -0.25], std: [0, 0.125], share: [[], []] };
  const answers = { training: { count: 1500, number: [4, 9], data: "", nearest: 1, distance: 0.0312, forward: weights, reverse: weights }, pixel: { edges: [], forward: path, reverse: path } };
  const host = { ask: async (what) => answers["pixel" in what ? "pixel" : "training"], paint: () => {} };
  const run = { query: "", done: true, particles: 3, kept: { host, training: new Map(), pixels: new Map() } };
  const scene = { run, chosen: 2, frames: { forward: 1, reverse: 0 }, pair: false, sides: [], colours: {} };
  const pixel = { ...PIXEL, index: 7 };
  assert.match(trainingTold(scene, pixel), /forward: not weighed yet/);
  await new Promise((resolve) => setTimeout(resolve));
  trainingTold(scene, pixel); // which asks for the pixel
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(
    trainingTold(scene, pixel),
    "Image 3 beside training images: forward, the weights of p(x₀ | xₜ) are spread over 1.8 of 1500 training images, the largest is 70 %; the pixel has mean −0.25 and standard deviation 0.13. " +
      "reverse, the weights of p(x₀ | xₜ) are spread over 1.0 of 1500 training images, the largest is 100 %, and the sample is 0.031 from the nearest one; the pixel has mean 0.50 and standard deviation 0.00.",
  );
});
