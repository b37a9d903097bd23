// The player: takes messages, keeps the runs, moves everything with one clock. What the data look like is left to the two
// classes that extend it, in plane.js and pictures.js: makeSide, bindView, begun, overlaysOn,
// updateView and paintPanel are theirs.

const STEP_MANY = 10;
const UNMEASURED = "stopped before it was measured";
const AXIS_KEYS = { ArrowLeft: -1, ArrowRight: 1 };

class Player {
  constructor(element, { plotlyUrl, repair, lookInside, name }) {
    this.root = element.querySelector(".dv");
    this.name = name;
    this.plotlyUrl = plotlyUrl;
    this.repair = repair;
    this.askInside = lookInside;
    this.superseded = new Set();
    this.sides = [...this.root.querySelectorAll(".dv-side")].map((side, number) => this.makeSide(side, number));
    this.panels = this.sides.flatMap((side) => side.panels);
    this.comparison = null;
    this.axis = "time"; // or "log_snr"
    this.values = this.told = [0];
    this.clock = new Clock(() => this.update());
    this.clock.limit = () => (this.running ? this.firstPosition((run, frame) => run.have.reverse[frame]) : 0);
    this.clock.ready = (i) => !this.running || this.sides.every(({ run, index }) => run.have.forward[index[i]] === 1);
    this.charts = [...this.root.querySelectorAll(".dv-chart")].map((chart) => new Chart(chart, (value) => this.pick(chart, value)));
    this.readColours();
    this.bind();
    this.setPlaying(!matchMedia("(prefers-reduced-motion: reduce)").matches);
  }

  find(selector) { return this.root.querySelector(selector); }

  get run() { return this.sides[0].run; }

  get pair() { return this.sides.length > 1; }

  get running() { return this.sides.every((side) => side.run); } // every side has something to show

  firstPosition(has) {
    for (let i = 0; i < this.values.length; i++) if (this.sides.every(({ run, index }) => has(run, index[i]))) return i;
    return this.values.length - 1;
  }

  // ---- what arrives ----

  receive(text) {
    if (text) [JSON.parse(text)].flat().forEach((message) => this.take(message));
  }

  take(message) {
    if (message.stopped) return this.stopped();
    if (message.comparison) return this.compare(message);
    const side = this.sides[message.side];
    if (message.init) this.begin(side, message);
    if (this.superseded.has(message.run)) return; // a late word of a run that another has replaced
    const ours = side.run && side.run.id === message.run;
    if (ours && message.blocks) message.blocks.forEach((block) => side.run.add(block));
    if (message.final) {
      if (!ours || !(message.init || side.run.complete)) return this.recover(side, message.query);
      side.run.finish(message.final);
      this.report();
      this.showCharts();
    }
    this.update();
  }

  // the run that was fetched while the page loaded, if the page opens without a link
  async open(opening) {
    if (!opening) return;
    const text = await opening;
    if (this.run) return; // something else was asked for meanwhile
    if (text) this.receive(text);
    else this.recover(this.sides[0], "");
  }

  // a message was lost on the way: ask once for the whole run
  async recover(side, query) {
    if (side.recovering === query) return;
    side.recovering = query;
    const run = side.run;
    try {
      const text = await this.repair(query);
      if (side.run === run) this.take({ ...JSON.parse(text), side: side.number });
    } catch {
      this.stopped(); // the server cannot be reached: what came can be played
    } finally {
      if (side.recovering === query) side.recovering = null;
    }
  }

  begin(side, message) {
    const before = side.run, share = this.clock.frame / Math.max(1, this.clock.frames - 1);
    if (before) this.superseded.add(before.id);
    side.begin(message);
    if (!before || before.query !== message.query) this.forgetComparison(); // the same run again has the same figures
    this.begun(side, message.init);
    if (!this.running) return;
    this.setAxis(this.axis);
    if (side.number === this.sides.length - 1) {
      this.clock.start(this.values.length);
      if (before && !this.wantsToPlay) this.clock.set(share * (this.values.length - 1)); // paused: the same moment of the new run
    }
    const warnings = this.sides.filter(({ run }) => run.warning).map((warned) => this.badge(warned) + warned.run.warning);
    this.find(".dv-warning").innerHTML = warnings.join("<br>");
    this.find(".dv-warning").hidden = !warnings.length;
    this.root.classList.remove("dv-stopped");
    this.report();
    this.showCharts();
    this.tell();
    if (this.wantsToPlay) this.clock.play();
  }

  forgetComparison() {
    this.comparison = null;
    if (this.pair) this.find(".dv-figures tbody").innerHTML = '<tr><td class="dv-table-note">measuring …</td></tr>';
  }

  // is more to come? The page shows Stop then, else Run.
  report() {
    const complete = this.sides.every(({ run }) => run && run.done) && (!this.pair || (this.comparison && this.comparison.table));
    const busy = !complete && !this.root.classList.contains("dv-stopped");
    window.dispatchEvent(new CustomEvent("diffviz:busy", { detail: { player: this.name, busy } }));
  }

  // the page's address and its buttons are about what is shown
  tell() {
    if (!this.root.offsetParent || !this.running) return;
    const runs = this.sides.map((side) => side.run), queries = runs.map((run) => run.query);
    const address = this.pair ? `a=${encodeURIComponent(queries[0])}&b=${encodeURIComponent(queries[1])}` : queries[0];
    history.replaceState(null, "", address ? `?${address}` : location.pathname);
    window.dispatchEvent(new CustomEvent("diffviz:run", { detail: { player: this.name, runs, comparison: this.comparison, overlays: () => this.overlaysOn() } }));
  }

  // charts and figures of both sides together
  compare({ queries, comparison }) {
    if (this.sides.some(({ run }, i) => !run || run.query !== queries[i])) return; // of a pair that is gone
    this.comparison = comparison;
    this.sides.forEach((side, i) => side.label(comparison.own[i]));
    if (comparison.table) this.find(".dv-figures tbody").innerHTML = comparison.table;
    this.report();
    this.showCharts();
    this.tell();
    this.update();
  }

  setAxis(axis) {
    this.axis = axis;
    const { values, told, index, places } = layOut(this.sides, axis);
    Object.assign(this, { values, told });
    this.sides.forEach((side, i) => { Object.assign(side, { index: index[i], places: places[i] }); });
    this.clock.frames = values.length;
    this.clock.frame = this.clock.position = Math.min(this.clock.frame, values.length - 1);
    this.find(".dv-scrubber").max = this.pair ? values.length - 1 : this.run.steps;
  }

  // no more will come; what came can be played
  stopped() {
    const unmeasured = this.pair && this.running && !(this.comparison && this.comparison.table);
    if (unmeasured || this.sides.some(({ run }) => run && !run.done)) this.root.classList.add("dv-stopped");
    if (unmeasured) this.find(".dv-figures tbody").innerHTML = `<tr><td class="dv-table-note">${UNMEASURED}</td></tr>`;
    this.report();
    this.update();
  }

  chartOf(name) {
    if (this.pair) return this.comparison?.charts[this.axis]?.[name]; // words come first, then charts
    return this.run.charts[name];
  }

  // charts come after the particles are on screen
  showCharts() {
    const { run } = this, scope = this.sides.map((side) => side.run && `${new URLSearchParams(side.run.query).get("dataset")} ${side.run.steps}`).join();
    this.charts.forEach((chart) => {
      chart.scope = scope;
      chart.show(this.chartOf(chart.name) || null);
    });
    const draw = () => this.run === run && this.charts.forEach((chart) => chart.draw());
    if (window.Plotly) draw();
    else requestAnimationFrame(() => setTimeout(() => loadPlotly(this.plotlyUrl).then(() => this.showCharts()), 60));
  }

  // a figure on its own, in the theme's colours
  static plot(element, figure) {
    const { data, layout } = themed(figure, getComputedStyle(element));
    return window.Plotly.react(element, data, layout, { displayModeBar: false, responsive: true });
  }

  // ---- what a person does ----

  bind() {
    const on = (selector, event, action) => this.find(selector).addEventListener(event, action);
    on(".dv-first", "click", () => this.go(0));
    on(".dv-back", "click", () => this.go(this.clock.frame - 1));
    on(".dv-play", "click", () => this.setPlaying(!this.clock.playing));
    on(".dv-forth", "click", () => this.go(this.clock.frame + 1));
    on(".dv-last", "click", () => this.go(this.clock.frames - 1));
    on(".dv-scrubber", "input", ({ target }) => (this.pair ? this.go(Number(target.value)) : this.seek(Number(target.value))));
    if (this.pair) {
      on(".dv-axis", "change", (event) => this.changeAxis(event.target.value));
      on(".dv-show-figures", "click", () => this.showFigures());
    }
    on(".dv-speed", "change", (event) => { this.clock.speed = Number(event.target.value); });
    on(".dv-direction", "change", (event) => this.clock.hold(event.target.value));
    on(".dv-loop", "click", (event) => {
      this.clock.loop = !this.clock.loop;
      event.currentTarget.setAttribute("aria-pressed", this.clock.loop);
    });
    this.bindView();
    this.onKey = (event) => {
      if (!this.root.isConnected) document.removeEventListener("keydown", this.onKey);
      else this.key(event);
    };
    document.addEventListener("keydown", this.onKey);
    // every box of its own: rows may share out another way what stays as large as a whole
    const boxes = new ResizeObserver(() => this.resize());
    boxes.observe(this.find(".dv-sides"));
    this.panels.forEach(({ canvas }) => boxes.observe(canvas));
    this.charts.forEach((chart) => new ResizeObserver(() => chart.resize()).observe(chart.plot));
    new MutationObserver(() => this.retheme()).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  }

  key(event) {
    // keys belong to what takes text or opens a list; a button keeps only the two that press it
    const target = event.target, scrubber = target === this.find(".dv-scrubber"), inside = (what) => target.closest && target.closest(what);
    const taken = inside("input:not([type=checkbox]), textarea, select, [role=listbox], [role=option], [contenteditable], dialog");
    if ((taken && !scrubber) || (event.key === " " && inside("button, input[type=checkbox]")) || event.ctrlKey || event.metaKey || event.altKey || !this.root.offsetParent) return;
    if (event.key === " ") this.setPlaying(!this.clock.playing);
    else if (event.key in AXIS_KEYS) this.go(this.clock.frame + AXIS_KEYS[event.key] * (event.shiftKey ? STEP_MANY : 1));
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(this.clock.frames - 1);
    else return;
    event.preventDefault();
  }

  setPlaying(playing) {
    this.wantsToPlay = playing;
    if (!playing) this.clock.pause();
    else if (this.run) this.clock.play();
  }

  go(frame) {
    this.setPlaying(false);
    this.clock.set(frame);
  }

  // value: on the charts' axis; t of a single run
  seek(value) {
    if (this.running) this.go(nearest(this.values, value));
  }

  // a click on a chart: the staircase has an axis of its own
  pick(element, value) {
    if (element.dataset.chart !== "staircase" || this.axis === "log_snr") return this.seek(value);
    const { run, index } = this.sides[0], levels = levelsOf(run).map((level) => Math.max(-1e3, Math.min(1e3, level)));
    this.go(nearest(index, nearest(levels, value)));
  }

  // the same moment on the other clock: A's noise level stays
  changeAxis(axis) {
    const frame = this.running && this.sides[0].index[this.clock.frame];
    if (!this.running) return;
    this.setAxis(axis);
    this.showCharts();
    this.clock.set(Math.max(0, nearest(this.sides[0].index, frame)), this.clock.phase);
  }

  showFigures() {
    const shown = this.root.classList.toggle("dv-figures-shown");
    this.find(".dv-show-figures").setAttribute("aria-pressed", shown);
    this.charts.forEach((chart) => chart.draw());
  }

  // ---- what is seen ----

  readColours() {
    const style = getComputedStyle(this.root), value = (name) => style.getPropertyValue(`--dv-${name}`).trim();
    this.colours = Object.fromEntries(["panel", "grid", "muted", "ink", "forward", "reverse", "a", "b"].map((n) => [n, value(n)]));
    this.inkBytes = value("ink-bytes").split(" ").map(Number);
  }

  retheme() {
    this.readColours();
    this.sides.forEach((side) => side.retheme());
    this.charts.forEach((chart) => chart.draw());
    this.paint();
  }

  resize() {
    this.panels.forEach((panel) => panel.resize());
    if (this.root.offsetParent && !this.seen) this.tell(); // a tab was opened: the address is its own
    this.seen = Boolean(this.root.offsetParent);
    this.paint();
  }

  waiting() { return this.clock.phase === "forward"; }

  frameOf({ name, side }) {
    const frame = side.index[this.clock.frame];
    if (name === "forward") return frame;
    return side.run.nearestReverse(this.waiting() ? side.run.frames - 1 : frame);
  }

  update() {
    const { clock } = this;
    this.root.dataset.state = clock.playing ? "playing" : "paused";
    const play = this.find(".dv-play"), name = clock.playing ? "Pause" : "Play";
    if (play.getAttribute("aria-label") !== name) {
      play.setAttribute("aria-label", name);
      play.title = `${name} (space)`;
    }
    this.updateView();
    if (!this.running) return;
    const scrubber = this.find(".dv-scrubber"), runs = this.sides.map((side) => side.run), time = this.timeText();
    scrubber.value = this.pair ? clock.frame : this.values[clock.frame];
    scrubber.style.setProperty("--dv-share", clock.frame / Math.max(1, clock.frames - 1));
    if (!this.pair) scrubber.style.setProperty("--dv-share", this.values[clock.frame] / this.run.steps);
    scrubber.setAttribute("aria-valuetext", time.replace("/", "of"));
    this.find(".dv-time").textContent = time;
    const done = runs.every((run) => run.done);
    this.find(".dv-done").style.transform = `scaleX(${done ? 0 : this.share})`;
    const caption = this.find(".dv-caption");
    caption.innerHTML = this.sides.map((side) => this.badge(side) + side.run.captions[side.index[clock.frame]]).join("<br>");
    caption.setAttribute("aria-live", clock.playing ? "off" : "polite");
    const summary = this.find(".dv-summary"), text = this.summary(done);
    if (summary.innerHTML !== text) summary.innerHTML = text;
    this.charts.forEach((chart) => this.moveCursors(chart));
    this.paint();
  }

  badge({ number }) { return this.pair ? `<b class="dv-badge dv-badge-${"ab"[number]}">${"AB"[number]}</b> ` : ""; }

  timeText() {
    const value = this.told[this.clock.frame];
    if (!this.pair) return `t = ${value} / ${this.run.steps}`;
    return this.axis === "time" ? `t/T = ${value.toFixed(2)}` : `log10 SNR = ${decimal(value, 2)}`;
  }

  // where a side of a pair stands: the step of its own that is nearest to the clock; on the clock of noise levels one side may
  // have none so high, or none so low
  moment({ run }, frame) {
    if (this.axis === "time") return `t = ${run.times[frame]}`;
    const levels = levelsOf(run), last = levels.length - 1, now = this.told[this.clock.frame], half = (this.told[1] - this.told[2]) / 2;
    const beyond = frame === last && now < levels[last] - half ? "ended at " : frame === 1 && now > levels[1] + half ? "from " : "";
    return `${beyond || "log10 SNR "}${decimal(levels[frame], 1)}`;
  }

  moveCursors(chart) {
    const { frame } = this.clock, data = chart.chart;
    if (!data) return;
    if (!this.pair) return chart.move([this.values[frame]], data.readout[frame] || "");
    const own = chart.name === "staircase"; // its axis is of log SNR, whatever the clock
    const values = this.sides.map(({ run, index, places }) => (own ? levelsOf(run)[index[frame]] : places[frame]));
    const readings = this.sides.map((side) => this.badge(side) + data.readout[side.number][side.index[frame]]);
    chart.move(values, "", own && this.axis === "time" ? values[0] : this.values[frame]);
    chart.note.innerHTML = readings.join(" "); // in the head: beside two cursors it would cover the lines
  }

  // how much of all runs has come, 0..1
  get share() { return this.sides.reduce((sum, { run }) => sum + run.share, 0) / this.sides.length; }

  summary(done) {
    if (!done) return this.progress();
    if (!this.pair) return this.run.summary;
    if (this.comparison && this.comparison.sentence) return this.comparison.sentence;
    return this.root.classList.contains("dv-stopped") ? UNMEASURED : "measuring …";
  }

  progress() {
    if (this.root.classList.contains("dv-stopped")) return `stopped after ${Math.round(100 * this.share)} %`;
    return this.share === 1 ? "counting the cost of each step …" : `computing … ${Math.round(100 * this.share)} %`;
  }

  paint() {
    for (const panel of this.panels) {
      if (!panel.width && !panel.resize()) continue;
      panel.background(this.colours);
      if (this.running) this.paintPanel(panel);
    }
  }
}
