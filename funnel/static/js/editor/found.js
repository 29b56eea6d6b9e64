/* A text that this browser kept: offered back, and dropped only when she says so. */
import { fieldsOf } from "./autosave.js";

export function offerBack(form, shelf, onPutBack) {
  const place = document.querySelector("[data-found]");
  const kept = shelf.kept();
  if (!kept || !place) return;
  if (isSame(kept.fields, fieldsOf(form))) {
    // A page that tells of a problem or a conflict has not saved it yet.
    if (!document.querySelector("#problems, #since-title")) shelf.drop();
    return;
  }
  const said = place.querySelector("[data-said]");
  const at = new Date(kept.at).toLocaleString(document.documentElement.lang, {
    weekday: "long",
    hour: "2-digit",
    minute: "2-digit",
  });
  said.textContent = said.dataset.said.replace("#", at);
  place.hidden = false;
  // Not before: the browser goes back to where she was, far below.
  addEventListener("load", () => requestAnimationFrame(() => place.focus()));
  place.querySelector("[data-put-back]").addEventListener("click", () => {
    place.hidden = true;
    put(form, kept);
    onPutBack();
  });
  place.querySelector("[data-drop]").addEventListener("click", () => {
    place.hidden = true;
    shelf.drop();
  });
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
