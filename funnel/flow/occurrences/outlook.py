"""What moving or calling off a date would mean, before it happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain import schedule
from funnel.domain.schedule import Facts, Planned
from funnel.domain.status import DeliveryState, Kind
from funnel.flow.due import courses
from funnel.flow.due.people import ARRIVED
from funnel.flow.occurrences.entry import Entry
from funnel.models import Delivery, Occurrence, Step

LONG_AGO = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Reminder:
    """A mail that hangs on the date: when it went or would go, and when it will."""

    step: Step
    before: datetime
    after: datetime | None  # None: it does not go any more
    had: int  # people who got it for this date, and do not get it again
    under_way: int  # people for whom it waits to be sent at this moment


def reminders(
    session: Session, occurrence: Occurrence, entry: Entry | None, *, now: datetime
) -> list[Reminder]:
    """Return the mails of the seat that change; `entry` None: the date is called off.

    Moments are those of somebody whose seat is old; who got one does not get it
    twice for the same date, whatever its time.
    """
    sequence_id = occurrence.masterclass.sequence_id
    if sequence_id is None:
        return []
    course = courses.load(session, {sequence_id}).of(sequence_id)
    steps = [
        step
        for step in course.steps
        if step.kind is Kind.SERVICE and step.timing.is_pinned and step.is_on
    ]
    old = _moments(steps, course.rules, occurrence, occurrence.zone, now)
    new = _moments(steps, course.rules, entry, occurrence.zone, now) if entry else {}
    counts = _counts(session, occurrence.id)
    found = []
    for step in steps:
        had, waiting = counts.get(step.id, (0, 0))
        before, after = old.get(step.id), new.get(step.id)
        if before is None or (before.skip and not had and not after):
            continue
        moment = after.at if after and after.skip is None else None
        if moment != before.at:
            row = session.get_one(Step, step.id)
            found.append(Reminder(row, before.at, moment, had, waiting))
    return sorted(found, key=lambda one: one.before)


def _moments(
    steps: Sequence[schedule.Step],
    rules: schedule.Rules,
    date: Occurrence | Entry,
    zone: str,
    now: datetime,
) -> Mapping[int, Planned]:
    """Return when somebody gets them who has had her seat for long."""
    seated = min(now, date.starts_at) - LONG_AGO
    facts = Facts(
        confirmed_at=seated,
        seated_at=seated,
        zone=zone,
        start=date.starts_at,
        end=date.ends_at,
        replay_until=date.replay_until,
    )
    return {
        item.step.id: item
        for item in schedule.plan(schedule.Track(steps, rules), facts, now)
    }


def _counts(session: Session, occurrence_id: int) -> dict[int, tuple[int, int]]:
    rows = session.execute(
        select(
            Delivery.step_id,
            func.count().filter(Delivery.state.in_(ARRIVED)),
            func.count().filter(Delivery.state == DeliveryState.SCHEDULED),
        )
        .where(
            Delivery.occurrence_id == occurrence_id,
            Delivery.enrollment_id.is_not(None),
            ~Delivery.is_test,
        )
        .group_by(Delivery.step_id)
    )
    return {step_id: (had, waiting) for step_id, had, waiting in rows if step_id}
