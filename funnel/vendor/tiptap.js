/* What the studio's editor takes from libraries; `make vendor` makes one file of it. */
export { Editor, Extension, Mark, Node } from "@tiptap/core";
export { Blockquote } from "@tiptap/extension-blockquote";
export { Bold } from "@tiptap/extension-bold";
export { Document } from "@tiptap/extension-document";
export { HardBreak } from "@tiptap/extension-hard-break";
export { Heading } from "@tiptap/extension-heading";
export { HorizontalRule } from "@tiptap/extension-horizontal-rule";
export { Italic } from "@tiptap/extension-italic";
export { BulletList, ListItem, OrderedList } from "@tiptap/extension-list";
export { Paragraph } from "@tiptap/extension-paragraph";
export { Text } from "@tiptap/extension-text";
export { Dropcursor, Gapcursor, Placeholder, UndoRedo } from "@tiptap/extensions";
export { Fragment, Slice } from "@tiptap/pm/model";
export { Plugin } from "@tiptap/pm/state";
export { Decoration, DecorationSet } from "@tiptap/pm/view";
export { default as MarkdownIt } from "markdown-it";
