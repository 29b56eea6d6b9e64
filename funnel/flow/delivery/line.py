"""Statements that go out again and again, past what is done for each of others."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import AsyncRawCursor
from psycopg.rows import namedtuple_row
from sqlalchemy import Dialect, Executable, exc
from sqlalchemy.dialects.postgresql.base import PGCompiler
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

AWAY = (
    *(exc.OperationalError, exc.InterfaceError),
    *(psycopg.OperationalError, psycopg.InterfaceError),
    OSError,
)
"""What it looks like when the database does not answer."""

UNWELL = (exc.DBAPIError, psycopg.Error)
"""Whatever else it says instead of an answer, by either road."""

_PLACE = re.compile(r"%\((\w+)\)s")

Rows = list[Any]
"""As the driver reads them, each with its columns as attributes."""


async def run(
    connection: AsyncConnection, statement: Executable, facts: Mapping[str, Any]
) -> Rows:
    """Run a statement, prepared once, in whatever transaction the connection is."""
    made = _compiled(statement, connection.dialect)
    driver: Any = (await connection.get_raw_connection()).driver_connection
    cursor = AsyncRawCursor(driver, row_factory=namedtuple_row)
    await cursor.execute(made.sql, made.dumped(facts), prepare=True)
    return await cursor.fetchall()


class Line:
    """A kept connection for one statement, each time a transaction: one round trip.

    For a batch of a few rows, the way through the pool and back costs more than the
    statement.
    """

    def __init__(self, engine: AsyncEngine, statement: Executable) -> None:
        """Connect to nothing yet; `close` gives back what was used."""
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._statement = statement
        self._kept: AsyncConnection | None = None

    async def run(self, facts: Mapping[str, Any]) -> Rows:
        """Return the rows that the statement answers."""
        try:
            if self._kept is None:
                self._kept = await self._engine.connect()
            return await run(self._kept, self._statement, facts)
        except BaseException:  # nobody knows what it is in the middle of
            await self._hang_up()
            raise

    async def close(self) -> None:
        """Give the connection back."""
        kept, self._kept = self._kept, None
        if kept is not None:
            await kept.close()

    async def _hang_up(self) -> None:
        if self._kept is not None:
            await self._kept.invalidate()
            await self.close()


class _Compiled:
    """A statement as PostgreSQL itself reads it, with $1, $2: no driver parses it."""

    def __init__(self, made: PGCompiler) -> None:
        self._names = dict.fromkeys(_PLACE.findall(str(made)))
        numbers = {name: f"${number}" for number, name in enumerate(self._names, 1)}
        sql = _PLACE.sub(lambda place: numbers[place[1]], str(made))
        self.sql = sql.replace("%%", "%").encode()
        self._dump = _dumpers(made)
        self._constants = made.params

    def dumped(self, facts: Mapping[str, Any]) -> list[Any]:
        """Return the values as the driver takes them, each by the type of its place."""
        values = {**self._constants, **facts}
        return [
            self._dump[name](values[name]) if name in self._dump else values[name]
            for name in self._names
        ]


@lru_cache(maxsize=16)
def _compiled(statement: Executable, dialect: Dialect) -> _Compiled:
    """Compile once for a process: it takes longer than a small drain."""
    return _Compiled(statement.compile(dialect=dialect))  # type: ignore[attr-defined]


def _dumpers(made: PGCompiler) -> dict[str, Any]:
    """Return what each parameter goes through on its way to the driver."""
    found = {
        name: bind.type.dialect_impl(made.dialect).bind_processor(made.dialect)
        for name, bind in made.binds.items()
    }
    return {name: dump for name, dump in found.items() if dump is not None}
