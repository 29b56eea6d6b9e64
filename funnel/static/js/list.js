/* The list of steps: dragged by the handle, or moved with the arrow keys on it.
   Both send the form that works without this. */
const list = document.querySelector("[data-list]");
const KEYS = { ArrowUp: "[data-up]", ArrowDown: "[data-down]" };
let dragged = null;

for (const grip of list?.querySelectorAll("[data-grip]") ?? []) {
  grip.hidden = false;
  grip.addEventListener("keydown", byKey);
  grip.addEventListener("dragstart", (event) => lift(event, grip.closest("[data-step]")));
  grip.addEventListener("dragend", letGo);
}
list?.addEventListener("dragover", over);
list?.addEventListener("drop", put);
// Not before: the browser's own jump to the step takes the focus away.
addEventListener("load", () => requestAnimationFrame(focusAgain));

function byKey(event) {
  if (!(event.key in KEYS)) return;
  event.preventDefault();
  const button = event.currentTarget.form.querySelector(KEYS[event.key]);
  if (!button.disabled) button.form.requestSubmit(button);
}

function lift(event, step) {
  dragged = step;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", step.dataset.step);
  event.dataTransfer.setDragImage(step, 0, 20);
  step.classList.add("lifted");
}

function over(event) {
  if (!dragged) return;
  event.preventDefault();
  const step = above(event.clientY);
  clear();
  (step ? step.nextElementSibling : list.firstElementChild)?.classList.add("landing");
}

/* The step behind which the dragged one would come to stand; null is the top. */
function above(y) {
  let found = null;
  for (const step of list.querySelectorAll("[data-step]")) {
    const box = step.getBoundingClientRect();
    if (step !== dragged && box.top + box.height / 2 < y) found = step;
  }
  return found;
}

function put(event) {
  if (!dragged) return;
  event.preventDefault();
  const form = dragged.querySelector("[data-move]");
  const after = document.createElement("input");
  after.type = "hidden";
  after.name = "after";
  after.value = above(event.clientY)?.dataset.step ?? "";
  form.append(after);
  form.requestSubmit();
}

function letGo() {
  dragged?.classList.remove("lifted");
  clear();
  dragged = null;
}

function clear() {
  list.querySelectorAll(".landing").forEach((one) => one.classList.remove("landing"));
}

function focusAgain() {
  if (!location.hash.startsWith("#step-")) return;
  const step = document.getElementById(location.hash.slice(1));
  const way = step?.querySelector("[data-grip]") ?? step?.querySelector(".tools button");
  way?.focus(); // what is taken out has no handle, and can be put back
}
