/* What is wrong with a form, said first: each field that is marked, with a way to it. */
const place = document.getElementById("problems");
const list = document.createElement("ul");
for (const error of document.querySelectorAll("main .error[id]:not([hidden])")) {
  const label = error.parentElement.querySelector("label, legend");
  if (label) list.append(item(error, label));
}
if (list.children.length) place.append(list);
// Not before: the browser goes back to where she was, far below.
addEventListener("load", () => requestAnimationFrame(() => place.focus()));

function item(error, label) {
  const way = document.createElement("a");
  way.href = `#${error.id}`;
  way.textContent = label.textContent.trim();
  way.addEventListener("click", (event) => {
    event.preventDefault();
    const field = document.getElementById(label.htmlFor) ?? inside(error);
    if (field.hidden) label.click(); // the designed view, which stands for it
    else field.focus();
  });
  const line = document.createElement("li");
  line.append(way, ": ", error.textContent.trim());
  return line;
}

/* The first of several that stand under one error. */
function inside(error) {
  return error.parentElement.querySelector("input, select, textarea");
}
