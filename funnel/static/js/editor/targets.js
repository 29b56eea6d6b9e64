/* Where a link leads: as a dialog asks for it, and as the text says it. */
const LINK = /^https:\/\/[^\s/?#@\\]+\.[^\s/?#@\\]+([/?#]\S*)?$/;
const MAILTO = /^mailto:[^\s@,?]+@[^\s@,?]+(\?\S*)?$/;
const BY_NAME = /^(\{\{\s*\w+_url\s*\}\}(#\S*)?|mailto:\{\{ reply_to \}\})$/;

/* Both return what was told; they throw a sentence of the page for what no mail, or no
   product, can lead to. */
export async function addressed(told) {
  return led(told, [LINK, MAILTO, BY_NAME]);
}

export async function shop(told) {
  return led(told, [LINK]);
}

function led(told, ways) {
  const href = leading(told);
  if (ways.some((way) => way.test(href))) return told;
  throw new Error(document.querySelector("dialog[open] [data-no-way]").dataset.noWay);
}

/* An address as the dialog's two fields show it. */
export function placed(href) {
  const isByName = /^\{\{ \w+_url \}\}$/.test(href) || href === "mailto:{{ reply_to }}";
  return isByName ? { where: href, address: "" } : { where: "", address: href };
}

export function leading({ where, address }) {
  if (where) return where;
  const typed = address.trim();
  if (/^[\w.+-]+@[\w.-]+$/.test(typed)) return `mailto:${typed}`;
  return /^[a-z]+:|^\{\{/i.test(typed) ? typed : `https://${typed}`;
}
