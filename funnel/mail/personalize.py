"""The safe template language: check what a marketer wrote, fill in what we know."""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, NewType

import jinja2
from jinja2 import nodes

from funnel.mail import holes, names
from funnel.mail.problem import N_, TemplateProblem

NAMES = names.NAMES
SAMPLES = names.SAMPLES
Plain = NewType("Plain", dict[str, names.Value])
"""Values that were looked at: each is declared, and of a plain type."""

_LINKS = frozenset(name for name in NAMES if name.endswith("_url"))
_PAGE = re.compile(r"https?://[^\s/]")
MOST_WRITTEN, MOST_COMPILED, MOST_FILLED = 64_000, 256_000, 256_000  # characters
MOST_VALUE = 20_000  # so that the longest text with the most holes stays below 64 MB


def check(source: str, also: Collection[str] = ()) -> None:
    """Refuse whatever a mail must not do, before anything is compiled.

    `also` has names that are no values: the ready-made blocks of a body.

    Raises:
        TemplateProblem: With the place, and what to write instead.
    """
    written = {name for name, one in NAMES.items() if not one.in_layout_only}
    _check(source, MOST_WRITTEN, frozenset(written.union(also)))


def check_line(source: str, field: str) -> None:
    """Check a subject or a preheader: the same language, on one line.

    Raises:
        TemplateProblem: With the place, and what to write instead.
    """
    if "\n" in source:
        raise TemplateProblem(
            *holes.place(source, source.index("\n")),
            N_("This must be one line. Take out the line break."),
            field=field,
        )
    try:
        check(source)
    except TemplateProblem as problem:
        raise problem.in_field(field) from problem


def fill(source: str, values: Mapping[str, object], *, html: bool) -> str:
    """Put the values into a checked source; what is missing stays empty.

    Raises:
        TemplateProblem: The source was never checked, or the result is too long.
        TypeError: A value is not plain text, a whole number or yes or no.
        ValueError: A link does not lead to a web page.
    """
    template = _compiled(source, html)
    context = template.new_context(plain(values))
    return bounded("".join(template.root_render_func(context)))


def bounded(filled: str) -> str:
    """Return a text that is not too long to send, or raise TemplateProblem."""
    if len(filled) > MOST_FILLED:
        raise TemplateProblem(1, 1, N_("This mail is too long to send."))
    return filled


def checked_tree(source: str) -> nodes.Template:
    """Return what a compiled source says, if all of it is allowed; TemplateProblem."""
    return _check(source, MOST_COMPILED, frozenset(NAMES))


def plain(values: Mapping[str, object]) -> Plain:
    """Keep the declared values, each of exactly a plain type.

    Markup would walk past the escaping, and an object brings its attributes.

    Raises:
        TypeError: A value is not plain text, a whole number or yes or no.
        ValueError: A link does not lead to a web page, or a value is too long.
    """
    return Plain(
        {
            name: _checked(name, value)
            for name, value in values.items()
            if value is not None and name in NAMES
        }
    )


def unguarded(source: str) -> list[tuple[int, int, str]]:
    """Return line, column and name where a value may be missing and nothing helps.

    What helps is `|default("…")`, or an if that looks at the name.
    """
    tree = _ENVIRONMENTS[False].parse(source)
    wanting = {name for name, one in NAMES.items() if one.needs_fallback}
    return [
        (*_place(source, node.lineno, node.name), node.name)
        for node in _bare(tree, frozenset())
        if node.name in wanting
    ]


# Checking ------------------------------------------------------------------------


def _check(source: str, most: int, known: frozenset[str]) -> nodes.Template:
    if len(source) > most:
        raise TemplateProblem(1, 1, N_("This text is too long. Make it shorter."))
    holes.pieces(source)
    try:
        tree = _ENVIRONMENTS[False].parse(source)
    except (jinja2.TemplateSyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise TemplateProblem(
            *_place(source, line, ""),
            N_(
                "This is not written as a mail reads it. Write a name, such as "
                "{{ masterclass }} or {{ first_name|default('daar') }}."
            ),
        ) from error
    for node in _walk(tree):
        _check_node(node, source, known)
    return tree


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.iter_child_nodes()


def _check_node(node: nodes.Node, source: str, known: frozenset[str]) -> None:
    if isinstance(node, nodes.Name):
        if node.name not in known or node.ctx != "load":
            raise _unknown_name(node, source, known)
        return
    for kind, check_kind in _CHECKS:
        if isinstance(node, kind):
            check_kind(node, source)
            return
    if not isinstance(node, _ALLOWED):
        raise _not_allowed(node, source)


def _check_compare(node: nodes.Compare, source: str) -> None:
    if any(operand.op not in {"eq", "ne"} for operand in node.ops):
        raise _problem(node, source, N_("Compare only with == or !=."))


def _check_output(node: nodes.Output, source: str) -> None:
    for shown in node.nodes:
        if isinstance(shown, nodes.Name) and isinstance(SAMPLES.get(shown.name), bool):
            raise _problem(
                shown,
                source,
                N_("“%(word)s” is yes or no. Write {%% if %(word)s %%} around a text."),
                word=shown.name,
            )
        if isinstance(shown, nodes.Not | nodes.And | nodes.Or | nodes.Compare):
            raise _problem(
                shown, source, N_("A question belongs in {% if … %}, not in {{ … }}.")
            )


def _check_filter(node: nodes.Filter, source: str) -> None:
    if node.name not in FILTERS:
        raise _problem(
            node,
            source,
            N_("There is no filter “%(word)s”. You can use: %(choices)s."),
            word=node.name[:40],
            choices=", ".join(FILTERS),
        )
    wanted = 1 if node.name == "default" else 0
    plain = all(isinstance(argument, nodes.Const) for argument in node.args)
    extras = node.kwargs or node.dyn_args or node.dyn_kwargs or node.node is None
    if len(node.args) != wanted or not plain or extras:
        raise _problem(
            node,
            source,
            N_("Write %(example)s."),
            word=node.name,
            example=f"|{node.name}" + ('("daar")' if wanted else ""),
        )


def _check_constant(node: nodes.Const, source: str) -> None:
    value = node.value
    if isinstance(value, str) and not any(map(holes.is_invisible, value)):
        return
    if isinstance(value, bool | int):
        return
    raise _problem(
        node, source, N_("Only words in quotes and whole numbers can stand here.")
    )


def _unknown_name(
    node: nodes.Name, source: str, known: frozenset[str]
) -> TemplateProblem:
    near = difflib.get_close_matches(node.name[:40], sorted(known), 1, 0.5)
    if not near:
        return _problem(
            node,
            source,
            N_("Nothing is called “%(word)s”. See the list of names."),
            word=node.name[:40],
        )
    return _problem(
        node,
        source,
        N_("Nothing is called “%(word)s”. Did you mean “%(near)s”?"),
        word=node.name[:40],
        near=near[0],
    )


def _not_allowed(node: nodes.Node, source: str) -> TemplateProblem:
    for kinds, sentence in _INSTEAD:
        if isinstance(node, kinds):
            return _problem(node, source, sentence)
    return _problem(
        node,
        source,
        N_("A mail cannot do this. Write a name, a filter, or {% if name %}."),
    )


def _problem(
    node: nodes.Node, source: str, sentence: str, **details: str
) -> TemplateProblem:
    line, column = _place(source, node.lineno, details.get("word", ""))
    return TemplateProblem(line, column, sentence, details)


def _place(source: str, line: int, word: str) -> tuple[int, int]:
    """Return the line, and the column of the word in it, else of the first brace.

    Jinja keeps only lines, and a mistake on a line is nearly always the first.
    """
    text = (source.split("\n")[line - 1 : line] or [""])[0]
    pattern = rf"\{{[^}}]*?(?<!\w)({re.escape(word)})(?!\w)" if word else r"(\{)[{%]"
    found = re.search(pattern, text)
    return line, found.start(1) + 1 if found else 1


def _bare(node: nodes.Node, helped: frozenset[str]) -> Iterator[nodes.Name]:
    """Yield the names that are shown although nothing looked whether they are there."""
    if isinstance(node, nodes.Filter) and node.name == "default":
        return
    if isinstance(node, nodes.If):
        asked = {name.name for name in _walk(node.test) if isinstance(name, nodes.Name)}
        for child in [*node.body, *node.elif_, *node.else_]:
            yield from _bare(child, helped | asked)
        return
    if isinstance(node, nodes.Name) and node.name not in helped:
        yield node
    for child in node.iter_child_nodes():
        yield from _bare(child, helped)


# Filling -------------------------------------------------------------------------


def default(value: object, fallback: str | int) -> object:
    """Return the fallback for what is missing or blank."""
    blank = isinstance(value, jinja2.Undefined) or not str(value).strip()
    return fallback if blank else value


def capitalize(value: object) -> str:
    """Make the first letter a capital and leave the others: “McAllister” stays."""
    text = str(value)
    return text[:1].upper() + text[1:]


FILTERS: dict[str, Callable[..., object]] = {
    "default": default,
    "capitalize": capitalize,
    "upper": lambda value: str(value).upper(),
    "lower": lambda value: str(value).lower(),
    "trim": lambda value: str(value).strip(),
}

_CHECKS: tuple[tuple[type[nodes.Node], Callable[[Any, str], None]], ...] = (
    (nodes.Filter, _check_filter),
    (nodes.Const, _check_constant),
    (nodes.Compare, _check_compare),
    (nodes.Output, _check_output),
)

_ALLOWED = (
    nodes.Template,
    nodes.TemplateData,
    nodes.If,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Operand,
)

_INSTEAD = (
    (nodes.Call, N_("Nothing can be called here. Leave out the brackets.")),
    (
        (nodes.Getattr, nodes.Getitem),
        N_("A name has no parts here. Leave out what follows the dot or the bracket."),
    ),
    (
        nodes.CondExpr,
        N_("Write {% if name %} … {% else %} … {% endif %} around the text."),
    ),
    (
        (nodes.BinExpr, nodes.UnaryExpr, nodes.Concat),
        N_("A mail does not calculate. Write the outcome, or two values in a row."),
    ),
    (nodes.Test, N_("Leave out “is …”. Write {% if name %} or {% if not name %}.")),
    (
        (nodes.List, nodes.Tuple, nodes.Dict),
        N_("There are no lists in a mail. Write one value at a time."),
    ),
)


def _environment(*, html: bool) -> jinja2.Environment:
    """Return a language with our filters and nothing else."""
    environment = jinja2.Environment(
        autoescape=html,  # noqa: S701 - plain text has nothing to escape
        cache_size=0,
        keep_trailing_newline=True,
    )
    environment.globals.clear()
    environment.tests.clear()
    environment.filters.clear()
    environment.filters.update(FILTERS)
    return environment


_ENVIRONMENTS = {html: _environment(html=html) for html in (False, True)}


@lru_cache(maxsize=512)
def _compiled(source: str, html: bool) -> jinja2.Template:
    made = _ENVIRONMENTS[html]
    return jinja2.Template.from_code(made, made.compile(checked_tree(source)), {})


def _checked(name: str, value: object) -> names.Value:
    if type(value) is str:
        if len(value) > MOST_VALUE:
            raise ValueError(f"{name} is too long")
        if name in _LINKS and value and not _PAGE.match(value):
            raise ValueError(f"{name} must lead to a web page")
        return value
    if type(value) is int or type(value) is bool:
        return value
    raise TypeError(f"{name} must be text, a whole number or yes or no")
