// The page pulls: a training goes on only while it is asked for more, one question at a time.

/** @typedef {import("./contract.js").Answer} Answer */
/** @typedef {import("./contract.js").Refusal} Refusal */
/** @typedef {import("./contract.js").Asked} Asked */
/** @typedef {{updates: (done: number) => number, rest: (done: number) => number}} Pace updates: of the next call; rest: milliseconds that it takes at least */

export const MOST_UPDATES = 1_000_000; // the server ends a call by the clock
const AGAIN_MS = 1500; // until a server that has too much to do is asked again
const SLOW_UNTIL = 128; // updates
const SILENT = "The server does not answer.";

/** How fast it goes, by name. @type {Record<string, {title: string} & Pace>} */
export const PACES = {
  start: { title: "slow start", updates: (done) => (done < SLOW_UNTIL ? Math.max(1, done) : MOST_UPDATES), rest: (done) => (done < SLOW_UNTIL ? 140 : 0) },
  one: { title: "one update at a time", updates: () => 1, rest: () => 350 },
  ten: { title: "ten updates at a time", updates: () => 10, rest: () => 250 },
  full: { title: "full speed", updates: () => MOST_UPDATES, rest: () => 0 },
};

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Pull {
  /** of the training @type {string | null} */
  job = null;
  running = false;
  over = false; // no update is left to be made, or somebody has stopped it
  update = 0;
  waiting = false; // the server has too much to do
  pace = "start";
  #turn = 0; // what is under way for an older one is of no interest
  #loop = 0; // of go(): an older one ends, though it goes on again
  /** a training that the server need not keep @type {string | null} */
  #letGo = null;
  /** questions are asked one after another @type {Promise<any>} */
  #queue = Promise.resolve();

  /**
   * @param {object} host
   * @param {(asked: Asked) => Promise<Answer | Refusal | null>} host.ask
   * @param {() => {recipes: Asked["recipes"], reports: number, view: Asked["view"]}} host.about what is wanted now
   * @param {(answer: Answer) => void} host.heard
   * @param {(refusal: Refusal) => void} host.refused
   * @param {() => void} host.changed
   * @param {(ms: number) => Promise<any>} [host.sleep]
   */
  constructor(host) {
    this.host = host;
    this.sleep = host.sleep ?? sleep;
  }

  /** Another training, of which nothing is known yet. */
  forget() {
    this.#turn += 1;
    this.#letGo = this.job ?? this.#letGo;
    this.job = null;
    this.running = this.over = this.waiting = false;
    this.update = 0;
  }

  /** One that the server has, of a file. @param {Answer} answer */
  adopt(answer) {
    this.forget();
    this.#heard(answer);
  }

  /**
   * A question after those before it, again as long as the server has too much to do and it is wanted.
   * @template T @param {(job: string | null) => Promise<T | null>} question @param {() => boolean} [wanted]
   * @returns {Promise<T | {error: string} | null>} null: it is no longer wanted
   */
  async asked(question, wanted = () => true) {
    const turn = this.#turn, others = () => turn !== this.#turn;
    while (true) {
      const asking = this.#queue.then(async () => (others() ? null : ((await question(this.job)) ?? { error: SILENT })));
      this.#queue = asking.catch(() => null);
      const answer = /** @type {any} */ (await asking);
      if (others()) this.#begun(answer?.job);
      if (!answer || others()) return null;
      this.waiting = Boolean(answer.later);
      if (!this.waiting) return answer;
      this.host.changed();
      await this.sleep(AGAIN_MS);
      if (others()) return null;
      if (wanted()) continue;
      this.waiting = false;
      this.host.changed();
      return null;
    }
  }

  /** One that was begun for nobody. @param {string | null | undefined} job */
  #begun(job) {
    if (job && job !== this.job) this.#letGo = job;
  }

  /** @param {number} updates @param {Partial<Asked>} [more] @param {() => boolean} [wanted] @returns {Promise<Answer | null>} null: it was refused, or is no longer wanted */
  async #call(updates, more = {}, wanted = () => this.running || updates === 0) {
    const answer = await this.asked((job) => {
      const { recipes, reports, view } = this.host.about();
      return this.host.ask({ job, ...(job ? {} : { instead: this.#letGo }), recipes, updates, reports, view, ...more });
    }, wanted);
    if (!answer) return null;
    if (!("job" in answer)) {
      this.refuse(answer);
      return null;
    }
    this.#heard(answer);
    return answer;
  }

  /** It is not answered: no more is asked for, and nothing is left of a training that the server no longer has. @param {Refusal} refusal */
  refuse(refusal) {
    this.running = false;
    if (refusal.gone) this.forget();
    this.host.refused(refusal);
    this.host.changed();
  }

  /** @param {Answer} answer */
  #heard(answer) {
    this.job = answer.job;
    this.update = answer.update;
    this.over = answer.done;
    if (answer.done) this.running = false;
    this.host.heard(answer);
    this.host.changed();
  }

  /** Until it is paused or done. */
  async go() {
    if (this.running || this.over) return;
    this.running = true;
    const turn = this.#turn, loop = ++this.#loop, goesOn = () => this.running && loop === this.#loop && turn === this.#turn;
    this.host.changed();
    while (goesOn()) {
      const pace = PACES[this.pace], began = performance.now(), rest = pace.rest(this.update);
      const answer = await this.#call(pace.updates(this.update), {}, goesOn);
      if (!answer) return;
      const left = rest - (performance.now() - began);
      if (left > 0) await this.sleep(left);
    }
  }

  pause() {
    this.running = false;
    this.host.changed();
  }

  /** No more updates: what there is stays. */
  stop() {
    this.over = true;
    this.pause();
  }

  /** So many updates, and then a pause. @param {number} updates 0: the views anew */
  async step(updates) {
    if (this.running && updates) this.pause();
    if (updates && this.over) return null;
    return this.#call(updates);
  }

  /** So many updates are wanted in all: those that are left can be made. @param {number} of */
  async lengthen(of) {
    return this.#call(0, { of });
  }

  /** Puts the networks on the shelf; the answer with their names, null if that is refused. */
  keep() {
    return this.#call(0, { keep: true });
  }
}
