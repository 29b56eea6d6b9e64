/* Texts that are not saved yet, kept in this browser: for each mail and person a slot
   of every page that was written in, so that none takes another's place. */
export class Shelf {
  constructor(form) {
    this.prefix = `funnel:${form.dataset.member}:step:${form.dataset.step}:`;
    this.slot = `${this.prefix}${Date.now()}-${Math.random()}`;
  }

  /* Returns whether it could be kept. */
  keep(text) {
    const at = new Date().toISOString();
    const isKept = tried(() => {
      localStorage.setItem(this.slot, JSON.stringify({ ...text, at }));
      return true;
    });
    return Boolean(isKept);
  }

  /* What other pages have left here, the newest first. */
  left() {
    return tried(() => this.others().map(read).sort(newestFirst)) ?? [];
  }

  others() {
    const slots = Object.keys(localStorage);
    return slots.filter((slot) => slot.startsWith(this.prefix) && slot !== this.slot);
  }

  /* Goes on where another page stopped. */
  adopt(slot) {
    this.slot = slot;
  }

  drop(slot = this.slot) {
    tried(() => localStorage.removeItem(slot));
  }
}

function read(slot) {
  return { slot, ...JSON.parse(localStorage.getItem(slot)) };
}

function newestFirst(one, other) {
  return one.at < other.at ? 1 : -1;
}

/* A browser may be full, or keep nothing at all. */
function tried(work) {
  try {
    return work();
  } catch {
    return null;
  }
}
