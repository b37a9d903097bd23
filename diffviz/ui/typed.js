// A box in which a person types: what stands in it half-written is not judged yet.

const TYPING_MS = 350; // after the last key

/** Judge what is typed once that rests, on Enter, and when the box is left.
 * @param {{oninput: any, onchange: any}} box @param {() => void} judge
 * @returns {() => boolean} is another key waited for? */
export function whenTyped(box, judge) {
  /** @type {any} */
  let timer = null;
  const now = () => {
    clearTimeout(timer);
    timer = null;
    judge();
  };
  box.oninput = () => {
    clearTimeout(timer);
    timer = setTimeout(now, TYPING_MS);
  };
  box.onchange = now;
  return () => timer !== null;
}
