/* What a hole says on the page: “voornaam”, “als de masterclass nog komt”. */
import { kindOf } from "./holes.js";

const WITH_FALLBACK = /^\{\{\s*(\w+)\s*\|\s*default\(\s*(["'])(.*)\2\s*\)\s*\}\}$/;
const PLAIN = /^\{\{\s*(\w+)\s*(?:\|\s*(?:capitalize|upper|lower|trim)\s*)*\}\}$/;
const TAG = /^\{%\s*(if|elif|else|endif)\s*(.*?)\s*%\}$/;
const WORD = /"[^"]*"|'[^']*'|[A-Za-z_]\w*|\S/g;
const ADDRESS = /^\{\{\s*(\w+_url)\s*\}\}/;

/* `words` are the page's: { values: {name: {label, clause}}, if, elif, … }. */
export class Labels {
  constructor(words) {
    this.words = words;
  }

  /* In a line of text the end of a choice is said in fewer words. */
  inLine(source) {
    return TAG.exec(source)?.[1] === "endif" ? this.words.end : this.of(source);
  }

  of(source) {
    const kind = kindOf(source);
    if (kind === "value") return this.value(source);
    return kind === "tag" ? this.tag(source) : source.slice(2, -2).trim();
  }

  isKnown(source) {
    const kind = kindOf(source);
    if (kind === "note") return true;
    if (kind === "value") return this.name(source) in this.words.values;
    return this.names(source).every((name) => name in this.words.values);
  }

  /* The name that a value shows, if it is no more than that. */
  name(source) {
    return (source.match(WITH_FALLBACK) ?? source.match(PLAIN))?.[1] ?? "";
  }

  fallback(source) {
    return source.match(WITH_FALLBACK)?.[3] ?? "";
  }

  /* Where a link leads, in words. */
  target(href) {
    const name = href.match(ADDRESS)?.[1];
    if (name) return this.words.values[name]?.label ?? name;
    if (href === "mailto:{{ reply_to }}") return this.words.reply;
    return href.replace(/^(https:\/\/|mailto:)/, "");
  }

  value(source) {
    const name = this.name(source);
    const label = this.words.values[name]?.label;
    if (!label) return source.slice(2, -2).trim();
    const fallback = this.fallback(source);
    return fallback ? `${label} · ${this.words.instead} “${fallback}”` : label;
  }

  tag(source) {
    const [, verb, rest] = source.match(TAG) ?? [];
    if (!verb) return source.slice(2, -2).trim();
    return [this.words[verb], this.clause(rest)].filter(Boolean).join(" ");
  }

  clause(expression) {
    const { values, and, or, not } = this.words;
    const small = { and, or, not };
    const said = (expression.match(WORD) ?? []).map(
      (word) => small[word] ?? values[word]?.clause ?? word,
    );
    return said.join(" ");
  }

  names(source) {
    const small = new Set(["and", "or", "not", "true", "false", "True", "False"]);
    const words = source.match(TAG)?.[2].match(WORD) ?? [];
    return words.filter((word) => /^[A-Za-z_]/.test(word) && !small.has(word));
  }
}
