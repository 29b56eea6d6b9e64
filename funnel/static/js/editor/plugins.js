/* What the editor does with holes by itself: makes them, and shows what is inside. */
import { Decoration, DecorationSet, Extension, Plugin } from "../../vendor/tiptap.js";
import { kindOf, pieces } from "./holes.js";

const OPENS = /^\{%\s*if\b/;
const CLOSES = /^\{%\s*endif\b/;
const BRANCHES = /^\{%\s*el/;

/* Braces that were typed or pasted as text become what they mean. */
export const holesFromText = Extension.create({
  name: "holesFromText",
  addProseMirrorPlugins: () => [new Plugin({ appendTransaction: swap })],
});

function swap(transactions, _before, state) {
  if (!transactions.some((one) => one.docChanged)) return null;
  const found = written(state.doc);
  if (!found.length) return null;
  const { tr, schema } = state;
  for (const { from, to, source, marks } of found.reverse()) {
    tr.replaceWith(from, to, schema.nodes.hole.create({ source }, null, marks));
  }
  return tr;
}

function written(doc) {
  const found = [];
  doc.descendants((node, at) => {
    if (!node.isText || !node.text.includes("{")) return;
    let from = at;
    for (const { kind, source } of pieces(node.text)) {
      const to = from + source.length;
      if (kind !== "text" && kindOf(source)) found.push({ from, to, source, marks: node.marks });
      from = to;
    }
  });
  return found;
}

/* Blocks between an if and its end stand a little to the side. */
export const caseBlocks = Extension.create({
  name: "caseBlocks",
  addProseMirrorPlugins: () => [
    new Plugin({ props: { decorations: ({ doc }) => DecorationSet.create(doc, inside(doc)) } }),
  ],
});

function inside(doc) {
  const found = [];
  let depth = 0;
  doc.forEach((node, at) => {
    const source = node.type.name === "tag" ? node.attrs.source : "";
    if (CLOSES.test(source)) depth = Math.max(depth - 1, 0);
    const level = BRANCHES.test(source) ? depth - 1 : depth;
    if (level > 0) {
      const attrs = { class: `in-case-${Math.min(level, 4)}` };
      found.push(Decoration.node(at, at + node.nodeSize, attrs));
    }
    if (OPENS.test(source)) depth += 1;
  });
  return found;
}
