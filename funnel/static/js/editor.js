/* The editor of a mail: written as it looks, saved by itself, shown as it will be.
   Without it the form does the same by hand. */
import { Autosave } from "./editor/autosave.js";
import { offerBack } from "./editor/found.js";
import { watchLengths } from "./editor/lengths.js";
import { Preview } from "./editor/preview.js";
import { Shelf } from "./editor/shelf.js";
import { wireValues } from "./editor/values.js";
import { Views } from "./editor/views.js";

const WAYS = new Set(["part", "dark", "reader", "view"]);

const form = document.querySelector("[data-editor]");
const shelf = new Shelf(form);
const measure = watchLengths(form);
const preview = new Preview(form);
const autosave = new Autosave(form, shelf, () => {
  measure();
  preview.show();
});
const views = new Views(form);
wireValues(form);

form.addEventListener("input", ({ target }) => {
  if (WAYS.has(target.name)) return;
  autosave.changed();
  // What saves itself is shown by its answer; there may be no way to show the rest.
  if (autosave.isStopped && !autosave.isOut) preview.later();
});
offerBack(form, shelf, (sent) => {
  views.renew();
  measure();
  preview.show();
  autosave.goOn(sent);
});
