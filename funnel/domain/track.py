"""A sequence made ready to plan many people by: what is the same for all of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from funnel.domain.openings import Openings
from funnel.domain.rules import Lateness, Rules
from funnel.domain.steps import Moved, Step

NOTICE = timedelta(minutes=10)
"""A reminder that comes sooner than this after the seat says nothing new."""
PUNCTUAL = timedelta(minutes=10)
"""What leaves within this of its moment is not late."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES, DATES = 64, 1024
"""So many are remembered."""


class Anchors(NamedTuple):
    """What pinned steps count from; a date in the calendar counts from nothing."""

    start: datetime | None
    end: datetime | None
    replay_until: datetime | None


class Pinned(NamedTuple):
    """A pinned step with its moment; whether it goes is decided when that comes."""

    at: datetime
    rank: int
    step: Step
    moved: tuple[Moved, ...]
    last: datetime  # the last moment at which it may still leave
    limit: datetime | None  # never after this: the anchor, or a moment already gone
    own: datetime  # its moment before it stepped aside for another mail
    base: datetime  # what the timing says
    is_before: bool  # it comes before its anchor, or has a date

    def put(
        self,
        at: datetime,
        moved: tuple[Moved, ...],
        limit: datetime | None,
        own: datetime,
        lateness: Lateness,
    ) -> "Pinned":
        """Return it at another moment."""
        _, rank, step, *_, base, is_before = self
        last = _last(step, at, limit, lateness)
        return Pinned(at, rank, step, moved, last, limit, own, base, is_before)


class Pins(NamedTuple):
    """The pinned steps of everybody with one occurrence in one zone."""

    fixed: tuple[Pinned, ...]  # by moment
    behind: Mapping[int, Pinned]  # by rank: those that wait for the steps above


class Track:
    """The steps and rules of a sequence, sorted out once for all its people."""

    def __init__(self, steps: Sequence[Step], rules: Rules) -> None:
        self.steps, self.rules = tuple(steps), rules
        self.known = {step.id: step for step in self.steps}
        self.turns = tuple(
            (rank, step)
            for rank, step in enumerate(steps)
            if not step.timing.is_pinned or step.timing.after_above
        )  # those that come one after the other
        self.openings = lru_cache(ZONES)(self._openings)
        self.pins = lru_cache(DATES)(self._pins)

    def _openings(self, zone: tzinfo) -> Openings:
        return Openings(self.rules, zone)

    def _pins(self, anchors: Anchors, zone: tzinfo) -> Pins:
        found = [
            pin
            for rank, step in enumerate(self.steps)
            if step.timing.is_pinned and not step.is_deleted
            for pin in [self._pin(step, rank, anchors, zone)]
            if pin is not None
        ]
        fixed = sorted(pin for pin in found if not pin.step.timing.after_above)
        behind = {pin.rank: pin for pin in found if pin.step.timing.after_above}
        return Pins(tuple(fixed), behind)

    def _pin(
        self, step: Step, rank: int, anchors: Anchors, zone: tzinfo
    ) -> Pinned | None:
        """Find a pinned step's moment; None while there is nothing to count from."""
        timing = step.timing
        is_date = timing.on is not None
        anchor = EPOCH if is_date else getattr(anchors, timing.fact)
        if anchor is None:
            return None
        base = timing.moment(anchor, zone)
        limit = anchor if base < anchor and not is_date else None
        at, moved = self.openings(zone).open(step, base)
        is_before = limit is not None or is_date
        last = _last(step, at, limit, self.rules.lateness)
        return Pinned(at, rank, step, moved, last, limit, at, base, is_before)


def _last(
    step: Step, at: datetime, limit: datetime | None, lateness: Lateness
) -> datetime:
    """Return the last moment at which a pinned step may still leave."""
    last = at + patience(step, lateness, is_before=limit is not None)
    return last if limit is None else min(last, limit)


def patience(step: Step, lateness: Lateness, *, is_before: bool) -> timedelta:
    """Return how late a step may leave; `is_before` its anchor."""
    if step.timing.patience is not None:
        return step.timing.patience
    if step.is_marketing:
        return lateness.marketing
    if step.timing.is_close:
        return lateness.last_hour if is_before else lateness.live
    return lateness.reminder if is_before else lateness.service
