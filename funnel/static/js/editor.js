/* The editor: counts as she writes, shows the mail anew, and asks before losing text.
   Without it the Refresh button does the same by hand. */
const PAUSE = 700;

const form = document.querySelector("[data-editor]");
const refresh = document.querySelector("[data-refresh]");
const place = document.querySelector("[data-preview]");
let shown = 0;

if (form) {
  watchLengths();
  askBeforeLeaving();
}
if (form && refresh && place) {
  keepPreviewFresh();
}

function watchLengths() {
  for (const input of form.querySelectorAll("[data-length]")) {
    const output = form.querySelector(`output[for="${input.id}"]`);
    if (!output) continue;
    input.addEventListener("input", () => {
      const length = [...input.value].length;
      const isTemplate = /\{[{%]/.test(input.value);
      output.textContent = output.dataset.count.replace("#", isTemplate ? "…" : length);
      output.classList.toggle("long", !isTemplate && length > Number(input.dataset.length));
    });
  }
}

function askBeforeLeaving() {
  const before = snapshot();
  let isLeavingBySaving = false;
  form.addEventListener("submit", (event) => {
    isLeavingBySaving = event.submitter !== refresh;
  });
  addEventListener("beforeunload", (event) => {
    if (!isLeavingBySaving && snapshot() !== before) event.preventDefault();
  });
}

function keepPreviewFresh() {
  let timer;
  refresh.hidden = true;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE);
  };
  form.addEventListener("input", later);
  for (const radio of document.querySelectorAll('[name="part"]')) {
    radio.addEventListener("change", show);
  }
}

/* A new frame each time: the first navigation of a frame leaves no trace in the
   history, and the old mail stays until the new one is there. */
function show() {
  const old = [...place.querySelectorAll("iframe")];
  const frame = old.at(-1).cloneNode(false);
  frame.removeAttribute("src");
  frame.name = `preview-${++shown}`;
  place.append(frame);
  // The empty frame has loaded by now; the next time it does, the mail is there.
  frame.addEventListener("load", () => old.forEach((one) => one.remove()));
  refresh.formTarget = frame.name;
  form.requestSubmit(refresh);
}

function snapshot() {
  const data = new FormData(form);
  data.delete("part");
  return JSON.stringify([...data]);
}
