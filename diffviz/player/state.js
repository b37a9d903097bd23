// What is seen as a value: the address holds it, and it can be shown again.

import { nearest } from "./sides.js";

/** @typedef {import("./player.js").Player} Player */
/** @typedef {{ layers?: string[], only?: string[], charts?: string, large?: string | null, clock?: string, at?: number | null, back?: boolean, direction?: string, speed?: number, playing?: boolean, zoom?: number[] | null, turn?: number[] | null, chosen?: number | null, place?: number[] | null, asking?: boolean }} ViewState at: null for the start; asking: a question is open; chosen: counted from 1; place: chosen instead of a sample */

const SLOWEST = 0.25, FASTEST = 4;

/** What is chosen from the start. @param {import("./player.js").Side} side */
const usual = ({ view }) => (view?.alwaysChosen ? 0 : -1);

/** @param {Player} player @returns {ViewState} */
export function stateOf({ clock, charts, layers, panels, sides, axis, wantsToPlay }) {
  const [{ run, index }] = sides;
  return {
    layers: [...layers.on], charts: charts.named, large: charts.large || null, clock: axis, at: run?.times[index[clock.frame]], back: clock.phase === "both",
    direction: clock.direction, speed: clock.speed, playing: wantsToPlay, zoom: panels.scale.state, turn: panels.camera.state,
    chosen: panels.chosen > usual(sides[0]) ? panels.chosen + 1 : null, place: panels.place,
  };
}

/** All but the clock's moment; what is missing or unknown stays as it is. @param {Player} player @param {ViewState} state */
export function show(player, state) {
  const { clock, charts, layers, panels } = player;
  if (Array.isArray(state.layers)) layers.set(state.layers);
  if (state.charts) charts.set = state.charts;
  if (Array.isArray(state.only)) charts.only(state.only);
  if (state.large !== undefined) charts.large = state.large ?? "";
  if (state.zoom !== undefined) panels.scale.state = state.zoom;
  if (state.turn !== undefined) panels.camera.state = state.turn;
  if (state.chosen !== undefined) panels.chosen = Math.max(usual(player.sides[0]), (state.chosen || 0) - 1);
  if (state.place !== undefined) panels.place = Array.isArray(state.place) && state.place.length === 2 ? [state.place[0], state.place[1]] : null;
  if (state.clock === "time" || state.clock === "log_snr") player.axis = state.clock;
  if (state.direction === "story" || state.direction === "forward" || state.direction === "reverse") clock.direction = state.direction;
  if (state.speed && state.speed >= SLOWEST && state.speed <= FASTEST) clock.speed = state.speed;
  if (state.playing !== undefined) player.wantsToPlay = state.playing;
  if (state.asking !== undefined) player.asking = state.asking;
}

/** The clock's moment, and whether it goes on. @param {Player} player @param {ViewState} state */
export function place(player, { at, back, playing }) {
  const [{ run, index }] = player.sides;
  const both = back || player.clock.direction === "reverse"; // where reverse is held, the reverse process never waits
  if (at === null) player.clock.start(player.clock.frames);
  else if (Number.isFinite(at)) player.clock.set(nearest(index, nearest(run.times, Number(at))), both ? "both" : "forward");
  if (playing !== undefined) player.setPlaying(playing);
}

/**
 * Where the clock stands when a run has come: at the same moment as that before it, if it stands still or both have as many frames;
 * at the beginning else; or where the view says that is to be shown.
 * @param {Player} player @param {{ frames: number, frame: number, phase: "forward" | "both" } | null} before @param {ViewState | null} state
 */
export function begin(player, before, state) {
  const { clock, positions, wantsToPlay } = player, count = positions.values.length, share = before ? before.frame / Math.max(1, before.frames - 1) : 0;
  clock.frames = count;
  if (before && (!wantsToPlay || before.frames === count)) clock.set(share * (count - 1), before.phase);
  else clock.start(count);
  if (state) place(player, state);
}
