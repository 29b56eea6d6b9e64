// Asks for the progress of big sends again and again, as long as one is on its way
// and somebody looks. Without it, a reload does the same.
const PAUSE = 2000;

async function refresh() {
  const here = document.querySelector("[data-progress]");
  if (!here) return;
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(here.dataset.progress, { redirect: "error" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const next = page.getElementById("progress");
        if (next) here.replaceWith(document.adoptNode(next));
      }
    } catch {
      // Away for a moment: what stands there stays, and is asked for again.
    }
  }
  setTimeout(refresh, PAUSE);
}

setTimeout(refresh, PAUSE);
