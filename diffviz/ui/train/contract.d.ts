// What the Train tab and the server (ui/training.py) tell one another. Types only: nothing of this file is served.
//
// The page pulls: a training goes on only while the page asks for more. Functions of the server, each from JSON to JSON; null where
// it does not answer: train_asked (Asked -> Answer | Refusal), train_file (FileAsked -> FileAnswer | Refusal), train_load
// (LoadAsked -> Answer | Refusal), train_shelf (ShelfAsked -> ShelfAnswer), train_command (CommandAsked -> CommandAnswer | Refusal).

/** Settings of one training by field: the fields of the table below. */
export type Settings = Record<string, any>;

/** Numbers, row by row, little-endian in base64: value = scale * number. Of "float32" the scale is 1. */
export interface Packed {
  shape: number[];
  type: "int8" | "int16" | "float32";
  scale: number;
  data: string;
}

/** A value and its standard error; the error is null where the value is exact. */
export type Estimate = [value: number, stderr: number | null];

/** More of a training, or of two on one clock. */
export interface Asked {
  job: string | null; // null: a new training of these recipes
  instead?: string | null; // of a new one: the training that the page has let go
  recipes: Settings[]; // one or two, the same data in both; read only when the training begins
  updates: number; // at most so many optimiser steps now; 0: only the views anew
  reports: number; // how many reports the page has; where it leaves too many unfetched nothing more is done
  view: { log_snr: number }; // the noise level at which the fields of the next reports are wanted
  of?: number; // so many updates are wanted in all now: the training goes on, with the learning rate of that length
  keep?: boolean; // put the networks on the shelf: Answer.trained names them
}

export interface Answer {
  job: string;
  update: number; // optimiser steps done
  of: number; // and wanted
  seconds: number; // of computing, of all calls together
  left: number | null; // seconds until the last update at the present pace
  done: boolean;
  reports: Report[]; // since those that the page has
  trained: string[]; // one for each training once it is on the shelf: "trained:<16 hexadecimal digits>"; else empty
  titles: string[]; // what each network is called, with the updates that were made
  notices: Notice[];
  begin?: Begin; // with the first answer, and after train_load
}

/** A sentence beside the control that it is about. */
export interface Notice {
  field: string;
  message: string; // HTML
  side: number | null;
}

export interface Refusal {
  notices?: Notice[]; // what is wrong with the recipes
  error?: string; // one sentence about anything else
  gone?: boolean; // the training is no longer kept: it can only begin again
  later?: boolean; // too much to do now: ask again in a moment
}

/** What does not change while it trains. */
export interface Begin {
  recipes: Settings[]; // complete, as they are trained
  mixture: { means: number[][]; weights: number[]; std: number }; // of the data, in closed form
  levels: number[]; // [L] log SNR at which the loss is measured, ascending
  reach: number; // the grid of fields and energies covers [-reach, reach]^2, row by row from the lower left
  noise: Packed; // [N, 2] x_T, the same for both trainings and all reports
  entropy: number; // of the data, nats
  runs: BeginOfRun[];
}

export interface BeginOfRun {
  kind: "denoiser" | "energy" | "contrast"; // contrast: an energy that is raised at negative samples
  log_snr: number | null; // the only noise level that it knows; null: all
  negatives: string | null; // what the negative samples of a contrast are
  explore: Settings; // with which Explore samples it, where not any will do
  unit: string; // of its loss, "" for a squared error
  floor: (number | null)[] | null; // [L] the least loss that any network can reach at each level; null: none is known
  least: number | null; // the same for the loss of all levels as they are drawn
  exact_gap: number | null; // nats, of the exact denoiser with the same steps; null: there is no reverse process
  parameters: number;
}

/** After so many updates. */
export interface Report {
  update: number;
  runs: ReportOfRun[];
}

export interface ReportOfRun {
  loss: number[]; // of the batches since the last report, each the mean of as many
  batches: number; // that one of them is the mean of
  excess: Estimate | null; // of the kept weights: their loss less the least one
  levels: { loss: (number | null)[]; stderr: (number | null)[] } | null; // [L]
  field: { log_snr: number[]; score: Packed } | null; // [K, G, G, 2] the network's score at each of K levels, cut where it is too long to be drawn
  samples: Packed | null; // [N, 2] what the reverse process makes of the noise, or Langevin chains at the only noise level
  negatives: Packed | null; // [M, 2] samples whose energy is raised
  bound: Estimate | null; // negative ELBO, nats
  gap: Estimate | null; // negative ELBO less the entropy of the data, nats
  energy: EnergyReport | null;
  plateau: string | null; // a sentence, once more training no longer helps
  warning: string | null; // a sentence, HTML: energies run away
  diverged: string | null; // a sentence: the loss is not finite, and training has stopped
}

/** Of an energy model U(x), in nats, at the noise level that it is of. */
export interface EnergyReport {
  log_snr: number | null; // null: of the data
  energy: Packed; // [S, S] U + log Z on the grid, so that exp(-value) is a density; where line is not 1, U less its lowest value, in lines
  line: number; // kT between two lines of the map: more than 1 where U + log Z is so high on the whole grid that a map would be blank
  log_z: number; // by quadrature
  ais: Estimate | null; // log Z by annealed importance sampling; without an error where too few chains have the weight
  kl_data_model: Estimate;
  kl_model_data: Estimate;
  weights: { exact: number[]; found: number[]; chains: number[] | null } | null; // of the components of the mixture
  chains: Packed | null; // [C, K, 2] the last K positions of C Langevin chains
}

export interface FileAsked {
  job: string;
  side: number;
}

export interface FileAnswer {
  name: string; // of the file
  data: string; // base64 of a zip: config.json, model.safetensors, and what going on needs
}

export interface LoadAsked {
  data: string; // base64 of such a zip
}

export interface ShelfAsked {
  ids: string[];
}

export interface ShelfAnswer {
  known: string[];
}

export interface CommandAsked {
  job: string | null; // the training on screen, if the server has it
  recipes: Settings[]; // of the training on screen, as it began
  of: number | null; // its updates in all
}

export interface CommandAnswer {
  commands: string[]; // for a shell, one for each training
  file: string | null; // that they read, where own points are too many for a command
}

/** The form, as form.py writes that of Explore: rules.js reads both. In dv-tables it is called train. */
export interface Table {
  fields: any[]; // name, title, help, kind, default, fold, choices, low, high, whole, stops, marks, optional; common: both trainings have it alike
  folds: Record<string, string>;
  rules: any[];
  defaults: Settings;
  domains: any[]; // one: the plane
  most: number; // bytes of a file of a training
  presets: { key: string; title: string; what: string; runs: Settings[] }[]; // short trainings that show something, changed fields alone
}
