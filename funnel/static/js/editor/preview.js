/* Shows the mail anew when it was written at, or should be seen in another way. */
const PAUSE = 500;
const DESKTOP = 680; // pixels: a letter, and what a screen shows on both sides of it

export class Preview {
  constructor(form) {
    this.form = form;
    this.place = document.querySelector("[data-preview]");
    this.refresh = document.querySelector("[data-refresh]");
    this.url = this.place.querySelector("iframe").src;
    this.shown = 0;
    this.top = 0; // pixels from the top of the mail that she looked at last
    new ResizeObserver(() => this.fit()).observe(this.place);
    for (const way of document.querySelectorAll('[name="part"], [name="dark"]')) {
      way.addEventListener("change", () => this.show());
    }
    if (!this.refresh) return;
    this.refresh.hidden = true;
    this.wireReader(document.querySelector("[data-readers]"));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show(), PAUSE);
  }

  /* A new frame each time: the first navigation of a frame leaves no trace in the
     history, and the old mail stays until the new one is there. */
  show() {
    const old = [...this.place.querySelectorAll("iframe")];
    const frame = old.at(-1).cloneNode(false);
    frame.removeAttribute("src");
    frame.name = `preview-${++this.shown}`;
    frame.classList.add("coming");
    this.place.append(frame);
    // The empty frame has loaded by now; the next time it does, the mail is there.
    frame.addEventListener("load", () => this.swap(old, frame));
    if (!this.refresh) {
      frame.src = this.saved();
      return;
    }
    this.refresh.formTarget = frame.name;
    this.form.requestSubmit(this.refresh);
  }

  /* The new mail shows the place that she was looking at; one that cannot be shown
     has no such place, and the next goes back to the last. */
  swap(old, frame) {
    const before = pageOf(old.at(-1));
    if (before && before.scrollHeight > before.clientHeight) this.top = before.scrollTop;
    pageOf(frame)?.scrollTo({ top: this.top, behavior: "instant" });
    frame.classList.remove("coming");
    old.forEach((one) => one.remove());
  }

  /* A desktop is wider than the place for it: it is shown smaller, not narrower. */
  fit() {
    const width = this.place.clientWidth;
    if (width) this.place.style.setProperty("--fit", Math.min(1, width / DESKTOP));
  }

  /* Who may only read sees what is saved. */
  saved() {
    const ways = [...new FormData(this.form)].filter(([name]) => /^(part|dark)$/.test(name));
    return `${this.url}?${new URLSearchParams(ways)}`;
  }

  wireReader(input) {
    input.addEventListener("change", () => this.show());
    input.addEventListener("input", () => {
      const known = [...input.list.options].some((one) => one.value === input.value);
      if (known || !input.value) this.show();
      else this.look(input);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.show();
    });
  }

  look(input) {
    clearTimeout(this.search);
    this.search = setTimeout(() => this.find(input), PAUSE / 2);
  }

  async find(input) {
    const words = input.value;
    const url = `${input.dataset.readers}?${new URLSearchParams({ words })}`;
    const answer = await fetch(url, { redirect: "error" }).catch(() => null);
    if (!answer?.ok || input.value !== words) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    input.list.replaceWith(page.getElementById("readers"));
  }
}

/* What scrolls in a frame; null for what is not ours, such as the browser's own page. */
function pageOf(frame) {
  return frame.contentDocument?.scrollingElement ?? null;
}
