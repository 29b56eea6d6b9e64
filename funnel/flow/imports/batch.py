"""A batch as one parameter: a thousand rows cost one statement, and no objects."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Table,
    column,
    select,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from funnel.flow.rows import given
from funnel.models.base import Base

Row = Mapping[str, Any]
"""A row by its columns, as JSON can carry it."""


def put(session: Session, table: type[Base], rows: Sequence[Row]) -> None:
    """Add rows, if there are any; each has the columns of the first."""
    if rows:
        session.execute(putting(table, rows[0]), {"rows": rows})


def putting(table: type[Base], like: Row) -> Insert:
    """Return the statement that adds `rows` with the columns of such a row."""
    into = table.__table__
    assert isinstance(into, Table)  # noqa: S101 - no view has models here
    rows = given("rows", *(column(name, into.c[name].type) for name in like))
    return insert(into).from_select(list(like), select(*rows.c))
