"""When mail may go at all: what the rules say of a moment on the clocks of a zone."""

from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from funnel.domain.rules import Hours, Rules
from funnel.domain.steps import Moved, Step
from funnel.domain.timing import local, next_wall

KEPT = 8192
"""So many moments are remembered: one morning serves everybody in a zone."""
Slot = tuple[datetime, tuple[Moved, ...]]
"""A moment, and why it is not the one that the timing says."""


class Told(NamedTuple):
    """A moment as the rules see it."""

    day: date
    is_send_day: bool  # for marketing
    shuts_marketing: bool
    shuts_service: bool


class Usual(NamedTuple):
    """Where a flowing step goes by its timing, and whether the rules let it."""

    at: datetime
    day: date
    is_open: bool


class Openings:
    """Tells what the rules allow when; the same for everybody in one zone."""

    def __init__(self, rules: Rules, zone: tzinfo) -> None:
        self.rules, self.zone = rules, zone
        self.tell = lru_cache(KEPT)(self._tell)
        self.usual = lru_cache(KEPT)(self._usual)
        self.own_time = lru_cache(KEPT)(self._own_time)

    def open(self, step: Step, at: datetime, moved: tuple[Moved, ...] = ()) -> Slot:
        """Move a moment out of the quiet hours and into the window."""
        while not step.is_loud and self._is_shut(step, at):
            at, moved = self.next_hour(at), (*moved, Moved.QUIET)
        return at, moved

    def next_own(self, step: Step, at: datetime, after: datetime) -> datetime:
        """Return the step's next time of its own, from a moment on."""
        if not step.is_marketing and step.timing.at is None:
            return max(at, after)
        return next_wall(after, self.own_time(step, at), self.zone)

    def next_hour(self, at: datetime) -> datetime:
        """Return the next hour at which moved mail goes."""
        # Later, never now: where clocks skip, the hour itself can fall in shut hours.
        return next_wall(at + timedelta.resolution, self.rules.hour, self.zone)

    def _is_shut(self, step: Step, at: datetime) -> bool:
        told = self.tell(at)
        return told.shuts_marketing if step.is_marketing else told.shuts_service

    def _tell(self, at: datetime) -> Told:
        clock, rules = local(at, self.zone), self.rules
        day, hour = clock.date(), clock.time()
        return Told(
            day,
            day.weekday() in rules.send_days,
            _is_in(rules.shut_to_marketing, hour),
            _is_in(rules.shut_to_service, hour),
        )

    def _own_time(self, step: Step, at: datetime) -> time:
        """Tell the time of day that a step keeps when it moves to another day.

        One that is shut every day is no use: with few send days, a step at such a
        time would be pushed past each of them, for ever.
        """
        own, rules = step.timing.at, self.rules
        if own is None and step.timing.is_pinned:
            own = local(at, self.zone).time()
        shut = rules.shut_to_marketing if step.is_marketing else rules.shut_to_service
        return rules.hour if own is None or _is_in(shut, own) else own

    def _usual(self, step: Step, above: datetime) -> Usual:
        at = step.timing.moment(above, self.zone)
        told = self.tell(at)
        if step.is_marketing:
            return Usual(at, told.day, told.is_send_day and not told.shuts_marketing)
        return Usual(at, told.day, step.is_loud or not told.shuts_service)


def _is_in(shut: tuple[Hours, ...], at: time) -> bool:
    return any(hours.holds(at) for hours in shut)
