/* What the toolbar and its keys do to the text. */
import { ask } from "./dialogs.js";
import { NAME } from "./holes.js";
import { uploaded } from "./pictures.js";
import { addressed, leading, placed, shop } from "./targets.js";

/* Command → { run, isOn } for an editor that has the focus. */
export const COMMANDS = {
  bold: toggled("toggleBold", "bold"),
  italic: toggled("toggleItalic", "italic"),
  heading: toggled("toggleHeading", "heading", { level: 2 }),
  bullets: toggled("toggleBulletList", "bulletList"),
  numbers: toggled("toggleOrderedList", "orderedList"),
  note: toggled("toggleBlockquote", "blockquote"),
  link: { run: link, isOn: (editor) => editor.isActive("link") },
  undo: { run: (editor) => editor.commands.undo(), can: "undo" },
  redo: { run: (editor) => editor.commands.redo(), can: "redo" },
  line: { run: (editor) => editor.commands.setHorizontalRule() },
  button: { run: button },
  case: { run: oneCase },
  image: { run: image },
  product: { run: product },
  value: { run: (editor, { source }) => insert(editor, hole(source)) },
  ready: { run: (editor, { source }) => block(editor, { type: "ready", attrs: { source } }) },
};

/* The dialog for whatever is selected as a whole; says whether there was one. */
export function edit(editor, labels) {
  const { node } = editor.state.selection;
  const how = node && EDITS[node.type.name];
  if (how) how(editor, node, labels);
  return Boolean(how);
}

const EDITS = {
  hole: editHole,
  tag: editSource,
  image: editImage,
  product: editProduct,
};

/* The text has its cursor back before another key can come. */
async function asked(editor, ...question) {
  const told = await ask(...question);
  editor.view.focus();
  return told;
}

function toggled(command, name, attrs) {
  return {
    run: (editor) => editor.commands[command](attrs),
    isOn: (editor) => editor.isActive(name, attrs),
  };
}

function hole(source) {
  return { type: "hole", attrs: { source } };
}

function insert(editor, content) {
  return editor.commands.insertContent(content);
}

/* A block of its own, and the cursor in the text behind it: in what the block cut
   off, or else in a new paragraph. */
function block(editor, content) {
  const { $to } = editor.state.selection;
  const isCut = $to.parent.isTextblock && $to.parentOffset < $to.parent.content.size;
  if (!isCut) return editor.commands.insertContent([content, { type: "paragraph" }]);
  const behind = ({ tr, commands }) => commands.setTextSelection(tr.mapping.map($to.pos));
  return editor.chain().insertContent(content).command(behind).run();
}

async function link(editor) {
  const isThere = editor.isActive("link");
  if (isThere) editor.commands.extendMarkRange("link");
  const { from, to } = editor.state.selection;
  const words = editor.state.doc.textBetween(from, to, " ");
  const { href = "" } = editor.getAttributes("link");
  const how = { canRemove: isThere, settle: addressed };
  const told = await asked(editor, "link", { words, ...placed(href) }, how);
  if (!told) return;
  const chain = editor.chain().setTextSelection({ from, to });
  if (told.isRemoved) return chain.unsetMark("link").run();
  const attrs = { href: leading(told), title: null };
  if (from !== to && told.words === words) return chain.setMark("link", attrs).run();
  const text = { type: "text", text: told.words, marks: [{ type: "link", attrs }] };
  return chain.insertContent(text).unsetMark("link").run();
}

async function button(editor) {
  const { parent } = editor.state.selection.$from;
  const isThere = parent.type.name === "button";
  const known = isThere ? placed(parent.attrs.href) : placed("{{ join_url }}");
  const words = isThere ? parent.textContent : "";
  const how = { canRemove: isThere, settle: addressed };
  const told = await asked(editor, "button", { words, ...known }, how);
  if (!told) return;
  if (isThere) return changeButton(editor, told, words);
  const content = [{ type: "text", text: told.words }];
  return block(editor, { type: "button", attrs: { href: leading(told) }, content });
}

function changeButton(editor, told, words) {
  if (told.isRemoved) return editor.commands.setNode("paragraph");
  const { $from } = editor.state.selection;
  const chain = editor.chain().updateAttributes("button", { href: leading(told) });
  if (told.words === words) return chain.run();
  const range = { from: $from.start(), to: $from.end() };
  return chain.insertContentAt(range, { type: "text", text: told.words }).run();
}

async function oneCase(editor) {
  const told = await asked(editor, "case", { others: true });
  if (!told) return;
  const tag = (source) => ({ type: "tag", attrs: { source: `{% ${source} %}` } });
  const blank = { type: "paragraph" };
  const others = told.others ? [tag("else"), blank] : [];
  const opening = `if ${told.no ? "not " : ""}${told.name}`;
  const content = [tag(opening), blank, ...others, tag("endif")];
  const { $from } = editor.state.selection;
  const isBlank = $from.depth === 1 && !$from.parent.childCount;
  const at = isBlank ? $from.before(1) : $from.after(1);
  const place = isBlank ? { from: at, to: $from.after(1) } : at;
  return editor.chain().insertContentAt(place, content).setTextSelection(at + 2).run();
}

async function image(editor) {
  const attrs = await asked(editor, "image", {}, { settle: uploaded });
  if (!attrs) return;
  return block(editor, { type: "paragraph", content: [{ type: "image", attrs }] });
}

async function editImage(editor, node) {
  const { src, alt } = node.attrs;
  const how = { canRemove: true, settle: (told) => uploaded(told, src) };
  const told = await asked(editor, "image", { address: src, alt }, how);
  return change(editor, told, () => told);
}

async function product(editor) {
  const told = await asked(editor, "product", {}, { settle: shop });
  if (!told) return;
  return block(editor, { type: "product", attrs: goods(told) });
}

async function editProduct(editor, node) {
  const { href, name, text } = node.attrs;
  const how = { canRemove: true, settle: shop };
  const told = await asked(editor, "product", { address: href, name, text }, how);
  return change(editor, told, () => goods(told));
}

/* A description goes on in its paragraph: an empty line would end it. */
function goods({ address, name, text }) {
  const lines = text.split("\n").map((line) => line.trim());
  return { href: leading({ address }), name, text: lines.filter(Boolean).join("\n") };
}

async function editHole(editor, node, labels) {
  const { source } = node.attrs;
  const name = labels.name(source);
  const fallback = labels.fallback(source);
  const isSimple = NAME.test(source) || fallback;
  if (!name || !isSimple) return editSource(editor, node);
  const told = await asked(editor, "value", { name, fallback }, { canRemove: true });
  return change(editor, told, () => ({ source: valueOf(told) }));
}

async function editSource(editor, node) {
  const told = await asked(editor, "source", { source: node.attrs.source }, { canRemove: true });
  return change(editor, told, () => ({ source: told.source.trim() }));
}

/* Gives the selected node other attributes, or takes it out. */
function change(editor, told, attrs) {
  if (!told) return;
  if (told.isRemoved) return editor.commands.deleteSelection();
  const { name } = editor.state.selection.node.type;
  return editor.commands.updateAttributes(name, attrs());
}

function valueOf({ name, fallback }) {
  return fallback ? `{{ ${name}|default("${fallback}") }}` : `{{ ${name} }}`;
}
