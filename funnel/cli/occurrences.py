"""`funnel occurrences`: the dates of a masterclass."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from funnel.db import db
from funnel.domain.timing import wall, zones
from funnel.flow import occurrences as dates
from funnel.flow import travel
from funnel.flow.occurrences import BadOccurrence, Entry, Stale
from funnel.models import Masterclass, Occurrence

MINUTE = timedelta(minutes=1)
MOMENT = "%Y-%m-%d %H:%M"


@click.group()
def occurrences() -> None:
    """List, add, move and call off the dates of a masterclass."""


@occurrences.command("list")
@with_appcontext
def overview() -> None:
    """List the dates, the latest first."""
    for one in dates.listed(db.session()):
        row = one.occurrence
        local = row.starts_at.astimezone(ZoneInfo(row.zone))
        off = "  called off" if row.cancelled_at else ""
        click.echo(
            f"{row.id}  {local.strftime(MOMENT)} {row.zone}  "
            f"{row.masterclass.slug}  {one.seats} seats{off}"
        )


@occurrences.command()
@click.argument("masterclass")
@click.argument("start", metavar='"YYYY-MM-DD HH:MM"')
@click.option("--minutes", type=int, help="How long; else what the masterclass says.")
@click.option("--zone", default="Europe/Amsterdam", show_default=True)
@click.option("--room", default="", help="Address of the room.")
@click.option("--replay", default="", help="Address of the recording.")
@click.option("--replay-days", default=7, show_default=True)
@with_appcontext
def add(masterclass: str, start: str, zone: str, **options: str | int | None) -> None:
    """Add a date to MASTERCLASS (its slug); who waited for one is mailed."""
    row = db.session.scalar(select(Masterclass).where(Masterclass.slug == masterclass))
    if row is None:
        raise click.ClickException(f"No masterclass is called {masterclass}.")
    begin = _moment(start, zone)
    end = begin + int(options["minutes"] or row.minutes) * MINUTE
    replay = str(options["replay"])
    days = timedelta(days=int(options["replay_days"] or 0))
    entry = Entry(
        starts_at=begin,
        ends_at=end,
        zone=zone,
        room_url=str(options["room"]),
        replay_url=replay,
        replay_until=end + days if replay else None,
    )
    try:
        new = dates.add(db.session(), row.id, entry, now=_now())
    except BadOccurrence as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"Date {new.id} is added.")


@occurrences.command()
@click.argument("occurrence_id", type=int, metavar="ID")
@click.argument("start", metavar='"YYYY-MM-DD HH:MM"')
@click.option("--yes", is_flag=True, help="Do it without asking.")
@with_appcontext
def move(occurrence_id: int, start: str, yes: bool) -> None:
    """Move a date, in its own zone; everybody with a seat is mailed.

    Says beforehand which mails move along, and asks.
    """
    row = _row(occurrence_id)
    shift = _moment(start, row.zone) - row.starts_at
    entry = Entry(
        starts_at=row.starts_at + shift,
        ends_at=row.ends_at + shift,
        zone=row.zone,
        room_url=row.room_url,
        replay_url=row.replay_url,
        replay_until=row.replay_until,
    )
    if row.replay_until is not None:
        entry = replace(entry, replay_until=row.replay_until + shift)
    _preview(row, entry)
    if not yes:
        click.confirm(f"Move it and mail {_people(row.id)}?", abort=True)
    try:
        dates.edit(db.session(), row.id, entry, now=_now())
    except (BadOccurrence, Stale) as problem:
        raise click.ClickException(str(problem) or "It was called off.") from None
    click.echo(f"Date {row.id} is moved; {_told(row.id)}.")


@occurrences.command()
@click.argument("occurrence_id", type=int, metavar="ID")
@with_appcontext
def cancel(occurrence_id: int) -> None:
    """Call a date off; everybody with a seat is mailed."""
    row = _row(occurrence_id)
    try:
        dates.cancel(db.session(), row.id, now=_now())
    except Stale:
        raise click.ClickException("It is over, or was called off before.") from None
    click.echo(f"Date {row.id} is called off; {_told(row.id)}.")


def _row(occurrence_id: int) -> Occurrence:
    found = db.session.get(Occurrence, occurrence_id)
    if found is None:
        raise click.ClickException(f"There is no date {occurrence_id}.")
    return found


def _moment(text: str, zone: str) -> datetime:
    if zone not in zones():
        raise click.ClickException(f"{zone} is not a time zone.")
    try:
        read = datetime.strptime(text, MOMENT)  # noqa: DTZ007 - the zone comes next
    except ValueError:
        raise click.ClickException('Write a moment as "2026-12-01 20:00".') from None
    return wall(read.date(), read.time(), ZoneInfo(zone))


def _preview(row: Occurrence, entry: Entry) -> None:
    """Print the mails that hang on the date: when each went, and when it will go."""
    zone = ZoneInfo(row.zone)
    for one in dates.reminders(db.session(), row, entry, now=_now()):
        before, after = (
            at.astimezone(zone).strftime(MOMENT) if at else "does not go any more"
            for at in (one.before, one.after)
        )
        revision = one.step.revision
        only = f"  if {revision.condition}" if revision and revision.condition else ""
        had = f"  {one.had} had it already" if one.had else ""
        aside = f"  {one.aside} at another moment" if one.aside else ""
        slug = f"{one.step.sequence.slug}/{one.step.slug}"
        click.echo(f"{slug}  {before} -> {after}{only}{had}{aside}")


def _told(occurrence_id: int) -> str:
    return f"{_people(occurrence_id)} are mailed"


def _people(occurrence_id: int) -> str:
    return f"{dates.seats(db.session(), occurrence_id)} people"


def _now() -> datetime:
    return travel.now(db.session())()
