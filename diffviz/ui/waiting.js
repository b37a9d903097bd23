// While the server works: Stop in the place of Run, and a sentence if the server is gone.
/** Run, and Stop in its place. @param {HTMLElement} place */
export function makeRunButton(place) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (place.querySelector(selector));
  const [run, stop, hint] = [".dv-run", ".dv-stop", ".dv-hint-line"].map(find);
  /** @type {string} */
  let usual = "";
  /** so many are computed before what was asked for; null: it is being computed, or nothing was asked for @type {number | null} */
  let before = null;
  const say = () => {
    hint.textContent = before === null ? usual : `The server is busy: ${before ? `${before} before you` : "you are next"}.`;
  };
  return {
    /** @param {number | null} number */
    wait(number) {
      before = number;
      say();
    },
    /** Run stays lit until it is pressed, or the settings are again what is shown.
     * @param {{seconds: number | null} | null} waits the run on screen is not that of the settings; seconds: null if data are fetched */
    light(waits) {
      document.body.classList.toggle("dv-waits", Boolean(waits));
      const seconds = waits?.seconds ?? 0, takes = waits?.seconds === null ? "This fetches data first" : `This takes about ${seconds < 1.5 ? "a second" : `${Math.round(seconds)} seconds`}`;
      run.classList.toggle("dv-lit", Boolean(waits));
      usual = waits ? `${takes}: press Run.` : "Changes run by themselves; longer runs wait for Run.";
      say();
    },
    /** @param {boolean} busy */
    work(busy) {
      const focused = document.activeElement === (busy ? run : stop);
      run.hidden = busy;
      stop.hidden = !busy;
      if (focused) (busy ? stop : run).focus(); // keys stay where they were
      if (!busy) before = null;
      say();
    },
  };
}

const ASK_MS = 4000, PATIENCE_MS = 20000, MISSES = 2;

async function isThere() {
  try {
    const answer = await fetch("gradio_api/app_id", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    return (await answer.json()).app_id === /** @type {any} */ (window).gradio_config.app_id;
  } catch {
    return false;
  }
}

/** A server that is gone says nothing: as long as something is awaited, it is asked whether it is there, and still the same one.
 * @param {() => boolean} awaited @param {() => void} gone */
export function watchServer(awaited, gone) {
  let misses = 0;
  setInterval(async () => {
    misses = !awaited() || (await isThere()) ? 0 : misses + 1;
    if (misses < MISSES) return;
    misses = 0;
    gone();
  }, ASK_MS);
}
