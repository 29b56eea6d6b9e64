/* Asks in a dialog of the page; resolves to its fields, or null when it was left. */
export function ask(name, known, { canRemove = false } = {}) {
  const dialog = document.getElementById(`dialog-${name}`);
  const form = dialog.querySelector("form");
  form.reset();
  for (const [field, value] of Object.entries(known)) put(form.elements[field], value);
  form.querySelector("[data-remove]").hidden = !canRemove;
  follow(form);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(told(dialog, form)), { once: true });
  });
}

function put(field, value) {
  if (!field) return;
  if (field.type === "checkbox") field.checked = value;
  else field.value = value;
}

function told(dialog, form) {
  if (dialog.returnValue === "remove") return { isRemoved: true };
  if (dialog.returnValue !== "ok") return null;
  const fields = [...form.elements].filter((field) => field.name);
  return Object.fromEntries(
    fields.map((field) => [
      field.name,
      field.type === "checkbox" ? field.checked : field.value,
    ]),
  );
}

/* The field for an address is there when the choice above it asks for one. */
function follow(form) {
  const where = form.querySelector("[data-where]");
  if (!where) return;
  const place = form.querySelector("[data-address]");
  const show = () => {
    place.hidden = Boolean(where.value);
    place.querySelector("input").required = !where.value;
  };
  where.onchange = show;
  show();
}
