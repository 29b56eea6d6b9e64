/* Asks in a dialog of the page; resolves to its fields, or null when it was left.
   `settle` may turn them into something else first, or throw what is wrong.
   The answer comes in the task that closes the dialog: the browser's own `close`
   event comes later, and a fast key before it. */
export function ask(name, known, { canRemove = false, settle = async (fields) => fields } = {}) {
  const dialog = document.getElementById(`dialog-${name}`);
  const form = dialog.querySelector("form");
  form.reset();
  for (const [field, value] of Object.entries(known)) put(form.elements[field], value);
  form.querySelector("[data-remove]").hidden = !canRemove;
  follow(form);
  complain(form, "");
  dialog.showModal();
  return new Promise((resolve) => {
    let isLeft = false;
    const leave = (answer) => {
      if (isLeft) return; // what was settled too late is not for the next question
      isLeft = true;
      dialog.close();
      resolve(answer);
    };
    dialog.oncancel = () => leave(null);
    form.onsubmit = (event) => {
      event.preventDefault();
      const { value } = event.submitter;
      if (value === "cancel") return leave(null);
      if (value === "remove") return leave({ isRemoved: true });
      const problem = ({ message }) => isLeft || complain(form, message);
      settle(told(form)).then(leave, problem);
    };
  });
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
