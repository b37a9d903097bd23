// A look inside the network: the feature maps of the chosen picture at one level, asked for once they are looked at.

const IDENTITY = Uint8ClampedArray.from({ length: 256 }, (_, byte) => byte); // bytes of maps are greys already

// One level's maps as a run of pictures that the panel can draw: frame i is the displayed time i + 1.
class FeatureMaps {
  constructor({ count, shape, data }) {
    const [frames, maps, high, wide] = shape;
    Object.assign(this, { count, frames, particles: maps, shape: [1, high, wide], dim: high * wide });
    this.bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  }

  points(name, frame) {
    const size = this.particles * this.dim, at = Math.min(this.frames, frame) - 1; // at t = 0 the network is not asked
    return this.bytes.subarray(at * size, (at + 1) * size);
  }
}

class InsidePanel extends PicturePanel {
  constructor(canvas, name, side) {
    super(canvas, name, side);
    this.menu = canvas.closest("figure").querySelector("select");
    this.head = canvas.closest("figure").querySelector(".dv-term");
    this.note = canvas.closest("figure").querySelector(".dv-inside-note");
    this.maps = null;
  }

  get level() { return this.menu.value; }

  // the levels of a new run's network; the one that is looked at stays, if it is there
  begin(run) {
    const { level } = this, names = run.inside;
    this.menu.replaceChildren(new Option("noise", ""), ...names.map((name) => new Option(name.replace("x", "×"), name)));
    this.menu.value = names.includes(level) ? level : "";
    this.menu.hidden = !names.length;
    this.forget();
  }

  forget() {
    this.maps = this.asked = null;
    this.head.innerHTML = `<b>${this.level ? "inside" : "noise seen"}</b>`;
    this.head.dataset.term = this.level ? "inside" : "eps_hat";
    this.note.innerHTML = this.level ? "" : "<i>ε̂</i>";
  }

  // ask: of the server
  async look(run, stopped, picture, ask, paint) {
    if (this.level && !run.done) this.note.textContent = stopped ? "stopped before" : "once it is done";
    const wanted = this.level && run.done ? `${run.id} ${this.level} ${picture}` : "";
    if (!wanted || this.asked === wanted) return;
    this.note.textContent = "looking …";
    this.asked = wanted;
    const text = await ask(JSON.stringify({ query: run.query, level: this.level, picture })).catch(() => "");
    if (this.asked !== wanted) return; // another was asked for meanwhile
    this.maps = text ? new FeatureMaps(JSON.parse(text)) : null;
    const { particles, count } = this.maps || {};
    this.note.textContent = !text ? "not now" : `${particles < count ? `${particles} of ` : ""}${count} map${count > 1 ? "s" : ""}`;
    paint();
  }

  draw(run, frame, chosen, opacity, ink) {
    if (!this.level) super.draw(run, frame, chosen, opacity, ink);
    else if (this.maps) super.draw(this.maps, frame, -1, opacity, ink);
  }

  pick(run, px, py) { return this.level ? -1 : super.pick(run, px, py); }

  get grey() { return this.level ? IDENTITY : super.grey; }
}
