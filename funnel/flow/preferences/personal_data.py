"""Her rights over what is kept about her: to have it, and to have it gone."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Session

from funnel.domain.status import (
    EnrollmentState,
    Purpose,
    Reason,
    Role,
    SubscriberState,
)
from funnel.flow import due, events
from funnel.flow.preferences import consent
from funnel.flow.preferences.consent import Wording
from funnel.flow.preferences.wishes import hers
from funnel.models import (
    Consent,
    Delivery,
    Enrollment,
    Event,
    EventKind,
    Masterclass,
    Occurrence,
    Registration,
    Signup,
    Step,
    Subscriber,
)

MAIL_EVERY = timedelta(minutes=10)

NAMELESS = {"address": "", "values": None, "draft": None, "reply": ""}
"""A delivery that says what was sent when, and no more to whom."""

NAMELESS_FORM: dict[str, Any] = {
    **dict.fromkeys(("first_name", "network", "user_agent"), ""),
    "source": {},
    "source_id": None,
}
"""A form that says what was asked when, and no more by whom."""


def request_data(session: Session, subscriber_id: int, *, now: datetime) -> bool:
    """Mail her a fresh link for downloading or erasing; False: one just went."""
    subscriber = Subscriber.held_or_none(session, subscriber_id)
    sequence_id = _sequence_id(session, subscriber_id)
    if subscriber is None or subscriber.address is None or sequence_id is None:
        return False
    if _data_mail_since(session, subscriber_id, now - MAIL_EVERY):
        return False
    due.call(
        session,
        role=Role.PERSONAL_DATA,
        sequence_id=sequence_id,
        subscriber=subscriber,
        now=now,
    )
    session.commit()
    return True


def export(session: Session, subscriber_id: int) -> dict[str, Any]:
    """Return everything kept about her, as JSON can carry it (GDPR art. 15, 20)."""
    person = session.get_one(Subscriber, subscriber_id)
    tables = (Signup, Consent, Registration, Enrollment, Delivery, Event)
    return {
        Subscriber.__tablename__: _plain(person),
        **{table.__tablename__: _rows(session, table, person.id) for table in tables},
    }


def erase(
    session: Session, subscriber_id: int, *, now: datetime, is_asked: bool = True
) -> bool:
    """Forget her; what stays is consent proof, and a hash that keeps marketing away.

    The suppression is for marketing only: who comes back herself, and confirms,
    gets her seat. Without `is_asked`, when only time has passed, there is none.
    False: there was nobody (any more).
    """
    subscriber = Subscriber.held_or_none(session, subscriber_id)
    if subscriber is None or subscriber.address is None:
        return False
    wording = Wording("", subscriber.language, "erasure")
    consent.withdraw(session, subscriber, set(Purpose), wording, now)
    if is_asked:
        consent.suppress(session, subscriber.address, "erased", now)
    mine = Delivery.subscriber_id == subscriber_id
    consent.stop(session, Reason.ERASED, mine, now=now)
    _end_enrollments(session, subscriber_id)
    _free_seats(session, subscriber_id, now)
    _forget_rows(session, subscriber_id)
    _forget_person(subscriber)
    events.record(session, EventKind.ERASED, at=now, subscriber_id=subscriber_id)
    session.commit()
    return True


def _sequence_id(session: Session, subscriber_id: int) -> int | None:
    """Return the sequence whose mails she knows: her latest seat's, or form's."""
    by_seat = (
        select(Enrollment.sequence_id)
        .where(hers(subscriber_id))
        .order_by(Enrollment.id.desc())
        .limit(1)
    )
    by_form = (
        select(Masterclass.sequence_id)
        .join(Signup, Signup.masterclass_id == Masterclass.id)
        .where(Signup.subscriber_id == subscriber_id)
        .order_by(Signup.id.desc())
        .limit(1)
    )
    return session.scalar(by_seat) or session.scalar(by_form)


def _data_mail_since(session: Session, subscriber_id: int, since: datetime) -> bool:
    found = (
        select(Delivery.id)
        .join(Step, Step.id == Delivery.step_id)
        .where(
            Delivery.subscriber_id == subscriber_id,
            Step.role == Role.PERSONAL_DATA,
            Delivery.planned_at > since,
        )
        .limit(1)
    )
    return session.scalar(found) is not None


def _end_enrollments(session: Session, subscriber_id: int) -> None:
    session.execute(
        update(Enrollment)
        .where(hers(subscriber_id))
        .values(state=EnrollmentState.EXITED, reason=Reason.ERASED, due_at=None)
    )


def _free_seats(session: Session, subscriber_id: int, now: datetime) -> None:
    ahead = select(Occurrence.id).where(Occurrence.starts_at > now)
    session.execute(
        update(Registration)
        .where(
            Registration.subscriber_id == subscriber_id,
            Registration.cancelled_at.is_(None),
            Registration.occurrence_id.in_(ahead),
        )
        .values(cancelled_at=now)
    )


def _forget_rows(session: Session, subscriber_id: int) -> None:
    """Empty what names her in rows that are kept for counts and for proof."""
    for row, values in (
        (Delivery, NAMELESS),
        (Signup, NAMELESS_FORM),
        (Consent, {"network": ""}),
        (Event, {"data": {}}),
    ):
        session.execute(
            update(row).where(row.subscriber_id == subscriber_id).values(values)
        )


def _forget_person(subscriber: Subscriber) -> None:
    subscriber.address = subscriber.address_key = None
    subscriber.first_name, subscriber.tags = "", []
    subscriber.state = SubscriberState.ERASED


def _rows(session: Session, table: Any, subscriber_id: int) -> list[dict[str, Any]]:
    hers = select(table).where(table.subscriber_id == subscriber_id)
    return [_plain(row) for row in session.scalars(hers.order_by(table.id))]


def _plain(row: Any) -> dict[str, Any]:
    columns = inspect(type(row)).column_attrs
    return {column.key: _json(getattr(row, column.key)) for column in columns}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
