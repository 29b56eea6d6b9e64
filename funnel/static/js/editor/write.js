/* The editor's document becomes Markdown: untouched blocks as they were, the others
   with no more escapes than it takes for the mail's parser to read the same. */
import { origins, read } from "./read.js";

const GAP = "\n\n";
const SPECIAL = /[\\*_[\]<>&!]/g;
const AT_LINE_START = /^([-+#>]|\d+(?=[.)]))/gm;
const SPACE = /^[ \t\n]+$/;
const EMPHASIS = { bold: "**", italic: "*" };
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
    const plain = inline(node);
    if (!plain || this.isReadAs(plain, node)) return plain;
    const escaped = inline(node, escape);
    const isRight = this.isReadAs(escaped, node);
    this.isExact &&= isRight;
    return isRight ? escaped : plain;
  }

  heading(node) {
    const words = this.paragraph(node).replace(/\n/g, " ");
    return words && `${"#".repeat(node.attrs.level)} ${words}`;
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
    const words = this.paragraph(node).replace(/\n/g, " ");
    return `[${words}](${target(node.attrs.href)} "button")`;
  }

  product({ attrs: { href, name, text } }) {
    return `[${name}](${target(href)} "product")${text && `\n${text}`}`;
  }

  /* Says whether this Markdown is, for the mail, what the editor shows. */
  isReadAs(source, node) {
    try {
      const found = read(source, this.schema);
      return found.childCount === 1 && shape(found.firstChild) === shape(node);
    } catch {
      return false;
    }
  }
}

/* The inline content of a block; `change` is done to its plain text. */
function inline(node, change = (text) => text) {
  let out = "";
  let active = [];
  const found = [...segments(node), { text: "", marks: [], isSpace: true }];
  found.forEach(({ source, text, marks, isSpace }, at) => {
    const gone = active.findIndex((mark) => !mark.isInSet(marks));
    const keep = gone < 0 ? active.length : gone;
    out += active.slice(keep).reverse().map(closed).join("");
    active = active.slice(0, keep);
    const fresh = isSpace ? [] : marks.filter((mark) => !mark.isInSet(active));
    const opening = outermostFirst(fresh, found.slice(at));
    out += opening.map(opened).join("") + (source ?? change(text));
    active = [...active, ...opening];
  });
  return change === escape ? out.replace(AT_LINE_START, startEscaped) : out;
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

function opened(mark) {
  return EMPHASIS[mark.type.name] ?? "[";
}

function closed(mark) {
  const { href, title } = mark.attrs;
  const said = title ? ` "${title}"` : "";
  return EMPHASIS[mark.type.name] ?? `](${target(href)}${said})`;
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
    const words = source ?? text.replace(/[ \t]+/g, " ");
    if (runs.at(-1)?.key === key) runs.at(-1).words += words;
    else runs.push({ key, words });
  }
  return JSON.stringify(runs).replace(/ *\\n */g, "\\n");
}
