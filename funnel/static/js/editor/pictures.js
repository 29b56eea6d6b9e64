/* A picture from this computer is sent up; one from elsewhere is only named. */
const AWAY = /^https:\/\/\S+$/;

/* Returns what the text says of it; throws a sentence of the page, or the server's. */
export async function uploaded({ file, address, alt }, known = "") {
  const place = document.querySelector("[data-media]");
  const said = alt.trim();
  if (file) return sent(place, file, said);
  const src = address.trim();
  const isFine = AWAY.test(src) || (known && src === known);
  if (!isFine) throw new Error(place.dataset.none);
  return { src, alt: said, title: null };
}

async function sent(place, file, alt) {
  const body = new FormData();
  body.set("csrf_token", document.querySelector("#editor [name=csrf_token]").value);
  body.set("alt", alt);
  body.set("file", file);
  const headers = { Accept: "application/json" };
  const request = { method: "POST", body, headers, redirect: "manual" };
  const answer = await fetch(place.dataset.media, request).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (!told?.src) throw new Error(told?.error ?? place.dataset.failed);
  return { src: told.src, alt: told.alt, title: null };
}
