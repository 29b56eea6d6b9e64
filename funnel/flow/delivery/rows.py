"""A whole batch as one parameter, and words that a plan can rely on."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnClause,
    ColumnElement,
    any_,
    bindparam,
    func,
    literal,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.selectable import TableValuedAlias

from funnel.models.base import Word


def given(name: str, *columns: ColumnClause[Any]) -> TableValuedAlias:
    """Return the rows that a statement is given as a list of objects.

    One JSON document is dumped and read faster than an array for each column, and a
    batch of any size is the same prepared statement.
    """
    rows = bindparam(name, type_=JSONB)
    table = func.jsonb_to_recordset(rows).table_valued(*columns)
    return table.render_derived(name=name, with_types=True)


def word(value: StrEnum) -> ColumnElement[Any]:
    """Return a word of ours as it stands in a statement.

    Not as a parameter: only so can a prepared plan know that an index covers it.
    """
    return literal_column(f"'{value.value}'", Word(type(value)))


def moment(at: datetime | None) -> str | None:
    """Return a time as JSON can carry it."""
    return None if at is None else at.isoformat()


def among(
    one: InstrumentedAttribute[Any] | ColumnElement[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """Return, as SQL, that it is one of these: as one parameter, however many."""
    return one == any_(literal(list(values), ARRAY(one.type)))
