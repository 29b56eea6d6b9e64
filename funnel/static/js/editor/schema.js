/* What a mail can show, as the editor's nodes: the libraries' and our own. */
import {
  Blockquote,
  Bold,
  BulletList,
  Document,
  Dropcursor,
  Gapcursor,
  HardBreak,
  Heading,
  HorizontalRule,
  Italic,
  ListItem,
  Mark,
  Node,
  OrderedList,
  Paragraph,
  Placeholder,
  Text,
  UndoRedo,
} from "../../vendor/tiptap.js";
import { kindOf } from "./holes.js";

const SAFE = /^(https:\/\/|mailto:|\{\{)/;
const UPLOADED = /^media:([\w-]+\.\w+)$/;

/* Every extension; `labels` say what holes mean, `ready` names ready-made blocks. */
export function extensions({ labels, words, ready }) {
  return [
    Document,
    Text,
    Paragraph,
    Heading,
    Bold,
    Italic,
    Blockquote,
    HardBreak,
    HorizontalRule,
    BulletList.extend(spacing).configure({ keepMarks: true }),
    OrderedList.extend(spacing).configure({ keepMarks: true }),
    ListItem.extend({ addKeyboardShortcuts: listKeys }),
    UndoRedo,
    Gapcursor,
    Dropcursor.configure({ color: false, class: "drop-line" }),
    Placeholder.configure({ placeholder: words.placeholder }),
    hole(labels),
    tag(labels),
    readyMade(words, ready),
    button(labels),
    product(words),
    image(words),
    link(labels),
  ];
}

/* Whether the items of a list stand close together or apart. */
const spacing = {
  addAttributes() {
    return { ...this.parent?.(), tight: { default: true, rendered: false } };
  },
};

/* Tab leaves the text, as everywhere on a page: other keys nest a list. */
function listKeys() {
  return {
    Enter: () => this.editor.commands.splitListItem(this.name),
    "Mod-]": () => this.editor.commands.sinkListItem(this.name),
    "Mod-[": () => this.editor.commands.liftListItem(this.name),
  };
}

function hole(labels) {
  return Node.create({
    name: "hole",
    group: "inline",
    inline: true,
    atom: true,
    addAttributes: () => kept("source"),
    parseHTML: () => [{ tag: "span[data-hole]" }],
    renderHTML: ({ node }) => {
      const { source } = node.attrs;
      const isWrong = labels.isKnown(source) ? "" : " unknown";
      const attrs = { class: `hole ${kindOf(source)}${isWrong}`, title: source };
      return ["span", { ...attrs, "data-hole": source }, labels.inLine(source)];
    },
  });
}

function tag(labels) {
  return Node.create({
    name: "tag",
    group: "block",
    atom: true,
    addAttributes: () => kept("source"),
    parseHTML: () => [{ tag: "div[data-tag]" }],
    renderHTML: ({ node }) => {
      const { source } = node.attrs;
      const isWrong = labels.isKnown(source) ? "" : " unknown";
      const attrs = { class: `tag${isWrong}`, title: source, "data-tag": source };
      return ["div", attrs, ["span", {}, labels.of(source)]];
    },
  });
}

function readyMade(words, names) {
  return Node.create({
    name: "ready",
    group: "block",
    atom: true,
    extendNodeSchema: (extension) =>
      extension.name === "ready" ? { names: Object.keys(names) } : {},
    addAttributes: () => kept("source"),
    parseHTML: () => [{ tag: "div[data-ready]" }],
    renderHTML: ({ node }) => {
      const { source } = node.attrs;
      const name = source.replace(/[{}\s]/g, "");
      const { label, hint } = names[name] ?? { label: name, hint: "" };
      const attrs = { class: "ready", "data-ready": source };
      return ["div", attrs, ["strong", {}, label], ["span", {}, hint]];
    },
  });
}

function button(labels) {
  return Node.create({
    name: "button",
    group: "block",
    content: "(text | hole)*",
    defining: true,
    isolating: true,
    addAttributes: () => kept("href"),
    parseHTML: () => [{ tag: "div[data-button]", contentElement: ".words" }],
    renderHTML: ({ node }) => {
      const { href } = node.attrs;
      const attrs = { class: "act", "data-button": href, "data-to": labels.target(href) };
      return ["div", attrs, ["span", { class: "words" }, 0]];
    },
    addKeyboardShortcuts() {
      return {
        Enter: () => isIn(this.editor, "button") && goOn(this.editor),
        Backspace: () => isEmptyIn(this.editor, "button") && clear(this.editor),
      };
    },
  });
}

function product(words) {
  return Node.create({
    name: "product",
    group: "block",
    atom: true,
    addAttributes: () => kept("href", "name", "text"),
    parseHTML: () => [{ tag: "div[data-product]" }],
    renderHTML: ({ node }) => {
      const { href, name, text } = node.attrs;
      const attrs = { class: "goods", "data-product": "", "data-href": href };
      const parts = [["em", {}, words.ad], ["strong", {}, name], ["span", {}, text]];
      return ["div", { ...attrs, "data-name": name, "data-text": text }, ...parts];
    },
  });
}

function image(words) {
  return Node.create({
    name: "image",
    group: "inline",
    inline: true,
    atom: true,
    draggable: true,
    addAttributes: () => kept("src", "alt", "title"),
    parseHTML: () => [{ tag: "span[data-src]" }],
    renderHTML: ({ node }) => {
      const { src, alt, title } = node.attrs;
      const about = { "data-src": src, "data-alt": alt, "data-title": title };
      const name = src.match(UPLOADED)?.[1];
      // Only our own pictures: the page shows nothing from elsewhere.
      const shown = name
        ? ["img", { src: `/media/${name}`, alt }]
        : ["span", { class: "away" }, `${words.picture}: ${alt}`];
      return ["span", { class: "picture", ...about }, shown];
    },
  });
}

function link(labels) {
  return Mark.create({
    name: "link",
    priority: 1000,
    inclusive: false,
    addAttributes: () => kept("href", "title"),
    parseHTML: () => [
      { tag: "a[data-href]" },
      {
        tag: "a[href]",
        getAttrs: (element) => {
          const href = element.getAttribute("href");
          return SAFE.test(href) && { href, title: null };
        },
      },
    ],
    // Without an address of its own: in a text that is edited it leads nowhere.
    renderHTML: ({ mark }) => {
      const { href } = mark.attrs;
      return ["a", { "data-href": href, title: labels.target(href) }, 0];
    },
  });
}

/* Attributes that a copy within the editor keeps. */
function kept(...names) {
  const found = names.map((name) => [
    name,
    {
      default: name === "title" ? null : "",
      parseHTML: (element) => element.dataset[name] ?? holeOf(element) ?? null,
      rendered: false,
    },
  ]);
  return Object.fromEntries(found);
}

function holeOf({ dataset }) {
  return dataset.hole ?? dataset.tag ?? dataset.ready ?? dataset.button;
}

function isIn(editor, name) {
  return editor.state.selection.$from.parent.type.name === name;
}

function isEmptyIn(editor, name) {
  return isIn(editor, name) && !editor.state.selection.$from.parent.childCount;
}

function clear(editor) {
  return editor.commands.setNode("paragraph");
}

/* Behind a button goes on an ordinary paragraph. */
function goOn(editor) {
  const after = editor.state.selection.$from.after();
  return editor
    .chain()
    .insertContentAt(after, { type: "paragraph" })
    .setTextSelection(after + 1)
    .scrollIntoView()
    .run();
}
