/* The menu of values beside a line of the form: a choice goes to its cursor. */
import { wireMenus } from "./menus.js";

export function wireValues(form) {
  for (const place of form.querySelectorAll("[data-values-for]")) {
    const line = form.elements[place.dataset.valuesFor];
    endAtFirst(line);
    wireMenus(place);
    place.addEventListener("click", ({ target }) => {
      const choice = target.closest("[data-source]");
      if (choice) put(line, choice.dataset.source);
    });
    place.hidden = false;
  }
}

/* Where nobody has put the cursor yet, words go on at the end. */
function endAtFirst(line) {
  line.setSelectionRange(line.value.length, line.value.length);
}

/* The browser's own way of typing: it tells the form, and can be undone. */
function put(line, source) {
  line.focus();
  const end = line.value.length;
  const isWhole = line.selectionStart === 0 && line.selectionEnd === end;
  // Tab selects all of a line; a value is meant to stand in it, not for it.
  if (isWhole) line.setSelectionRange(end, end);
  document.execCommand("insertText", false, source);
}
