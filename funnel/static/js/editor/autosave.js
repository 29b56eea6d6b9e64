/* Saves the draft a moment after she stops writing, and loses nothing on the way.
   What was typed lies in this browser until the server has it. One request at a
   time; one without an answer is sent again as it was, before anything newer. */
const PAUSE = 800;
const RETRY = { first: 2000, most: 30_000 };
const PARTS = ["draft-state", "inbox-line", "findings"];
const NAMED_BY = {
  condition_tag: /^(not )?tag$/,
  condition_mail: /^(not )?(clicked|sent)$/,
}; // a name counts only with the kinds that need one
const WHOM = ["condition", ...Object.keys(NAMED_BY)];
const FIELDS = ["subject", "preheader", "body", "timing", ...WHOM, "is_on"];

export function fieldsOf(form) {
  const data = new FormData(form);
  const found = FIELDS.map((name) => [name, data.get(name)]);
  const kind = data.get("condition") ?? "";
  const isAsked = (name) => !(name in NAMED_BY) || NAMED_BY[name].test(kind);
  return Object.fromEntries(
    found.filter(([name, value]) => value !== null && isAsked(name)),
  );
}

export class Autosave {
  constructor(form, shelf, onAnswer) {
    this.form = form;
    this.shelf = shelf;
    this.onAnswer = onAnswer;
    this.url = form.dataset.keep;
    this.place = document.querySelector("[data-saving]");
    this.saved = this.state();
    this.unanswered = null;
    this.isBusy = false;
    this.isAway = false; // nobody answers, or only who asks for a log-in
    this.isOut = false;
    this.isSure = false;
    this.isStopped = !this.url;
    this.wait = RETRY.first;
    addEventListener("online", () => this.save());
    addEventListener("pagehide", () => this.leave());
    addEventListener("beforeunload", (event) => this.askToStay(event));
    document.addEventListener("submit", (event) => this.submitted(event));
  }

  state() {
    return JSON.stringify(fieldsOf(this.form));
  }

  get isSaved() {
    return !this.unanswered && this.state() === this.saved;
  }

  changed() {
    if (this.isStopped) {
      this.keepHere();
    } else if (this.isSaved) {
      this.settle();
    } else {
      this.keepHere();
      this.say("typed");
      this.later(PAUSE);
    }
  }

  later(pause) {
    clearTimeout(this.timer);
    if (this.isLeaving) return;
    this.timer = setTimeout(() => this.save(), pause);
  }

  /* `isAsked` sends also what is saved: to hear whether anybody is there to take it. */
  async save(isAsked = false) {
    if (this.isBusy || this.isStopped || (this.isSaved && !isAsked)) return;
    this.isBusy = true;
    this.unanswered ??= this.state();
    this.say("busy");
    const answer = await this.send(this.unanswered).catch(() => null);
    this.isBusy = false;
    if (!answer) this.away();
    else await this.heard(answer);
    this.afterwards?.();
    this.afterwards = null;
  }

  /* Goes on with what another page was writing. What that one sent and heard nothing
     of goes first: the server may have it, and would take the rest for a colleague's. */
  goOn(unanswered) {
    this.unanswered = unanswered && JSON.stringify(unanswered);
    this.changed();
    this.save();
  }

  send(state, more = {}) {
    const body = new FormData();
    for (const [name, value] of Object.entries(JSON.parse(state))) body.set(name, value);
    for (const { name, value } of this.form.querySelectorAll("[type=hidden]")) {
      body.set(name, value);
    }
    const reader = document.getElementById("reader")?.value;
    if (reader) body.set("reader", reader);
    return fetch(this.url, { method: "POST", body, redirect: "manual", ...more });
  }

  async heard(answer) {
    if (answer.status >= 500) return this.away();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const kept = page.getElementById("kept");
    if (!kept) return this.turnedAway(answer);
    const state = this.unanswered;
    this.unanswered = null;
    this.isAway = false;
    if (answer.ok) this.took(state, kept);
    else this.refused(state, page, answer.status);
    this.onAnswer();
  }

  refused(state, page, status) {
    const problem = problemOf(page.getElementById("kept"));
    if (status === 409) return this.stop(problem, "[data-compare]");
    this.saved = state; // refused as it is: only something else is worth a try
    this.say("refused", problem);
    if (!this.isSaved) this.later(PAUSE);
  }

  took(state, kept) {
    this.wait = RETRY.first;
    this.saved = state;
    this.form.elements.seen.value = kept.dataset.seen;
    this.problem = problemOf(kept);
    for (const id of PARTS) {
      document.getElementById(id).replaceWith(kept.querySelector(`#${id}`));
    }
    if (this.isSaved) {
      this.settle();
    } else {
      this.keepHere();
      this.later(PAUSE);
    }
  }

  settle() {
    clearTimeout(this.timer);
    this.shelf.drop();
    this.say("saved", this.problem);
  }

  away() {
    this.isAway = true;
    this.keepHere();
    this.say(this.isKept ? "offline" : "full");
    this.later(this.wait);
    this.wait = Math.min(this.wait * 2, RETRY.most);
  }

  /* Logged out, or the mail is gone; what she wrote stays in this browser. */
  turnedAway({ type, status }) {
    const isOut = type === "opaqueredirect" || status === 400;
    this.isAway = this.isOut = true;
    this.keepHere();
    this.stop(this.place.dataset[isOut ? "signedOut" : "gone"], isOut && "[data-log-in]");
  }

  stop(sentence, way) {
    this.isStopped = true;
    this.place.textContent = sentence;
    this.place.dataset.saving = "stopped";
    if (way) document.querySelector(way).hidden = false;
  }

  /* `sent` is what the server gets of it, should this page go now: that ends a request
     that is under way, and nobody hears whether it came in. */
  keepHere() {
    const isOnItsWay = navigator.onLine && !this.isOut && !this.isStopped;
    const sent = isOnItsWay ? JSON.parse(this.unanswered ?? this.state()) : null;
    const seen = this.form.elements.seen.value;
    this.isKept = this.shelf.keep({ fields: fieldsOf(this.form), seen, sent });
  }

  say(word, more = "") {
    const now = new Date().toLocaleTimeString(document.documentElement.lang, {
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    const sentence = `${this.place.dataset[word].replace("#", now)} ${more}`.trim();
    if (this.place.textContent !== sentence) this.place.textContent = sentence;
    this.place.dataset.saving = word;
  }

  /* A form takes the page away. It waits for the answer that is on its way, or the
     text would meet itself as a colleague's; and this one first hears whether it will
     be taken, or the page would be gone and the text with it. */
  submitted(event) {
    const { target, submitter } = event;
    if (target.method !== "post" || submitter?.hasAttribute("data-refresh")) return;
    clearTimeout(this.timer);
    const isOurs = target === this.form;
    const isUnsure = isOurs && !this.isSure && !this.isStopped;
    const isHeld = isOurs && this.isOut;
    if (isHeld || isUnsure || this.isBusy) event.preventDefault();
    if (isHeld) return this.stay();
    if (isUnsure || this.isBusy) {
      this.afterwards = () => this.leaveBy(target, submitter);
      this.save(true);
      return;
    }
    this.isLeaving = true;
    this.isStopped = true;
    if (target.hasAttribute("data-drops")) this.shelf.drop();
  }

  leaveBy(target, submitter) {
    if (this.isAway) return this.stay();
    this.isSure = true;
    this.isLeaving = true;
    target.requestSubmit(submitter);
  }

  /* Where her text is; the way back in, if that is what it takes, is the next key. */
  stay() {
    if (this.isOut) document.querySelector("[data-log-in]").focus();
  }

  /* A last try that outlives the page. The next page may be there before it has come
     in, and before this is called: until there is an answer the text stays here. */
  leave() {
    if (this.isStopped || this.isSaved || this.isBusy) return;
    this.send(this.unanswered ?? this.state(), { keepalive: true }).catch(() => null);
  }

  askToStay(event) {
    if (!this.isLeaving && !this.isSaved && !this.isKept) event.preventDefault();
  }
}

function problemOf(kept) {
  const place = kept.querySelector("#kept-problem");
  return place?.textContent.replace(/\s+/g, " ").trim() ?? "";
}
