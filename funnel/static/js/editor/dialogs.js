/* Asks in a dialog of the page; resolves to its fields, or null when it was left.
   `settle` may turn them into something else first, or throw what is wrong. */
export function ask(name, known, { canRemove = false, settle } = {}) {
  const dialog = document.getElementById(`dialog-${name}`);
  const form = dialog.querySelector("form");
  form.reset();
  for (const [field, value] of Object.entries(known)) put(form.elements[field], value);
  form.querySelector("[data-remove]").hidden = !canRemove;
  follow(form);
  complain(form, "");
  dialog.returnValue = "";
  let settled;
  form.onsubmit = settle && ((event) => {
    if (event.submitter.value !== "ok") return;
    event.preventDefault();
    const work = settle(told(form)).then((found) => {
      settled = found;
      dialog.close("ok");
    });
    work.catch((problem) => complain(form, problem.message));
  });
  dialog.showModal();
  return new Promise((resolve) => {
    const close = () => resolve(answer(dialog, settled ?? told(form)));
    dialog.addEventListener("close", close, { once: true });
  });
}

function answer(dialog, fields) {
  if (dialog.returnValue === "remove") return { isRemoved: true };
  return dialog.returnValue === "ok" ? fields : null;
}

function complain(form, sentence) {
  const place = form.querySelector("[role=alert]");
  place.textContent = sentence;
  place.hidden = !sentence;
}

function put(field, value) {
  if (!field) return;
  if (field.type === "checkbox") field.checked = value;
  else field.value = value;
}

function told(form) {
  const fields = [...form.elements].filter((field) => field.name);
  return Object.fromEntries(fields.map((field) => [field.name, valueOf(field)]));
}

function valueOf(field) {
  if (field.type === "file") return field.files[0] ?? null;
  return field.type === "checkbox" ? field.checked : field.value;
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
