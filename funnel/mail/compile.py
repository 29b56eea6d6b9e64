"""A step compiled once: Markdown in, HTML and text with holes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from html import escape
from typing import Any

import css_inline
import nh3
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from funnel.domain.status import Kind, Purpose
from funnel.mail import cards, layout, markdown, personalize, picture, text, tracked
from funnel.mail.guard import Guard
from funnel.mail.problem import TemplateProblem

COLUMN = 544  # dots of the text between the margins of letter.html


class Use(Enum):
    """What a text is compiled for."""

    SHOWING = auto()  # previews and test sends: links lead straight on
    SENDING = auto()  # links lead past our own door, where clicks are counted
    TEAM = auto()  # colleagues: they have no preferences to link to


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A step's text as it was written."""

    subject: str
    preheader: str
    body: str
    kind: Kind
    language: str
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a revision keeps; each part still holds its template expressions.

    `pictures` has the name of each picture of ours, and its line in the body.
    """

    subject: str
    preheader: str
    html: str
    text: str
    links: tuple[tracked.Target, ...] = ()
    pictures: Mapping[str, int] = field(default_factory=dict)


def compile_step(source: Source, use: Use = Use.SHOWING) -> Compiled:
    """Compile a step's text.

    Raises:
        TemplateProblem: With field, line, column, and what to write instead.
    """
    personalize.check_line(source.subject, "subject")
    personalize.check_line(source.preheader, "preheader")
    document = markdown.read(source.body)
    links = tracked.rewrite(document) if use is Use.SENDING else ()
    guard, words = document.guard, layout.words_in(source.language)
    contents = layout.Contents(
        subject=guard.protect(source.subject, escape),
        preheader=guard.protect(source.preheader, escape),
        html=_html(document, words),
        text=text.render(document, words),
        kind=source.kind,
        language=source.language,
        purpose=source.purpose,
        has_links=use is not Use.TEAM,
    )
    html = guard.restore(_INLINER.inline(layout.html(contents, guard)))
    plain = guard.restore(layout.text(contents, guard))
    _check_again(html, plain)
    lines = source.subject.strip(), source.preheader.strip()
    return Compiled(*lines, html, plain, links, document.pictures)


def _check_again(*parts: str) -> None:
    """See that what came out can be filled in: a block brings values of its own."""
    for part in parts:
        try:
            personalize.checked_tree(part)
        except TemplateProblem as problem:
            raise TemplateProblem(1, 1, problem.sentence, problem.details) from problem


def _html(document: markdown.Document, words: Mapping[str, str]) -> str:
    """Render the body, and clean it once more by a second, independent list."""
    return nh3.clean(
        _Renderer(document.guard, words).render(
            document.tokens, markdown.render_options(), {}
        ),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "mailto"},
        link_rel=None,
    )


class _Renderer(RendererHTML):
    """Markdown's HTML, with the button and the callout as mail programs want them."""

    def __init__(self, guard: Guard, words: Mapping[str, str]) -> None:
        super().__init__()
        self.guard, self.words = guard, words

    def image(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        """Write a picture as wide as the letter shows it: Outlook asks for that."""
        token = tokens[index]
        alt = escape(markdown.words(token))
        source = str(token.attrs["src"])
        name = source.removeprefix(markdown.KEPT)
        if name == source:
            return f'<img src="{escape(source)}" alt="{alt}">'
        width = min(picture.width(name), COLUMN)
        where = self.guard.protect("{{ pictures }}")
        return f'<img src="{where}/{name}" width="{width}" alt="{alt}">'

    def tag(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        return tokens[index].content + "\n"

    def button(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any
    ) -> str:
        token = tokens[index]
        label = self.render(token.children or [], options, env)
        return cards.button(label, escape(str(token.attrs["href"])))

    def product(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any
    ) -> str:
        parts = tokens[index].children or []
        name, told = (self.render([part], options, env) for part in parts)
        return cards.product(name, told, self.words)

    def signature(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        return self.guard.protect(cards.ready(tokens[index].type, self.words))

    calendar_card = signature

    def blockquote_open(self, *_: Any) -> str:
        return cards.NOTE[0]

    def blockquote_close(self, *_: Any) -> str:
        return cards.NOTE[1]

    def link_open(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        return f'<a href="{escape(str(tokens[index].attrs["href"]))}">'


_TAGS = {
    *("p", "h1", "h2", "h3", "ul", "ol", "li", "strong", "em", "a", "br", "hr", "img"),
    *("table", "tbody", "tr", "td"),
}
_ATTRIBUTES: Mapping[str, set[str]] = {
    "a": {"href"},
    "p": {"class"},
    "img": {"src", "alt", "width"},
    "ol": {"start"},
    "table": {"role", "cellpadding", "cellspacing", "border", "width", "class"},
    "td": {"class", "bgcolor"},
}
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
