"""The session of web and cli: Flask-SQLAlchemy over our own metadata."""

from pathlib import Path

from flask import current_app
from flask_sqlalchemy import SQLAlchemy

from funnel.models import Base

MIGRATIONS = Path(__file__).parent / "migrations"

db = SQLAlchemy(metadata=Base.metadata)


def upgrade() -> None:
    """Bring the tables to where the program expects them."""
    import flask_migrate

    use_migrations()
    flask_migrate.upgrade()


def use_migrations() -> None:
    """Tell this application's Flask-Migrate where they are: late, to start fast."""
    from flask_migrate import Migrate

    Migrate(current_app, db, directory=str(MIGRATIONS), compare_type=True)


def revisions() -> tuple[str | None, str | None]:
    """Return where the tables are, and where the program expects them."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    context = MigrationContext.configure(db.session.connection())
    here = context.get_current_revision()
    return here, ScriptDirectory(str(MIGRATIONS)).get_current_head()
