// What is typed into a control and Gradio would ignore, or would read otherwise than it was meant.
(() => {
  // Gradio clips and rounds what is typed beside a slider, without a word: what does not fit is kept from it and told instead
  const TYPED = ".dv-field:has(input[type=range]) input[type=number]";
  function misfit({ min, max, step, value, validity }) {
    const whole = step === "1", within = Number(value) >= Number(min) && Number(value) <= Number(max);
    if (value !== "" && !validity.badInput && within && (!whole || Number.isInteger(Number(value)))) return "";
    return `must be a ${whole ? "whole " : ""}number from ${min} to ${max} here${value === "" ? "" : `, not ${value}`}`;
  }
  function tellMisfit(input) {
    const { id } = input.closest(".dv-field"), [field, ...place] = id.split("-").reverse();
    const more = Number(input.value) > Number(input.max) && window.diffvizHighest[field] > Number(input.max);
    const message = `${field} ${misfit(input)}${more ? "; a link may ask for more" : ""}.`;
    window.diffviz.notice(JSON.stringify({ field, message, prefix: place.reverse().join("-") }));
  }
  for (const type of ["input", "blur"]) {
    document.addEventListener(type, (event) => {
      const input = event.target;
      if (!input.matches?.(TYPED) || !misfit(input)) return;
      event.stopImmediatePropagation();
      if (type === "blur") tellMisfit(input);
    }, true);
  }
  document.addEventListener("click", (event) => {
    const { target } = event, reset = target.closest?.(".dv-field .reset-button, [id$='-questions'] button");
    const taken = target.closest?.("[id$='-run'], [id$='-sides'] button"); // these take what the controls say
    if (!reset && !taken) return;
    const wrong = [...target.closest("[id$='-page']").querySelectorAll(TYPED)].filter(misfit);
    if (!wrong.length) return;
    if (reset) setTimeout(() => { // the slider still has the value of before
      for (const input of wrong) input.value = input.closest(".dv-field").querySelector("input[type=range]").value;
      window.diffviz.notice("");
    });
    else {
      event.stopImmediatePropagation();
      tellMisfit(wrong[0]);
    }
  }, true);

  // Gradio's text field tells of a key that was pressed, but not of text that was pasted, deleted, drawn or painted into it
  document.addEventListener("input", ({ target, inputType }) => {
    if (target.dataset.testid === "textbox" && inputType !== "insertText") target.dispatchEvent(new KeyboardEvent("keypress", { key: "Unidentified" }));
  });
})();
