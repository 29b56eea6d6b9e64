/* The two ways to write a text: designed, or as Markdown in the form's own field. */
import { Surface } from "./surface.js";

const CHOICE = "funnel:view";

export class Views {
  constructor(form) {
    this.form = form;
    this.body = form.elements.body;
    this.why = form.querySelector("[data-why]");
    this.designed = form.querySelector("[data-designed]");
    const place = form.querySelector("[data-surface]");
    this.surface = new Surface({
      place,
      toolbar: form.querySelector("[data-toolbar]"),
      words: JSON.parse(form.dataset.words),
      label: "body-label",
      isEditable: !this.body.readOnly,
      onChange: (source, isExact) => this.took(source, isExact),
      onLess: () => this.less(),
    });
    form.querySelector("[data-views]").hidden = false;
    for (const way of form.querySelectorAll('[name="view"]')) {
      way.disabled = false;
      way.addEventListener("change", () => this.choose(way.value));
    }
    form.querySelector('label[for="body"]').addEventListener("click", (event) => {
      if (this.designed.hidden) return;
      event.preventDefault();
      this.surface.focus();
    });
    this.show(chosen());
    form.querySelector("[data-waits]").removeAttribute("data-waits");
  }

  /* The field has another text now. */
  renew() {
    this.show(this.designed.hidden ? "source" : "designed");
  }

  choose(view) {
    remember(view);
    this.show(view);
    if (!this.designed.hidden) this.surface.focus();
    else if (view === "source") this.body.focus();
  }

  show(view) {
    const isDesigned = view === "designed" && this.isShown();
    this.designed.hidden = !isDesigned;
    this.body.hidden = isDesigned;
    for (const one of this.form.querySelectorAll("[data-of-source]")) one.hidden = isDesigned;
    for (const one of this.form.querySelectorAll("[data-of-designed]")) one.hidden = !isDesigned;
    document.getElementById(`view-${isDesigned ? "designed" : "source"}`).checked = true;
    if (view === "source") this.say("");
  }

  isShown() {
    try {
      this.surface.show(this.body.value);
    } catch (problem) {
      if (!problem.reason) throw problem;
      this.say(problem.reason, problem.line);
      return false;
    }
    this.say("");
    return true;
  }

  took(source, isExact) {
    this.body.value = source;
    this.body.dispatchEvent(new Event("input", { bubbles: true }));
    if (!this.isLess) this.say(isExact ? "" : "loose");
    this.isLess = false;
  }

  /* Said until the text is changed the next time: the first change is the pasting. */
  less() {
    this.isLess = true;
    this.say("less");
  }

  say(reason, line = 0) {
    this.why.textContent = reason && this.why.dataset[reason].replace("#", line);
    this.why.hidden = !reason;
  }
}

function chosen() {
  try {
    return localStorage.getItem(CHOICE) ?? "designed";
  } catch {
    return "designed";
  }
}

function remember(view) {
  try {
    localStorage.setItem(CHOICE, view);
  } catch {
    return; // the next page opens designed
  }
}
