// Controls that are made for one field alone, by the kind that the form's table names.
import { makeDrawer } from "./drawer.js";
import { makeEditor } from "./editor.js";
import { makeGallery } from "./gallery.js";
import { makePainter } from "./painter.js";
import { makePictures } from "./pictures.js";
import { patient } from "./patient.js";
import { makeUpload } from "./upload.js";

/** @param {any} table @param {HTMLDialogElement} gallery where data are chosen @param {(name: string) => (what: object) => Promise<any>} ask a function of the server, by its name
 * @returns {Record<string, (field: any, tell: any) => import("./form.js").Control>} */
export function makeControls(table, gallery, ask) {
  /** by field @type {Record<string, ReturnType<typeof makeEditor>>} */
  const editors = {};
  return {
    gallery: (field, tell) => makeGallery(table, gallery, field, tell, makePictures(table, ask), (name, way) => editors[name]?.open(way)),
    drawer: makeDrawer,
    upload: (field, tell) => makeUpload(field, tell, patient(ask(field.asks))),
    painter: (field, tell) => makePainter(field, tell, patient(ask(field.asks))),
    editor: (field, tell) => (editors[field.name] = makeEditor(field, tell, patient(ask(field.asks)))),
  };
}
