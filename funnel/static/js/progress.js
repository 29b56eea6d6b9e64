/* Looks again at long work until it is done, and then at the whole page.
   Without it there is a link that does the same by hand. */
const PAUSE = 1200;

const place = document.querySelector("[data-progress]");
if (place) setTimeout(look, PAUSE);

async function look() {
  const next = await progress().catch(() => place); // the line may be away for a moment
  if (!next) {
    location.reload();
    return;
  }
  place.querySelector("progress").value = next.querySelector("progress").value;
  place.querySelector("span").textContent = next.querySelector("span").textContent;
  setTimeout(look, PAUSE);
}

async function progress() {
  const answer = await fetch(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-progress]");
}
