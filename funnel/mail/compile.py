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

from funnel.domain.status import Kind
from funnel.mail import layout, markdown, personalize, picture, text, tracked
from funnel.mail.guard import Guard
from funnel.mail.problem import N_, TemplateProblem

MOST_HTML = 90_000  # octets; Gmail clips at 102 kB, and values are still to come


COLUMN = 544  # dots of the text between the margins of letter.html


class Use(Enum):
    """What a text is compiled for."""

    SHOWING = auto()  # previews and test sends: links lead straight on
    SENDING = auto()  # links lead past our own door, where clicks are counted
    TEAM = auto()  # colleagues: they have no preferences to link to


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


def compile_step(
    *,
    subject: str,
    preheader: str,
    body: str,
    kind: Kind,
    language: str,
    use: Use = Use.SHOWING,
) -> Compiled:
    """Compile a step's text.

    Raises:
        TemplateProblem: With field, line, column, and what to write instead.
    """
    personalize.check_line(subject, "subject")
    personalize.check_line(preheader, "preheader")
    document = markdown.read(body)
    links = tracked.rewrite(document) if use is Use.SENDING else ()
    guard = document.guard
    contents = layout.Contents(
        subject=guard.protect(subject, escape),
        preheader=guard.protect(preheader, escape),
        html=_html(document),
        text=text.render(document),
        kind=kind,
        language=language,
        has_links=use is not Use.TEAM,
    )
    html = guard.restore(_INLINER.inline(layout.html(contents, guard)))
    if len(html.encode()) > MOST_HTML:
        raise TemplateProblem(1, 1, N_("This mail is too long: some would see half."))
    plain = guard.restore(layout.text(contents, guard))
    return Compiled(
        subject.strip(), preheader.strip(), html, plain, links, document.pictures
    )


def _html(document: markdown.Document) -> str:
    """Render the body, and clean it once more by a second, independent list."""
    return nh3.clean(
        _Renderer(document.guard).render(
            document.tokens, markdown.render_options(), {}
        ),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "mailto"},
        link_rel=None,
    )


class _Renderer(RendererHTML):
    """Markdown's HTML, with the button and the callout as mail programs want them."""

    def __init__(self, guard: Guard) -> None:
        super().__init__()
        self.guard = guard

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
        href = escape(str(token.attrs["href"]))
        return (
            f'<table {_TABLE} class="action"><tbody><tr><td class="button" '
            f'bgcolor="#2f5d4a"><a href="{href}">{label}</a>'
            "</td></tr></tbody></table>\n"
        )

    def blockquote_open(self, *_: Any) -> str:
        return (
            f'<table {_TABLE} width="100%" class="callout"><tbody><tr>'
            '<td class="note" bgcolor="#f8e9e1">\n'
        )

    def blockquote_close(self, *_: Any) -> str:
        return "</td></tr></tbody></table>\n"

    def link_open(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        return f'<a href="{escape(str(tokens[index].attrs["href"]))}">'


_TABLE = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'
_TAGS = {
    *("p", "h1", "h2", "h3", "ul", "ol", "li", "strong", "em", "a", "br", "hr", "img"),
    *("table", "tbody", "tr", "td"),
}
_ATTRIBUTES: Mapping[str, set[str]] = {
    "a": {"href"},
    "img": {"src", "alt", "width"},
    "ol": {"start"},
    "table": {"role", "cellpadding", "cellspacing", "border", "width", "class"},
    "td": {"class", "bgcolor"},
}
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
