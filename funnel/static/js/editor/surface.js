/* The designed view of the text: it writes what is in it into the form's field. */
import { Editor, Extension, Fragment, Slice } from "../../vendor/tiptap.js";
import { COMMANDS, edit } from "./commands.js";
import { Unreadable } from "./holes.js";
import { Labels } from "./labels.js";
import { caseBlocks, holesFromText } from "./plugins.js";
import { read } from "./read.js";
import { extensions } from "./schema.js";
import { Toolbar } from "./toolbar.js";
import { write } from "./write.js";

/* What stands over the text: the toolbar above, the buttons below; pixels. */
const SIGHT = { top: 60, right: 0, bottom: 120, left: 0 };
const STYLE = /\sstyle\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi;
const KEYS = {
  "Mod-k": "link",
  "Mod-Alt-2": "heading",
  "Mod-Shift-b": "note",
};

export class Surface {
  /* `onChange` gets the Markdown, and whether it says all that is shown; `onLess` is
     called when less is pasted than was copied. */
  constructor({ place, toolbar, words, label, isEditable, onChange, onLess }) {
    this.onChange = onChange;
    this.onLess = onLess;
    this.labels = new Labels(words);
    const options = { labels: this.labels, words, ready: words.ready ?? {} };
    this.editor = new Editor({
      element: place,
      editable: isEditable,
      injectCSS: false,
      extensions: [...extensions(options), this.keys(), holesFromText, caseBlocks],
      editorProps: {
        attributes: attributes(label, isEditable),
        scrollMargin: SIGHT,
        scrollThreshold: SIGHT,
        clipboardTextParser: (text, context) => this.pasted(text, context),
        transformPastedHTML: (html) => this.simple(html),
        clipboardTextSerializer: (slice) => this.copied(slice),
        handleDoubleClickOn: () => isEditable && edit(this.editor, this.labels),
      },
    });
    this.editor.on("update", () => this.tell());
    // Tab to a text that begins with a block: the browser would leave no cursor in it.
    this.editor.on("focus", ({ editor: { view } }) => getSelection().rangeCount || view.focus());
    this.toolbar = toolbar && new Toolbar(toolbar, this.editor);
  }

  /* Shows this Markdown, exactly; throws Unreadable when that is not possible. */
  show(source) {
    const doc = read(source, this.editor.schema);
    if (write(doc).source !== source) throw new Unreadable("unknown", 1);
    const { tr } = this.editor.state;
    tr.replaceWith(0, tr.doc.content.size, room(doc).content);
    tr.setSelection(tr.selection.constructor.near(tr.doc.resolve(endOfWords(tr.doc))));
    tr.setMeta("addToHistory", false).setMeta("preventUpdate", true);
    this.editor.view.dispatch(tr);
  }

  focus() {
    this.editor.view.focus(); // its command would wait for the next frame
    this.editor.commands.scrollIntoView();
  }

  tell() {
    const { source, isExact } = write(this.editor.state.doc);
    this.onChange(source, isExact);
  }

  keys() {
    const run = (name) => () => {
      COMMANDS[name].run(this.editor, {});
      return true;
    };
    const named = Object.entries(KEYS).map(([key, name]) => [key, run(name)]);
    return Extension.create({
      name: "keys",
      priority: 1000,
      addKeyboardShortcuts: () => ({
        ...Object.fromEntries(named),
        "Alt-F10": () => Boolean(this.toolbar?.focus() ?? true),
        Enter: () => edit(this.editor, this.labels),
      }),
    });
  }

  /* Text from elsewhere is read as Markdown, which most of it is already. */
  pasted(text, context) {
    try {
      const { content } = read(text.replace(/\r\n?/g, "\n").trim(), this.editor.schema);
      const isInline = content.childCount === 1 && context.parent.inlineContent;
      return isInline ? Slice.maxOpen(content) : new Slice(content, 0, 0);
    } catch {
      return null;
    }
  }

  /* Of what comes from elsewhere a mail takes neither tables nor pictures. */
  simple(html) {
    if (/<(table|img)\b/i.test(html) && !html.includes("data-pm-slice")) this.onLess();
    return unstyled(untabled(html));
  }

  copied(slice) {
    const { schema } = this.editor;
    const isInline = slice.content.firstChild?.isInline;
    const blocks = isInline ? [schema.nodes.paragraph.create(null, slice.content)] : slice.content;
    return write(schema.topNodeType.create(null, Fragment.from(blocks))).source;
  }
}

/* Where nobody has put the cursor yet, words go on at the end of the others: never
   on a block, which the first letter would take the place of. */
function endOfWords(doc) {
  let end = null;
  doc.descendants((node, at) => {
    if (isForWords(node)) end = at + 1 + node.content.size;
  });
  return end;
}

/* A text of nothing but blocks gets an empty paragraph, which is not written. */
function room(doc) {
  let hasWords = false;
  doc.descendants((node) => {
    hasWords ||= isForWords(node);
  });
  const { paragraph } = doc.type.schema.nodes;
  return hasWords ? doc : doc.copy(doc.content.addToEnd(paragraph.create()));
}

function isForWords({ isTextblock, type }) {
  return isTextblock && type.name !== "button";
}

/* What is pasted brings styles that no mail shows and the page's policy refuses. */
function unstyled(html) {
  const bare = html.replace(/<style[^>]*>[^]*?<\/style>/gi, "");
  return bare.replace(/<[^>]+>/g, (tag) => tag.replace(STYLE, ""));
}

/* A row of a table becomes a paragraph. */
function untabled(html) {
  return html
    .replace(/<\/t[dh]\s*>/gi, " ")
    .replace(/<(\/?)tr\b[^>]*>/gi, "<$1p>")
    .replace(/<\/?(table|thead|tbody|tfoot|t[dh])\b[^>]*>/gi, "");
}

function attributes(label, isEditable) {
  return {
    role: "textbox",
    "aria-multiline": "true",
    "aria-labelledby": label,
    "aria-describedby": "body-hint",
    ...(!isEditable && { "aria-readonly": "true", tabindex: "0" }),
  };
}
