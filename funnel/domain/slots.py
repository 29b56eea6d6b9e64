"""Her calendar: the moments that are open to a step, and the days that are taken."""

from datetime import date, datetime, time, timedelta, tzinfo

from funnel.domain.rules import Hours, Rules
from funnel.domain.steps import Moved, Step
from funnel.domain.timing import local, next_wall, wall

ONE_DAY = timedelta(days=1)
PATIENCE = 7
"""So many days in a row that other sequences have; then a mail is given up."""
Slot = tuple[datetime, tuple[Moved, ...]]
"""A moment, and why it is not the one that the timing says."""


class Slots:
    """Finds the first open moment for a step; remembers the days it gave away."""

    def __init__(
        self, rules: Rules, zone: tzinfo, hold: tuple[datetime, datetime] | None
    ) -> None:
        self.rules = rules
        self.zone = zone
        self.hold = hold
        self.taken: set[date] = set()
        self.elsewhere: set[date] = set()  # of `taken`, by other sequences

    def take(self, at: datetime) -> None:
        if self.rules.one_marketing_mail_a_day:
            self.taken.add(local(at, self.zone).date())

    def take_elsewhere(self, at: datetime) -> None:
        self.take(at)
        self.elsewhere |= self.taken & {local(at, self.zone).date()}

    def is_taken(self, at: datetime) -> bool:
        return local(at, self.zone).date() in self.taken

    def next_own(self, step: Step, at: datetime, after: datetime) -> datetime:
        """Return the step's next time of its own, from a moment on."""
        if not step.is_marketing and step.timing.at is None:
            return max(at, after)
        return next_wall(after, self._own_time(step, at), self.zone)

    def open(self, step: Step, at: datetime, moved: tuple[Moved, ...] = ()) -> Slot:
        """Move a moment out of the quiet hours and into the window."""
        if step.is_loud:
            return at, moved
        shut = self._shut(step)
        while _is_shut(shut, local(at, self.zone).time()):
            at, moved = self._next_hour(at), (*moved, Moved.QUIET)
        return at, moved

    def place(
        self, step: Step, at: datetime, moved: tuple[Moved, ...], *, rests: bool
    ) -> Slot:
        """Move a marketing step on until no rule is in its way, and take the day.

        `rests` says whether it minds the hold.
        """
        rules, hold, first = self.rules, self.hold if rests else None, at
        while True:
            if hold and hold[0] <= at < hold[1]:
                moved = (*moved, Moved.HOLD)
                at = self.next_own(step, first, hold[1])
            clock = local(at, self.zone)
            day = clock.date()
            if day.weekday() not in rules.send_days:
                moved = (*moved, Moved.SEND_DAYS)
            elif _is_shut(rules.shut_to_marketing, clock.time()):
                at, moved = self._next_hour(at), (*moved, Moved.QUIET)
                continue
            elif day not in self.taken or is_crowded(moved):
                return at, moved
            else:
                moved = (*moved, self._whose(day))
            at = wall(day + ONE_DAY, self._own_time(step, first), self.zone)

    def _whose(self, day: date) -> Moved:
        return Moved.ELSEWHERE if day in self.elsewhere else Moved.ONE_A_DAY

    def _own_time(self, step: Step, at: datetime) -> time:
        """Tell the time of day that a step keeps when it moves to another day.

        One that is shut every day is no use: with few send days, a step at such a
        time would be pushed past each of them, for ever.
        """
        own = step.timing.at
        if own is None and step.timing.is_pinned:
            own = local(at, self.zone).time()
        if own is None or _is_shut(self._shut(step), own):
            return self.rules.hour
        return own

    def _shut(self, step: Step) -> tuple[Hours, ...]:
        rules = self.rules
        return rules.shut_to_marketing if step.is_marketing else rules.shut_to_service

    def _next_hour(self, at: datetime) -> datetime:
        # Later, never now: where clocks skip, the hour itself can fall in shut hours.
        return next_wall(at + timedelta.resolution, self.rules.hour, self.zone)


def is_crowded(moved: tuple[Moved, ...]) -> bool:
    """Say whether a mail has stepped aside for other sequences often enough."""
    return len(moved) >= PATIENCE and moved.count(Moved.ELSEWHERE) >= PATIENCE


def _is_shut(shut: tuple[Hours, ...], at: time) -> bool:
    for first, until in shut:
        if first < until:
            if first <= at < until:
                return True
        elif at >= first or at < until:
            return True
    return False
