"""`funnel db`: the commands of Flask-Migrate, told where our migrations are."""

import click
from flask import g
from flask.cli import with_appcontext
from flask_migrate import cli

from funnel.db import MIGRATIONS, use_migrations


@click.group(commands=cli.db.commands)
@with_appcontext
def db() -> None:
    """Change the tables: `upgrade`, `downgrade`, `current`."""
    use_migrations()
    g.directory, g.x_arg = str(MIGRATIONS), ()  # as its own group would
