// From where surfaces are seen: one camera for all panels, so that what they show can be compared.

const YAW = -35, PITCH = 58; // degrees
const FLATTEST = 15, STEEPEST = 90;
const PER_PIXEL = 0.4, PER_KEY = 5; // degrees

export class Camera {
  yaw = YAW; // degrees around the upright axis
  pitch = PITCH; // degrees above the horizon

  get turned() {
    return this.yaw !== YAW || this.pitch !== PITCH;
  }

  /** What is in front follows the hand. @param {number} dx @param {number} dy in pixels */
  drag(dx, dy) {
    this.#set(this.yaw - PER_PIXEL * dx, this.pitch + PER_PIXEL * dy);
  }

  /** An arrow key is pressed. @param {readonly [number, number]} arrow to the right, downwards */
  key([dx, dy]) {
    this.drag((dx * PER_KEY) / PER_PIXEL, (dy * PER_KEY) / PER_PIXEL);
  }

  reset() {
    this.#set(YAW, PITCH);
  }

  /** @param {number} yaw @param {number} pitch */
  #set(yaw, pitch) {
    this.yaw = ((((yaw + 180) % 360) + 360) % 360) - 180;
    this.pitch = Math.max(FLATTEST, Math.min(STEEPEST, pitch));
  }

  /** For the address: two numbers, or null. */
  get state() {
    return this.turned ? [Math.round(this.yaw), Math.round(this.pitch)] : null;
  }

  /** @param {any} state */
  set state(state) {
    this.reset();
    if (Array.isArray(state) && state.length === 2 && state.every(Number.isFinite)) this.#set(state[0], state[1]);
  }
}
