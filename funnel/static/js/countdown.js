// Counts down by the minute, from the seconds that the server gave: the clock of
// the machine may be wrong. The page works without it.
const line = document.querySelector("[data-countdown]");
const left = line?.querySelector("[data-left]");
const opens = performance.now() + Number(line?.dataset.countdown) * 1000;
const units = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

function words(seconds) {
  const parts = [];
  for (const [unit, size] of units) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count) {
      const format = { style: "unit", unit, unitDisplay: "long" };
      parts.push(new Intl.NumberFormat(document.documentElement.lang, format).format(count));
    }
  }
  const list = new Intl.ListFormat(document.documentElement.lang);
  return list.format(parts.slice(0, 2));
}

function show() {
  const seconds = Math.ceil((opens - performance.now()) / 60000) * 60;
  if (seconds <= 0) {
    location.reload();
    return;
  }
  left.textContent = words(seconds);
  setTimeout(show, 20000);
}

if (line && left) {
  show();
}
