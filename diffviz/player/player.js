// The player: takes messages, keeps the run, moves everything with one clock.

const STEP_MANY = 10;
const AXIS_KEYS = { ArrowLeft: -1, ArrowRight: 1 };

class Player {
  constructor(element, { plotlyUrl, repair }) {
    this.root = element.querySelector(".dv");
    this.plotlyUrl = plotlyUrl;
    this.repair = repair;
    this.run = null;
    this.overlays = { density: true, score: false, trails: false, x0_hat: false };
    this.hover = -1;
    this.superseded = new Set();
    this.pictures = new DensityPictures();
    this.clock = new Clock(() => this.update());
    this.clock.limit = () => (this.run ? this.run.nearestReverse(0) : 0);
    this.clock.ready = (i) => !this.run || this.run.have.forward[i] === 1;
    this.panels = ["forward", "reverse"].map((name) => new Panel(this.find(`.dv-${name} canvas`), name));
    this.charts = CHARTS.map((name) => new Chart(this.find(`.dv-chart-${name}`), name, (t) => this.seek(t)));
    this.bind();
    this.readColours();
    this.setPlaying(!matchMedia("(prefers-reduced-motion: reduce)").matches);
  }

  find(selector) { return this.root.querySelector(selector); }

  // ---- what arrives ----

  receive(text) {
    if (!text) return;
    const message = JSON.parse(text);
    if (message.stopped) return this.stopped();
    if (message.init) this.begin(message);
    if (this.superseded.has(message.run)) return; // a late word of a run that another has replaced
    const ours = this.run && this.run.id === message.run;
    if (ours && message.blocks) message.blocks.forEach((block) => this.run.add(block));
    if (message.final) {
      if (!ours || !(message.init || this.run.complete)) return this.recover(message.query);
      this.run.finish(message.final);
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
    else this.recover("");
  }

  // a message was lost on the way: ask once for the whole run
  async recover(query) {
    if (this.recovering === query) return;
    this.recovering = query;
    const run = this.run;
    try {
      const text = await this.repair(query);
      if (this.run === run) this.receive(text);
    } catch {
      this.stopped(); // the server cannot be reached: what came can be played
    } finally {
      if (this.recovering === query) this.recovering = null;
    }
  }

  begin({ run, query, init }) {
    const before = this.run;
    if (before) this.superseded.add(before.id);
    this.run = new Run(run, query, init);
    this.pictures.clear();
    this.hover = -1;
    if (init.overlays.length) this.setOverlays(init.overlays);
    this.grid = Player.gridPoints(init);
    this.exactField = new Map();
    const t = before && before.times[this.clock.frame] / before.steps, held = before && !this.wantsToPlay;
    this.clock.start(this.run.frames);
    if (held) this.clock.set(this.run.frameAt(t * this.run.steps)); // paused: the same moment of the new run
    this.find(".dv-scrubber").max = init.steps;
    this.find(".dv-warning").innerHTML = init.warning;
    this.find(".dv-warning").hidden = !init.warning;
    this.root.classList.remove("dv-stopped");
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    this.showCharts();
    if (this.wantsToPlay) this.clock.play();
    window.dispatchEvent(new CustomEvent("diffviz:run", { detail: this.run }));
  }

  // no more will come; what came can be played
  stopped() {
    if (this.run && !this.run.done) this.root.classList.add("dv-stopped");
    this.update();
  }

  static gridPoints({ field_side, field_reach }) {
    const points = new Float32Array(field_side ** 2 * 2);
    for (let j = 0, k = 0; j < field_side; j++) {
      for (let i = 0; i < field_side; i++, k += 2) {
        points[k] = field_reach * ((2 * i) / (field_side - 1) - 1);
        points[k + 1] = field_reach * ((2 * j) / (field_side - 1) - 1);
      }
    }
    return points;
  }

  // charts come after the particles are on screen
  showCharts() {
    const run = this.run;
    this.charts.forEach((chart, i) => chart.show(run.charts[CHARTS[i]] || null));
    const draw = () => this.run === run && this.charts.forEach((chart) => chart.draw());
    if (window.Plotly) draw();
    else requestAnimationFrame(() => setTimeout(() => loadPlotly(this.plotlyUrl).then(() => this.showCharts()), 60));
  }

  // ---- what a person does ----

  bind() {
    const on = (selector, event, action) => this.find(selector).addEventListener(event, action);
    on(".dv-first", "click", () => this.go(0));
    on(".dv-back", "click", () => this.go(this.clock.frame - 1));
    on(".dv-play", "click", () => this.setPlaying(!this.clock.playing));
    on(".dv-forth", "click", () => this.go(this.clock.frame + 1));
    on(".dv-last", "click", () => this.go(this.clock.frames - 1));
    on(".dv-scrubber", "input", (event) => this.seek(Number(event.target.value)));
    on(".dv-speed", "change", (event) => { this.clock.speed = Number(event.target.value); });
    on(".dv-direction", "change", (event) => this.clock.hold(event.target.value));
    on(".dv-loop", "click", (event) => {
      this.clock.loop = !this.clock.loop;
      event.currentTarget.setAttribute("aria-pressed", this.clock.loop);
    });
    this.root.querySelectorAll("[data-overlay]").forEach((button) =>
      button.addEventListener("click", () => {
        const name = button.dataset.overlay;
        this.overlays[name] = !this.overlays[name];
        this.update();
      }),
    );
    for (const panel of this.panels) {
      panel.canvas.addEventListener("pointermove", (event) => this.point(panel, event));
      panel.canvas.addEventListener("pointerleave", () => this.setHover(-1));
    }
    this.onKey = (event) => {
      if (!this.root.isConnected) document.removeEventListener("keydown", this.onKey);
      else this.key(event);
    };
    document.addEventListener("keydown", this.onKey);
    new ResizeObserver(() => this.resize()).observe(this.find(".dv-panels"));
    new ResizeObserver(() => this.charts.forEach((chart) => chart.resize())).observe(this.find(".dv-charts"));
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

  seek(t) {
    if (this.run) this.go(this.run.frameAt(t));
  }

  setOverlays(names) {
    for (const name of Object.keys(this.overlays)) this.overlays[name] = names.includes(name);
  }

  point(panel, event) {
    if (!this.run) return;
    const box = panel.canvas.getBoundingClientRect();
    this.setHover(panel.pick(this.visible(panel), event.clientX - box.left, event.clientY - box.top));
  }

  setHover(particle) {
    if (particle === this.hover) return;
    this.hover = particle;
    this.paint();
  }

  // ---- what is seen ----

  readColours() {
    const style = getComputedStyle(this.root), value = (name) => style.getPropertyValue(`--dv-${name}`).trim();
    this.colours = Object.fromEntries(["panel", "grid", "muted", "ink", "forward", "reverse"].map((n) => [n, value(n)]));
    this.inkBytes = value("ink-bytes").split(" ").map(Number);
  }

  retheme() {
    this.readColours();
    this.pictures.clear();
    this.charts.forEach((chart) => chart.draw());
    this.paint();
  }

  resize() {
    this.panels.forEach((panel) => panel.resize());
    this.paint();
  }

  waiting() { return this.clock.phase === "forward"; }

  frameOf(panel) {
    if (panel.name === "forward") return this.clock.frame;
    return this.run.nearestReverse(this.waiting() ? this.run.frames - 1 : this.clock.frame);
  }

  visible(panel) { return this.run.points(panel.name, this.frameOf(panel)); }

  update() {
    const { run, clock } = this;
    this.root.dataset.state = clock.playing ? "playing" : "paused";
    const play = this.find(".dv-play"), name = clock.playing ? "Pause" : "Play";
    if (play.getAttribute("aria-label") !== name) {
      play.setAttribute("aria-label", name);
      play.title = `${name} (space)`;
    }
    this.root.querySelectorAll("[data-overlay]").forEach((b) => b.setAttribute("aria-pressed", this.overlays[b.dataset.overlay]));
    if (!run) return;
    const t = run.times[clock.frame], scrubber = this.find(".dv-scrubber");
    scrubber.value = t;
    scrubber.style.setProperty("--dv-share", t / run.steps);
    scrubber.setAttribute("aria-valuetext", `t = ${t} of ${run.steps}`);
    this.find(".dv-time").textContent = `t = ${t} / ${run.steps}`;
    this.find(".dv-done").style.transform = `scaleX(${run.done ? 0 : run.share})`;
    this.find(".dv-caption").innerHTML = run.captions[clock.frame];
    this.find(".dv-caption").setAttribute("aria-live", clock.playing ? "off" : "polite");
    const summary = this.find(".dv-summary"), text = run.done ? run.summary : this.progress();
    if (summary.innerHTML !== text) summary.innerHTML = text;
    this.charts.forEach((chart) => chart.move(t, clock.frame));
    this.paint();
  }

  progress() {
    if (this.root.classList.contains("dv-stopped")) return `stopped after ${Math.round(100 * this.run.share)} %`;
    return this.run.complete ? "counting the cost of each step …" : `computing … ${Math.round(100 * this.run.share)} %`;
  }

  paint() {
    for (const panel of this.panels) {
      if (!panel.width && !panel.resize()) continue;
      panel.background(this.colours);
      if (this.run) this.paintPanel(panel);
    }
  }

  paintPanel(panel) {
    const { run, overlays, colours } = this, frame = this.frameOf(panel), colour = colours[panel.name];
    if (!run.have[panel.name][frame]) return panel.ruler(colours);
    const reverse = panel.name === "reverse", pale = reverse && this.waiting();
    const note = reverse && (this.hover >= 0 && !pale ? this.hoverNote() : pale ? `waits at t = ${run.steps}` : frame !== this.clock.frame ? `computed down to t = ${run.times[frame]}` : "noise → data");
    if (reverse && this.note !== note) this.find(".dv-note").textContent = this.note = note;
    if (overlays.density) panel.density(this.pictures.get(run, frame, this.inkBytes));
    panel.ruler(colours);
    if (overlays.score && frame > 0) this.paintScore(panel, frame, colour);
    const points = run.points(panel.name, frame), radius = Math.max(1.3, Math.min(2.6, 60 / Math.sqrt(run.particles)) * panel.scale / 62);
    panel.dots(points, colour, radius, pale ? 0.35 : 0.78);
    if (overlays.trails && !pale) panel.trails(run, frame, colour);
    if (overlays.x0_hat && reverse && run.have.x0_hat[frame]) panel.rings(run.points("x0_hat", frame), colours.ink, 3);
    if (this.hover >= 0) panel.highlight(run, this.hover, frame, colour, colours.ink);
  }

  hoverNote() {
    return new URLSearchParams(this.run.query).get("start") === "forward" ? "the same particle, coming back" : "a new particle, from fresh noise";
  }

  // the exact score in ink; on the right also the denoiser's own, where it is not the exact one
  paintScore(panel, frame, colour) {
    const { run, grid } = this, alpha = run.alpha[frame], sigma = run.sigma[frame];
    if (!this.exactField.has(frame)) {
      const means = new Float32Array(grid.length);
      for (let i = 0; i < grid.length; i += 2) means.set(run.mixture.posteriorMean(grid[i], grid[i + 1], alpha, sigma), i);
      this.exactField.set(frame, means);
    }
    panel.arrows(grid, this.exactField.get(frame), alpha, this.colours.ink, 0.5);
    if (panel.name === "reverse" && !run.exact && run.have.field[frame]) {
      panel.arrows(grid, run.points("field", frame), alpha, colour, 0.9);
    }
  }
}
