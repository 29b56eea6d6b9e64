"""Every table at once: emptied, kept, and put back, while workers are at work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.errors import DeadlockDetected, LockNotAvailable

NAMES = """SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"""
COUNTED = """SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences
    WHERE last_value IS NOT NULL"""
HOLDERS = """SELECT pid, state, query FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND xact_start IS NOT NULL"""
PATIENCE = 30.0

Connection = psycopg.Connection[tuple[str, ...]]


@contextmanager
def alone(url: str) -> Iterator[Connection]:
    """Have every table for ourselves in one transaction.

    Locks are taken one by one, so we and a worker at its tick may come to wait for
    each other, and PostgreSQL looks for such a circle only once in each wait: it may
    see this one a minute late, or end the wrong one of us. So we wait for a moment,
    and else let go of everything and begin again.
    """
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(url) as connection:
        while not _has_all(connection):
            assert time.monotonic() < deadline, connection.execute(HOLDERS).fetchall()
            time.sleep(0.02)
        # The rows go and come whole: no order among them, and nobody's trigger.
        connection.execute("SET LOCAL session_replication_role = replica")
        yield connection


def empty(url: str) -> None:
    """Forget every row, and count from 1 again.

    Far cheaper than TRUNCATE, which makes new files for forty tables.
    """
    with alone(url) as connection:
        _forget(connection)
        for (name,) in connection.execute(COUNTED).fetchall():
            connection.execute("SELECT setval(%s, 1, false)", [name])


def keep(url: str) -> None:
    """Lay a copy of every table aside."""
    with alone(url) as connection:
        connection.execute("CREATE SCHEMA kept")
        for table, copy in _pairs(connection):
            make = sql.SQL("CREATE TABLE {} AS TABLE {}")
            connection.execute(make.format(copy, table))


def put_back(url: str) -> None:
    """Let every table be as it was kept.

    Numbers go on where they were: no row gets one that a running process has
    remembered another one by.
    """
    with alone(url) as connection:
        _forget(connection)
        for table, copy in _pairs(connection):
            fill = sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE TABLE {}")
            connection.execute(fill.format(table, copy))


def _has_all(connection: Connection) -> bool:
    names = sql.SQL(", ").join(table for table, _ in _pairs(connection))
    try:
        connection.execute("SET LOCAL deadlock_timeout = '100ms'")
        connection.execute("SET LOCAL lock_timeout = '300ms'")
        connection.execute(sql.SQL("LOCK TABLE {}").format(names))
    except (LockNotAvailable, DeadlockDetected):
        connection.rollback()
        return False
    return True


def _forget(connection: Connection) -> None:
    for table, _ in _pairs(connection):
        connection.execute(sql.SQL("DELETE FROM {}").format(table))


def _pairs(connection: Connection) -> list[tuple[sql.Identifier, sql.Identifier]]:
    """Return each table, and its copy."""
    names = [name for (name,) in connection.execute(NAMES).fetchall()]
    return [
        (sql.Identifier("public", one), sql.Identifier("kept", one)) for one in names
    ]
