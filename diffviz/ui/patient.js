// A server that has too much to do says so at once, and is asked again.
import { AGAIN_MS } from "../player/asking.js";

/** The same question again after a while until there is an answer; null where there is none.
 * @template T @param {(what: T) => Promise<any>} ask @param {(ms: number) => Promise<any>} [sleep] @returns {(what: T) => Promise<any>} */
export const patient = (ask, sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))) => async (what) => {
  let answer = await ask(what);
  while (answer?.later) {
    await sleep(AGAIN_MS);
    answer = await ask(what);
  }
  return answer;
};
