// What the player and the view of a domain know of one another. Types only: nothing of this file is served.
// A view is one plain object, `export const view = {...}` in views/<domain>/view.js; the player imports it when a run of its domain comes.

/** Of one frame of an array, as protocol.py sends it. uint12: numbers from low to high in 12 bits; uint8: bytes; bit: 0 or 1. */
export interface ArraySpec {
  shape: number[];
  type: "uint12" | "uint8" | "bit";
  low: number;
  high: number;
}

export interface Chart {
  title: string;
  figure: { data: any[]; layout: any };
  readout: any[]; // by frame; of two runs, by side and frame; where no clock is followed, texts
  note: string;
  term?: string; // of the glossary
  symbol?: string; // of two runs, before the values of both
  unit?: string; // and behind them
  axis?: string; // "log_snr": drawn over log10 SNR, whatever the clock; "own": over something that no clock follows
  said?: string; // in place of what is not there: that it is being computed, or why there is nothing
  waits?: boolean; // it is being computed
  missing?: boolean; // the run has not this chart
}

/** A chart that a run has not: protocol.py's Missing. */
export interface MissingChart {
  title: string;
  unit: string;
  term: string;
  why: string; // in its place
}

/** A chart that is computed when it becomes visible: protocol.py's Later. */
export interface LaterChart {
  group: string;
  title: string;
  unit: string;
  term: string;
  chosen: boolean; // it is another one when another particle or place is chosen
}

/** What is known before the first frame: protocol.py's Init. alpha, sigma: at the displayed times, ascending. */
export interface Init {
  view: string;
  arrays: Record<string, ArraySpec>;
  data: any;
  layers: string[];
  charts: Record<string, Chart>;
  steps: number;
  times: number[];
  alpha: number[];
  sigma: number[];
  levels: [number, number];
  particles: number;
  total: number;
  captions: string[];
  title: string;
  snippet: string;
  command: string;
  warning: string;
  experiment: Record<string, any>;
}

/** A run as it arrives (decode.js). data: the domain's own, of init and of final together. */
export interface Run extends Init {
  id: string;
  query: string;
  frames: number;
  done: boolean;
  summary: string;
  worked: Record<string, string>; // by entry of the glossary, a number of this run
  later: Record<string, LaterChart>; // by name, once it is done
  missing: Record<string, MissingChart>; // by name, the first charts of those sets that it has not
  kept: any; // what view.begin returned
  has(name: string, frame: number): boolean;
  /** One frame: Float32Array of uint12, Uint8Array of uint8 (as sent) and of bit (0 or 1); null if it has not come. */
  array(name: string, frame: number): any;
  nearestReverse(frame: number): number;
}

/** Something that can be laid over the panels, or one of several ways to show them (those of one group exclude one another). */
export interface Layer {
  name: string;
  label: string; // HTML
  help: string;
  on?: boolean; // from the start
  group?: string;
  free?: boolean; // of a group in which there may be none
  within?: string; // the layer of which it is a choice: offered while that is on
  without?: string; // the layer beside which it cannot be: offered while that is off
}

export interface PanelSpec {
  name: string; // "forward", "reverse", "x0_hat", ...
  title: string; // HTML
  label: string; // the same in plain words
  term?: string; // of the glossary
  colour?: "forward" | "reverse" | "ink"; // of the title and, in a single run, scene.colours.own
  follows?: "forward" | "reverse"; // whose frame scene.frame is; default: the panel's name if it is one of both, else reverse
  share?: number; // of the row's width, default 1
  scaled?: boolean; // the wheel and dragging change scale of all such panels together
  chooses?: boolean; // it can be pointed at and walked through with keys
  places?: boolean; // while a chart asks for a place, one beside its samples can be chosen
  shared?: boolean; // once for both sides, over the charts of Compare (of a single run: beside the others)
  head?: (place: HTMLElement, host: Host) => void; // elements of its own at the right of the panel's head
}

/** What a view may ask of the player. */
export interface Host {
  ask(what: object): Promise<any>; // of the server: null if it cannot answer, { later: true } if it cannot now
  paint(): void;
  choose(index: number): void;
  change(side: number, name: string, value: any): void; // a field of the experiment: the run is made again
  readonly chosen: number;
}

/** A canvas and where it is. Numbers are the page's pixels; the context is scaled to the screen. */
export interface Panel {
  name: string;
  spec: PanelSpec;
  side: number; // 0 is A; of a shared panel, 0
  canvas: HTMLCanvasElement;
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
  ratio: number; // device pixels per pixel
  k: number; // pixels per unit of the data
  x(value: number): number;
  y(value: number): number;
}

/** What is to be seen in a panel at this moment. */
export interface Scene {
  run: Run;
  side: number;
  frame: number; // of what the panel follows
  frames: { forward: number; reverse: number };
  waiting: boolean; // the reverse process waits at x_T (the player shows a badge; nothing fades)
  sides: { run: Run; frames: { forward: number; reverse: number } }[]; // all of them, for shared panels
  pair: boolean;
  moment: string; // in Compare, where this side stands: "t = 39"
  behind: boolean; // the reverse process has not been computed as far as the clock shows
  layers: Set<string>;
  asking?: boolean; // a lesson's question is open: what would answer it is not shown
  camera: { yaw: number; pitch: number }; // degrees: from where a surface is seen
  centre: { x: number; y: number }; // of a scaled panel, in units of the data
  picked: number; // under the pointer, else chosen, else -1
  chosen: number; // by a click or keys; -1 for none
  placing: boolean; // a chart asks for a place
  place: [number, number] | null; // chosen instead of a sample, in units of the data; null while no chart asks for it
  colours: Record<"panel" | "grid" | "muted" | "ink" | "forward" | "reverse" | "a" | "b" | "own", string>;
  ink: [number, number, number]; // the bytes of colours.ink
  present: boolean; // for the last row: larger dots and letters
}

export interface View {
  /** The layers offered for this run, in the order of their buttons. */
  layers(run: Run, pair: boolean): Layer[];
  panels(run: Run, pair: boolean): PanelSpec[];
  /** What the view keeps about a run: run.kept. Called once a run, before anything is painted. */
  begin?(run: Run, host: Host): any;
  /** Half of the shorter side of a scaled panel in units of the data, when nothing is zoomed; the same for all runs of a data set. */
  reach?(run: Run): number;
  /** The background is filled already. */
  paint(panel: Panel, scene: Scene): void;
  /** What is under a point of the panel: its index, or -1. */
  pick?(panel: Panel, scene: Scene, x: number, y: number): number;
  /** From what is picked, one step with the keys in a direction (dy: 1 is down); of -1, the first. */
  step?(panel: Panel, scene: Scene, picked: number, dx: number, dy: number): number;
  /** Is what the panel shows turned by dragging and by the arrow keys, instead of moved? */
  turns?(panel: Panel, scene: Scene): boolean;
  /** HTML in the head beside the title: where that is not plain, what the panel shows. */
  hint?(panel: Panel, scene: Scene): string;
  /** What is picked, as text. */
  note?(panel: Panel, scene: Scene): string;
  /** HTML: the formula of the step that leaves a frame with the numbers of what is chosen; "" where there is none. */
  worked?(run: Run, frame: number, chosen: number): string;
  /** A sentence that says what is seen, for those who do not see it. */
  describe(panel: Panel, scene: Scene): string;
  /** Choosing i changes a chart: the chart as it is then, or null for no change. */
  chart?(run: Run, name: string, chart: Chart, chosen: number): Chart | null;
  /** Is something chosen from the start (a picture), and does choosing never end? */
  alwaysChosen?: boolean;
  /** The theme or the zoom has changed: forget what was drawn for it. */
  forget?(run: Run): void;
}
