// Notes the visitor's time zone, and shows her own time where it differs.
const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;

for (const field of document.querySelectorAll("[data-my-zone]")) {
  field.value ||= mine ?? "";
}

for (const note of document.querySelectorAll("[data-yours]")) {
  const start = new Date(note.dataset.start);
  const said = (zone) =>
    new Intl.DateTimeFormat(document.documentElement.lang, {
      weekday: "long",
      hour: "2-digit",
      minute: "2-digit",
      timeZone: zone,
    })
      .format(start)
      .replace(":", document.documentElement.lang === "nl" ? "." : ":");
  if (mine && said(mine) !== said(note.dataset.zone)) {
    note.textContent = note.dataset.yours.replace("{time}", said(mine));
    note.hidden = false;
  }
}
