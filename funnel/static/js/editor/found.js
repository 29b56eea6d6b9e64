/* A text that this browser kept: offered back, and dropped only when she says so. */
import { fieldsOf } from "./autosave.js";

export function offerBack(form, shelf, onPutBack) {
  const waiting = shelf.left().filter((kept) => !settled(kept, form, shelf));
  const place = document.querySelector("[data-found]");
  if (!place || !waiting.length) return; // who may only read is offered nothing
  const offer = () => tell(place, waiting[0]);
  place.querySelector("[data-put-back]").addEventListener("click", () => {
    place.hidden = true;
    shelf.adopt(waiting[0].slot);
    put(form, waiting[0]);
    onPutBack();
  });
  place.querySelector("[data-drop]").addEventListener("click", () => {
    shelf.drop(waiting.shift().slot);
    if (waiting.length) offer();
    else place.hidden = true;
  });
  offer();
  // Not before: the browser goes back to where she was, far below.
  addEventListener("load", () => requestAnimationFrame(() => place.focus()));
}

/* What is on the page already needs no offer: it was saved, unless the page tells of
   a problem or a conflict; then this page goes on with it. */
function settled(kept, form, shelf) {
  if (!isSame(kept.fields, fieldsOf(form))) return false;
  if (document.querySelector("#problems, #since-title")) shelf.adopt(kept.slot);
  else shelf.drop(kept.slot);
  return true;
}

function tell(place, { at }) {
  const said = place.querySelector("[data-said]");
  const when = new Date(at).toLocaleString(document.documentElement.lang, {
    weekday: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  said.textContent = said.dataset.said.replace("#", when);
  place.hidden = false;
}

/* The base comes with it: a colleague's newer text is then not overwritten. */
function put(form, { fields, seen }) {
  for (const [name, value] of Object.entries(fields)) {
    const field = form.elements[name];
    if (field && field.type !== "checkbox") field.value = value;
  }
  form.elements.is_on.checked = "is_on" in fields;
  form.elements.seen.value = seen;
}

/* The server trims what it keeps and writes 8:30 as 08:30: that is no difference. */
function isSame(one, other) {
  return tidy(one) === tidy(other);
}

function tidy(fields) {
  const timing = fields.timing?.replace(/\s+/g, " ").replace(/\b0(?=\d)/g, "") ?? "";
  const all = Object.entries({ ...fields, timing });
  return JSON.stringify(all.map(([name, value]) => [name, value.trim()]).sort());
}
