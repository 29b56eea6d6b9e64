"""Who gets which step when, what not, and why: the one plan that all others ask.

`plan` is pure: the same steps, rules, facts and `now` give the same answer.

- A flowing step counts from the planned moment of the flowing step above it; the
  first one, from the confirmation. One that was skipped counts all the same.
- Each moment is moved in this order: hold, send days, window and quiet hours,
  one marketing mail a day; then its own time of day again, until nothing is in
  its way. The hold and the send days are for flowing marketing only.
- A pinned marketing step keeps its moment (quiet hours and window aside) and
  takes its local day even when its condition says no in the end. Of two on one
  day, the later moves on.
- Service steps "at once" and within an hour of the start know no quiet hours.
- A pinned step whose moment came before the seat, or less than ten minutes after
  it, is skipped if it is a reminder, and follows at the next hour of the rules if
  it counts forward from the start or the end.
- Nothing timed before its anchor goes after it.
- While a flowing delivery is not final, the flowing steps below it, and those
  that wait for them, are left out (`waits` says so).
- A pause that shifts stops the clock of flowing steps; in one that skips, no
  marketing goes. What is pinned follows the calendar either way.
"""

from bisect import insort
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from funnel.domain.conditions import Condition, Situation
from funnel.domain.rules import Rules
from funnel.domain.slots import Slots, is_crowded
from funnel.domain.status import How, Reason
from funnel.domain.steps import Facts, Handled, Moved, Pause, Planned, Step
from funnel.domain.timing import next_wall, zone

__all__ = [
    "Condition",
    "Facts",
    "Handled",
    "Moved",
    "Pause",
    "Planned",
    "Rules",
    "Step",
    "plan",
    "rest",
    "situation",
    "waits",
]

NOTICE = timedelta(minutes=10)
"""A reminder that comes sooner than this after the seat says nothing new."""


def plan(
    steps: Sequence[Step], rules: Rules, facts: Facts, now: datetime
) -> list[Planned]:
    """Say what becomes of every step that is not handled yet, in time order."""
    return _Planning(rules, facts, now).result(steps)


def rest(planned: Sequence[Planned], ready: Sequence[Planned]) -> list[Planned] | None:
    """Return what stays of a plan once some of it is handled; None: plan again.

    A mail under way is not sent yet, its day is free again when it fails, and who
    has it has passed the place of a step that was put in. Where none of that can
    tell for a mail that stays, it stays as it is.
    """
    gone = {item.step.id for item in ready}
    slugs = {item.step.slug for item in ready}
    stays = [item for item in planned if item.step.id not in gone]
    return None if any(_depends(item, slugs) for item in stays) else stays


def situation(facts: Facts, sent: Collection[str]) -> Situation:
    """Return what conditions ask about her; `sent` are slugs."""
    return Situation(
        facts.start,
        facts.replay_until,
        facts.joined,
        facts.replayed,
        _no_seat(facts) is None,
        facts.tags,
        facts.clicked,
        sent,
        facts.happened,
    )


def waits(steps: Sequence[Step], facts: Facts) -> bool:
    """Say whether flowing steps are left out until a delivery is final."""
    return any(
        found is not None and not found.final and not step.timing.is_pinned
        for step in steps
        for found in [facts.handled.get(step.id)]
    )


def open_from(step: Step, rules: Rules, zone_name: str, moment: datetime) -> datetime:
    """Return when a mail that is late may leave: its quiet hours count then too."""
    return Slots(rules, zone(zone_name), None).open(step, moment)[0]


class _Pinned(NamedTuple):
    """A pinned step with its moment; whether it goes is decided when that comes."""

    at: datetime
    rank: int
    step: Step
    moved: tuple[Moved, ...]
    limit: datetime | None  # never after this: the anchor, or a moment already gone
    own: datetime  # its moment before it stepped aside for another mail


class _Planning:
    """One walk over the steps of one person."""

    def __init__(self, rules: Rules, facts: Facts, now: datetime) -> None:
        self.rules, self.facts, self.now = rules, facts, now
        self.zone = zone(facts.zone)
        self.no_seat = _no_seat(facts)
        self.floor = max(facts.seated_at, facts.retimed_at or facts.seated_at)
        hold = None if self.no_seat else _hold(rules, facts)
        self.slots = Slots(rules, self.zone, hold)
        self.consents = tuple(facts.consents)  # an enum is found faster than hashed
        self.sent: set[str] = set()
        self.past: list[tuple[int, datetime]] = []  # flowing: place, moment
        self.her = situation(facts, self.sent)
        self.shifts = [one for one in facts.pauses if one.how is How.SHIFT]
        self.skips = [one for one in facts.pauses if one.how is How.SKIP]
        self.pending: list[_Pinned] = []  # the earliest last
        self.planned: list[Planned] = []

    def result(self, steps: Sequence[Step]) -> list[Planned]:
        self._read_handled(steps)
        self._pin(steps)
        self._flow(steps)
        self._decide_until(None)
        self.planned.sort(key=attrgetter("at"))
        return self.planned

    def _read_handled(self, steps: Sequence[Step]) -> None:
        for moment in self.facts.elsewhere:
            self.slots.take_elsewhere(moment)
        handled = self.facts.handled
        for rank, step in enumerate(steps if handled else ()):
            found = handled.get(step.id)
            if found is None:
                continue
            if found.sent:
                self.sent.add(step.slug)
            if not step.timing.is_pinned:
                self.past.append((rank, found.at))
            if step.is_marketing and _took_its_day(step, found):
                self.slots.take(found.at)

    def _pin(self, steps: Sequence[Step]) -> None:
        found = []
        for rank, step in enumerate(steps):
            timing = step.timing
            if timing.is_pinned and not timing.after_above:
                item = self._pinned(step, rank)
                if item is not None:
                    found.append(item)
        found.sort(reverse=True)
        while found:
            item = found.pop()
            if item.step.is_marketing and self._claims_its_day(item):
                if self.slots.is_taken(item.at):
                    insort(found, self._aside(item), key=_backwards)
                    continue
                self.slots.take(item.at)
            self.pending.append(item)
        self.pending.sort(reverse=True)

    def _pinned(self, step: Step, rank: int) -> _Pinned | None:
        """Find a pinned step's moment; None while there is nothing to count from."""
        timing, seated = step.timing, self.facts.seated_at
        anchor: datetime | None = getattr(self.facts, timing.fact)
        if anchor is None or not self._is_open(step):
            return None
        base = timing.moment(anchor, self.zone)
        if step.added_at is not None and max(base, seated) < step.added_at:
            return None  # put in when its moment had passed
        is_before = base < anchor or timing.on is not None
        at, moved = self.slots.open(step, base)
        if at < seated and not is_before and not step.is_loud:
            at = next_wall(seated, timing.at or self.rules.hour, self.zone)
            at, moved = self.slots.open(step, at, (*moved, Moved.SEAT))
        elif self._is_overdue(step, at):
            at = self.slots.next_own(step, at, self.floor)
            at, moved = self.slots.open(step, at, (*moved, Moved.RETIMED))
        limit = anchor if is_before and timing.on is None else None
        if is_before and at < seated + NOTICE:
            limit = at - NOTICE
        return _Pinned(at, rank, step, moved, limit, at)

    def _is_overdue(self, step: Step, at: datetime) -> bool:
        """Say whether an edit put a moment into the past, where it still counts.

        Such a mail takes its next slot: it would go to everybody at once otherwise.
        """
        is_past = at < self.floor and self.floor > self.facts.seated_at
        return (
            is_past
            and step.is_marketing
            and at + self.rules.lateness.marketing > self.floor
        )

    def _is_open(self, step: Step) -> bool:
        """Say whether a step is still to be handled, and has what it is about."""
        if step.id in self.facts.handled or step.is_deleted:
            return False
        if step.is_marketing and self.facts.has_left:
            return False
        if self.no_seat is None:
            return True
        if not step.is_marketing:
            return self.facts.start is not None
        return not step.timing.is_pinned or step.timing.on is not None

    def _claims_its_day(self, item: _Pinned) -> bool:
        """Say whether a pinned step may go: only its condition is left open."""
        step = item.step
        return (
            step.is_marketing
            and step.is_on
            and step.purpose in self.consents
            and (item.limit is None or item.at <= item.limit)
        )

    def _aside(self, item: _Pinned) -> _Pinned:
        """Move to the next free day; where that is too late, be skipped in place."""
        at, moved = self.slots.place(item.step, item.at, item.moved, rests=False)
        if item.limit is not None and at > item.limit:
            return item._replace(at=item.own, limit=item.own - NOTICE, moved=moved)
        return item._replace(at=at, moved=moved)

    def _flow(self, steps: Sequence[Step]) -> None:
        handled, above = self.facts.handled, self.facts.confirmed_at
        for rank, step in enumerate(steps):
            if step.timing.is_pinned:
                if step.timing.after_above:
                    self._follow(step, rank, above)
                continue
            found = handled.get(step.id)
            if found is not None:
                if not found.final:
                    return
                above = found.at
            elif self._is_open(step) and not self._is_passed(step, rank):
                above = self._flowing(step, above)

    def _flowing(self, step: Step, above: datetime) -> datetime:
        """Plan a flowing step; return its moment, from which the next one counts."""
        seated = self.facts.seated_at
        moved: tuple[Moved, ...] = ()
        if above < seated and not step.is_marketing:
            above = seated
        at = step.timing.moment(above, self.zone)
        for pause in self.shifts:
            if above < pause.until and at >= pause.since:
                above += pause.until - max(above, pause.since)
                at = step.timing.moment(above, self.zone)
                moved = (Moved.PAUSED,)
        if at < self.floor:
            moved = (*moved, Moved.SEAT if at < seated else Moved.RETIMED)
            at = self.slots.next_own(step, at, self.floor)
        last = None
        if step.is_marketing:
            at, moved = self.slots.place(step, at, moved, rests=True)
            last = at + self.rules.lateness.marketing
        else:
            at, moved = self.slots.open(step, at, moved)
        if self.pending:
            self._decide_until(at)
        if self._decide(step, at, last, moved) and step.is_marketing:
            self.slots.take(at)
        return at

    def _is_passed(self, step: Step, rank: int) -> bool:
        """Say whether a step was put in above a place that she had passed by then."""
        added = step.added_at
        if added is None or (not step.is_marketing and self.facts.seated_at > added):
            return False  # service steps begin anew with each seat
        return any(place > rank and at <= added for place, at in self.past)

    def _follow(self, step: Step, rank: int, above: datetime) -> None:
        """Plan a pinned step that waits for the flowing steps above it."""
        item = self._pinned(step, rank)
        if item is None:
            return
        above = max(above, self.floor)
        if item.at < above:
            at = self.slots.next_own(step, item.at, above)
            moved = (*item.moved, Moved.STEPS_ABOVE)
            item = item._replace(at=at, moved=moved)
            item = self._aside(item) if step.is_marketing else item
        elif self._claims_its_day(item) and self.slots.is_taken(item.at):
            item = self._aside(item)
        if self._claims_its_day(item):
            self.slots.take(item.at)
        insort(self.pending, item, key=_backwards)

    def _decide_until(self, moment: datetime | None) -> None:
        """Decide the pinned steps that come before a moment; None: all of them."""
        pending = self.pending
        while pending and (moment is None or pending[-1].at < moment):
            item = pending.pop()
            last = self._last(item)
            self._decide(item.step, item.at, last, item.moved)

    def _decide(
        self, step: Step, at: datetime, last: datetime | None, moved: tuple[Moved, ...]
    ) -> bool:
        """Write down whether a step goes; say so."""
        if step.condition.needs_replay and self.facts.replay_until:
            last = min(last or self.facts.replay_until, self.facts.replay_until)
        skip = self._skip(step, at, last)
        if skip is None and is_crowded(moved):
            skip = Reason.CROWDED
        if skip is None:
            self.sent.add(step.slug)
        self.planned.append(Planned(step, at, skip, last, moved))
        return skip is None

    def _last(self, item: _Pinned) -> datetime | None:
        """Return the last moment at which a pinned step may still leave."""
        lateness, limit = self.rules.lateness, item.limit
        if item.step.is_marketing:
            last = item.at + lateness.marketing
        elif item.step.timing.is_close:
            last = item.at + (lateness.last_hour if limit else lateness.live)
        elif limit is None:
            return None
        else:
            last = item.at + lateness.reminder
        return last if limit is None else min(last, limit)

    def _skip(self, step: Step, at: datetime, last: datetime | None) -> Reason | None:
        if not step.is_on:
            return Reason.SWITCHED_OFF
        refusal = self._unwanted(step, at) if step.is_marketing else self.no_seat
        if refusal is not None:
            return refusal
        if last is not None and (last < self.now or last < at):
            return Reason.TOO_LATE  # before the condition: it claimed no day
        if step.condition.facts and not step.condition.holds(self.her, at):
            return Reason.CONDITION
        return None

    def _unwanted(self, step: Step, at: datetime) -> Reason | None:
        """Say why a marketing step may not come at this moment."""
        if step.purpose not in self.consents:
            return Reason.NO_CONSENT
        for pause in self.skips:
            if pause.holds(at):
                return Reason.STOOD_STILL
        return None


def _backwards(item: _Pinned) -> tuple[float, int]:
    return -item.at.timestamp(), -item.rank


def _depends(item: Planned, slugs: set[str]) -> bool:
    """Say whether what becomes of these steps can change what is planned."""
    step = item.step
    return (
        step.added_at is not None
        or Moved.ONE_A_DAY in item.moved
        or not slugs.isdisjoint(step.condition.sent_slugs)
    )


def _no_seat(facts: Facts) -> Reason | None:
    if facts.occurrence_cancelled:
        return Reason.OCCURRENCE_CANCELLED
    return None if facts.has_seat else Reason.SEAT_CANCELLED


def _hold(rules: Rules, facts: Facts) -> tuple[datetime, datetime] | None:
    if rules.hold is None or facts.start is None:
        return None
    return facts.start - rules.hold.before, facts.start + rules.hold.after


def _took_its_day(step: Step, found: Handled) -> bool:
    """Say whether a handled marketing step is that day's one.

    A pinned step takes its day whatever its condition said: the flowing steps have
    stepped aside for it by then, and would otherwise jump back.
    """
    if found.sent or not found.final:
        return True
    return step.timing.is_pinned and found.reason in (None, Reason.CONDITION)
