"""What arrived on a trip, as its readers see it; and what was due and did not go."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.status import Reason
from funnel.flow import render
from funnel.flow.render.facts import AnyRow
from funnel.models import Delivery, Event, EventKind, Revision, Step


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail that a relay took: when (domain time), to whom, and its subject."""

    at: datetime
    to: str
    subject: str


@dataclass(frozen=True, slots=True)
class Skip:
    """One mail that was due and did not go: whose, the name of the step, and why."""

    to: str
    step: str
    reason: Reason | None


def mark(session: Session) -> int:
    """Return a place in the list of facts, to read on from."""
    return session.scalar(select(func.max(Event.id))) or 0


def since(session: Session, place: int) -> list[Arrival]:
    """Return what was sent since then, in the order in which it was."""
    rows = session.execute(
        select(
            Delivery.dated_at,
            Delivery.address,
            Delivery.values,
            Delivery.draft,
            Delivery.is_test,
            Revision.subject,
            Revision.html,
            Revision.text,
        )
        .join(Event, Event.delivery_id == Delivery.id)
        .outerjoin(Revision, Revision.id == Delivery.revision_id)
        .where(
            Event.id > place,
            Event.kind == EventKind.SENT,
            Delivery.values.is_not(None),  # None: she was erased meanwhile
        )
        .order_by(Event.id)
    )
    return [_arrival(row) for row in rows]


def skips(session: Session, place: int) -> list[Skip]:
    """Return what was skipped since then."""
    rows = session.execute(
        select(Delivery.address, Step.slug, Delivery.reason)
        .join(Event, Event.delivery_id == Delivery.id)
        .outerjoin(Step, Step.id == Delivery.step_id)
        .where(Event.id > place, Event.kind == EventKind.SKIPPED)
        .order_by(Event.id)
    )
    return [Skip(address, slug or "", reason) for address, slug, reason in rows]


def _arrival(row: AnyRow) -> Arrival:
    content = render.draft(row) or render.Content(row.subject, row.html, row.text)
    line = render.subject(content, row.values, is_test=row.is_test)
    return Arrival(row.dated_at, row.address, line)
