"""What is looked at before a mail is published: what keeps it back, what is said.

Pure: a text goes in, remarks come out. What the law says of claims is not here
(`domain.claims`), nor what only the other mails of a sequence tell (`flow.publishing`).
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from funnel.domain.status import Kind, Purpose
from funnel.mail import holes, markdown, personalize, readers, stencil
from funnel.mail.compile import Compiled, Source, Use, compile_step
from funnel.mail.problem import N_

MOST_HTML = 100_000  # octets: Gmail hides what comes after 102 kB, the way out included
MOST_SUBJECT = 70  # characters; a telephone shows about 50
LONGEST_LINK, LONGEST_VALUE = 120, 60  # octets, as they are in a mail


class Level(StrEnum):
    """What a remark asks for."""

    BLOCK = "block"  # it cannot be published like this
    LOOK = "look"  # somebody should look, and may go on


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing about a mail: the rule, what it is about, and what to do.

    The sentence is English and in the catalogue; `line` 0 is the whole field.
    """

    rule: str
    level: Level
    sentence: str
    field: str = "body"
    line: int = 0
    quote: str = ""
    details: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letter:
    """A text, what was made of it, and whether all its readers have a date."""

    source: Source
    document: markdown.Document
    compiled: Compiled
    has_date: bool

    def read(self, text: str, *, html: bool = False) -> Iterator[str]:
        """Yield a part as each kind of reader sees it."""
        for reader in readers.of(text, has_date=self.has_date):
            yield personalize.fill(text, reader, html=html)


def read(source: Source, *, has_date: bool = False) -> Letter:
    """Return a text as it is looked at.

    `has_date`: it goes to nobody who still waits for a date.

    Raises:
        TemplateProblem: It cannot be compiled at all.
    """
    compiled = compile_step(source, Use.SENDING)
    return Letter(source, markdown.read(source.body), compiled, has_date)


def check(letter: Letter) -> list[Remark]:
    """Return what is to be said of a text, in the order of the rules."""
    return [remark for rule in RULES for remark in rule(letter)]


def left_open(letter: Letter) -> Iterator[Remark]:
    """Find words that stand where others should."""
    for field in ("subject", "preheader", "body"):
        for number, line in enumerate(getattr(letter.source, field).split("\n"), 1):
            for found in _OPEN.finditer(line):
                yield Remark(
                    "left-open",
                    Level.BLOCK,
                    N_("Something is still to be filled in here. Write what it is."),
                    field,
                    number,
                    found[0],
                )


def made_up_links(letter: Letter) -> Iterator[Remark]:
    """Find links that lead nowhere yet."""
    for place in letter.document.links:
        if _MADE_UP.search(place.what):
            yield Remark(
                "made-up-link",
                Level.BLOCK,
                N_("This link is only an example. Write where it really leads."),
                line=place.line,
                quote=place.what,
            )


def no_subject(letter: Letter) -> Iterator[Remark]:
    """Ask of every kind of reader whether she would see a subject."""
    if any(not line.strip() for line in letter.read(letter.source.subject)):
        yield Remark(
            "no-subject",
            Level.BLOCK,
            N_("Some readers would see no subject. Write one for them, too."),
            "subject",
        )


def long_subject(letter: Letter) -> Iterator[Remark]:
    longest = max(letter.read(letter.source.subject), key=len)
    if len(longest) > MOST_SUBJECT:
        yield Remark(
            "long-subject",
            Level.LOOK,
            N_("The subject is long: a telephone shows about 50 characters of it."),
            "subject",
            quote=longest,
        )


def no_preheader(letter: Letter) -> Iterator[Remark]:
    if not letter.source.preheader.strip():
        yield Remark(
            "no-preheader",
            Level.LOOK,
            N_(
                "There is no preheader, so an inbox shows the first words of the mail. "
                "Write a line that makes somebody open it."
            ),
            "preheader",
        )


def no_words(letter: Letter) -> Iterator[Remark]:
    """The text part is what a watch, a reader aloud and a strict mailbox show."""
    text = letter.compiled.text.partition(SIGN_OFF)[0]
    if _LETTERS.search(_for_everybody(text)):
        return
    if any(not _LETTERS.search(part) for part in letter.read(text)):
        yield Remark(
            "no-words",
            Level.BLOCK,
            N_("Some readers would get a mail without words. Write some for them."),
        )


def too_large(letter: Letter) -> Iterator[Remark]:
    """Measure the mail with every case in it, and links as long as they get."""
    size = sum(map(_size, holes.pieces(letter.compiled.html)))
    if size > MOST_HTML:
        yield Remark(
            "too-large",
            Level.BLOCK,
            N_(
                "This mail is %(size)s kB, and Gmail hides what comes after 102 kB. "
                "Make it shorter."
            ),
            details={"size": str(size // 1000)},
        )


def dead_links(letter: Letter) -> Iterator[Remark]:
    """Find links to the calendar that who waits for a date has not got."""
    text = letter.compiled.html
    if not readers.OF_A_DATE & stencil.names(text):
        return
    if any('href=""' in one for one in letter.read(text, html=True)):
        yield Remark(
            "dead-link",
            Level.LOOK,
            N_(
                "Who has no date yet has no link to the calendar. "
                "Put it between {% if start %} and {% endif %}."
            ),
        )


def nothing_to_follow(letter: Letter) -> Iterator[Remark]:
    if letter.source.kind is Kind.MARKETING and not letter.document.links:
        yield Remark(
            "nothing-to-follow",
            Level.LOOK,
            N_("Nothing in this mail can be followed or answered. Add a link."),
        )


def bare_names(letter: Letter) -> Iterator[Remark]:
    """Find values that may be missing, with nothing to say instead."""
    for field in ("subject", "preheader", "body"):
        for line, _, name in personalize.unguarded(getattr(letter.source, field)):
            yield Remark(
                "bare-name",
                Level.LOOK,
                N_(
                    "“%(name)s” may be missing. Say what to write instead: "
                    '{{ %(name)s|default("…") }}, or put an if around it.'
                ),
                field,
                line,
                f"{{{{ {name} }}}}",
                {"name": name},
            )


def pictures_elsewhere(letter: Letter) -> Iterator[Remark]:
    for place in letter.document.elsewhere:
        yield Remark(
            "picture-elsewhere",
            Level.LOOK,
            N_(
                "This picture lies with somebody else, who may take it away and sees "
                "who opens the mail. Send it up to the pictures instead."
            ),
            line=place.line,
            quote=place.what,
        )


def products_out_of_place(letter: Letter) -> Iterator[Remark]:
    """A product belongs into mails that somebody asked for as offers."""
    if letter.source.purpose is not Purpose.OFFERS:
        for place in letter.document.products:
            yield Remark(
                "product-out-of-place",
                Level.BLOCK,
                N_(
                    "A product is an offer, and this mail goes to people who did not "
                    "ask for offers. Move it into a mail for who did."
                ),
                line=place.line,
                quote=place.what,
            )


RULES = (
    *(left_open, made_up_links, no_subject, no_words, too_large),
    *(products_out_of_place, long_subject, no_preheader, dead_links),
    *(nothing_to_follow, bare_names, pictures_elsewhere),
)
SIGN_OFF = "\n-- \n"
_LETTERS = re.compile(r"\w")
_OPEN = re.compile(
    r"\[(?:vul in|fill in)\b[^\]]*\]|\blorem ipsum\b"
    r"|(?-i:\b(?:TODO|TBD|FIXME|X{3,})\b)",
    re.IGNORECASE,
)
_MADE_UP = re.compile(
    r"(?:https://|@)(?:[^/?#]+\.)?(?:(?:example|vul-in)\.[a-z]+"
    r"|[^/?#.]+\.(?:example|invalid|test|localhost))(?=[/?#:]|$)"
    r"|\b(?:todo|placeholder|lorem)\b|#$",
    re.IGNORECASE,
)


def _for_everybody(source: str) -> str:
    """Return the plain words that stand in no case."""
    depth, found = 0, ""
    for piece in holes.pieces(source):
        depth += {"if": 1, "endif": -1}.get(piece.verb, 0)
        if depth == 0 and piece.kind == "text":
            found += piece.source
    return found


def _size(piece: holes.Piece) -> int:
    """Return how many octets a piece takes; that of a value is what it may be."""
    if piece.kind != "value":
        return len(piece.source.encode()) if piece.kind == "text" else 0
    is_link = any(word.endswith("_url") for word in piece.words)
    return LONGEST_LINK if is_link else LONGEST_VALUE
