// A look inside the network: its feature maps of the chosen picture at one level, asked for when they are to be seen.

import { AGAIN_MS } from "../../player/asking.js";
import { bytesOf } from "../../player/decode.js";
import { drawGrid, say } from "./drawing.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("../../player/contract.js").Host} Host */
/** @typedef {{count: number, shape: [number, number, number, number], bytes: Uint8Array}} Maps shape: frames, maps, height, width; count: of all maps of the level */

const IDENTITY = Uint8ClampedArray.from({ length: 256 }, (_, byte) => byte); // bytes of maps are greys already

/**
 * What is shown of the inside: the level that is looked at, and its maps once they have come.
 * @typedef {{level: string, asked: string, maps: Maps | null, said: string}} Inside
 */

/** @returns {Inside} */
export const nothingInside = () => ({ level: "", asked: "", maps: null, said: "" });

/**
 * Ask for the maps, if these have not been asked for.
 * @param {Inside} inside
 * @param {Run} run
 * @param {number} picture
 * @param {Host} host
 */
export async function lookInside(inside, run, picture, host) {
  const wanted = `${run.id} ${inside.level} ${picture}`;
  if (!run.done) {
    inside.maps = null;
    inside.asked = "";
    inside.said = "feature maps can be seen when the run is done";
  } else if (inside.asked !== wanted) {
    Object.assign(inside, { asked: wanted, maps: null, said: "computing the feature maps …" });
    const found = await host.ask({ query: run.query, level: inside.level, picture }).catch(() => null);
    if (inside.asked !== wanted) return; // another was asked for meanwhile
    if (found?.later) { // the server has too much to do
      setTimeout(() => {
        if (inside.asked === wanted) inside.asked = "";
        host.paint();
      }, AGAIN_MS);
      return;
    }
    inside.maps = found && { count: found.count, shape: found.shape, bytes: bytesOf(found.data) };
    inside.said = found ? "" : "the feature maps cannot be had now";
    host.paint();
  }
}

/**
 * The maps at a frame; at t = 0 the network is not asked, so those at the first time after it.
 * @param {Maps} maps
 * @param {number} frame
 */
export function mapsAt({ shape: [frames, count, high, wide], bytes }, frame) {
  const size = count * high * wide;
  const at = Math.max(0, Math.min(frames, frame) - 1);
  return { bytes: bytes.subarray(at * size, (at + 1) * size), shape: /** @type {[number, number, number]} */ ([1, high, wide]), greys: IDENTITY, count };
}

/** @param {Inside} inside */
export const insideWords = ({ maps, said }) => (maps ? `${maps.shape[1] < maps.count ? `${maps.shape[1]} of ` : ""}${maps.count} feature map${maps.count === 1 ? "" : "s"}` : said);

/**
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Inside} inside
 */
export function drawInside(panel, scene, inside) {
  if (inside.maps) drawGrid(panel, mapsAt(inside.maps, scene.frames.reverse));
  else say(panel, scene, inside.said);
}
