"""`funnel deliveries`: what became of a mail, and what a person can do about it."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from funnel.db import db
from funnel.domain.status import DeliveryState
from funnel.flow import delivery, reports, travel
from funnel.flow.reports import Tale
from funnel.models import Delivery, Event

FIELDS = (
    *("id", "state", "reason", "kind", "address", "subscriber_id", "step_id"),
    *("revision_id", "planned_at", "due_at", "not_after", "dated_at", "attempt"),
    *("deaths", "worker", "handed_at", "settled_at", "reply"),
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="For a program to read.")


@click.group()
def deliveries() -> None:
    """Look at mails that were sent, were not, or perhaps were."""


@deliveries.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in DeliveryState]),
    help="Only these; “uncertain” and “parked” are the ones that wait for a person.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@AS_JSON
@with_appcontext
def overview(states: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List deliveries, the latest first."""
    query = select(Delivery).order_by(Delivery.id.desc()).limit(limit)
    if states:
        wanted = [DeliveryState(state) for state in states]
        query = query.where(Delivery.state.in_(wanted))
    rows = db.session.scalars(query)
    if as_json:
        _print([_facts(row) for row in rows])
        return
    for row in rows:
        click.echo(_line(row))


@deliveries.command()
@click.argument("delivery_id", type=int, metavar="ID")
@AS_JSON
@with_appcontext
def show(delivery_id: int, as_json: bool) -> None:
    """Show everything about one delivery, and what happened to it."""
    tale = reports.tale(db.session(), delivery_id)
    if tale is None:
        raise click.ClickException(f"There is no delivery {delivery_id}.")
    if as_json:
        row = _facts(tale.mail.delivery) | {"subject": tale.mail.subject}
        _print(row | {"events": [_event(event) for event in tale.events]})
        return
    _tell(tale)


@deliveries.command()
@click.argument("delivery_id", type=int, metavar="ID")
@with_appcontext
def retry(delivery_id: int) -> None:
    """Send a parked, failed or uncertain delivery once more.

    An uncertain one has probably arrived already: ask the reader, or the relay's
    log, before you do.
    """
    try:
        delivery.retry(db.session(), delivery_id, now=travel.now(db.session())())
    except NoResultFound:
        raise click.ClickException(f"There is no delivery {delivery_id}.") from None
    except delivery.NotByHand as problem:
        raise click.ClickException(f"Nothing done: {problem}.") from None
    click.echo(f"Delivery {delivery_id} goes out with the next drain.")


def _line(row: Delivery) -> str:
    why = f" ({row.reason})" if row.reason else ""
    return (
        f"{row.id}  {row.planned_at:%Y-%m-%d %H:%M}  {row.state}{why}  "
        f"{row.kind}  {row.address}  {row.reply}"
    ).rstrip()


def _tell(tale: Tale) -> None:
    click.echo(f"{'subject':14} {tale.mail.subject}")
    for name in FIELDS:
        click.echo(f"{name:14} {getattr(tale.mail.delivery, name)}")
    click.echo("")
    for event in tale.events:
        known = "  ".join(f"{name}={value}" for name, value in event.data.items())
        click.echo(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.kind}  {known}".rstrip())
    if not tale.events:
        click.echo("Nothing has happened to it yet.")


def _facts(row: Delivery) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in FIELDS}


def _event(event: Event) -> dict[str, Any]:
    return {"at": _plain(event.at), "kind": event.kind, "data": event.data}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _print(found: dict[str, Any] | Iterable[dict[str, Any]]) -> None:
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
