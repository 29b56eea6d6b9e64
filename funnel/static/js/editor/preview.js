/* Shows the mail anew when it was written at, or should be seen in another way. */
const PAUSE = 500;

export class Preview {
  constructor(form) {
    this.form = form;
    this.place = document.querySelector("[data-preview]");
    this.refresh = document.querySelector("[data-refresh]");
    this.url = this.place.querySelector("iframe").src;
    this.shown = 0;
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
    this.place.append(frame);
    // The empty frame has loaded by now; the next time it does, the mail is there.
    frame.addEventListener("load", () => old.forEach((one) => one.remove()));
    if (!this.refresh) {
      frame.src = this.saved();
      return;
    }
    this.refresh.formTarget = frame.name;
    this.form.requestSubmit(this.refresh);
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
