"""`funnel clock`: time travel, to watch a sequence of weeks in a minute."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext

from funnel import clock as clocks
from funnel.cli import settings
from funnel.db import db
from funnel.flow import travel

NOTHING_LEFT = 3
UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}


class Span(click.ParamType[timedelta]):
    """A length of time: 1d, 36h, 90m, 2w, "1d 12h"."""

    name = "span"

    def convert(
        self,
        value: str | timedelta,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> timedelta:
        """Return the time, or say how it is written."""
        if isinstance(value, timedelta):
            return value
        if not re.fullmatch(r"(\s*\d{1,4}\s*[wdhm])+\s*", value):
            said = f"“{value}” is no length of time. Write 1d, 36h, 90m."
            self.fail(said, param, ctx)
        parts = re.findall(r"(\d+)\s*([wdhm])", value)
        return sum((timedelta(**{UNITS[u]: int(n)}) for n, u in parts), timedelta())


@click.group(invoke_without_command=True)
@click.pass_context
@with_appcontext
def clock(ctx: click.Context) -> None:
    """Show the domain clock, or move it: `next`, `advance`."""
    if ctx.invoked_subcommand is None:
        ahead = travel.offset(db.session())
        note = f" ({ahead} ahead of real time)" if ahead else " (real time)"
        click.echo(_local(clocks.real() + ahead) + note)


@clock.command("next")
@with_appcontext
def go_on() -> None:
    """Go to the next moment at which anything falls due, and see it done.

    Exit status 3: nothing is left. 1: no worker does the work.
    """
    _only_embedded()
    trip = _travel(until=None)
    if not trip:
        click.echo("Nothing is left to come.")
        raise SystemExit(NOTHING_LEFT)


@clock.command()
@click.argument("span", type=Span())
@with_appcontext
def advance(span: timedelta) -> None:
    """Go on for SPAN (1d, 36h, 90m), stopping at every moment that has something."""
    _only_embedded()
    until = travel.now(db.session())() + span
    while _travel(until=until):
        continue
    travel.arrive(db.session(), until, real=clocks.real)
    click.echo(f"It is now {_local(until)}.")


def _only_embedded() -> None:
    if not settings().embedded:
        raise click.ClickException("Time travel is for the embedded mode only.")


def _travel(until: datetime | None) -> bool:
    """Go one moment on and show it; False when there is none."""
    try:
        trip = travel.go_on(
            db.session(),
            redis_url=settings().redis_url,
            real=clocks.real,
            until=until,
        )
    except travel.NoWorker:
        raise click.ClickException(
            "No worker is running, so nothing was sent. Start it with `make run`."
        ) from None
    except travel.Stuck:
        raise click.ClickException(
            "The worker is running, but what is due is not done. See `funnel due list`."
        ) from None
    if trip is None:
        return False
    _show(trip)
    return True


def _show(trip: travel.Trip) -> None:
    click.echo(click.style(_local(trip.at), bold=True))
    for one in trip.arrivals:
        click.echo(f"  {_local(one.at)}  {one.to}  {one.subject}")
    for skip in trip.skips:
        click.echo(f"  not sent to {skip.to}: {skip.step} ({skip.reason})")
    if not trip.arrivals and not trip.skips:
        click.echo("  nothing to send")


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(settings().zone)):%a %d %b %Y %H:%M}"
