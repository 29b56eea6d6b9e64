"""A mail's body: Markdown read into blocks, and held to what a letter can show."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from funnel.mail import personalize, picture
from funnel.mail.blocks import BUTTON, PRODUCT, READY
from funnel.mail.guard import MARK, Guard
from funnel.mail.holes import GUARD_CLOSE, GUARD_OPEN, Piece
from funnel.mail.names import NAMES
from funnel.mail.problem import N_, TemplateProblem

KEPT = "media:"
"""How the address of a picture of ours begins; the name of `mail.picture` follows."""
_LINK = re.compile(r"https://[^\s/?#@\\]+\.[^\s/?#@\\]+([/?#]\S*)?")
_MAILTO = re.compile(r"mailto:[^\s@,?]+@[^\s@,?]+(\?\S*)?")
_BREAKS = frozenset({"softbreak", "hardbreak"})
_VALUE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Place(NamedTuple):
    """Something of a body, and its line."""

    what: str
    line: int


@dataclass
class Document:
    """The blocks of a body, its expressions, and the line that each came from.

    `pictures` has the name of each picture of ours, and its line; `links` where each
    link leads, `elsewhere` the pictures of others, `products` those of the links that
    lead to one.
    """

    tokens: list[Token]
    guard: Guard
    lines: list[int] = field(default_factory=list)
    pictures: dict[str, int] = field(default_factory=dict)
    links: list[Place] = field(default_factory=list)
    elsewhere: list[Place] = field(default_factory=list)
    products: list[Place] = field(default_factory=list)


def read(source: str) -> Document:
    """Read a body.

    Raises:
        TemplateProblem: Something in it cannot stand in a mail.
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    personalize.check(source, also=READY)
    guard = Guard()
    text, lines = _loosen(guard.protect(source), guard)
    document = Document(_blocks(_PARSER.parse(text), guard), guard, lines)
    _Reader(document).check()
    _check_ready(document)
    return document


def render_options() -> OptionsDict:
    """Return what Markdown's own renderer wants to know."""
    return _PARSER.options


class _Parser(MarkdownIt):
    """Markdown as letters are typed: a new line is one, and code is only text.

    A link may be a mark.
    """

    def __init__(self) -> None:
        super().__init__("commonmark", {"breaks": True})
        self.disable(["code", "fence", "backticks", "lheading"])

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002 - its name there
        """Let every link through, so that a wrong one is said and not shown."""
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - its name there
        return url if MARK.search(url) else super().normalizeLink(url)


_PARSER = _Parser()


def _loosen(text: str, guard: Guard) -> tuple[str, list[int]]:
    """Give each tag that stands alone on a line room around it, as its own block."""
    loose, lines = [""], [1]
    for number, line in enumerate(text.split("\n"), start=1):
        parts = _branches(line.strip(), guard)
        out = [one for part in parts for one in ("", part, "")] if parts else [line]
        loose += out
        lines += [number] * len(out)
    return "\n".join(loose), lines


def _branches(line: str, guard: Guard) -> list[str]:
    """Split a line that is one whole if, or one tag, at its own tags.

    So a paragraph that is left out leaves no empty one behind.
    """
    found = [
        (mark, piece.verb)
        for mark in MARK.finditer(line)
        if (piece := guard.pieces[int(mark[1])]).kind == "tag" or _ready(piece)
    ]
    if not found or found[0][0].start() or found[-1][0].end() != len(line):
        return []
    if len(found) == 1:
        return [line]
    cuts, depth = [0], 0
    for mark, verb in found:
        depth += {"if": 1, "endif": -1}.get(verb, 0)
        if depth == 0 and mark.end() != len(line):
            return []
        if depth == (verb in {"if", "elif", "else"}):
            cuts += mark.span()
    parts = [line[a:b].strip() for a, b in pairwise(cuts)]
    return [part for part in parts if part]


def _blocks(tokens: Sequence[Token], guard: Guard) -> list[Token]:
    """Turn paragraphs that are one tag, or one button, into blocks of that kind."""
    found, skip = list[Token](), 0
    for index, token in enumerate(tokens):
        if skip:
            skip -= 1
        elif token.type == "paragraph_open" and not token.hidden:
            special = _special(tokens[index + 1], guard)
            found.append(special or token)
            skip = 2 if special else 0
        else:
            found.append(token)
    return found


def _special(inline: Token, guard: Guard) -> Token | None:
    children, whole = inline.children or [], inline.content.strip()
    piece = guard.find(whole)
    if piece and piece.kind == "tag":
        return Token("tag", "", 0, content=whole, map=inline.map)
    if piece and (name := _ready(piece)):
        return Token(name, "", 0, content=whole, map=inline.map)
    if is_one_link(children) and children[0].attrGet("title") == BUTTON:
        return Token(
            BUTTON,
            "",
            0,
            attrs=dict(children[0].attrs),
            map=inline.map,
            children=[Token("inline", "", 0, children=children[1:-1])],
        )
    if children and children[0].attrGet("title") == PRODUCT:
        return _product(inline, children)
    return None


def _product(inline: Token, children: list[Token]) -> Token | None:
    """Return a product: its link alone on the first line, and what is below it."""
    end = [child.type for child in children].index("link_close") + 1
    name, rest = children[:end], children[end:]
    if rest and rest[0].type not in _BREAKS:
        return None
    del name[0].attrs["title"]
    parts = [Token("inline", "", 0, children=part) for part in (name, rest[1:])]
    return Token(PRODUCT, "", 0, map=inline.map, children=parts)


def _ready(piece: Piece) -> str:
    """Return the name of the ready-made block that this value is, if it is one."""
    name = _VALUE.fullmatch(piece.source)
    return name[1] if name and name[1] in READY else ""


def _check_ready(document: Document) -> None:
    """Refuse a ready-made block that stands anywhere but alone."""
    shown = {token.content for token in document.tokens if token.type in READY}
    for number, piece in enumerate(document.guard.pieces):
        name = next(iter(READY.intersection(piece.words)), "")
        if name and f"{GUARD_OPEN}{number}{GUARD_CLOSE}" not in shown:
            raise piece.problem(
                N_("“%(word)s” stands alone on a line: {{ %(word)s }}, nothing else."),
                word=name,
            )


def is_one_link(children: Sequence[Token]) -> bool:
    """Say whether an inline text is a link from its first to its last character."""
    closing = [child.type for child in children].count("link_close")
    return (
        closing == 1
        and children[0].type == "link_open"
        and children[-1].type == "link_close"
    )


def words(token: Token) -> str:
    """Return the plain words of an inline text; those of a picture say what it shows.

    Expressions are still marks.
    """
    return "".join(
        child.content if child.type == "text" else words(child) or " "
        for child in token.children or []
        if child.type in {"text", "image", "softbreak", "hardbreak"}
    )


class _Reader:
    """Walks through a document once and refuses what does not belong."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.line = 1
        self.open: list[str] = []
        self.has_button = False

    def check(self) -> None:
        for token in _flat(self.document.tokens):
            if token.map:
                self.line = self.document.lines[token.map[0]]
            self._nest(token)
            self._judge(token)

    def _nest(self, token: Token) -> None:
        """An if must end inside the same paragraph, list or bold in which it began."""
        if token.nesting == 1:
            self.open.append(token.type.removesuffix("_open"))
        elif token.nesting == -1:
            self._close(token.type.removesuffix("_close"))
        elif token.type in {"text", "tag"}:
            for mark in MARK.finditer(token.content):
                self._follow(self.document.guard.pieces[int(mark[1])])

    def _follow(self, piece: Piece) -> None:
        if piece.verb == "if":
            self.open.append("if")
        elif piece.verb and (not self.open or self.open[-1] != "if"):
            raise piece.problem(_CROSSED)
        elif piece.verb == "endif":
            self.open.pop()

    def _close(self, kind: str) -> None:
        if self.open.pop() != kind:
            raise self._problem(_CROSSED)

    def _judge(self, token: Token) -> None:
        if token.type not in _SHOWN:
            raise self._problem(_INSTEAD.get(token.type, _UNKNOWN))
        if token.type in {"link_open", BUTTON}:
            target = str(token.attrGet("href") or "")
            self._judge_link(target)
            whole = self.document.guard.restore(target)
            self.document.links.append(Place(whole, self.line))
        if token.type == "link_open" and token.attrGet("title") == BUTTON:
            raise self._problem(
                N_("A button stands alone. Put an empty line above and below it.")
            )
        if token.type == "link_open" and token.attrGet("title") == PRODUCT:
            raise self._problem(
                N_(
                    "A product begins its own paragraph. Put an empty line above it, "
                    "and its description on the next line."
                )
            )
        if token.type == BUTTON:
            self._judge_button()
        if token.type == PRODUCT:
            self._judge_product(token)
        if token.type == "image":
            self._judge_image(token)

    def _judge_link(self, target: str) -> None:
        piece = self.document.guard.find(target.partition("#")[0])
        if piece is not None:
            name = _VALUE.fullmatch(piece.source)
            if name and name[1].endswith("_url") and name[1] in NAMES:
                return
        whole = self.document.guard.restore(target)
        if whole == "mailto:{{ reply_to }}":
            return
        if MARK.search(target) or not (
            _LINK.fullmatch(target) or _MAILTO.match(target)
        ):
            raise self._problem(
                N_(
                    "A link cannot lead to “%(target)s”. Write https://…, mailto:… or "
                    "a link by its name, such as {{ join_url }}."
                ),
                target=whole[:60],
            )

    def _judge_button(self) -> None:
        if self.has_button and "if" not in self.open:
            raise self._problem(
                N_("A mail has one button. Make the others links in the text.")
            )
        self.has_button = self.has_button or "if" not in self.open

    def _judge_product(self, token: Token) -> None:
        name = (token.children or [token])[0].children or []
        target = str(name[0].attrGet("href"))
        self.document.products.append(Place(target, self.line))
        if not _LINK.fullmatch(target):
            raise self._problem(
                N_("A product's link begins with https:// and leads to its shop.")
            )
        if not words(Token("inline", "", 0, children=name)).strip():
            raise self._problem(
                N_('Give the product a name: [Name](https://… "product").')
            )

    def _judge_image(self, token: Token) -> None:
        if not words(token).strip():
            raise self._problem(
                N_("Say what the picture shows: ![a cup of tea](media:…).")
            )
        source = str(token.attrGet("src") or "")
        if source.startswith(KEPT):
            self._keep_picture(source.removeprefix(KEPT))
        elif _LINK.fullmatch(source):
            self.document.elsewhere.append(Place(source, self.line))
        else:
            raise self._problem(
                N_(
                    "A picture is one that you sent up: copy its line from the "
                    "pictures. Or its address begins with https://."
                )
            )

    def _keep_picture(self, name: str) -> None:
        if not picture.NAME.fullmatch(name):
            raise self._problem(
                N_("No picture is called “%(name)s”. Copy its line from the pictures."),
                name=name[:60],
            )
        self.document.pictures.setdefault(name, self.line)

    def _problem(self, sentence: str, **details: str) -> TemplateProblem:
        return TemplateProblem(self.line, 1, sentence, details)


def _flat(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        if token.type != "image":
            yield from _flat(token.children or [])


_CROSSED = N_(
    "This if and its endif are not in the same paragraph, list or bold text. "
    "Put each on a line of its own, or both inside."
)
_UNKNOWN = N_("A mail cannot show this. Write paragraphs, lists, headings and links.")
_HTML = N_(
    "A mail takes no HTML. Write **bold**, *italic* or [text](link); "
    "a loose < is written as &lt;."
)
_INSTEAD = {"html_inline": _HTML, "html_block": _HTML}
_SHOWN = frozenset(
    [
        *(
            f"{kind}_{end}"
            for kind in (
                "paragraph", "heading", "bullet_list", "ordered_list", "list_item",
                "blockquote", "strong", "em", "link",
            )
            for end in ("open", "close")
        ),
        "inline", "text", "softbreak", "hardbreak", "hr", "image", "tag", BUTTON,
        PRODUCT, *READY,
    ]
)  # fmt: skip
