"""Big sends on their way: how many of how many, how fast, how much longer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from funnel.domain.status import DeliveryState
from funnel.models import Delivery, Event, EventKind, Step

BIG = 20
"""Fewer mails than this are gone before anybody has looked."""

LATELY = timedelta(seconds=10)
"""The rate is what happened in so short a time (domain time)."""

TOGETHER = timedelta(minutes=15)
"""What was planned so shortly before the oldest that waits is the same send."""

IN_FLIGHT = (DeliveryState.CLAIMED, DeliveryState.HANDED)
NOT_DONE = (DeliveryState.SCHEDULED, *IN_FLIGHT, DeliveryState.SKIPPED)
ENDS = (EventKind.SENT, EventKind.FAILED, EventKind.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Send:
    """The mails of one step that are due together; `rate` is mails a second."""

    step: Step
    waiting: int
    done: int
    rate: float

    @property
    def total(self) -> int:
        return self.waiting + self.done

    @property
    def left(self) -> timedelta | None:
        """Return how much longer it takes at this rate; None while nothing moves."""
        return timedelta(seconds=self.waiting / self.rate) if self.rate else None


def sends(
    session: Session, *, now: datetime, sequence_id: int | None = None
) -> list[Send]:
    """Return the big sends that are on their way, the biggest first."""
    waves = _waves(session, now)
    if not waves:
        return []
    rates = _rates(session, now)
    steps = session.scalars(
        select(Step)
        .options(joinedload(Step.sequence), joinedload(Step.revision))
        .where(Step.id.in_(waves))
    )
    found = []
    for step in steps:
        waiting, since = waves[step.id]
        if sequence_id in {None, step.sequence_id}:
            done = _done(session, step.id, since - TOGETHER)
            found.append(Send(step, waiting, done, rates.get(step.id, 0.0)))
    big = [send for send in found if send.total >= BIG]
    return sorted(big, key=lambda send: -send.waiting)


def _waves(session: Session, now: datetime) -> dict[int, tuple[int, datetime]]:
    """Return by step how many wait to be sent, and since when the oldest does."""
    is_open = or_(
        (Delivery.state == DeliveryState.SCHEDULED) & (Delivery.due_at <= now),
        Delivery.state.in_(IN_FLIGHT),
    )
    rows = session.execute(
        select(Delivery.step_id, func.count(), func.min(Delivery.planned_at))
        .where(is_open, Delivery.step_id.is_not(None), ~Delivery.is_test)
        .group_by(Delivery.step_id)
    )
    return {step_id or 0: (count, since) for step_id, count, since in rows}


def _done(session: Session, step_id: int, since: datetime) -> int:
    done = select(func.count()).where(
        Delivery.step_id == step_id,
        Delivery.planned_at >= since,
        Delivery.state.not_in(NOT_DONE),
        ~Delivery.is_test,
    )
    return session.scalar(done.select_from(Delivery)) or 0


def _rates(session: Session, now: datetime) -> dict[int, float]:
    rows = session.execute(
        select(Event.step_id, func.count())
        .where(Event.kind.in_(ENDS), Event.at > now - LATELY)
        .group_by(Event.step_id)
    )
    return {step or 0: count / LATELY.total_seconds() for step, count in rows}
