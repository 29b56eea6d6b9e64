"""A part of a letter cut once: bytes for the wire, with holes for what is hers."""

from collections.abc import Iterator
from functools import lru_cache

import jinja2
from jinja2 import meta, nodes
from markupsafe import escape

from funnel.mail import personalize, quoted
from funnel.mail.personalize import Plain
from funnel.mail.quoted import Pieces


def fill(source: str, values: Plain, *, html: bool) -> Pieces:
    """Return a checked source as quoted-printable pieces, with the values in it.

    What it says is what `personalize.fill` says; only it is encoded already.

    Raises:
        TemplateProblem: The source was never checked, or the result is too long.
    """
    return Pieces(personalize.poured(_cut(source, html), values))


@lru_cache(maxsize=1024)
def names(source: str) -> frozenset[str]:
    """Return what a source asks for: nothing else need be known to fill it in."""
    tree = jinja2.Environment(autoescape=True).parse(source)
    return frozenset(meta.find_undeclared_variables(tree))


@lru_cache(maxsize=512)
def _cut(source: str, html: bool) -> jinja2.Template:
    """Compile a source whose plain text is encoded, and whose values will be."""
    environment = _ENVIRONMENTS[html]
    tree = personalize.checked_tree(source)
    for data in _plain_text(tree):
        data.data = quoted.piece(data.data)
    return jinja2.Template.from_code(environment, environment.compile(tree), {})


def _plain_text(tree: nodes.Template) -> Iterator[nodes.TemplateData]:
    return tree.find_all(nodes.TemplateData)


_kept = lru_cache(maxsize=4096, typed=True)
"""Most of what is said to her is said to others, too; 1 is not what True is."""


@_kept
def _text(value: object) -> Pieces:
    return quoted.piece(str(value))


@_kept
def _html(value: object) -> Pieces:
    return quoted.piece(str(escape(str(value))))


_ENVIRONMENTS = {
    html: personalize.environment(html=False, finalize=_html if html else _text)
    for html in (False, True)
}
"""The escaping of HTML comes before the encoding, so the template leaves it alone."""
