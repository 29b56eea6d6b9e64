/* Asks again as the form changes. Without it the button does the same. */
const PAUSE = 350;

const form = document.querySelector("[data-simulator]");
let timer;
let asked = 0;

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
});

async function ask() {
  const mine = ++asked;
  const url = `${form.action}?${new URLSearchParams(new FormData(form))}`;
  const answer = await fetch(url);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.getElementById("answer");
  if (mine !== asked || !next) return; // a later question is on its way
  document.getElementById("answer").replaceChildren(...next.childNodes);
  history.replaceState(null, "", url);
}
