/* A text with holes: values {{ … }}, tags {% … %} and notes {# … #}, kept whole.
   Markdown would read what stands in them, so a mark takes the place of each. */
const STRING = String.raw`"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'`;
const INSIDE = (end) => String.raw`(?:${STRING}|(?!${end})[^"'\n])*?`;
const HOLE = [
  String.raw`\{\{${INSIDE(String.raw`\}\}`)}\}\}`,
  String.raw`\{%${INSIDE(String.raw`%\}`)}%\}`,
  String.raw`\{#[^\n]*?#\}`,
].join("|");
const KINDS = { "{{": "value", "{%": "tag", "{#": "note" };
const OPEN = "\ue000";
const CLOSE = "\ue001";
const MARK = new RegExp(`${OPEN}(\\d+)${CLOSE}`, "g");
const FRAMED = /[\ue000\ue001]|\{[{%#]/;

export const NAME = /^\{\{\s*(\w+)\s*\}\}$/;

/* What the designed view cannot show; `reason` is a word of the page. */
export class Unreadable extends Error {
  constructor(reason, line = 0) {
    super(reason);
    this.reason = reason;
    this.line = line;
  }
}

export function kindOf(source) {
  return KINDS[source.slice(0, 2)];
}

/* The text in pieces: plain ones, and holes. */
export function pieces(text) {
  const found = [];
  let at = 0;
  for (const { 0: source, index } of text.matchAll(new RegExp(HOLE, "g"))) {
    if (index > at) found.push({ kind: "text", source: text.slice(at, index) });
    found.push({ kind: kindOf(source), source });
    at = index + source.length;
  }
  if (at < text.length) found.push({ kind: "text", source: text.slice(at) });
  return found;
}

/* Returns the text with marks, and what puts the holes back. */
export function guard(source) {
  const holes = [];
  let line = 1;
  const marked = pieces(source).map((piece) => {
    line += piece.source.split("\n").length - 1;
    if (piece.kind !== "text") return `${OPEN}${holes.push(piece.source) - 1}${CLOSE}`;
    if (FRAMED.test(piece.source)) throw new Unreadable("braces", line);
    return piece.source;
  });
  return {
    text: marked.join(""),
    restore: (text) => text.replace(MARK, (_, number) => holes[number]),
    cut: (text) => cut(text, holes),
    only: (text) => only(text, holes),
  };
}

function cut(text, holes) {
  const parts = text.split(MARK);
  return parts
    .map((part, at) => (at % 2 ? { hole: holes[part] } : { text: part }))
    .filter((part) => part.hole || part.text);
}

/* The hole that is all of a text, if there is one. */
function only(text, holes) {
  const parts = text.trim().split(MARK);
  return parts.length === 3 && !parts[0] && !parts[2] ? holes[parts[1]] : null;
}
