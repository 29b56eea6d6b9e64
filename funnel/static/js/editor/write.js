/* The editor's document becomes Markdown: untouched blocks as they were, the others
   with no more escapes than it takes for the mail's parser to read the same. */
import { origins, read } from "./read.js";

const GAP = "\n\n";
const SPECIAL = /[\\*_[\]<>&!#]/g;
const AT_LINE_START = /^([-+]|\d+(?=[.)]))/gm;
const SPACE = /^[ \t\n]+$/;
const EMPHASIS = { bold: "**", italic: "*" };
const WORDY = /[\p{L}\p{N}]/u;
const FIRM = /\p{Zs}/u; // a space that does not break: no emphasis begins or ends with it
/* How a line of text can be put, the plainest first: with escapes, with another sign
   for italics, and with a letter beside emphasis as an entity, for Markdown reads
   “**Let op!**nu” otherwise as stars. */
const WAYS = [
  {},
  { isEscaped: true },
  { isEscaped: true, italic: "_" },
  { isEscaped: true, isSpelled: true },
  { isEscaped: true, isSpelled: true, italic: "_" },
];
const ORDER = ["link", "bold", "italic"];

/* Returns the source, and whether all of it will be read back as it is shown. */
export function write(doc) {
  const writer = new Writer(doc.type.schema);
  let source = "";
  let previous = null;
  let tail = "";
  doc.forEach((node) => {
    const known = origins.get(node);
    const text = known ? known.source : writer.block(node);
    if (!text) return;
    const fallback = previous ? GAP : "";
    source += (known && known.after === previous ? known.gap : fallback) + text;
    previous = node;
    tail = known?.tail ?? "";
  });
  return { source: source + tail, isExact: writer.isExact };
}

class Writer {
  constructor(schema) {
    this.schema = schema;
    this.isExact = true;
  }

  block(node) {
    return this[node.type.name](node);
  }

  blocks(parent, gap = GAP) {
    const found = parent.content.content.map((node) => this.block(node));
    return found.filter(Boolean).join(gap);
  }

  paragraph(node) {
    return this.line(node, (words) => words);
  }

  heading(node) {
    const sign = "#".repeat(node.attrs.level);
    return this.line(node, (words) => `${sign} ${words.replace(/\n/g, " ")}`);
  }

  /* The first way in which the mail reads the line as it is shown; else the plain one. */
  line(node, put) {
    const plain = inline(node, WAYS[0]);
    if (!plain) return "";
    for (const way of WAYS) {
      const found = put(inline(node, way));
      if (this.isReadAs(found, node)) return found;
    }
    this.isExact = false;
    return put(plain);
  }

  blockquote(node) {
    return indented(this.blocks(node), "> ").replace(/^> $/gm, ">");
  }

  bulletList(node) {
    return this.list(node, () => "- ");
  }

  orderedList(node) {
    return this.list(node, (index) => `${node.attrs.start + index}. `);
  }

  list(node, marker) {
    const gap = node.attrs.tight ? "\n" : GAP;
    const items = node.content.content.map((item, index) => {
      const mark = marker(index);
      const space = " ".repeat(mark.length);
      const text = indented(this.blocks(item, gap), space).replace(/^ +$/gm, "");
      return (mark + text.slice(space.length)).trimEnd();
    });
    return items.join(gap);
  }

  horizontalRule() {
    return "---";
  }

  tag(node) {
    return node.attrs.source;
  }

  ready(node) {
    return node.attrs.source;
  }

  button(node) {
    const href = target(node.attrs.href);
    const put = (words) => `[${words}](${href} "button")`;
    return this.line(node, put) || put("");
  }

  product({ attrs: { href, name, text } }) {
    return `[${name}](${target(href)} "product")${text && `\n${text}`}`;
  }

  /* Says whether this Markdown is, for the mail, what the editor shows. */
  isReadAs(source, node) {
    try {
      const { childCount, firstChild } = read(source, this.schema);
      const isSameKind = firstChild.type === node.type || "source" in firstChild.attrs;
      return childCount === 1 && isSameKind && shape(firstChild) === shape(node);
    } catch {
      return false;
    }
  }
}

/* The inline content of a block, put in one of the ways. */
function inline(node, way) {
  const signs = { ...EMPHASIS, ...(way.italic && { italic: way.italic }) };
  const found = [...segments(node), { text: "", marks: [], isSpace: true }];
  let out = "";
  let active = [];
  found.forEach(({ source, text, marks, isSpace }, at) => {
    const gone = active.findIndex((mark) => !mark.isInSet(marks));
    const keep = gone < 0 ? active.length : gone;
    out += active.slice(keep).reverse().map((mark) => closed(mark, signs)).join("");
    active = active.slice(0, keep);
    const fresh = isSpace ? [] : marks.filter((mark) => !mark.isInSet(active));
    const opening = outermostFirst(fresh, found.slice(at));
    out += opening.map((mark) => opened(mark, signs)).join("");
    out += source ?? worded(text, way, marks, found[at - 1], found[at + 1]);
    active = [...active, ...opening];
  });
  return way.isEscaped ? out.replace(AT_LINE_START, startEscaped) : out;
}

/* The words of a segment; where emphasis begins or ends beside it, its letter may
   have to be spelled. */
function worded(text, { isEscaped, isSpelled }, marks, before, after) {
  if (!isEscaped) return text;
  const letters = [...text];
  const ends = [
    [0, before],
    [letters.length - 1, after],
  ];
  const spelled = new Set(
    ends.filter(([, other]) => isSpelled && differs(marks, other)).map(([at]) => at),
  );
  const isWrong = (letter, at) => FIRM.test(letter) || (spelled.has(at) && WORDY.test(letter));
  const put = (letter, at) =>
    isWrong(letter, at) ? `&#${letter.codePointAt(0)};` : escape(letter);
  return letters.map(put).join("");
}

function differs(marks, other) {
  if (!other || other.isSpace) return false;
  const emphasis = (set) => set.filter((mark) => mark.type.name in EMPHASIS);
  const [mine, others] = [emphasis(marks), emphasis(other.marks)];
  return mine.length !== others.length || mine.some((mark) => !mark.isInSet(others));
}

/* Text and leaves in a row; white space carries only what both its neighbours do,
   for Markdown knows no emphasis that begins or ends with it. */
function segments(node) {
  const found = [];
  node.forEach((child) => found.push(...parts(child)));
  while (found.length && found[0].isSpace) found.shift();
  while (found.length && found.at(-1).isSpace) found.pop();
  return found.map((one, at) =>
    one.isSpace ? { ...one, marks: shared(found, at) } : one,
  );
}

function parts(child) {
  const { marks } = child;
  if (!child.isText) return [{ source: leaf(child), marks, isSpace: isBreak(child) }];
  return child.text
    .split(/([ \t\n]+)/)
    .filter(Boolean)
    .map((text) => ({ text, marks, isSpace: SPACE.test(text) }));
}

function isBreak(node) {
  return node.type.name === "hardBreak";
}

function shared(found, at) {
  const before = found.slice(0, at).findLast((one) => !one.isSpace);
  const after = found.slice(at).find((one) => !one.isSpace);
  return before.marks.filter((mark) => mark.isInSet(after.marks));
}

function leaf(node) {
  if (isBreak(node)) return "\n";
  if (node.type.name === "hole") return node.attrs.source;
  const { src, alt, title } = node.attrs;
  return `![${alt}](${target(src)}${title ? ` "${title}"` : ""})`;
}

/* A mark that goes on for longer stands around the others. */
function outermostFirst(marks, ahead) {
  const lasts = (mark) => {
    const end = ahead.findIndex((one) => !mark.isInSet(one.marks));
    return end < 0 ? ahead.length : end;
  };
  return sorted(marks).sort((one, other) => lasts(other) - lasts(one));
}

function sorted(marks) {
  return [...marks].sort((one, other) => rank(one) - rank(other));
}

function rank(mark) {
  return ORDER.indexOf(mark.type.name);
}

function opened(mark, signs) {
  return signs[mark.type.name] ?? "[";
}

function closed(mark, signs) {
  const { href, title } = mark.attrs;
  const said = title ? ` "${title}"` : "";
  return signs[mark.type.name] ?? `](${target(href)}${said})`;
}

/* An address as it can stand between brackets; a hole stays as it is. */
function target(href) {
  return href.includes("{{") ? href : href.replace(/ /g, "%20").replace(/[()]/g, "\\$&");
}

function escape(text) {
  return text.replace(SPECIAL, "\\$&");
}

function startEscaped(found) {
  return /\d/.test(found) ? `${found}\\` : `\\${found}`;
}

function indented(text, space) {
  return text.replace(/^/gm, space);
}

/* What a block says, however it is built: to compare two of them. */
function shape(node) {
  const { source } = node.attrs;
  const found = source ? [{ source, marks: [] }] : segments(node);
  const runs = [];
  for (const { text, source, marks } of found) {
    const set = sorted(marks).map((mark) => [mark.type.name, mark.attrs]);
    const key = JSON.stringify(set);
    const words = source ?? text;
    if (runs.at(-1)?.key === key) runs.at(-1).words += words;
    else runs.push({ key, words });
  }
  return JSON.stringify(runs.map(({ key, words }) => [key, spaced(words)]));
}

/* White space as a letter shows it: of several spaces one, none beside a line's end. */
function spaced(words) {
  return words.replace(/[ \t]+/g, " ").replace(/ *\n */g, "\n");
}
