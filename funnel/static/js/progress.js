// Asks again how far long work is, as long as it goes on and somebody looks.
// Without it a link, or a reload, does the same.
const PAUSE = 2000;

for (const place of document.querySelectorAll("[data-progress]")) follow(place.id);

function follow(id) {
  setTimeout(() => look(id), PAUSE);
}

async function look(id) {
  if (document.visibilityState === "visible") {
    const place = document.getElementById(id);
    const page = await ask(place.dataset.progress || location.href);
    const next = page?.getElementById(id);
    if (page && !next) return location.reload(); // done: the whole page is another
    // What is the same stays: a screen reader would read it out once more.
    if (next && !next.isEqualNode(place)) place.replaceWith(document.adoptNode(next));
  }
  if (document.getElementById(id).hasAttribute("data-progress")) follow(id);
}

async function ask(address) {
  try {
    const answer = await fetch(address, { redirect: "error" });
    if (!answer.ok) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null; // away for a moment: what stands there stays, and is asked for again
  }
}
