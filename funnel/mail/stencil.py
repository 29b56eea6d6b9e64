"""A part of a letter cut once: text for the wire, with holes for what is hers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

import jinja2
from jinja2 import meta, nodes
from markupsafe import escape

from funnel.mail import personalize, quoted
from funnel.mail.meaning import MISSING, meaning
from funnel.mail.personalize import Plain
from funnel.mail.quoted import Pieces

Says: TypeAlias = Callable[[Plain], str]


def fill(source: str, values: Plain, *, html: bool) -> Pieces:
    """Return a checked source as quoted-printable pieces, with the values in it.

    What it says is what `personalize.fill` says; only it is encoded already.

    Raises:
        TemplateProblem: The source was never checked, or the result is too long.
    """
    cut = _cut(source, _HTML if html else _TEXT)
    return Pieces(personalize.bounded(cut.filled(values)))


def line(source: str, values: Plain) -> str:
    """Return a checked subject with the values in it, as it is read.

    Raises:
        TemplateProblem: The source was never checked, or the result is too long.
    """
    return personalize.bounded(_cut(source, _LINE).filled(values))


@lru_cache(maxsize=1024)
def names(source: str) -> frozenset[str]:
    """Return what a source asks for: nothing else need be known to fill it in."""
    tree = jinja2.Environment(autoescape=True).parse(source)
    return frozenset(meta.find_undeclared_variables(tree))


@dataclass(frozen=True, eq=False)
class Form:
    """How plain text, values and links stand in what is made of a source."""

    plain: Callable[[str], str]
    value: Callable[[object], str]
    link: Callable[[object], str]


@dataclass(slots=True)
class Stencil:
    """Text and holes in turn; what stands in several holes is worked out once."""

    form: Form
    parts: list[str] = field(default_factory=list)  # with "" for a hole
    places: list[tuple[int, int]] = field(default_factory=list)  # part, its hole
    holes: list[Says] = field(default_factory=list)
    shown: list[nodes.Node] = field(default_factory=list)  # of each hole

    def filled(self, values: Plain) -> str:
        said = [hole(values) for hole in self.holes]
        parts = self.parts.copy()
        for place, hole in self.places:
            parts[place] = said[hole]
        return "".join(parts)

    def cut(self, body: Sequence[nodes.Node]) -> "Stencil":
        """Take in the nodes of a checked tree."""
        for node in body:
            if isinstance(node, nodes.Output):
                for shown in node.nodes:
                    self._show(shown)
            elif isinstance(node, nodes.If):
                self._leave_open(node, self._branch(node))
        return self

    def _show(self, node: nodes.Expr) -> None:
        if isinstance(node, nodes.TemplateData):
            self.parts.append(self.form.plain(node.data))
        else:
            self._leave_open(node, _hole(node, self.form))

    def _leave_open(self, node: nodes.Node, says: Says) -> None:
        """Make a hole; nodes that are written alike are equal, and share it."""
        if node not in self.shown:
            self.shown.append(node)
            self.holes.append(says)
        self.places.append((len(self.parts), self.shown.index(node)))
        self.parts.append("")

    def _branch(self, node: nodes.If) -> Says:
        """Return what an if says: the first of its branches that holds."""
        branches = [
            (meaning(one.test), Stencil(self.form).cut(one.body))
            for one in (node, *node.elif_)
        ]
        otherwise = Stencil(self.form).cut(node.else_)

        def says(values: Plain) -> str:
            for holds, stencil in branches:
                if holds(values):
                    return stencil.filled(values)
            return otherwise.filled(values)

        return says


def _hole(node: nodes.Expr, form: Form) -> Says:
    if not isinstance(node, nodes.Name):
        said, value = meaning(node), form.value
        return lambda values: value(said(values))
    name, stands = node.name, form.link if node.name.endswith("_url") else form.value
    return lambda values: stands(values.get(name, MISSING))


@lru_cache(maxsize=512)
def _cut(source: str, form: Form) -> Stencil:
    """Cut a source, if all of it is allowed; TemplateProblem."""
    return Stencil(form).cut(personalize.checked_tree(source).body)


_kept = lru_cache(maxsize=4096, typed=True)
"""Most of what is said to her is said to others, too; 1 is not what True is."""


@_kept
def _text(value: object) -> Pieces:
    return quoted.piece(str(value))


@_kept
def _html(value: object) -> Pieces:
    return quoted.piece(str(escape(str(value))))


def _linked(value: Callable[[object], str]) -> Callable[[object], str]:
    """Encode what is hers in a link by itself: the door before it is everybody's."""

    def link(url: object) -> str:
        door, slash, token = str(url).rpartition("/")
        if not quoted.is_token(token):
            return value(url)
        return value(door + slash) + quoted.token(token)

    return link


_TEXT = Form(quoted.piece, _text, _linked(_text))
_HTML = Form(quoted.piece, _html, _linked(_html))
_LINE = Form(str, str, str)
