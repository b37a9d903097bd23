// Time's arrow: a path is played from data to noise, and the person guesses whether it was recorded in the forward process or is one
// of the reverse process, played backwards.
import { Camera } from "../player/camera.js";
import { Run } from "../player/decode.js";
import { fetchView } from "../player/inbox.js";
import { isTyped } from "../player/keyboard.js";
import { Panel } from "../player/panel.js";
import { Scale } from "../player/scale.js";
import { Theme } from "../player/theme.js";
import { dialog, make } from "./dialog.js";
import { kT, likelier, sureness, tally, workOf } from "./scoring.js";

/** @typedef {import("./scoring.js").Truth} Truth */
/** @typedef {{run: Run, view: import("../player/contract.js").View}} Path */
/** @typedef {{error?: string, later?: boolean, init?: any, block?: any, forward?: boolean, work?: number | null, accuracy?: [number, number | null]}} Answer arrow.py's */
/** @typedef {{steps: number, particles: number, said: string}} Played a game that is over */

const NAME = "Time's arrow";
const ROUNDS = 10;
const PLAYED_MS = 3000, HELD_MS = 800; // of a path, and its end before it is played again
const AGAIN_MS = 3000; // until a server that has too much to do is asked again
const STEPS = [2, 5, 10, 20, 50, 100, 200, 500, 1000], PARTICLES = [1, 5, 25];
const ABOUT = "A path is played from data to noise. Was it recorded in the forward process, or did the reverse process make it, and it is played backwards?";

/** @param {number} share of one half and more */
const shareOf = (share) => (share > 0.995 ? "more than 99\u00a0%" : `${Math.round(100 * share)}\u00a0%`);

/** The frame of a path to be shown, so long after it began. @param {number} ms @param {number} frames */
export const frameAt = (ms, frames) => Math.min(frames - 1, Math.floor(((ms % (PLAYED_MS + HELD_MS)) / PLAYED_MS) * frames));

/** What is said of a guess. @param {boolean} guess @param {Truth} truth */
export function verdict(guess, truth) {
  const was = truth.forward ? "it was recorded in the forward process" : "the reverse process made it, and it was played backwards";
  const work = workOf(truth), says = likelier(truth) ? "forward" : "backwards";
  const ratio = Number.isFinite(work)
    ? `Its work is W = ${kT(work)} kT. The likelihood ratio says ${says}, and is right for ${shareOf(sureness(truth))} of such paths.`
    : "The forward process cannot take this path: its work is −∞, and there is no doubt.";
  return `${guess === truth.forward ? "Right" : "Wrong"}: ${was}. ${ratio}`;
}

/** What is said of a game. @param {import("./scoring.js").Round[]} rounds */
export function result(rounds) {
  const { of, right, likelihood, expected } = tally(rounds);
  return `You were right in ${right} of ${of}. The likelihood ratio was right in ${likelihood}; of these paths it is expected to tell ${expected.toFixed(1)}, and nobody can tell more on average.`;
}

/** @param {{ask: (what: object) => Promise<Answer | null>, run: () => Record<string, any>, changed: () => void}} act changed: the address has to be written anew */
export function makeArrow(act) {
  /** @type {HTMLDialogElement | null} */
  let box = null;
  let steps = 0;
  /** steps of the game that opens with the next run @type {number | undefined} */
  let expected;

  /** @param {number} [wanted] steps, of a link */
  function open(wanted) {
    if (box) return;
    const values = act.run(), own = Number(values.steps), stops = [...new Set([...STEPS, own, ...(wanted ? [wanted] : [])])].sort((a, b) => a - b);
    steps = wanted || own;
    const choice = (/** @type {string} */ name, /** @type {number[]} */ options, /** @type {number} */ chosen) => {
      const select = /** @type {HTMLSelectElement} */ (make("select", {}, ...options.map((value) => make("option", { value: String(value), textContent: String(value) }))));
      select.value = String(chosen);
      return { select, label: make("label", {}, name, select) };
    };
    const lever = choice("Diffusion steps T", stops, steps), many = choice("Particles", PARTICLES, PARTICLES[0]);
    const stage = make("div", { className: "dv dv-arrow-stage" }), counter = make("span"), clock = make("span");
    const button = (/** @type {string} */ className, /** @type {string} */ text, /** @type {() => void} */ onclick) => /** @type {HTMLButtonElement} */ (make("button", { type: "button", className, textContent: text, onclick }));
    const guesses = [button("dv-arrow-forward", "← Forward: as it was recorded", () => guess(true)), button("dv-arrow-backwards", "Backwards: the reverse process →", () => guess(false))];
    const said = make("div", { className: "dv-arrow-said" }), marks = make("ol", { className: "dv-arrow-marks" }), games = make("ul", { className: "dv-arrow-games" });
    const next = button("dv-arrow-next", "Next path", () => {
      if (rounds.length === ROUNDS) return begin();
      if (failure) coming = fetched(rounds.length);
      play();
    });
    said.setAttribute("role", "status");
    marks.setAttribute("aria-label", "Rounds");
    box = dialog(NAME, [make("p", { textContent: ABOUT }), make("div", { className: "dv-arrow-levers" }, lever.label, many.label), stage, make("p", { className: "dv-arrow-round" }, counter, clock), make("div", { className: "dv-arrow-guesses" }, ...guesses), said, marks, games], next);
    box.classList.add("dv-arrow");
    box.tabIndex = -1;

    const panel = new Panel({ name: "forward", title: NAME, label: "A path, from data to noise" }, 0, ""), scale = new Scale(), camera = new Camera(), theme = new Theme(stage);
    stage.append(panel.canvas);
    const sized = new ResizeObserver(() => panel.resize());
    sized.observe(panel.canvas);

    /** @type {import("./scoring.js").Round[]} */
    let rounds = [];
    /** @type {Truth | null} */
    let truth = null;
    /** @type {Path | null} */
    let path = null;
    let since = 0, drawing = 0, game = 0, waiting = false;
    /** the path of the next round, asked for ahead, or why there is none @type {Promise<Path | string> | null} */
    let coming = null;
    /** why the round's path has not come */
    let failure = "";

    // ---- the server ----

    /** @param {object} what @returns {Promise<Answer>} */
    async function asked(what) {
      const mine = game, request = { run: { ...values, steps }, particles: Number(many.select.value), game, ...what };
      for (;;) {
        const answer = await act.ask(request);
        if (!answer?.later || game !== mine || !box) return answer ?? { error: "The server does not answer." };
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }

    /** @param {number} round @returns {Promise<Path | string>} the path, or why there is none */
    async function fetched(round) {
      const { error, init, block } = await asked({ part: "path", round });
      if (error) return error;
      const view = await fetchView(init.view), run = new Run(String(round), "", init);
      run.add(block);
      run.kept = view.begin?.(run, { ask: async () => null, paint() {}, choose() {}, change() {}, chosen: -1 });
      return { run, view };
    }

    // ---- a game ----

    /** Ten other paths. */
    function begin() {
      steps = Number(lever.select.value);
      game = Math.floor(Math.random() * 2 ** 31);
      rounds = [];
      coming = fetched(0);
      act.changed();
      play();
    }

    async function play() {
      const mine = game;
      waiting = true;
      path = null;
      failure = said.textContent = "";
      show(null);
      box?.focus(); // no menu keeps the keys
      const found = await /** @type {Promise<Path | string>} */ (coming);
      if (game !== mine || !box) return;
      waiting = false;
      if (typeof found === "string") failure = said.textContent = found;
      else path = found;
      since = performance.now();
      show(null);
      if (failure) next.focus();
    }

    /** @param {boolean} forward */
    async function guess(forward) {
      if (!path || truth || waiting) return;
      const mine = game;
      waiting = true;
      for (const [i, each] of guesses.entries()) {
        each.disabled = true;
        each.setAttribute("aria-pressed", String(forward === !i));
      }
      const answer = await asked({ part: "truth", round: rounds.length });
      if (game !== mine || !box) return;
      waiting = false;
      if (answer.error) {
        said.textContent = answer.error;
        show(null); // the guess can be made again
      } else told(forward, { forward: Boolean(answer.forward), work: answer.work ?? null });
    }

    /** @param {boolean} forward guessed @param {Truth} now */
    function told(forward, now) {
      rounds.push({ guess: forward, truth: now });
      show(now);
      said.replaceChildren(make("p", { textContent: verdict(forward, now) }));
      if (rounds.length < ROUNDS) coming = fetched(rounds.length);
      else finish();
      next.focus();
    }

    async function finish() {
      const mine = game, played = rounds, particles = Number(many.select.value), lasted = steps;
      said.append(make("p", { className: "dv-arrow-result", textContent: result(played) }));
      const { accuracy, error: problem } = await asked({ part: "accuracy" });
      if (game !== mine || !box) return;
      if (!accuracy) return said.append(make("p", { textContent: problem }));
      const [share, error] = accuracy.map((value) => Math.round(100 * (value ?? 0)));
      games.append(make("li", { textContent: `T = ${lasted}, ${particles === 1 ? "one particle" : `${particles} particles`}: you ${tally(played).right} of ${ROUNDS}, at best ${share}${error ? ` ± ${error}` : ""}\u00a0% on average` }));
    }

    // ---- what is seen ----

    /** @param {Truth | null} now of the path on screen, once it is told */
    function show(now) {
      truth = now;
      const over = rounds.length === ROUNDS && Boolean(now);
      counter.textContent = over ? "" : `Path ${rounds.length + Number(!now)} of ${ROUNDS}${path || now || failure ? "" : ": being computed …"}`;
      next.hidden = !now && !failure;
      next.textContent = failure ? "Try again" : over ? "Play again" : "Next path";
      for (const each of guesses) {
        each.disabled = !path || Boolean(now);
        if (!now) each.removeAttribute("aria-pressed");
      }
      marks.replaceChildren(
        ...Array.from({ length: ROUNDS }, (_, i) => {
          const round = rounds[i], right = round && round.guess === round.truth.forward;
          return make("li", { className: round ? (right ? "dv-right" : "dv-not-right") : "", textContent: round ? (right ? "✓" : "✗") : String(i + 1), title: round ? `W = ${kT(workOf(round.truth))} kT` : "" });
        }),
      );
    }

    function draw() {
      drawing = requestAnimationFrame(draw);
      theme.read();
      if (!panel.width) return;
      const { colours, ink, present } = theme;
      if (path) scale.reach = path.view.reach?.(path.run) ?? scale.reach;
      panel.measure(scale);
      panel.clear(colours.panel);
      clock.textContent = path ? `t = ${path.run.times[frameAt(performance.now() - since, path.run.frames)]} of ${path.run.steps}` : "";
      if (!path) return;
      const { run, view } = path, frame = frameAt(performance.now() - since, run.frames), frames = { forward: frame, reverse: frame };
      const own = truth ? (truth.forward ? colours.forward : colours.reverse) : colours.ink;
      view.paint(panel, { run, side: 0, frame, frames, waiting: false, sides: [{ run, frames }], pair: false, moment: "", behind: false, layers: new Set(["trails"]), picked: -1, chosen: -1, placing: false, place: null, camera, centre: scale, colours: { ...colours, own }, ink, present });
    }

    const onKey = (/** @type {KeyboardEvent} */ event) => {
      if (isTyped(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "ArrowLeft" || event.key === "f") guess(true);
      else if (event.key === "ArrowRight" || event.key === "b") guess(false);
      else if (event.key === "PageDown" || event.key === "n") {
        if (!next.hidden) next.click();
      } else return;
      event.preventDefault();
      event.stopPropagation(); // elsewhere the arrows are the clock's
    };
    window.addEventListener("keydown", onKey, { capture: true });
    box.addEventListener("close", () => {
      cancelAnimationFrame(drawing);
      sized.disconnect();
      window.removeEventListener("keydown", onKey, { capture: true });
      box = null;
      act.changed();
    });
    lever.select.onchange = many.select.onchange = begin;
    begin();
    draw();
  }

  return {
    open,
    /** It opens with the next run, as a link asks for it. @param {number} [wanted] steps */
    expect(wanted) {
      expected = wanted;
    },
    /** A run is on screen. */
    shown() {
      if (expected) open(expected);
      expected = undefined;
    },
    /** Of the game that is open, its steps. */
    get steps() {
      return box ? steps : undefined;
    },
  };
}
