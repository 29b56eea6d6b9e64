"""A whole batch as one parameter, and words that a plan can rely on."""

import json
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnClause,
    ColumnElement,
    Dialect,
    Text,
    TypeDecorator,
    any_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.selectable import TableValuedAlias

from funnel.models.base import Word


class Document(TypeDecorator[Any]):
    """Objects as one JSON text, with moments in it as PostgreSQL reads them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        return json.dumps(value, default=_written)


_written = lru_cache(4096)(datetime.isoformat)  # one morning serves a whole batch


def given(name: str, *columns: ColumnClause[Any]) -> TableValuedAlias:
    """Return the rows that a statement is given as a list of objects.

    One JSON document is dumped and read faster than an array for each column, and a
    batch of any size is the same prepared statement.
    """
    rows = cast(bindparam(name, type_=Document), JSON)
    table = func.json_to_recordset(rows).table_valued(*columns)
    return table.render_derived(name=name, with_types=True)


def word(value: StrEnum) -> ColumnElement[Any]:
    """Return a word of ours as it stands in a statement.

    Not as a parameter: only so can a prepared plan know that an index covers it.
    """
    return literal_column(f"'{value.value}'", Word(type(value)))


def among(
    one: InstrumentedAttribute[Any] | ColumnElement[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """Return, as SQL, that it is one of these: as one parameter, however many."""
    return one == any_(literal(list(values), ARRAY(one.type)))
