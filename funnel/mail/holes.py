"""A text with holes: where the template expressions are, before anything runs."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import jinja2

from funnel.mail.problem import N_, TemplateProblem

TAGS = ("if", "elif", "else", "endif")
MOST_HOLES, MOST_WORDS, MOST_LENGTH = 500, 40, 1_000
DEEPEST, MOST_BRANCHES = 4, 20
TOO_LONG = N_("This is too long to read. Say it in fewer words.")
GUARD_OPEN, GUARD_CLOSE = "\ue000", "\ue001"
_KINDS = {"variable_begin": "value", "block_begin": "tag", "comment_begin": "note"}
_LEXER = jinja2.Environment(autoescape=True, keep_trailing_newline=True)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the source: plain text, a value, a tag or a note."""

    kind: str  # "text", "value", "tag" or "note"
    source: str
    words: tuple[str, ...]  # the tokens inside the braces
    line: int
    column: int

    @property
    def verb(self) -> str:
        """Return the tag's first word, "if" of `{% if joined %}`."""
        return self.words[0] if self.kind == "tag" and self.words else ""

    def problem(self, sentence: str, **details: str) -> TemplateProblem:
        return TemplateProblem(self.line, self.column, sentence, details)


def pieces(source: str) -> list[Piece]:
    """Take the source apart; joined again, the pieces are the source.

    Raises:
        TemplateProblem: A character, a brace or a tag does not belong in a mail.
    """
    _check_characters(source)
    try:
        found = list(islice(_cut(source), 2 * MOST_HOLES + 2))
    except jinja2.TemplateSyntaxError as error:
        raise _unclosed(error.lineno, _first_brace(source, error.lineno)) from error
    _check_tags(found)
    return found


def _cut(source: str) -> Iterator[Piece]:
    at, begin, kind, words = 0, 0, "", list[str]()
    for _, token, value in _LEXER.lex(source):
        if token.endswith("_begin"):
            begin, kind, words = at, _KINDS.get(token, ""), []
        at += len(value)
        if token == "data":  # noqa: S105 - a token of the lexer
            yield _piece("text", source, (at - len(value), at), [])
        elif token.endswith(("_begin", "_end")):
            _check_plain(source, begin, value)
        elif token != "whitespace":  # noqa: S105 - a token of the lexer
            words.append(value)
            _check_length(source, begin, len(words))
        if token.endswith("_end"):
            yield _piece(kind, source, (begin, at), words)
            kind = ""
    if kind:
        raise _unclosed(*place(source, begin))


def _piece(kind: str, source: str, span: tuple[int, int], words: list[str]) -> Piece:
    line, column = place(source, span[0])
    return Piece(kind, source[slice(*span)], tuple(words), line, column)


def place(source: str, index: int) -> tuple[int, int]:
    """Return line and column of a character, both from 1."""
    return source.count("\n", 0, index) + 1, index - source.rfind("\n", 0, index)


def _unclosed(line: int, column: int) -> TemplateProblem:
    return TemplateProblem(
        line,
        column,
        N_("These braces do not close. Write {{ name }} or {% if name %}."),
    )


def _first_brace(source: str, line: int) -> int:
    lines = source.split("\n")
    return max(lines[line - 1].find("{"), 0) + 1 if line <= len(lines) else 1


def _check_plain(source: str, begin: int, brace: str) -> None:
    """Refuse `{%-` and `{% raw %}`: the compiler looks after white space itself."""
    if "-" in brace or "+" in brace or "raw" in brace:
        raise TemplateProblem(
            *place(source, max(source.find(brace.strip(), begin), 0)),
            N_("Write only {{ and }} or {% and %}, nothing else."),
        )


def _check_length(source: str, begin: int, words: int) -> None:
    """Stop at once in a hole that has no end: the rest is not even read."""
    if words > MOST_WORDS:
        raise TemplateProblem(*place(source, begin), TOO_LONG)


def _check_characters(source: str) -> None:
    for found in re.finditer(r"[^\x20-\x7e\xa1-\xac\xae-\u024f\n\t]", source):
        character = found.group()
        if is_invisible(character):
            raise TemplateProblem(
                *place(source, found.start()),
                N_("There is an invisible character here (%(code)s). Delete it."),
                {"code": f"U+{ord(character):04X}"},
            )


def is_invisible(character: str) -> bool:
    """Say whether it is a control character, a line separator or unassigned to all."""
    return unicodedata.category(character) in {"Cc", "Cs", "Co", "Zl", "Zp"}


def _check_tags(found: Iterable[Piece]) -> None:
    open_ifs: list[list[Piece]] = []
    holes = [piece for piece in found if piece.kind in {"value", "tag"}]
    if len(holes) > MOST_HOLES:
        raise holes[MOST_HOLES].problem(
            N_("This text has too many braces. Make it shorter.")
        )
    for piece in holes:
        _check_hole(piece)
        if piece.kind == "tag":
            _follow(piece, open_ifs)
    if open_ifs:
        raise open_ifs[-1][0].problem(
            N_("This if is never closed. Write {% endif %} where it ends.")
        )


def _check_hole(piece: Piece) -> None:
    if not piece.words:
        raise piece.problem(N_("These braces are empty. Write a name between them."))
    if len(piece.source) > MOST_LENGTH:
        raise piece.problem(TOO_LONG)
    if piece.kind == "tag" and piece.verb not in TAGS:
        raise piece.problem(
            N_("A mail knows only if, elif, else and endif, not “%(tag)s”."),
            tag=piece.verb[:40],
        )


def _follow(piece: Piece, open_ifs: list[list[Piece]]) -> None:
    """Keep the stack of ifs, each with its branches so far."""
    if piece.verb == "if":
        if len(open_ifs) == DEEPEST:
            raise piece.problem(N_("Too many ifs inside each other. Split the text."))
        open_ifs.append([piece])
        return
    if not open_ifs:
        raise piece.problem(
            N_("There is no if for this %(tag)s. Write {%% if name %%} above it."),
            tag=piece.verb,
        )
    if piece.verb == "endif":
        open_ifs.pop()
        return
    if open_ifs[-1][-1].verb == "else":
        raise piece.problem(N_("Nothing can follow else. Write {% endif %} here."))
    open_ifs[-1].append(piece)
    if len(open_ifs[-1]) > MOST_BRANCHES:
        raise piece.problem(N_("This if has too many branches. Split the text."))
