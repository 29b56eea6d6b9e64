"""What a scan decides about one enrollment: pure, from facts to rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from funnel.domain import schedule, timing
from funnel.domain.doors import Doors
from funnel.domain.openings import Openings
from funnel.domain.schedule import (
    PUNCTUAL,
    Facts,
    Handled,
    Moved,
    Pause,
    Planned,
    Rules,
    Step,
    Track,
)
from funnel.domain.slots import Slots
from funnel.domain.status import (
    LEAVING,
    DeliveryState,
    EnrollmentState,
    Kind,
    Reason,
    SubscriberState,
)
from funnel.flow.due.people import AnyRow, Person
from funnel.models import EventKind
from funnel.models.delivery import MARKETING_PRIORITY, SERVICE_PRIORITY

LOOK_AGAIN = timedelta(minutes=1)
"""How soon to ask again while a flowing mail that is due waits for the one above."""

CATCH_UP = timedelta(hours=1)
"""Over so long the late ones are spread, so that they are no blast."""

REFUSED = frozenset({Reason.NO_CONSENT, Reason.UNSUBSCRIBED})

MOST_AT_ONCE = 100
"""More rounds than a sequence has steps: the plan does not come to an end."""


@dataclass(frozen=True, slots=True)
class Course:
    """A sequence as the plan reads it."""

    steps: tuple[Step, ...]
    rules: Rules
    doors: Doors = Doors()  # noqa: RUF009 - frozen
    retimed_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    kinds: dict[int, Kind] = field(init=False, compare=False, repr=False)
    track: Track = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # Told once, not for each of its people.
        kinds = {step.id: step.kind for step in self.steps}
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(self, "track", Track(self.steps, self.rules))

    @property
    def reads_events(self) -> bool:
        conditions = (self.doors.leave, *(step.condition for step in self.steps))
        return any(one.reads_events for one in conditions)

    def named(self, step_ids: frozenset[int]) -> frozenset[str]:
        """Return the slugs of those of these steps that are its own."""
        if not step_ids:
            return frozenset()
        return frozenset(step.slug for step in self.steps if step.id in step_ids)


@dataclass(slots=True)
class Outcome:
    """The rows to add for an enrollment, and how it goes on.

    `told` is the event that it is worth; `ahead` is when her next marketing goes,
    as it looks now.
    """

    enrollment_id: int
    subscriber_id: int
    state: EnrollmentState
    reason: Reason | None = None
    due_at: datetime | None = None
    next_step_id: int | None = None
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    told: EventKind | None = None
    ahead: list[datetime] = field(default_factory=list)

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

    @property
    def days(self) -> list[datetime]:
        """Return the moments of the marketing mails that it adds."""
        return [
            at
            for row in self.deliveries
            if row["kind"] is Kind.MARKETING and row["reason"] is None
            for at in {row["planned_at"], row["due_at"]}
        ]


def outcome(person: Person, course: Course, now: datetime) -> Outcome:
    """Plan until nothing is due: rows for what is, and the next moment to ask.

    The next moment takes for granted that what is under way gets handled; when it
    comes and that is not so, the plan waits and is asked again. Who has left gets
    no marketing any more, and is through when her seat's own mails are; so is who
    unsubscribed, unless she comes back before.
    """
    if person.end is not None:
        end = _result(person, EnrollmentState.EXITED, person.end)
        end.told = EventKind.EXITED
        return end
    planning = _Planning(person, course, now)
    rows = planning.due()
    later = planning.later()
    done = _result(person, EnrollmentState.ACTIVE, planning.left)
    done.deliveries, done.told = rows, planning.news
    done.ahead = moments(later)
    if later and not planning.is_over(later):
        first = later[0]
        done.due_at = first.at if first.at > now else _when_to_ask(person, now)
        done.next_step_id = first.step.id
    elif planning.left:
        done.state = EnrollmentState.EXITED
    elif planning.is_over(later):
        done.state, done.reason = EnrollmentState.EXITED, Reason.UNSUBSCRIBED
        done.told = EventKind.EXITED
    else:
        done.state, done.reason = EnrollmentState.COMPLETED, Reason.FINISHED
        done.told = EventKind.COMPLETED
    return done


def ahead(person: Person, course: Course, now: datetime) -> list[Planned]:
    """Return what she still has ahead, when all that is under way gets handled.

    Nothing, when nothing can be sent to her any more.
    """
    if person.end is not None:
        return []
    planning = _Planning(person, course, now)
    return [item._replace(skip=person.refusal(item.skip)) for item in planning.later()]


def moments(planned: list[Planned]) -> list[datetime]:
    """Return when the marketing of a plan goes, as far as it does."""
    return [
        item.at
        for item in planned
        if item.skip is None and item.step.kind is Kind.MARKETING
    ]


class _Planning:
    """The plan of one person, asked until it has nothing due any more."""

    def __init__(self, person: Person, course: Course, now: datetime) -> None:
        self.person, self.course, self.now = person, course, now
        self.handled = {
            past.step_id: Handled(past.at, past.has_arrived, past.is_final, past.reason)
            for past in person.handled(course.kinds)
        }
        self.given: list[tuple[datetime, datetime]] = []  # as `_went`, of its rows
        self._later: list[Planned] | None = None
        reason: Reason | None = person.row.reason
        self.had_left = reason in LEAVING
        self.left = reason if self.had_left else None
        if self.left is None and course.doors.leave.facts and self._lets_go():
            self.left = Reason.EXIT_RULE

    @property
    def news(self) -> EventKind | None:
        """Return the event of leaving, the first time that it is seen."""
        is_news = self.left is not None and not self.had_left
        return EventKind.EXITED if is_news else None

    def due(self) -> list[dict[str, Any]]:
        """Return the rows of all that is due, and count it as under way.

        What handling makes due is in the plan that takes all for handled as well:
        where nothing there is due, nothing here can be.
        """
        rows = list[dict[str, Any]]()
        for _ in range(MOST_AT_ONCE):
            if not _due(self.later(), self.now):
                break
            ready = _due(self._waiting(), self.now)
            if not ready:
                break
            rows += [self._delivery(item) for item in ready]
            self._handle(ready)
        return rows

    def later(self) -> list[Planned]:
        """Return the plan when all that is under way gets handled."""
        if self._later is None:
            self._later = self._plan(
                {
                    key: one if one.final else one._replace(final=True)
                    for key, one in self.handled.items()
                }
            )
        return self._later

    def is_over(self, later: list[Planned]) -> bool:
        """Say whether she unsubscribed, and only that keeps mails from her now."""
        if self.person.row.subscriber_state is not SubscriberState.UNSUBSCRIBED:
            return False
        if later:
            return all(item.step.is_marketing for item in later)
        return any(one.reason in REFUSED for one in self.handled.values())

    def _waiting(self) -> list[Planned]:
        """Return the plan that waits for what is under way, if anything is."""
        return self.later() if self._is_settled() else self._plan(self.handled)

    def _handle(self, ready: list[Planned]) -> None:
        """Count these as under way, and plan again where that can change what comes."""
        is_whole = self._is_settled()
        self._later = schedule.rest(self.later(), ready) if is_whole else None
        for item in ready:
            is_skipped = item.skip is not None
            self.handled[item.step.id] = Handled(item.at, False, is_skipped, item.skip)

    def _is_settled(self) -> bool:
        return all(one.final for one in self.handled.values())

    def _plan(self, handled: Mapping[int, Handled]) -> list[Planned]:
        return schedule.plan(self.course.track, self._facts(handled), self.now)

    def _delivery(self, item: Planned) -> dict[str, Any]:
        step, row = item.step, self.person.row
        is_service = step.kind is Kind.SERVICE
        reason = self.person.refusal(item.skip)
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
            "moved": list(dict.fromkeys(item.moved)) if item.moved else None,
            "planned_at": item.at,
            "due_at": item.at if reason else self._leaves_at(item),
            "not_after": item.not_after,
        }

    def _leaves_at(self, item: Planned) -> datetime:
        """Return when a mail may leave: at its moment, unless that is long past.

        A late one minds the rules of its sequence again: service mail the quiet
        hours, where there is time for them; marketing every day and hour it minded.
        """
        step, is_late = item.step, item.at < self.now - PUNCTUAL
        if not step.is_marketing:
            return self._late_service(item) if is_late else item.at
        at, is_spread = item.at, is_late or Moved.RETIMED in item.moved
        if is_spread or self._is_astray():
            at = self._free(item, spread=is_spread)
        self.given.append((item.at, at))
        return at

    def _late_service(self, item: Planned) -> datetime:
        at, moved = self._openings().open(item.step, self.now)
        has_time = item.not_after is None or at <= item.not_after
        return at if moved and has_time else item.at

    def _free(self, item: Planned, *, spread: bool) -> datetime:
        """Find a day of its own, and a part of an hour, so that many are no blast.

        By the enrollment's number (Knuth's multiplicative hash), not by chance: a
        second look gives the same moment. An opening that is shorter than the hour
        is shared out likewise.
        """
        step, rests = item.step, not item.step.timing.is_pinned
        hold = self._facts(self.handled).hold(self.course.rules)
        slots = Slots(self._openings(), hold)
        for moment in (*(at for _, at in self._went()), *self.person.elsewhere):
            slots.take(moment)

        def first(moment: datetime) -> datetime:
            return slots.place(step, moment, (), rests=rests)[0]

        if not spread:
            return first(item.at)
        at = first(max(item.at, self.now))
        part: timedelta = self.person.row.id * 2654435761 % 1000 / 1000 * CATCH_UP
        while first(at + part) != at + part:
            part /= 2
        return at + part

    def _is_astray(self) -> bool:
        """Say whether a mail left on another day than it was planned for.

        The plan knows the days that were planned; the others it takes for free.
        """
        return any(
            planned != at and self._day(planned) != self._day(at)
            for planned, at in self._went()
        )

    def _went(self) -> list[tuple[datetime, datetime]]:
        """Tell when marketing of this way was planned, and when it left, or will."""
        kinds = self.course.kinds
        rows = [
            (past.at, past.due_at)
            for past in self.person.past
            if kinds.get(past.step_id) is Kind.MARKETING
            and (past.has_arrived or not past.is_final)
        ]
        return rows + self.given

    def _openings(self) -> Openings:
        return self.course.track.openings(timing.zone(self.person.row.zone))

    def _day(self, at: datetime) -> date:
        return timing.local(at, timing.zone(self.person.row.zone)).date()

    def _lets_go(self) -> bool:
        """Say whether the sequence's condition for leaving holds for her now."""
        leave = self.course.doors.leave
        sent = frozenset(step_id for step_id, one in self.handled.items() if one.sent)
        facts = self._facts(self.handled)
        her = schedule.situation(facts, self.course.named(sent))
        return leave.holds(her, self.now)

    def _facts(self, handled: Mapping[int, Handled]) -> Facts:
        person, row = self.person, self.person.row
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
            clicked=self.course.named(person.clicked),
            happened=person.happened,
            elsewhere=person.elsewhere,
            retimed_at=_retimed_at(row, self.course.retimed_at),
            pauses=self.course.pauses,
            has_left=self.left is not None,
        )


def _due(planned: list[Planned], now: datetime) -> list[Planned]:
    """Return what of a plan is due, in time order."""
    return [item for item in planned if item.at <= now]


def _retimed_at(row: AnyRow, changed_at: datetime | None) -> datetime | None:
    """Return when an edit or a moved date last changed what the plan says."""
    known = [at for at in (changed_at, row.moved_at) if at and at > row.confirmed_at]
    return max(known, default=None)


def _has_seat(row: AnyRow) -> bool:
    """Say whether service steps may go; a sequence without dates asks for no seat."""
    if row.registration_id is None:
        return True
    return row.occurrence_id is not None and row.seat_cancelled_at is None


def _when_to_ask(person: Person, now: datetime) -> datetime:
    """Wait for the next try of what is under way, a minute at least."""
    tries = [past.due_at for past in person.past if not past.is_final]
    return max(now + LOOK_AGAIN, min(tries, default=now))


def _result(person: Person, state: EnrollmentState, reason: Reason | None) -> Outcome:
    return Outcome(person.row.id, person.row.subscriber_id, state, reason)
