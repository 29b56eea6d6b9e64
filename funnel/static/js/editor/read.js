/* Markdown becomes the editor's document, as the mail's own parser reads it.
   Each block remembers its source: what nobody touches stays as it was written. */
import { MarkdownIt } from "../../vendor/tiptap.js";
import { NAME, Unreadable, guard, kindOf } from "./holes.js";

const LINE = /\n/g;
const BLOCKS = {
  blockquote: "blockquote",
  bullet_list: "bulletList",
  heading: "heading",
  list_item: "listItem",
  ordered_list: "orderedList",
  paragraph: "paragraph",
};
const MARKS = { em: "italic", link: "link", strong: "bold" };
const HTML = new Set(["html_block", "html_inline"]);

const markdown = new MarkdownIt("commonmark", { breaks: true });
markdown.disable(["code", "fence", "backticks", "lheading"]);
markdown.validateLink = () => true;
markdown.normalizeLink = (url) => url;

/* Block → { source, gap before it, the block that it came after, what followed }. */
export const origins = new WeakMap();

/* Returns the document; throws Unreadable when something would get lost. */
export function read(source, schema) {
  const guarded = guard(source);
  const isAlone = (hole) => kindOf(hole) === "tag" || isReadyMade(hole, schema);
  const { text, lines } = loosen(guarded, isAlone);
  const tokens = markdown.parse(text, {});
  const builder = new Builder(schema, guarded, lines);
  const places = new Places(source);
  let after = null;
  for (const group of groups(tokens)) {
    const node = builder.build(group);
    const [from, to] = extent(group[0].map, text, lines);
    origins.set(node, { ...places.take(from, to), after, tail: "" });
    after = node;
  }
  const tail = places.rest();
  if (after) origins.get(after).tail = tail;
  const { nodes } = builder;
  const doc = schema.topNodeType.create(null, nodes.length ? nodes : blank(schema));
  checked(doc);
  return doc;
}

function blank(schema) {
  return schema.nodes.paragraph.create();
}

function isReadyMade(hole, schema) {
  return schema.nodes.ready.spec.names.includes(hole.match(NAME)?.[1]);
}

/* Gives what stands alone on its line room, as its own block. */
function loosen(guarded, isAlone) {
  const loose = [];
  const lines = [];
  guarded.text.split("\n").forEach((line, number) => {
    const hole = guarded.only(line);
    const out = hole && isAlone(hole) ? ["", line.trim(), ""] : [line];
    loose.push(...out);
    lines.push(...out.map(() => number));
  });
  return { text: loose.join("\n"), lines };
}

/* Which lines of the source a block takes, without the empty ones behind it. */
function extent([start, end], text, lines) {
  const all = text.split("\n");
  let last = end - 1;
  while (last > start && !all[last].trim()) last -= 1;
  return [lines[start], lines[last]];
}

/* Hands out the source block by block, and nothing but white space in between. */
class Places {
  constructor(source) {
    this.source = source;
    this.at = 0;
    this.starts = [0, ...[...source.matchAll(LINE)].map((found) => found.index + 1)];
  }

  take(from, to) {
    const start = this.starts[from];
    const end = (this.starts[to + 1] ?? this.source.length + 1) - 1;
    const gap = this.between(start);
    this.at = end;
    return { source: this.source.slice(start, end), gap };
  }

  rest() {
    return this.between(this.source.length);
  }

  between(end) {
    const gap = this.source.slice(this.at, end);
    const line = this.source.slice(0, this.at).split("\n").length;
    if (gap.trim()) throw new Unreadable("unknown", line);
    return gap;
  }
}

function groups(tokens) {
  const found = [];
  for (const token of tokens) {
    if (token.level === 0 && token.nesting >= 0) found.push([]);
    found.at(-1).push(token);
  }
  return found;
}

/* Builds nodes from tokens, as a stack of what is open. */
class Builder {
  constructor(schema, guarded, lines) {
    this.schema = schema;
    this.guarded = guarded;
    this.lines = lines;
    this.line = 1;
    this.nodes = [];
    this.open = [{ nodes: this.nodes }];
    this.marks = [];
  }

  build(tokens) {
    for (let at = 0; at < tokens.length; at += 1) {
      const special = this.special(tokens, at);
      if (special) this.add(special);
      else this.follow(tokens[at], tokens, at);
      if (special) at += 2;
    }
    return this.nodes.at(-1);
  }

  add(node) {
    this.open.at(-1).nodes.push(node);
  }

  follow(token, tokens, at) {
    if (token.map) this.line = this.lines[token.map[0]] + 1;
    const kind = token.type.replace(/_(open|close)$/, "");
    if (kind in BLOCKS) this.block(token, kind, tokens, at);
    else if (kind in MARKS) this.mark(token, kind);
    else if (kind === "inline") token.children.forEach((child) => this.follow(child));
    else if (kind === "text") this.text(token.content);
    else if (/^(soft|hard)break$/.test(kind)) this.add(this.leaf("hardBreak"));
    else if (kind === "hr") this.add(this.leaf("horizontalRule"));
    else if (kind === "image") this.add(this.leaf("image", this.picture(token)));
    else throw new Unreadable(HTML.has(kind) ? "html" : "unknown", this.line);
  }

  block(token, kind, tokens, at) {
    if (token.nesting === 1) {
      this.open.push({ type: BLOCKS[kind], attrs: about(token, tokens, at), nodes: [] });
      return;
    }
    const { type, attrs, nodes } = this.open.pop();
    const node = this.schema.nodes[type].createAndFill(attrs, nodes);
    if (!node) throw new Unreadable("unknown", this.line);
    this.add(node);
  }

  mark(token, kind) {
    if (token.nesting === -1) {
      this.marks.pop();
      return;
    }
    const href = this.guarded.restore(token.attrGet("href") ?? "");
    const attrs = kind === "link" ? { href, title: token.attrGet("title") } : null;
    this.marks.push(this.schema.marks[MARKS[kind]].create(attrs));
  }

  text(content) {
    for (const { hole, text } of this.guarded.cut(content)) {
      this.add(hole ? this.leaf("hole", { source: hole }) : this.words(text));
    }
  }

  words(text) {
    return this.schema.text(text, this.set());
  }

  leaf(type, attrs = null) {
    return this.schema.nodes[type].create(attrs, null, this.set());
  }

  set() {
    return this.marks.reduce((set, mark) => mark.addToSet(set), []);
  }

  picture(token) {
    return {
      src: this.guarded.restore(token.attrGet("src") ?? ""),
      alt: this.guarded.restore(token.content),
      title: token.attrGet("title"),
    };
  }

  /* A paragraph that is one tag, one ready-made block, a button or a product. */
  special(tokens, at) {
    if (tokens[at].type !== "paragraph_open" || tokens[at].hidden) return null;
    const { content, children } = tokens[at + 1];
    const hole = this.guarded.only(content);
    if (hole && kindOf(hole) === "tag") return this.alone("tag", hole);
    if (hole && isReadyMade(hole, this.schema)) return this.alone("ready", hole);
    const end = children.findIndex((child) => child.type === "link_close");
    if (children[0].type !== "link_open") return null;
    const title = children[0].attrGet("title");
    if (title === "button" && end === children.length - 1) return this.button(children);
    if (title === "product") return this.product(content, children, end);
    return null;
  }

  alone(type, source) {
    return this.schema.nodes[type].create({ source });
  }

  button(children) {
    const href = this.guarded.restore(children[0].attrGet("href"));
    this.open.push({ nodes: [] });
    children.slice(1, -1).forEach((child) => this.follow(child));
    return this.schema.nodes.button.create({ href }, this.open.pop().nodes);
  }

  product(content, children, end) {
    const next = children[end + 1];
    if (next && !/break$/.test(next.type)) return null;
    const [first, ...more] = content.split("\n");
    const attrs = {
      href: children[0].attrGet("href"),
      name: first.slice(1, first.lastIndexOf("](")),
      text: more.join("\n"),
    };
    for (const key of Object.keys(attrs)) attrs[key] = this.guarded.restore(attrs[key]);
    return this.schema.nodes.product.create(attrs);
  }
}

function about(token, tokens, at) {
  if (token.type === "heading_open") return { level: Number(token.tag.slice(1)) };
  if (!/_list_open$/.test(token.type)) return null;
  const start = Number(token.attrGet("start") ?? 1);
  return { tight: isTight(tokens, at), ...(token.tag === "ol" && { start }) };
}

function isTight(tokens, at) {
  const inside = tokens.slice(at).find((token) => token.type === "paragraph_open");
  return inside?.hidden ?? true;
}

function checked(doc) {
  try {
    doc.check();
  } catch {
    throw new Unreadable("unknown");
  }
}
