// One clock for everything: a frame index, a phase and a direction.
//
// From data to noise the left panels move and the right ones wait (phase "forward"); then time turns and both run back together
// (phase "both"). A person may hold either direction, and moving the clock by hand moves both.

const TRAVERSE_SECONDS = 5; // from one end to the other at speed 1
const TURN_SECONDS = 0.7; // rest at either end

export class Clock {
  frames = 1;
  frame = 0;
  /** @type {"forward" | "both"} */
  phase = "forward";
  playing = false;
  speed = 1;
  loop = true;
  /** "story": forward, then reverse @type {"story" | "forward" | "reverse"} */
  direction = "story";
  /** the lowest position that the reverse process has reached @type {() => number} */
  limit = () => 0;
  /** has the forward process come to this position? @type {(frame: number) => boolean} */
  ready = () => true;
  position = 0;
  rest = 0;
  /** @type {number | null} */
  #last = null;
  #request = 0;

  /** @param {() => void} onTick */
  constructor(onTick) {
    this.onTick = onTick;
  }

  /** @param {number} frames */
  start(frames) {
    this.frames = frames;
    this.restart();
    this.set(this.direction === "reverse" ? frames - 1 : 0, this.phase);
  }

  restart() {
    this.phase = this.direction === "reverse" ? "both" : "forward";
    this.position = this.frame = this.phase === "both" ? this.frames - 1 : 0;
    this.rest = TURN_SECONDS / 2;
  }

  /** @param {number} frame @param {"forward" | "both"} phase */
  set(frame, phase = "both") {
    this.frame = this.position = Math.max(0, Math.min(this.frames - 1, Math.round(frame)));
    this.phase = phase;
    this.rest = 0;
    this.onTick();
  }

  /** @param {"story" | "forward" | "reverse"} direction */
  hold(direction) {
    this.direction = direction;
    if (direction === "forward") this.phase = "forward";
    if (direction === "reverse") this.phase = "both";
    this.onTick();
  }

  play() {
    if (this.playing) return;
    if (this.direction === "forward") this.phase = "forward"; // a hand on the clock moves both; a held direction stays held
    const back = this.phase === "both";
    if ((back && this.frame === 0) || (!back && this.frame === this.frames - 1 && this.direction === "forward")) this.restart();
    this.playing = true;
    this.#last = null;
    this.onTick();
    this.#request = requestAnimationFrame((now) => this.#step(now));
  }

  pause() {
    if (!this.playing) return; // nothing to be drawn anew
    this.playing = false;
    cancelAnimationFrame(this.#request);
    this.onTick();
  }

  /** @param {number} now */
  #step(now) {
    if (!this.playing) return;
    const seconds = this.#last === null ? 0 : Math.min(0.1, (now - this.#last) / 1000);
    this.#last = now;
    this.advance(seconds);
    if (this.playing) this.#request = requestAnimationFrame((next) => this.#step(next));
  }

  /** @param {number} seconds */
  advance(seconds) {
    if (this.rest > 0) {
      this.rest -= seconds;
      return;
    }
    const before = this.frame, end = this.frames - 1;
    const pace = (Math.max(end, 1) / TRAVERSE_SECONDS) * this.speed * seconds;
    if (this.phase === "forward") {
      let next = Math.min(end, this.position + pace);
      while (next > this.position && !this.ready(Math.round(next))) next = Math.max(this.position, Math.round(next) - 1);
      this.position = next;
    } else {
      const position = Math.min(this.position, end), limit = this.limit();
      this.position = limit > position ? position : Math.max(position - pace, limit, 0); // it waits where the process has not come yet
    }
    this.frame = Math.round(this.position);
    if (this.phase === "forward" && this.position >= end) this.#turn();
    else if (this.phase === "both" && this.position <= 0) this.#turn();
    if (this.frame !== before || !this.playing) this.onTick();
  }

  #turn() {
    this.rest = TURN_SECONDS;
    if (this.direction === "story" && this.phase === "forward") this.phase = "both";
    else if (this.loop) {
      const frame = this.frame;
      this.restart();
      this.position = this.phase === "both" ? this.frames - 1 : 0;
      this.frame = frame; // the last picture stays for the rest; the next tick moves on
      this.rest = TURN_SECONDS;
    } else this.playing = false;
    this.onTick();
  }
}
