"""`funnel deliveries`: what became of a mail, and what a person can do about it."""

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from funnel.db import db
from funnel.domain.status import DeliveryState
from funnel.flow import delivery, travel
from funnel.models import Delivery, Event

FIELDS = (
    *("id", "state", "reason", "kind", "address", "subscriber_id", "step_id"),
    *("revision_id", "planned_at", "due_at", "not_after", "dated_at", "attempt"),
    *("deaths", "worker", "handed_at", "settled_at", "reply"),
)


@click.group()
def deliveries() -> None:
    """Look at mails that were sent, were not, or perhaps were."""


@deliveries.command("list")
@click.option(
    "--state",
    type=click.Choice([state.value for state in DeliveryState]),
    help="Only these; “uncertain” and “parked” are the ones that wait for a person.",
)
@click.option("--limit", default=50, show_default=True)
@with_appcontext
def overview(state: str | None, limit: int) -> None:
    """List deliveries, the latest first."""
    query = select(Delivery).order_by(Delivery.id.desc()).limit(limit)
    if state:
        query = query.where(Delivery.state == DeliveryState(state))
    for row in db.session.scalars(query):
        why = f" ({row.reason})" if row.reason else ""
        click.echo(
            f"{row.id}  {row.planned_at:%Y-%m-%d %H:%M}  {row.state}{why}  "
            f"{row.kind}  {row.address}  {row.reply}".rstrip()
        )


@deliveries.command()
@click.argument("delivery_id", type=int, metavar="ID")
@with_appcontext
def show(delivery_id: int) -> None:
    """Show everything about one delivery, and what happened to it."""
    row = db.session.get(Delivery, delivery_id)
    if row is None:
        raise click.ClickException(f"There is no delivery {delivery_id}.")
    for name in FIELDS:
        click.echo(f"{name:14} {getattr(row, name)}")
    history = select(Event).where(Event.delivery_id == row.id).order_by(Event.id)
    for event in db.session.scalars(history):
        click.echo(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.kind}  {event.data or ''}")


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
