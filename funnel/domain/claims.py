"""The lint of claims: what the law does not let a text say, found before it goes out.

The rules are data (`claims.nl.toml`). Authorised claims are taken out first, then the
rest is searched, sentence by sentence. What no text shows (consent, sender, headers,
tracking) is checked where it is made.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple


class Mode(StrEnum):
    """What a text is: it, or its sequence, sells; it informs; it serves a seat."""

    AD = "ad"
    INFO = "info"
    SERVICE = "service"


class Level(StrEnum):
    """What a finding asks for."""

    BLOCK = "block"
    REVIEW = "review"
    DISCLOSE = "disclose"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in a text, as offsets into its NFC form, and what to write instead."""

    rule: str
    level: Level
    start: int
    end: int
    quote: str
    advice: str


def check(text: str, *, mode: Mode, language: str = "nl") -> list[Finding]:
    """Return what a person must change or judge, in the order of the text.

    `text` is Markdown or HTML; put the subject and the preheader before it, with a
    blank line between.

    Raises:
        ValueError: There are no rules for this language.
    """
    book = _book(language)
    page = _read(unicodedata.normalize("NFC", text), book)
    found = [
        finding
        for rule in book.rules
        if mode in rule.levels
        for finding in _search(rule, page, book, mode)
    ]
    return sorted(found, key=lambda finding: (finding.start, finding.rule))


# The book of rules ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    levels: Mapping[Mode, Level]
    pattern: re.Pattern[str]
    advice: str
    needs_subject: bool
    needs_selling: bool
    is_raw: bool
    unless: re.Pattern[str] | None
    unless_text: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class _Book:
    rules: tuple[_Rule, ...]
    claims: re.Pattern[str]
    subject: re.Pattern[str]
    selling: re.Pattern[str]
    denial: re.Pattern[str]


@lru_cache
def _book(language: str) -> _Book:
    path = Path(__file__).with_name(f"claims.{language}.toml")
    if not path.is_file():
        raise ValueError(f"There are no rules about claims for language {language!r}.")
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    claims = "|".join(claim["words"] for claim in data["claim"])
    return _Book(
        rules=tuple(_rule(entry) for entry in data["rule"]),
        claims=_pattern(rf"\bmagnesium (?:{claims})"),
        subject=_pattern(data["subject"]),
        selling=_pattern(data["selling"]),
        denial=_pattern(data["denial"]),
    )


def _rule(entry: Mapping[str, Any]) -> _Rule:
    return _Rule(
        id=entry["id"],
        levels={mode: Level(entry[mode]) for mode in Mode if mode in entry},
        pattern=_pattern(entry["pattern"]),
        advice=entry["advice"],
        needs_subject=entry.get("subject", False),
        needs_selling=entry.get("selling", False),
        is_raw=entry.get("raw", False),
        unless=_pattern(entry["unless"]) if "unless" in entry else None,
        unless_text=_pattern(entry["unless_text"]) if "unless_text" in entry else None,
    )


def _pattern(written: str) -> re.Pattern[str]:
    """Compile; a blank stands for any white space, since a line may break there."""
    return re.compile(re.sub(r"(?<!\[) (?!\?)", r"\\s+", written), re.IGNORECASE)


# The text ------------------------------------------------------------------------


class _Sentence(NamedTuple):
    start: int
    end: int
    before: tuple[int, int]  # the sentence before, or the line above its list


@dataclass(frozen=True, slots=True)
class _Page:
    text: str
    plain: str  # same length: markup, links, templates and claims blanked
    sentences: tuple[_Sentence, ...]
    is_selling: bool


_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_TARGET = re.compile(r"(?<=\])\([^)\n]*\)")
_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")
_BLOCK_TAG = re.compile(r"</?(?:p|li|h\d|div|td|tr|title|ul|ol|br)\b", re.IGNORECASE)
_SPOKEN = re.compile(r'\b(?:alt|title|content)="([^"]*)"', re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:>\s*)*(?:[-*•]|\d+\.)\s")
_BREAK = re.compile(
    r"(?<=[.!?…])[\"'”\u2019)*_]*\s+|\n\s*\n|\n(?=\s*(?:[-*•>#]|\d+\.)\s)"
)


def _read(text: str, book: _Book) -> _Page:
    plain = _TARGET.sub(_blank, _TEMPLATE.sub(_blank, text))
    plain = book.claims.sub(_blank, _TAG.sub(_without_markup, plain))
    return _Page(
        text, plain, tuple(_sentences(plain)), book.selling.search(text) is not None
    )


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _without_markup(match: re.Match[str]) -> str:
    """Blank a tag, keep what is read aloud, and end a sentence where a block ends."""
    tag = match[0]
    left = list("\n\n".ljust(len(tag)) if _BLOCK_TAG.match(tag) else " " * len(tag))
    for spoken in _SPOKEN.finditer(tag):
        left[slice(*spoken.span(1))] = spoken[1]
    return "".join(left)


def _sentences(plain: str) -> Iterator[_Sentence]:
    """Cut into sentences; the items of a list all follow the line above it."""
    before, start = (0, 0), 0
    for end in [*(match.end() for match in _BREAK.finditer(plain)), len(plain)]:
        yield _Sentence(start, end, before)
        if plain[start:end].strip() and not _ITEM.match(plain, start):
            before = (start, end)
        start = end


# The search ----------------------------------------------------------------------


def _search(rule: _Rule, page: _Page, book: _Book, mode: Mode) -> Iterator[Finding]:
    if rule.needs_selling and not page.is_selling:
        return
    if rule.unless_text is not None and rule.unless_text.search(page.text):
        return
    for start, end in _matches(rule, page, book, mode):
        quote = page.text[start:end]
        yield Finding(rule.id, rule.levels[mode], start, end, quote, rule.advice)


def _matches(
    rule: _Rule, page: _Page, book: _Book, mode: Mode
) -> Iterator[tuple[int, int]]:
    if rule.is_raw:
        yield from (match.span() for match in rule.pattern.finditer(page.text))
        return
    for sentence in page.sentences:
        if not _concerns(rule, sentence, page, book, mode):
            continue
        for match in rule.pattern.finditer(page.plain, sentence.start, sentence.end):
            if not _is_harmless(rule, match, sentence, page, book):
                yield match.span()


def _concerns(
    rule: _Rule, sentence: _Sentence, page: _Page, book: _Book, mode: Mode
) -> bool:
    """Say whether a sentence is about the nutrient or a product, where that counts."""
    if not rule.needs_subject or mode is Mode.SERVICE:
        return True
    if mode is Mode.AD and page.is_selling:
        return True
    return any(
        book.subject.search(page.plain, start, end)
        for start, end in (sentence.before, (sentence.start, sentence.end))
    )


def _is_harmless(
    rule: _Rule, match: re.Match[str], sentence: _Sentence, page: _Page, book: _Book
) -> bool:
    where = (page.plain, sentence.start, sentence.end)
    if book.denial.search(*where):
        return True
    return rule.unless is not None and any(
        guard.start() <= match.start() < guard.end()
        for guard in rule.unless.finditer(*where)
    )
