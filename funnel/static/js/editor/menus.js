/* Menus that a button opens: arrows, first letters, Escape; closed by a choice. */
export function wireMenus(element) {
  for (const opener of element.querySelectorAll("[data-opens]")) {
    const menu = document.getElementById(opener.dataset.opens);
    new Menu(opener, menu);
  }
}

class Menu {
  constructor(opener, menu) {
    this.opener = opener;
    this.menu = menu;
    opener.addEventListener("click", () => (menu.hidden ? this.open() : this.close()));
    opener.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      this.open();
    });
    menu.addEventListener("keydown", (event) => this.follow(event));
    menu.addEventListener("focusin", ({ target }) =>
      this.items.forEach((item) => (item.tabIndex = item === target ? 0 : -1)),
    );
    menu.addEventListener("click", (event) => {
      if (event.target.closest("[role=menuitem]")) this.hide();
    });
    document.addEventListener("pointerdown", (event) => {
      if (!menu.contains(event.target) && !opener.contains(event.target)) this.hide();
    });
    menu.addEventListener("focusout", (event) => {
      if (!menu.contains(event.relatedTarget)) this.hide();
    });
  }

  get items() {
    return [...this.menu.querySelectorAll("[role=menuitem]")];
  }

  open() {
    this.menu.hidden = false;
    this.opener.setAttribute("aria-expanded", "true");
    this.items[0].focus();
  }

  hide() {
    this.menu.hidden = true;
    this.opener.setAttribute("aria-expanded", "false");
  }

  close() {
    this.hide();
    this.opener.focus();
  }

  follow(event) {
    const { items } = this;
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) items.at(to % items.length).focus();
    else if (event.key === "Escape") this.close();
    else if (!this.jump(event.key, items, at)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  jump(letter, items, at) {
    if (letter.length !== 1 || letter === " ") return false;
    const later = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    const says = (item) => item.textContent.trim().toLowerCase();
    later.find((item) => says(item).startsWith(letter.toLowerCase()))?.focus();
    return true;
  }
}
