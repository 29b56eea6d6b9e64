"""What tests of sending share: people with mail that is due, and a desk to send it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import cluster
import factories
import sink
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import Kind, Purpose
from funnel.flow.delivery.desk import Desk
from funnel.models import (
    Consent,
    Delivery,
    Enrollment,
    Event,
    EventKind,
    Sequence,
    Step,
    Subscriber,
)


def agree(
    session: Session,
    subscriber: Subscriber,
    *,
    granted: bool = True,
    purpose: Purpose = Purpose.SERIES,
    at: datetime = factories.NOW,
) -> Consent:
    """Add a word on the mail series: yes, or no."""
    consent = Consent(
        subscriber_id=subscriber.id,
        purpose=purpose,
        granted=granted,
        wording="Stuur me ook de mailserie",
        wording_version="1",
        language="nl",
        place="form",
        at=at,
    )
    session.add(consent)
    session.flush()
    return consent


def course(session: Session, *steps: dict[str, Any], **fields: Any) -> Sequence:
    """Add a live sequence with these steps: fields of step and revision."""
    sequence = factories.sequence(session, **fields)
    for number, fields_of_one in enumerate(steps, start=1):
        factories.step(session, sequence=sequence, rank=number, **fields_of_one)
    return sequence


def enrolled(session: Session, sequence: Sequence, **overrides: Any) -> Enrollment:
    """Add somebody with a seat and a yes, who is in this sequence, due now."""
    enrollment = factories.enrollment(session, sequence=sequence, **overrides)
    agree(session, session.get_one(Subscriber, enrollment.subscriber_id))
    return enrollment


def mails(
    session: Session,
    count: int,
    kind: Kind = Kind.MARKETING,
    due_at: datetime = factories.NOW,
) -> list[int]:
    """Commit so many deliveries, each to a reader of her own."""
    factories.business(session)
    sequence = factories.sequence(session)
    step = factories.step(session, sequence=sequence, kind=kind)
    date = factories.occurrence(session)
    rows = [_mail(session, sequence, step, date, kind) for _ in range(count)]
    for row in rows:
        row.due_at = due_at
    session.commit()
    return [row.id for row in rows]


def _mail(
    session: Session, sequence: Sequence, step: Step, date: Any, kind: Kind
) -> Delivery:
    seat = factories.registration(session, occurrence=date)
    enrollment = enrolled(session, sequence, registration=seat, due_at=None)
    person = session.get_one(Subscriber, seat.subscriber_id)
    return factories.delivery(
        session,
        kind=kind,
        address=person.address,
        subscriber_id=person.id,
        enrollment_id=enrollment.id,
        step_id=step.id,
        occurrence_id=date.id if kind is Kind.SERVICE else None,
    )


@contextmanager
def desk(database_url: str, smtp_url: str, **overrides: Any) -> Iterator[Desk]:
    """Open a desk for one test."""
    values = {"smtp_url": smtp_url, "smtp_connections": 2, **overrides}
    one = Desk(cluster.settings(database_url, **values), "tests:1")
    try:
        yield one
    finally:
        one.close()


def at(moment: datetime = factories.NOW) -> Callable[[], datetime]:
    """Return a clock that stands still."""
    return lambda: moment


def later(**span: float) -> Callable[[], datetime]:
    """Return a clock that stands still, so much after the fixed moment."""
    return at(factories.NOW + timedelta(**span))


def fresh(session: Session, delivery_id: int) -> Delivery:
    """Return a delivery as it now is, and as it stays when the row changes."""
    session.expire_all()
    delivery = session.get_one(Delivery, delivery_id)
    session.refresh(delivery)
    session.expunge(delivery)
    session.commit()
    return delivery


def told(session: Session, delivery_id: int) -> list[EventKind]:
    """Return what happened to a mail, in its order."""
    rows = select(Event.kind).where(Event.delivery_id == delivery_id)
    return list(session.scalars(rows.order_by(Event.id)))


def answering(phase: str, answer: str) -> sink.Script:
    """Return a relay that answers so in one phase."""
    return lambda turn: answer if turn.phase == phase else None
