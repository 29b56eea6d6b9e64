"""`funnel subscribers`: what is kept about somebody, and how it goes."""

import json

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from funnel.db import db
from funnel.flow import preferences, travel
from funnel.models import Subscriber


@click.group()
def subscribers() -> None:
    """Show or erase what is kept about one person."""


@subscribers.command()
@click.argument("who")
@with_appcontext
def export(who: str) -> None:
    """Print everything kept about WHO (an id or an address) as JSON."""
    data = preferences.export(db.session(), _find(who).id)
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


@subscribers.command()
@click.argument("who")
@click.confirmation_option(prompt="Erase everything about this person?")
@with_appcontext
def erase(who: str) -> None:
    """Erase WHO (an id or an address); a hash and the consent proof stay."""
    session = db.session()
    found = _find(who)
    if preferences.erase(session, found.id, now=travel.now(session)()):
        click.echo(f"Subscriber {found.id} is erased.")
    else:
        click.echo(f"Subscriber {found.id} had been erased before.")


def _find(who: str) -> Subscriber:
    is_id = who.isdecimal()
    wanted = (
        Subscriber.id == int(who)
        if is_id
        else func.lower(Subscriber.address) == who.strip().lower()
    )
    found = db.session.scalar(select(Subscriber).where(wanted))
    if found is None:
        raise click.ClickException(f"There is no subscriber {who}.")
    return found
