"""Alembic's way into our tables: online only, one transaction per migration."""

import time

from alembic import context
from sqlalchemy import text

import funnel.models  # noqa: F401 - fills the metadata
from funnel.db import db
from funnel.models.base import Base, Utc, Word

LOCK = 0x66756E6E  # "funn": two hosts that upgrade at once do it one after the other
PAUSE = 0.2  # seconds


def render(kind: str, item: object, _context: object) -> str | bool:
    """Write our own types as what they are in the database."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Word):
        return "sa.String()"
    return False


def run() -> None:
    engine, key = db.engine, {"key": LOCK}
    with engine.connect() as connection:
        # Asked again and again: who waits inside a statement holds up an index that
        # is made concurrently, and that one the lock.
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
            connection.rollback()
            time.sleep(PAUSE)
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            render_item=render,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
        connection.commit()


run()
