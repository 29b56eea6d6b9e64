"""What there is to do at a moment, and when the next moment is; by the rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, EnrollmentState, SequenceState
from funnel.flow.delivery import settle, verdict
from funnel.models import Delivery, Enrollment, Sequence


def next_moment(session: Session, now: datetime) -> datetime | None:
    """Return when something falls due next: `now` if anything already is."""
    moments = [
        session.scalar(select(func.min(Enrollment.due_at)).where(_planned())),
        session.scalar(select(func.min(Delivery.due_at)).where(_waiting())),
    ]
    known = [moment for moment in moments if moment is not None]
    if not known and not open_work(session, now):
        return None
    return max(now, min(known, default=now))


def open_work(session: Session, at: datetime) -> int:
    """Count what is due at that moment and not done: enrollments and deliveries."""
    due = and_(_planned(), Enrollment.due_at <= at)
    under_way = or_(
        and_(_waiting(), Delivery.due_at <= at),
        Delivery.state.in_(settle.IN_FLIGHT),
    )
    return _count(session, Enrollment, due) + _count(session, Delivery, under_way)


def _planned() -> ColumnElement[bool]:
    sending = select(Sequence.id).where(Sequence.state == SequenceState.LIVE)
    return and_(
        Enrollment.state == EnrollmentState.ACTIVE,
        Enrollment.due_at.is_not(None),
        Enrollment.sequence_id.in_(sending),
        ~verdict.all_paused(),
    )


def _waiting() -> ColumnElement[bool]:
    return and_(Delivery.state == DeliveryState.SCHEDULED, ~verdict.standing_still())


def _count(session: Session, table: Any, where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(where)) or 0
