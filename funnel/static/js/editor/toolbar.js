/* The toolbar: one stop for Tab, arrows inside; its buttons say what is on. */
import { COMMANDS } from "./commands.js";
import { wireMenus } from "./menus.js";

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

export class Toolbar {
  constructor(element, editor) {
    this.element = element;
    this.editor = editor;
    this.keys = [...element.querySelectorAll(".tool-key")];
    this.keys.forEach((key, at) => (key.tabIndex = at ? -1 : 0));
    if (IS_MAC) this.keys.forEach(renamed);
    element.addEventListener("keydown", (event) => this.move(event));
    element.addEventListener("click", (event) => this.press(event));
    // A press of the mouse must not take the selection away from the text.
    element.addEventListener("mousedown", (event) => event.preventDefault());
    wireMenus(element);
    editor.on("transaction", () => this.show());
    this.show();
  }

  focus() {
    this.keys.find((key) => key.tabIndex === 0).focus();
  }

  press(event) {
    const key = event.target.closest("[data-command]");
    if (!key || key.getAttribute("aria-disabled") === "true") return;
    this.editor.view.focus(); // at once: what she types next is for the text
    COMMANDS[key.dataset.command].run(this.editor, key.dataset);
  }

  move(event) {
    if (event.target.closest("[role=menu]")) return;
    if (event.key === "Escape") this.editor.view.focus();
    const at = this.keys.indexOf(event.target.closest(".tool-key"));
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = this.keys.at(to % this.keys.length);
    this.keys.forEach((key) => (key.tabIndex = key === next ? 0 : -1));
    next.focus();
  }

  show() {
    for (const key of this.keys) {
      const { isOn, can } = COMMANDS[key.dataset.command] ?? {};
      if (isOn) key.setAttribute("aria-pressed", isOn(this.editor));
      if (can) key.setAttribute("aria-disabled", !this.editor.can()[can]());
    }
  }
}

function renamed(key) {
  key.title = key.title.replace("Ctrl", "⌘").replace("Alt", "⌥").replace("Shift", "⇧");
  const keys = key.getAttribute("aria-keyshortcuts");
  if (keys) key.setAttribute("aria-keyshortcuts", keys.replace("Control", "Meta"));
}
