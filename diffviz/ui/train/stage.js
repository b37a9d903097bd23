// What stands where in the Train tab: the player's own places, so that its styles hold.

const icon = (/** @type {string} */ path, name = "") => `<svg viewBox="0 0 16 16" ${name ? `class="${name}" ` : ""}aria-hidden="true"><path d="${path}"/></svg>`;
const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ title, /** @type {string} */ html) => `<button type="button" class="${name}" aria-label="${label}" title="${title}">${html}</button>`;

export const STAGE = `
<div class="dv dv-trainer" role="group" aria-label="Training" data-state="paused">
  <div class="dv-stage">
    <div class="dv-panels"></div>
    <div class="dv-beside">
      <div class="dv-shared"></div>
      <div class="dv-sets">
        <select class="dv-set" aria-label="Charts of the training" title="Which charts are shown"></select>
        <button type="button" class="dv-more-charts" title="The next charts of this set" hidden></button>
        <span class="dv-key"></span>
        <span class="dv-hint">click a chart to go there, double-click to enlarge</span>
      </div>
      <div class="dv-charts"></div>
      <div class="dv-metrics" tabindex="-1"><table><thead><tr><th></th><th><b class="dv-badge dv-badge-a">A</b></th><th><b class="dv-badge dv-badge-b">B</b></th><th>A − B</th></tr></thead><tbody></tbody></table></div>
    </div>
  </div>
  <div class="dv-clock">
    <div class="dv-track"><input type="range" class="dv-scrubber" aria-label="Training time" title="Which report is shown; the line below is the share of the updates that is done" min="0" max="0" step="1" value="0"><div class="dv-progress"><div class="dv-done"></div></div></div>
    <output class="dv-time">not trained yet</output>
  </div>
  <div class="dv-buttons">
    ${button("dv-first", "To the untrained network", "To the untrained network (home)", icon("M3 3v10M13 3 6 8l7 5z"))}
    ${button("dv-back", "Report before", "The report before (left arrow; with shift, ten)", icon("M11 3 4 8l7 5z"))}
    ${button("dv-play", "Train", "Train (space)", icon("M4 2.5 13 8l-9 5.5z", "dv-icon-play") + icon("M4 3h3v10H4zM9 3h3v10H9z", "dv-icon-pause"))}
    ${button("dv-forth", "One step", "", icon("m5 3 7 5-7 5z"))}
    ${button("dv-last", "To the newest report", "To the newest report (end)", icon("M13 3v10M3 3l7 5-7 5z"))}
  </div>
  <div class="dv-words" tabindex="0" role="region" aria-label="The training in words">
    <p class="dv-warning" role="status" hidden></p>
    <div class="dv-captions"></div>
    <p class="dv-summary"></p>
  </div>
  <div class="dv-menus">
    <label class="dv-direction dv-level"><span>noise level <b></b></span><input type="range" min="-8" max="8" step="0.5" value="-3" aria-label="Noise level, log SNR" title="The noise level at which the score is shown, as log SNR: data on the left, noise on the right"></label>
    <select class="dv-speed" aria-label="Pace" title="How fast it trains: slow motion for the first steps, or always"></select>
  </div>
  <p class="dv-announced" role="status"></p>
</div>`;

/** Of a training that is no example. */
export const WATCH = "Watch a network learn. The data are known in closed form, and so is the best that any network can do.";

export const ASIDE = `
  <section class="dv-question" aria-label="What to train">
    <select class="dv-train-preset" aria-label="Examples"><option value="">Examples …</option></select>
    <p class="dv-watch">${WATCH}</p>
  </section>
  <div class="dv-switch-row"><div class="dv-switch" role="group" aria-label="Whose training is set" hidden>
    <button type="button" data-side="0" aria-pressed="true">A</button><button type="button" data-side="1" aria-pressed="false">B</button><button type="button" data-do="copy"></button><button type="button" data-do="swap" title="A's settings in B, and B's in A">swap</button>
  </div><button type="button" class="dv-compare" aria-pressed="false" title="A second training, B, beside this one on one clock"></button></div>
  <button type="button" class="dv-train-bring" title="For a new training; the one that is shown stays until that begins" hidden>Take the data of Explore</button>
  <div class="dv-form"></div>
  <div class="dv-actions">
    <div class="dv-train-row">
      <button type="button" class="dv-train-go">Train</button>
      <button type="button" class="dv-train-reset" title="Forget this training: an untrained network of these settings">Reset</button>
    </div>
    <p class="dv-hint-line" role="status"></p>
    <div class="dv-train-kept" role="group" aria-label="The trained network">
      <button type="button" class="dv-train-use" title="Sample with this network in Explore: it is in every denoiser menu of this page">Use in Explore</button>
      <button type="button" class="dv-train-beside" title="In Compare, beside the exact denoiser or beside the other training">Compare</button>
      <button type="button" class="dv-train-save" title="Download weights and settings, to go on later">Save</button>
      <button type="button" class="dv-train-load" title="A file that was saved here">Load …</button>
      <input type="file" accept=".zip" aria-label="File of a training" hidden>
    </div>
    <p class="dv-error dv-train-error" role="alert" hidden></p>
  </div>`;
