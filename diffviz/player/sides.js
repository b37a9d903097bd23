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

// of each of two titles, the parts that the other does not have
function ownParts(runs) {
  const [a, b] = runs.map((run) => run.title.split(" · "));
  const own = [a.filter((part) => !b.includes(part)), b.filter((part) => !a.includes(part))];
  return own.map((parts, i) => (parts.length || !own[1 - i].length ? parts : ["default"])); // what is as usual is not in a title
}

const nearest = (values, wanted) => {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i] - wanted) < Math.abs(values[best] - wanted)) best = i;
  return best;
};

// The clock's positions and, for every side, its frame there. values: the position on the charts' axis.
function layOut(sides, clock) {
  const runs = sides.map((side) => side.run);
  if (runs.length === 1) {
    const values = runs[0].times;
    return { values, index: [values.map((_, i) => i)] };
  }
  if (clock === "time") {
    const shares = runs.map((run) => run.times.map((t) => t / run.steps));
    const values = shares.reduce((a, b) => (b.length > a.length ? b : a));
    return { values, index: shares.map((share) => values.map((u) => nearest(share, u))) };
  }
  // the same noise level: even in log SNR, from data (infinite: the first position) to the noisiest level of either
  const levels = runs.map((run) => run.alpha.map((a, i) => 2 * Math.log(a / run.sigma[i])));
  const finite = levels.flat().filter(Number.isFinite);
  const high = finite.length ? Math.max(...finite) : 1, low = finite.length ? Math.min(...finite) : -1; // a single step has only ends
  const last = LEVEL_POSITIONS - 1, values = Array.from({ length: last + 1 }, (_, i) => high + ((low - high) * i) / last);
  const index = levels.map((level) => {
    const within = level.map((l) => Math.max(-1e3, Math.min(1e3, l))), frames = level.length - 1;
    const end = level[frames] === -Infinity ? frames : nearest(within, low); // pure noise is the last position's, data the first's
    return values.map((v, i) => (i === 0 ? 0 : i === last ? end : nearest(within, v)));
  });
  return { values, index };
}
