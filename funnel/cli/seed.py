"""`funnel seed`: the data of a first day."""

import click
from flask.cli import with_appcontext

from funnel import cli
from funnel.db import db
from funnel.flow import seed as flow
from funnel.flow import travel
from funnel.flow.seed import Planted


@click.command()
@with_appcontext
def seed() -> None:
    """Add the sample masterclass and the first marketer; twice changes nothing."""
    planted = plant()
    click.echo("Masterclass added." if planted.masterclass else "Masterclass there.")
    if planted.password:
        click.echo(f"First log-in: {planted.marketer}")
        click.echo(f"Password, shown only now: {planted.password}")


def plant() -> Planted:
    """Seed the database of this application; the embedded mode goes live at once."""
    settings, session = cli.settings(), db.session()
    now = travel.now(session)()
    return flow.plant(
        session, base_url=settings.base_url, live=settings.embedded, now=now
    )
