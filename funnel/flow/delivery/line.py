"""A kept connection for one statement that goes out again and again."""

from collections.abc import Mapping
from typing import Any

import psycopg
from sqlalchemy import Executable, exc
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


class Line:
    """Runs one statement, each time as a transaction of its own: one round trip.

    Compiled once and prepared once, by the driver itself: for a batch of a few rows,
    the way through the pool and back costs more than the statement.
    """

    def __init__(self, engine: AsyncEngine, statement: Executable) -> None:
        """Connect to nothing yet; `close` gives back what was used."""
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._kept: AsyncConnection | None = None
        made = statement.compile(dialect=engine.dialect)  # type: ignore[attr-defined]
        self._sql, self._dump = str(made), _dumpers(made)
        self._constants = self._dumped(
            {
                name: value
                for name, value in made.params.items()
                if not made.binds[name].required
            }
        )

    async def run(self, facts: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows that the statement answers, as the driver reads them."""
        try:
            if self._kept is None:
                self._kept = await self._engine.connect()
            raw = await self._kept.get_raw_connection()
            driver: Any = raw.driver_connection
            cursor = driver.cursor()
            await cursor.execute(
                self._sql, {**self._constants, **self._dumped(facts)}, prepare=True
            )
            rows: list[tuple[Any, ...]] = await cursor.fetchall()
        except BaseException:  # nobody knows what it is in the middle of
            await self._hang_up()
            raise
        return rows

    async def close(self) -> None:
        """Give the connection back."""
        kept, self._kept = self._kept, None
        if kept is not None:
            await kept.close()

    async def _hang_up(self) -> None:
        if self._kept is not None:
            await self._kept.invalidate()
            await self.close()

    def _dumped(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values as the driver takes them, each by the type of its place."""
        return {
            name: self._dump[name](value) if name in self._dump else value
            for name, value in facts.items()
        }


def _dumpers(made: PGCompiler) -> dict[str, Any]:
    """Return what each parameter goes through on its way to the driver."""
    found = {
        name: bind.type.dialect_impl(made.dialect).bind_processor(made.dialect)
        for name, bind in made.binds.items()
    }
    return {name: dump for name, dump in found.items() if dump is not None}
