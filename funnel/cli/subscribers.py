"""`funnel subscribers`: who is here, how they come, what is kept, how it goes."""

import json
from datetime import datetime
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from funnel import clock
from funnel.cli import imported
from funnel.cli import settings as current_settings
from funnel.db import db
from funnel.domain import tag as tags
from funnel.domain.row_id import row_id
from funnel.domain.status import Purpose, SubscriberState
from funnel.flow import audit, enrollment, imports, preferences, travel
from funnel.flow import subscribers as people
from funnel.flow.imports import BadFile, Plan, Unready
from funnel.flow.reports import Selection
from funnel.models import Sequence, Subscriber, SubscriberImport


@click.group()
def subscribers() -> None:
    """Bring people in, take them out, act for one, erase what is kept about her."""


@subscribers.command()
@click.argument("who", required=False)
@click.option("--state", type=click.Choice([*SubscriberState]), help="Only these.")
@click.option("--tag", default="", help="Only who has this tag.")
@with_appcontext
def export(who: str | None, state: str | None, tag: str) -> None:
    """Print everybody as CSV, or everything kept about WHO as JSON.

    WHO is an id or an address. `funnel subscribers import` takes the CSV again.
    """
    session = db.session()
    audit.record(
        session,
        "subscribers.export" if who else "selections.export",
        real=clock.real(),
        user=None,
        **{"subscriber_id": _find(who).id} if who else {"state": state, "tag": tag},
    )
    session.commit()
    if who:
        data = preferences.export(session, _find(who).id)
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    selection = Selection(state=SubscriberState(state) if state else None, tag=tag)
    for part in people.lines(session, selection):
        click.echo(part, nl=False)


@subscribers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--consent", required=True, help="A sentence: where it comes from.")
@click.option(
    "--purpose",
    "purposes",
    type=click.Choice([*Purpose]),
    multiple=True,
    default=[Purpose.SERIES],
    help="What they agreed to.",
)
@click.option("--tag", default="", help="A tag for all of them.")
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl")
@click.option("--report", type=click.Path(path_type=Path), help="Rows left out, CSV.")
@click.option("--yes", is_flag=True, help="Do not ask before bringing them in.")
@with_appcontext
def bring_in(
    file: Path,
    report: Path | None,
    yes: bool,
    purposes: tuple[str, ...],
    **said: str,
) -> None:
    """Check the CSV file FILE, say what would happen, and bring its people in."""
    row = _upload(file)
    try:
        plan = Plan(
            columns=row.columns,
            has_header=row.has_header,
            purposes=[Purpose(one) for one in purposes],
            wording=said["consent"],
            language=said["language"],
            tag=said["tag"],
        )
        imports.prepare(db.session(), row.id, plan)
    except Unready as problem:
        imports.cancel(db.session(), row.id, now=_now())
        raise click.ClickException(imported.unready(problem)) from None
    _bring_in(row.id, report, is_sure=yes)


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
    session = db.session()
    found, now = _find(who), travel.now(session)()
    try:
        mark = people.Mark(tags.name(name), is_added=not off)
    except tags.BadTag:
        raise click.ClickException("Write a tag of letters and digits.") from None
    changed = people.mark(session, found.id, mark, now=now)
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


def _upload(file: Path) -> SubscriberImport:
    most = current_settings().import_megabytes
    try:
        with file.open("rb") as stream:
            return imports.upload(
                db.session(),
                stream,
                name=file.name,
                most=most,
                user_id=None,
                now=_now(),
            )
    except BadFile as problem:
        raise click.ClickException(str(problem)) from None


def _bring_in(import_id: int, report: Path | None, *, is_sure: bool) -> None:
    session = db.session()
    row = imported.finish(session, import_id, _now())
    click.echo(imported.outcome(row))
    if report:
        imported.write_report(session, import_id, report)
    if not is_sure and not click.confirm("Bring them in?"):
        imports.cancel(session, import_id, now=_now())
        raise click.Abort
    imports.start(session, import_id)
    audit.record(
        session, "imports.start", real=clock.real(), user=None, import_id=import_id
    )
    row = imported.finish(session, import_id, _now())
    click.echo(imported.outcome(row))
    if report:
        imported.write_report(session, import_id, report)


def _now() -> datetime:
    return travel.now(db.session())()


def _find(who: str) -> Subscriber:
    number = row_id(who)
    wanted = (
        func.lower(Subscriber.address) == who.strip().lower()
        if number is None
        else Subscriber.id == number
    )
    found = db.session.scalar(select(Subscriber).where(wanted))
    if found is None:
        raise click.ClickException(f"There is no subscriber {who}.")
    return found
