// Particles in the plane: a forward and a reverse panel for each run, with what can be laid over them.

class PlaneSide extends Side {
  constructor(element, number) {
    super(element, number, ["forward", "reverse"].map((name) => [name, Panel]));
    this.densities = new DensityPictures();
  }

  begin(message) {
    const { run, query, init } = message;
    this.run = new ParticleRun(run, query, init);
    this.densities.clear();
    this.exactField = new Map();
    this.grid = PlaneSide.gridPoints(message.init);
  }

  retheme() { this.densities.clear(); }

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
}

class PlanePlayer extends Player {
  makeSide(element, number) { return new PlaneSide(element, number); }

  bindView() {
    this.overlays = { density: true, score: false, trails: false, x0_hat: false };
    this.hover = -1;
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
  }

  begun(side, { overlays }) {
    this.hover = -1;
    if (overlays.length) for (const name of Object.keys(this.overlays)) this.overlays[name] = overlays.includes(name);
  }

  overlaysOn() { return Object.keys(this.overlays).filter((name) => this.overlays[name]); }

  updateView() {
    this.root.querySelectorAll("[data-overlay]").forEach((b) => b.setAttribute("aria-pressed", this.overlays[b.dataset.overlay]));
  }

  point(panel, event) {
    if (!panel.side.run) return;
    const box = panel.canvas.getBoundingClientRect();
    this.setHover(panel.pick(this.visible(panel), event.clientX - box.left, event.clientY - box.top));
  }

  setHover(particle) {
    if (particle === this.hover) return;
    this.hover = particle;
    this.paint();
  }

  visible(panel) { return panel.side.run.points(panel.name, this.frameOf(panel)); }

  paintPanel(panel) {
    const { overlays, colours } = this, { side } = panel, { run } = side, frame = this.frameOf(panel), colour = colours[panel.name];
    if (!run.have[panel.name][frame]) return panel.ruler(colours);
    const reverse = panel.name === "reverse", pale = reverse && this.waiting();
    if (reverse) this.note(side, frame, pale);
    else if (this.pair) side.say("when", this.moment(side, frame));
    if (overlays.density) panel.density(side.densities.get(run, frame, this.inkBytes));
    panel.ruler(colours);
    if (overlays.score && frame > 0) this.paintScore(panel, frame, colour);
    const points = run.points(panel.name, frame), radius = Math.max(1.3, Math.min(2.6, 60 / Math.sqrt(run.particles)) * panel.scale / 62);
    panel.dots(points, colour, radius, pale ? 0.35 : 0.78);
    if (overlays.trails && !pale) panel.trails(run, frame, colour);
    if (overlays.x0_hat && reverse && run.have.x0_hat[frame]) panel.rings(run.points("x0_hat", frame), colours.ink, 3);
    if (this.hover >= 0 && this.hover < run.particles) panel.highlight(run, this.hover, frame, colour, colours.ink);
  }

  // what the right panel shows, where that is not plain
  note(side, frame, pale) {
    const { run } = side;
    let note = this.pair ? this.moment(side, frame) : "noise → data";
    if (pale) note = `waits at t = ${run.times.at(-1)}`; // the largest visited time may be below T
    else if (this.hover >= 0) note = new URLSearchParams(run.query).get("start") === "forward" ? "the same particle, coming back" : "a new particle, from fresh noise";
    else if (frame !== side.index[this.clock.frame]) note = `computed down to t = ${run.times[frame]}`;
    side.say("note", note);
  }

  // the exact score in ink; on the right also the denoiser's own, where it is not the exact one
  paintScore(panel, frame, colour) {
    const { run, grid, exactField } = panel.side, alpha = run.alpha[frame], sigma = run.sigma[frame];
    if (!exactField.has(frame)) {
      const means = new Float32Array(grid.length);
      for (let i = 0; i < grid.length; i += 2) means.set(run.mixture.posteriorMean(grid[i], grid[i + 1], alpha, sigma), i);
      exactField.set(frame, means);
    }
    panel.arrows(grid, exactField.get(frame), alpha, this.colours.ink, 0.5);
    if (panel.name === "reverse" && !run.exact && run.have.field[frame]) {
      panel.arrows(grid, run.points("field", frame), alpha, colour, 0.9);
    }
  }
}
