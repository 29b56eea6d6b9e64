/* Texts that are not saved yet, kept in this browser: one for each mail and person. */
export class Shelf {
  constructor(form) {
    this.key = `funnel:${form.dataset.member}:step:${form.dataset.step}`;
  }

  /* Returns whether it could be kept. */
  keep(fields, seen) {
    try {
      const at = new Date().toISOString();
      localStorage.setItem(this.key, JSON.stringify({ fields, seen, at }));
      return true;
    } catch {
      return false; // full, or forbidden
    }
  }

  kept() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  drop() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      return; // then nothing was kept either
    }
  }
}
