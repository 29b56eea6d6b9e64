"""`funnel due`: what is due, and a plain loop that does the work without Celery."""

import os
import socket
from collections import Counter

import click
from flask.cli import with_appcontext

from funnel import clock
from funnel.cli import settings, standing, watching
from funnel.db import db
from funnel.flow import due as due_flow
from funnel.flow import publishing, travel
from funnel.flow.delivery.desk import Desk
from funnel.flow.delivery.journal import NoJournal


@click.group()
def due() -> None:
    """Look at what is due."""


@due.command()
@click.option("--drain", is_flag=True, help="Send as well, until nothing is due.")
@with_appcontext
def scan(drain: bool) -> None:
    """Turn what is due into deliveries; with --drain, send them from here.

    The way out when Celery or Redis is deaf: safe beside workers that run, and
    safe to repeat.
    """
    now = travel.now(db.session())
    gap = settings().gap
    done = due_flow.scan(db.session(), now=now(), worker=_worker(), gap=gap)
    click.echo(f"{done.enrollments} looked at, {done.deliveries} deliveries made.")
    if done.troubled:
        click.echo(f"{done.troubled} could not be planned: see the log.", err=True)
    if drain:
        _drain(now)


@due.command()
@with_appcontext
def pause() -> None:
    """Send nothing at all, for example before a backup is brought back."""
    publishing.pause(db.session(), None, now=travel.now(db.session())())
    click.echo("Nothing is sent now. `funnel due resume` goes on.")


@due.command()
@standing.options
@with_appcontext
def resume(how: str, *, dry_run: bool) -> None:
    """Go on after a gap, or after `funnel due pause`, in one of three ways."""
    if publishing.open_pause(db.session(), None) is None:
        raise click.ClickException("Nothing stands still.")
    standing.go_on(None, how, dry_run=dry_run)


@due.command("list")
@with_appcontext
def overview() -> None:
    """Show when the next moment is, and how much is open now."""
    now = travel.now(db.session())()
    click.echo(f"open now: {travel.open_work(db.session(), now)}")
    moment = travel.next_moment(db.session(), now)
    click.echo(f"next: {moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "next: nothing")


@due.command()
@click.option("--wait", is_flag=True, help="Wait for something to fall due, and stay.")
@with_appcontext
def watch(wait: bool) -> None:
    """Show how far the mail that is due is, until nothing is; Ctrl-C ends it."""
    watching.show(db.session(), travel.now(db.session()), stays=wait)


def _drain(now: clock.Clock) -> None:
    ends = Counter[str]()
    try:
        desk = Desk(settings(), _worker())
    except NoJournal as error:
        raise click.ClickException(str(error)) from error
    try:
        is_moving = True
        while is_moving:
            done = desk.drain(now)
            ends.update(done.ends)
            is_moving = done.sent > 0
    finally:
        desk.close()
    told = ", ".join(f"{count} {end}" for end, count in ends.items()) or "none due"
    click.echo(f"handed over: {told}.")


def _worker() -> str:
    return f"funnel due scan, {socket.gethostname()}:{os.getpid()}"
