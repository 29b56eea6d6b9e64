"""`funnel subscribers`: what is kept about somebody, and how it goes."""

import json

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from funnel.db import db
from funnel.flow import enrollment, preferences, travel
from funnel.models import Sequence, Subscriber


@click.group()
def subscribers() -> None:
    """Show or erase what is kept about one person, or act for her."""


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


@subscribers.command()
@click.argument("who")
@click.argument("name")
@click.option("--off", is_flag=True, help="Take it off.")
@with_appcontext
def tag(who: str, name: str, *, off: bool) -> None:
    """Put the tag NAME on WHO; what the tag starts is started."""
    if not name.strip() or any(letter.isspace() or letter == "," for letter in name):
        raise click.ClickException("A tag is one word, without spaces and commas.")
    session = db.session()
    found, now = _find(who), travel.now(session)()
    changed = enrollment.tag(session, found.id, name, now=now, on=not off)
    click.echo("Done." if changed else "Nothing to do: it was so already.")


@subscribers.command()
@click.argument("who")
@click.argument("slug")
@with_appcontext
def start(who: str, slug: str) -> None:
    """Start the sequence SLUG for WHO."""
    session, found = db.session(), _find(who)
    now = travel.now(session)()
    try:
        begun = enrollment.start_by_hand(session, found.id, _sequence(slug), now=now)
    except enrollment.NotThere as problem:
        raise click.ClickException(str(problem)) from None
    if not begun:
        raise click.ClickException("She is in it, or was, and may not start again.")
    click.echo(f"Subscriber {found.id} starts {slug}.")


@subscribers.command()
@click.argument("who")
@click.argument("slug")
@with_appcontext
def finish(who: str, slug: str) -> None:
    """Let WHO leave the sequence SLUG: no more marketing; her seat stays."""
    session, found = db.session(), _find(who)
    now = travel.now(session)()
    try:
        enrollment.finish_by_hand(session, found.id, _sequence(slug), now=now)
    except enrollment.NotThere as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"Subscriber {found.id} leaves {slug}.")


@subscribers.command()
@click.argument("who")
@click.argument("what", default="")
@with_appcontext
def bought(who: str, what: str) -> None:
    """Write down that WHO bought (WHAT)."""
    session = db.session()
    found, now = _find(who), travel.now(session)()
    enrollment.purchased(session, found.id, what, now=now)
    click.echo("Written down.")


def _sequence(slug: str) -> int:
    found = db.session.scalar(select(Sequence.id).where(Sequence.slug == slug))
    if found is None:
        raise click.ClickException(f"No sequence is called {slug}.")
    return found


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
