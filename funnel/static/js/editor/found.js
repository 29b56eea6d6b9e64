/* A text that this browser kept: offered back, and dropped only when she says so.
   Who left a moment ago, with her text on its way to the server, goes on with it. */
import { fieldsOf } from "./autosave.js";

const MOMENT = 60_000; // milliseconds

/* `onPutBack` gets what was sent of the text, when nobody knows whether it came in. */
export function offerBack(form, shelf, onPutBack) {
  const waiting = shelf.left().filter((kept) => !settled(kept, form, shelf));
  const place = document.querySelector("[data-found]");
  if (!place || !waiting.length) return; // who may only read is offered nothing
  const putBack = () => {
    const kept = waiting.shift();
    shelf.adopt(kept.slot);
    onPutBack(put(form, kept));
  };
  const offer = () => tell(place, waiting[0]);
  if (isOnItsWay(waiting[0], form)) return putBack();
  place.querySelector("[data-put-back]").addEventListener("click", () => {
    place.hidden = true;
    putBack();
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

/* The page shows what she had sent, or still the text that she began with. */
function isOnItsWay({ sent, seen, at }, form) {
  if (!sent || Date.now() - Date.parse(at) > MOMENT) return false;
  return seen === form.elements.seen.value || isSame(sent, fieldsOf(form));
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
function put(form, { fields, seen, sent }) {
  const hasCome = sent && isSame(sent, fieldsOf(form));
  for (const [name, value] of Object.entries(fields)) {
    const field = form.elements[name];
    if (field && field.type !== "checkbox") field.value = value;
  }
  form.elements.is_on.checked = "is_on" in fields;
  if (!hasCome) form.elements.seen.value = seen;
  return hasCome ? null : sent;
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
