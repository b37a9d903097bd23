// The sides of the player, one run each, and how one clock moves them all.

const LEVEL_POSITIONS = 121; // of the clock, when it runs in log SNR

// One run and its panels. index[i]: the run's frame at position i of the clock. kinds: [name, class] of each panel.
// What the data are is left to the classes that extend it: begin, which makes the run, and retheme.
class Side {
  constructor(element, number, kinds) {
    this.element = element;
    this.number = number;
    const root = element.closest(".dv"); // a panel may stand outside of the row
    this.panels = kinds.map(([name, Kind]) => new Kind((element.querySelector(`.dv-${name} canvas`) || root.querySelector(`.dv-${name} canvas`)), name, this));
    this.run = null;
    this.index = [0];
    this.said = {};
  }

  // a word in the head of a panel; written only when it changes
  say(place, text) {
    if (this.said[place] === text) return;
    this.element.querySelector(`.dv-${place}`).textContent = this.said[place] = text;
  }

  // what sets this side apart from the other, over its panels
  label(text) {
    this.element.querySelector(".dv-forward").dataset.own = text;
  }
}

const decimal = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits).replace("-", "−") : value > 0 ? "∞" : "−∞");

const nearest = (values, wanted) => {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i] - wanted) < Math.abs(values[best] - wanted)) best = i;
  return best;
};

const levelsOf = (run) => run.alpha.map((a, i) => 2 * Math.log10(a / run.sigma[i])); // log10 SNR of every frame

// The clock's positions and, for every side, its frame there. values: the position on the charts' axis; told: what it is called;
// places: by side, where on that axis the frame itself lies.
function layOut(sides, clock) {
  const runs = sides.map((side) => side.run);
  if (runs.length === 1) {
    const values = runs[0].times;
    return { values, told: values, index: [values.map((_, i) => i)], places: [values] };
  }
  if (clock === "time") {
    const shares = runs.map((run) => run.times.map((t) => t / run.steps));
    const values = shares.reduce((a, b) => (b.length > a.length ? b : a));
    const index = shares.map((share) => values.map((u) => nearest(share, u)));
    return { values, told: values, index, places: shares.map((share, side) => index[side].map((frame) => share[frame])) };
  }
  // the same noise level: even in log SNR, with data, at ∞, before the highest level of either and pure noise, where a run
  // ends in it, behind the lowest; level_reach in tell_pair.py has the same ends
  const levels = runs.map(levelsOf), noise = levels.some((level) => level.at(-1) === -Infinity) ? 1 : 0;
  const high = Math.max(...runs.map((run) => run.levels[0])), low = Math.min(...runs.map((run) => run.levels[1]));
  const margin = LEVEL_MARGIN * Math.max(high - low, 1), inner = LEVEL_POSITIONS - 2 - noise;
  const finite = Array.from({ length: inner + 1 }, (_, i) => high + ((low - high) * i) / inner);
  const values = [high + margin, ...finite, ...(noise ? [low - margin] : [])], told = [Infinity, ...finite, ...(noise ? [-Infinity] : [])];
  const index = levels.map((level) => {
    const within = level.map((l) => Math.max(-1e3, Math.min(1e3, l)));
    return told.map((v) => (v === Infinity ? 0 : v === -Infinity ? level.length - 1 : nearest(within, v)));
  });
  const edges = { [Infinity]: values[0], [-Infinity]: values.at(-1) };
  const places = levels.map((level, side) => index[side].map((frame) => edges[level[frame]] ?? level[frame]));
  return { values, told, index, places };
}
