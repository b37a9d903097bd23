// A picture of one's own: a button, its size, and what is left of it. It becomes a text, and the run is made from that text alone.
import { encoded } from "./bytes.js";
import { make } from "./dialog.js";
import { idOf } from "./rules.js";

/** @param {any} field @param {(value: string, problem?: string, most?: number) => void} say most: particles @param {(what: object) => Promise<any>} ask the server: {data, side} */
export function makeUpload(field, say, ask) {
  const file = /** @type {HTMLInputElement} */ (make("input", { type: "file", accept: ".png,.jpg,.jpeg", id: idOf(field) }));
  const side = /** @type {HTMLSelectElement} */ (make("select", {}, ...field.sides.map((/** @type {number} */ pixels) => make("option", { value: String(pixels), textContent: `${pixels} pixels` }))));
  side.setAttribute("aria-label", "Pixels a side of your image");
  side.value = String(field.sides.at(-1));
  const look = /** @type {HTMLImageElement} */ (make("img", { alt: "Your image as it is used", width: 40, height: 40, hidden: true }));

  let taken = 0;
  async function take() {
    const chosen = file.files?.[0], number = ++taken;
    if (!chosen) return;
    if (chosen.size > field.most) return say("", `${field.title} must be at most ${Math.floor(field.most / 2 ** 20)} MB.`);
    const told = await ask({ data: await encoded(chosen), side: Number(side.value) });
    if (number !== taken) return; // another was chosen meanwhile
    if (told?.problem) say("", told.problem);
    else if (told) say(told.own, "", told.most);
  }
  file.onchange = take;
  side.onchange = take;
  return {
    element: make("div", { className: "dv-upload" }, file, side, look),
    set(/** @type {string} */ own) {
      const letters = (own || "").split(".")[1] || "";
      look.hidden = !letters;
      if (letters) look.src = `data:image/webp;base64,${letters.replaceAll("-", "+").replaceAll("_", "/")}`;
    },
  };
}
