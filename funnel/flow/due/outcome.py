"""What a scan decides about one enrollment: pure, from facts to rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from funnel.domain import schedule
from funnel.domain.schedule import Facts, Handled, Planned, Rules, Step
from funnel.domain.status import DeliveryState, EnrollmentState, Kind, Reason
from funnel.flow.due.people import AnyRow, Person
from funnel.models.delivery import MARKETING_PRIORITY, SERVICE_PRIORITY

LOOK_AGAIN = timedelta(minutes=1)
"""How soon to ask again while a flowing mail that is due waits for the one above."""

MOST_AT_ONCE = 100
"""More rounds than a sequence has steps: the plan does not come to an end."""


@dataclass(frozen=True, slots=True)
class Course:
    """A sequence as the plan reads it."""

    steps: tuple[Step, ...]
    rules: Rules
    retimed_at: datetime | None = None

    @property
    def kinds(self) -> dict[int, Kind]:
        return {step.id: step.kind for step in self.steps}


@dataclass(slots=True)
class Outcome:
    """The rows to add for an enrollment, and how it goes on."""

    enrollment_id: int
    subscriber_id: int
    state: EnrollmentState
    reason: Reason | None = None
    due_at: datetime | None = None
    next_step_id: int | None = None
    deliveries: list[dict[str, Any]] = field(default_factory=list)

    @property
    def change(self) -> dict[str, Any]:
        """Return the enrollment's new values."""
        return {
            "id": self.enrollment_id,
            "state": self.state,
            "reason": self.reason,
            "due_at": self.due_at,
            "next_step_id": self.next_step_id,
        }


def outcome(person: Person, course: Course, now: datetime) -> Outcome:
    """Plan until nothing is due: rows for what is, and the next moment to ask.

    The next moment takes for granted that what is under way gets handled; when it
    comes and that is not so, the plan waits and is asked again.
    """
    if person.end is not None:
        return _end(person, EnrollmentState.EXITED, person.end)
    handled = _handled(person, course)
    rows = []
    for _ in range(MOST_AT_ONCE):
        ready = [item for item in _plan(person, course, handled, now) if item.at <= now]
        if not ready:
            break
        for item in ready:
            rows.append(_delivery(person, item))
            skip = item.skip
            handled[item.step.id] = Handled(item.at, False, skip is not None, skip)
    later = _plan(person, course, _all_final(handled), now)
    if not later:
        end = _end(person, EnrollmentState.COMPLETED, Reason.FINISHED)
        end.deliveries = rows
        return end
    first = min(later, key=lambda item: item.at)
    due_at = first.at if first.at > now else _when_to_ask(person, now)
    return _go_on(person, due_at, first.step.id, rows)


def ahead(person: Person, course: Course, now: datetime) -> list[Planned]:
    """Return what she still has ahead, when all that is under way gets handled."""
    handled = _all_final(_handled(person, course))
    return [
        item._replace(skip=person.refusal(item.skip))
        for item in _plan(person, course, handled, now)
    ]


def _plan(
    person: Person, course: Course, handled: Mapping[int, Handled], now: datetime
) -> list[Planned]:
    facts = _facts(person, handled, course.retimed_at)
    return schedule.plan(course.steps, course.rules, facts, now)


def _facts(
    person: Person, handled: Mapping[int, Handled], retimed_at: datetime | None
) -> Facts:
    row = person.row
    return Facts(
        confirmed_at=row.confirmed_at,
        seated_at=row.seated_at or row.confirmed_at,
        zone=row.zone,
        start=row.starts_at,
        end=row.ends_at,
        replay_until=row.replay_until,
        joined=row.joined_at is not None,
        replayed=row.replayed_at is not None,
        has_seat=_has_seat(row),
        occurrence_cancelled=row.cancelled_at is not None,
        consents=person.agreed,
        handled=handled,
        tags=frozenset(row.tags),
        retimed_at=_retimed_at(row, retimed_at),
    )


def _retimed_at(row: AnyRow, retimed_at: datetime | None) -> datetime | None:
    """Return when an edit or a moved date last changed what the plan says."""
    known = [at for at in (retimed_at, row.moved_at) if at and at > row.confirmed_at]
    return max(known, default=None)


def _has_seat(row: AnyRow) -> bool:
    """Say whether service steps may go; a sequence without dates asks for no seat."""
    if row.registration_id is None:
        return True
    return row.occurrence_id is not None and row.seat_cancelled_at is None


def _handled(person: Person, course: Course) -> dict[int, Handled]:
    return {
        past.step_id: Handled(past.at, past.has_arrived, past.is_final, past.reason)
        for past in person.handled(course.kinds)
    }


def _all_final(handled: Mapping[int, Handled]) -> dict[int, Handled]:
    return {step_id: one._replace(final=True) for step_id, one in handled.items()}


def _delivery(person: Person, item: Planned) -> dict[str, Any]:
    step, row = item.step, person.row
    is_service = step.kind is Kind.SERVICE
    reason = person.refusal(item.skip)
    return {
        "state": DeliveryState.SKIPPED if reason else DeliveryState.SCHEDULED,
        "reason": reason,
        "kind": step.kind,
        "priority": SERVICE_PRIORITY if is_service else MARKETING_PRIORITY,
        "address": row.address,
        "subscriber_id": row.subscriber_id,
        "enrollment_id": row.id,
        "step_id": step.id,
        "occurrence_id": row.occurrence_id if is_service else None,
        "planned_at": item.at,
        "due_at": item.at,
        "not_after": item.not_after,
    }


def _when_to_ask(person: Person, now: datetime) -> datetime:
    """Wait for the next try of what is under way, a minute at least."""
    tries = [past.due_at for past in person.past if not past.is_final]
    return max(now + LOOK_AGAIN, min(tries, default=now))


def _end(person: Person, state: EnrollmentState, reason: Reason) -> Outcome:
    return Outcome(person.row.id, person.row.subscriber_id, state, reason)


def _go_on(
    person: Person, due_at: datetime, next_step_id: int, rows: list[dict[str, Any]]
) -> Outcome:
    return Outcome(
        person.row.id,
        person.row.subscriber_id,
        EnrollmentState.ACTIVE,
        None,
        due_at,
        next_step_id,
        rows,
    )
