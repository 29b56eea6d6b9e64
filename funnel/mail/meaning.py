"""What an expression of the mail language says: a function of the values.

The language is so small that it needs no interpreter of its own: a name, a constant,
a filter, a question. What Jinja would say, this says; a test compares.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jinja2
from jinja2 import nodes

from funnel.mail.personalize import FILTERS

Meaning: TypeAlias = Callable[[Mapping[str, Any]], Any]
MISSING = jinja2.Undefined()


def meaning(node: nodes.Node) -> Meaning:
    """Return what a checked expression says of the values."""
    return _MEANINGS[type(node)](node)


def _name(node: Any) -> Meaning:
    name = node.name
    return lambda values: values.get(name, MISSING)


def _constant(node: Any) -> Meaning:
    value = node.value
    return lambda _: value


def _filter(node: Any) -> Meaning:
    of, change = meaning(node.node), FILTERS[node.name]
    more = [argument.value for argument in node.args]
    return lambda values: change(of(values), *more)


def _not(node: Any) -> Meaning:
    of = meaning(node.node)
    return lambda values: not of(values)


def _and(node: Any) -> Meaning:
    left, right = meaning(node.left), meaning(node.right)
    return lambda values: left(values) and right(values)


def _or(node: Any) -> Meaning:
    left, right = meaning(node.left), meaning(node.right)
    return lambda values: left(values) or right(values)


def _compare(node: Any) -> Meaning:
    """Return a chain as Python reads it: a == b != c is a == b and b != c."""
    sides = [meaning(side) for side in (node.expr, *(op.expr for op in node.ops))]
    wants_same = [operand.op == "eq" for operand in node.ops]

    def compare(values: Mapping[str, Any]) -> bool:
        said = [side(values) for side in sides]
        pairs = zip(said, said[1:], wants_same, strict=False)
        return all((left == right) is same for left, right, same in pairs)

    return compare


_MEANINGS: dict[type[nodes.Node], Callable[[Any], Meaning]] = {
    nodes.Name: _name,
    nodes.Const: _constant,
    nodes.Filter: _filter,
    nodes.Not: _not,
    nodes.And: _and,
    nodes.Or: _or,
    nodes.Compare: _compare,
}
