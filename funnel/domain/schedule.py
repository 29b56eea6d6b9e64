"""Who gets which step when, what not, and why: the one plan that all others ask.

`plan` is pure: the same steps, rules, facts and `now` give the same answer.

- A flowing step counts from the planned moment of the flowing step above it; the
  first one, from the confirmation. One that was skipped counts all the same. It
  never goes before any flowing step above it, wherever these stood before.
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
from datetime import datetime
from operator import itemgetter

from funnel.domain.conditions import Condition, Situation
from funnel.domain.openings import Slot, Usual
from funnel.domain.passing import Passing
from funnel.domain.rules import Rules
from funnel.domain.slots import Slots, is_crowded
from funnel.domain.status import How, Reason
from funnel.domain.steps import Added, Facts, Handled, Moved, Pause, Planned, Step
from funnel.domain.timing import next_wall, zone
from funnel.domain.track import NOTICE, PUNCTUAL, Anchors, Pinned, Track, patience

__all__ = [
    "PUNCTUAL",
    "Added",
    "Condition",
    "Facts",
    "Handled",
    "Moved",
    "Pause",
    "Planned",
    "Rules",
    "Step",
    "Track",
    "plan",
    "rest",
    "situation",
    "waits",
]


def plan(track: Track, facts: Facts, now: datetime) -> list[Planned]:
    """Say what becomes of every step that is not handled yet, in time order."""
    return _Planning(track, facts, now).result()


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
        facts.no_seat is None and facts.start is not None,
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


class _Planning:
    """One walk over the steps of one person."""

    def __init__(self, track: Track, facts: Facts, now: datetime) -> None:
        self.track, self.rules, self.facts, self.now = track, track.rules, facts, now
        self.zone = zone(facts.zone)
        self.no_seat = facts.no_seat
        self.is_whole = self.no_seat is None and not facts.has_left
        retimed = facts.retimed_at or facts.seated_at
        self.floor = max(facts.seated_at, retimed)
        # What was due before this stands: the scan was about to do it.
        self.stands = max(facts.seated_at, retimed - PUNCTUAL)
        self.turn = self.stands  # no flowing step goes before the one above it
        self.lateness = track.rules.lateness
        self.openings = track.openings(self.zone)
        self.slots = Slots(self.openings, facts.hold(self.rules))
        self.consents = tuple(facts.consents)  # an enum is found faster than hashed
        self.sent: set[str] = set()
        self.past: dict[int, datetime] = {}  # flowing steps by id
        self.passing = Passing(track.known, self.past, facts.seated_at)
        self.her = situation(facts, self.sent)
        self.shifts = facts.shifts if facts.pauses else ()
        self.skips = [one for one in facts.pauses if one.how is How.SKIP]
        self.pins = track.pins(
            Anchors(facts.start, facts.end, facts.replay_until), self.zone
        )
        self.pending: list[Pinned] = []  # by moment
        self.planned: list[Planned] = []

    def result(self) -> list[Planned]:
        self._read_handled()
        self._pin()
        self._flow()
        self._decide_until(None)
        self.planned.sort(key=itemgetter(1))
        return self.planned

    def _read_handled(self) -> None:
        for moment in self.facts.elsewhere:
            self.slots.take_elsewhere(moment)
        handled = self.facts.handled
        for step in self.track.steps if handled else ():
            found = handled.get(step.id)
            if found is None:
                continue
            if found.sent:
                self.sent.add(step.slug)
            if not step.timing.is_pinned:
                self.past[step.id] = found.at
            if step.is_marketing and _took_its_day(step, found):
                self.slots.take(found.at)

    def _pin(self) -> None:
        """Give the pinned steps their moments, and marketing its days."""
        found = [item for pin in self.pins.fixed if (item := self._pinned(pin))]
        found.sort()
        for item in found:
            if item.step.is_marketing and self._claims_its_day(item):
                if self.slots.is_taken(item.at):
                    aside = self._aside(item, item.at, item.moved)
                    if aside.at > item.at:
                        insort(found, aside)  # its turn comes, in this loop
                    else:
                        self.pending.append(aside)
                    continue
                self.slots.take(item.at)
            self.pending.append(item)
        self.pending.sort()

    def _pinned(self, pin: Pinned) -> Pinned | None:
        """Find a pinned step's moment for her; None if it is none of hers."""
        step, seated = pin.step, self.facts.seated_at
        if step.id in self.facts.handled or not (self.is_whole or self._is_open(step)):
            return None
        if step.added is not None and max(pin.base, seated) < step.added.at:
            return None  # put in when its moment had passed
        if pin.at >= self.floor + NOTICE:
            return pin
        at, moved, limit = pin.at, pin.moved, pin.limit
        if at < seated and not pin.is_before and not step.is_loud:
            at = next_wall(seated, step.timing.at or self.rules.hour, self.zone)
            at, moved = self.openings.open(step, at, (*moved, Moved.SEAT))
        elif self._is_overdue(step, at):
            at = self.openings.next_own(step, at, self.floor)
            at, moved = self.openings.open(step, at, (*moved, Moved.RETIMED))
        if pin.is_before and at < seated + NOTICE:
            limit = at - NOTICE
        return pin.put(at, moved, limit, at, self.lateness)

    def _is_overdue(self, step: Step, at: datetime) -> bool:
        """Say whether an edit put a moment into the past, where it still counts.

        Such a mail takes its next slot: it would go to everybody at once otherwise.
        """
        is_past = at < self.stands and self.stands > self.facts.seated_at
        return (
            is_past
            and step.is_marketing
            and at + patience(step, self.lateness, is_before=False) > self.floor
        )

    def _is_open(self, step: Step) -> bool:
        """Say whether a step has what it is about, where something is missing."""
        if step.is_marketing and self.facts.has_left:
            return False
        if self.no_seat is None:
            return True
        if not step.is_marketing:
            return self.facts.start is not None
        return not step.timing.is_pinned or step.timing.on is not None

    def _claims_its_day(self, item: Pinned) -> bool:
        """Say whether a pinned step may go: only its condition is left open."""
        step = item.step
        return (
            step.is_marketing
            and step.is_on
            and step.purpose in self.consents
            and (item.limit is None or item.at <= item.limit)
        )

    def _aside(self, item: Pinned, at: datetime, moved: tuple[Moved, ...]) -> Pinned:
        """Move to the next free day; where that is too late, be skipped in place."""
        at, moved = self.slots.place(item.step, at, moved, rests=False)
        limit, own = item.limit, item.own
        if limit is not None and at > limit:
            at, limit = own, own - NOTICE
        return item.put(at, moved, limit, own, self.lateness)

    def _flow(self) -> None:
        handled, above = self.facts.handled, self.facts.confirmed_at
        for rank, step in self.track.turns:
            found = handled.get(step.id)
            if step.timing.is_pinned:
                if found is None and rank in self.pins.behind:
                    self._follow(self.pins.behind[rank], above)
            elif found is not None:
                if not found.final:
                    return
                above, self.turn = found.at, max(self.turn, found.at)
            elif step.is_deleted or (step.added and self.passing.tells(step)):
                continue
            elif self.is_whole or self._is_open(step):
                above = self._flowing(step, above)

    def _flowing(self, step: Step, above: datetime) -> datetime:
        """Plan a flowing step; return its moment, from which the next one counts."""
        usual = self.openings.usual(step, above)
        at = usual.at
        moved: tuple[Moved, ...] = ()
        if not self._is_as_usual(step, usual, above):
            at, moved = self._moved(step, above)
        if self.pending and self.pending[0].at < at:
            self._decide_until(at)
        last = at + patience(step, self.lateness, is_before=False)
        if self._decide(step, at, last, moved) and step.is_marketing:
            self.slots.take(at)
        self.turn = at
        return at

    def _is_as_usual(self, step: Step, usual: Usual, above: datetime) -> bool:
        """Say whether nothing of her own is in the way of a flowing step."""
        if not usual.is_open or usual.at < self.turn or self.shifts:
            return False
        if step.is_marketing:
            return self.slots.is_free(usual.at, usual.day)
        return above >= self.facts.seated_at

    def _moved(self, step: Step, above: datetime) -> Slot:
        """Find the moment of a flowing step for which something is in the way."""
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
        if at < self.turn:
            moved = (*moved, Moved.SEAT if at < seated else Moved.RETIMED)
            at = self.openings.next_own(step, at, max(self.turn, self.floor))
        if step.is_marketing:
            return self.slots.place(step, at, moved, rests=True)
        return self.openings.open(step, at, moved)

    def _follow(self, pin: Pinned, above: datetime) -> None:
        """Plan a pinned step that waits for the flowing steps above it."""
        item = self._pinned(pin)
        if item is None:
            return
        at, moved = item.at, item.moved
        is_pushed = at < above
        if is_pushed:
            at = self.openings.next_own(item.step, at, above)
            moved = (*moved, Moved.STEPS_ABOVE)
        if not item.step.is_marketing:
            item = item.put(at, moved, item.limit, item.own, self.lateness)
        elif is_pushed or (self._claims_its_day(item) and self.slots.is_taken(at)):
            item = self._aside(item, at, moved)
        if self._claims_its_day(item):
            self.slots.take(item.at)
        insort(self.pending, item)

    def _decide_until(self, moment: datetime | None) -> None:
        """Decide the pinned steps that come before a moment; None: all of them."""
        pending, count = self.pending, 0
        for item in pending:
            if moment is not None and item.at >= moment:
                break
            self._decide(item.step, item.at, item.last, item.moved)
            count += 1
        del pending[:count]

    def _decide(
        self, step: Step, at: datetime, last: datetime, moved: tuple[Moved, ...]
    ) -> bool:
        """Write down whether a step goes; say so."""
        if step.condition.needs_replay and self.facts.replay_until:
            last = min(last, self.facts.replay_until)
        skip = self._skip(step, at, last, moved)
        self.planned.append(Planned(step, at, skip, last, moved))
        if skip is None:
            self.sent.add(step.slug)
            return True
        return False

    def _skip(
        self, step: Step, at: datetime, last: datetime, moved: tuple[Moved, ...]
    ) -> Reason | None:
        """Say why a step does not go."""
        if not step.is_on:
            return Reason.SWITCHED_OFF
        refusal = self._unwanted(step, at) if step.is_marketing else self.no_seat
        if refusal is not None:
            return refusal
        if last < self.now or last < at:
            return Reason.TOO_LATE  # before the condition: it claimed no day
        if step.condition.facts and not step.condition.holds(self.her, at):
            return Reason.CONDITION
        return Reason.CROWDED if moved and is_crowded(moved) else None

    def _unwanted(self, step: Step, at: datetime) -> Reason | None:
        """Say why a marketing step may not come at this moment."""
        if step.purpose not in self.consents:
            return Reason.NO_CONSENT
        for pause in self.skips:
            if pause.holds(at):
                return Reason.STOOD_STILL
        return None


def _depends(item: Planned, slugs: set[str]) -> bool:
    """Say whether what becomes of these steps can change what is planned."""
    step = item.step
    return (
        step.added is not None
        or Moved.ONE_A_DAY in item.moved
        or not slugs.isdisjoint(step.condition.sent_slugs)
    )


def _took_its_day(step: Step, found: Handled) -> bool:
    """Say whether a handled marketing step is that day's one.

    A pinned step takes its day whatever its condition said: the flowing steps have
    stepped aside for it by then, and would otherwise jump back.
    """
    if found.sent or not found.final:
        return True
    return step.timing.is_pinned and found.reason in (None, Reason.CONDITION)
