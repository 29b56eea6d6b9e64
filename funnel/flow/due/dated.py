"""The mails that hang on a date: which they are, and when they go."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from funnel.domain import schedule
from funnel.domain.schedule import Facts, Planned, Step
from funnel.domain.status import Purpose
from funnel.flow.due.outcome import Course

LONG_AGO = timedelta(days=365)


class Date(Protocol):
    """A date as it is, or as it might become."""

    @property
    def starts_at(self) -> datetime: ...

    @property
    def ends_at(self) -> datetime: ...

    @property
    def replay_until(self) -> datetime | None: ...


def steps(course: Course) -> list[Step]:
    """Return the steps whose moment is told from the start or an end of a date."""
    return [
        step
        for step in course.steps
        if step.timing.is_pinned and step.timing.on is None and not step.is_deleted
    ]


def moments(
    course: Course, date: Date, zone: str, now: datetime, *, is_moved: bool = False
) -> Mapping[int, Planned]:
    """Return when they go to somebody who has had her seat for long, by step.

    She agreed to everything, and what she does meets every condition; what follows
    from the date alone does not. `is_moved`: the date gets its time only now.
    """
    seated = min(now, date.starts_at) - LONG_AGO
    facts = Facts(
        confirmed_at=seated,
        seated_at=seated,
        zone=zone,
        start=date.starts_at,
        end=date.ends_at,
        replay_until=date.replay_until,
        consents=frozenset(Purpose),
        retimed_at=now if is_moved else None,
    )
    open_to_her = [
        replace(step, condition=step.condition.by_date)
        for step in steps(course)
        if step.is_on
    ]
    track = schedule.Track(open_to_her, course.rules)
    return {item.step.id: item for item in schedule.plan(track, facts, now)}
