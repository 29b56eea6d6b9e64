"""Alembic's way into our tables: online only, one transaction per migration."""

from alembic import context
from sqlalchemy import text

import funnel.models  # noqa: F401 - fills the metadata
from funnel.db import db
from funnel.models.base import Base, Utc, Word

LOCK = 0x66756E6E  # "funn": two hosts that upgrade at once do it one after the other


def render(kind: str, item: object, _context: object) -> str | bool:
    """Write our own types as what they are in the database."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Word):
        return "sa.String()"
    return False


def run() -> None:
    engine = db.engine
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
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
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
        connection.commit()


run()
