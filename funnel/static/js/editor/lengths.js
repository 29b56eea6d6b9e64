/* How long a line is, beside how much of it an inbox shows. */
export function watchLengths(form) {
  const lines = [...form.querySelectorAll("[data-length]")].map((input) => new Line(form, input));
  return () => lines.forEach((line) => line.show());
}

class Line {
  constructor(form, input) {
    this.input = input;
    this.most = Number(input.dataset.length);
    this.output = form.querySelector(`output[for="${input.id}"]`);
    this.bar = this.output.parentElement.querySelector(".measure");
    input.addEventListener("input", () => this.show());
    this.show();
  }

  show() {
    const length = [...this.text].length;
    const isLong = length > this.most;
    this.output.textContent = this.output.dataset.count.replace("#", length);
    this.output.parentElement.classList.toggle("long", isLong);
    this.bar.style.setProperty("--filled", Math.min(length / this.most, 1));
  }

  /* What is typed; with values in it, what the inbox made of it. */
  get text() {
    const { value } = this.input;
    if (!/\{[{%]/.test(value)) return value;
    const tag = this.input.id === "subject" ? "strong" : "span";
    return document.querySelector(`#inbox-line ${tag}`)?.textContent ?? value;
  }
}
