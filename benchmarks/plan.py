"""What one plan costs: `python benchmarks/plan.py` prints microseconds per plan.

Each plan is for somebody else, who confirmed at another minute, as in a scan. Best
of many short rounds: whatever else the machine does only adds to it. The yardstick,
in the same run, is one conversion of a moment to a zone.
"""

import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from funnel.domain import conditions, timing
from funnel.domain.rules import Rules
from funnel.domain.schedule import Track, plan
from funnel.domain.status import Kind, Purpose
from funnel.domain.steps import Facts, Handled, Step

T = TypeVar("T")

LIST = (
    ("02-plek", "at once", ""),
    ("03-stress", "1 day at 08:30", ""),
    ("04-moe", "2 days at 08:30", ""),
    ("05-cyclus", "2 days at 08:30", ""),
    ("06-etiket", "2 days at 08:30", ""),
    (
        "07-rode-draad",
        "start - 48 hours",
        "any of 03-stress, 04-moe, 05-cyclus, 06-etiket sent",
    ),
    ("08a", "start - 24 hours", ""),
    ("08b", "start - 1 hour", ""),
    ("08c", "start - 15 minutes", ""),
    ("08d", "start + 2 minutes", "not joined"),
    ("09a", "end + 2 hours", "joined"),
    ("09c", "end + 2 hours", "not joined"),
    ("09d", "replay end - 24 hours", "not joined and not replayed"),
    ("10-aanbod", "start + 3 days at 10:00 after the steps above", ""),
)
MARKETING = ("03", "04", "05", "06", "07", "10", "11")
RULES = Rules.from_dict({"hold": {"before": "48 hours", "after": "96 hours"}})
PEOPLE, REPEATS = 400, 60
MINUTE = timedelta(minutes=1)


def main() -> None:
    """Print one line per length of the sequence."""
    now = datetime(2026, 11, 27, 9, tzinfo=UTC)
    zone = ZoneInfo("Europe/Amsterdam")
    yardstick = _cost(lambda at: at.astimezone(zone), [now] * PEOPLE)
    print(f"one conversion to a zone: {yardstick:.2f} µs")
    print("steps  handled  µs per plan  in conversions")
    for length in (len(LIST) - 1, 20):
        steps = _steps(length)
        track = Track(steps, RULES)
        for handled in (0, length // 2):
            people = [_facts(now + MINUTE * n, steps[:handled]) for n in range(PEOPLE)]
            cost = _cost(lambda her: plan(track, her, now), people)  # noqa: B023 - called at once
            print(f"{length:5}  {handled:7}  {cost:11.1f}  {cost / yardstick:14.0f}")


def _steps(length: int) -> list[Step]:
    more = [
        (f"11-{number}", "2 days at 08:30", "") for number in range(length - len(LIST))
    ]
    return [
        _step(number, *line) for number, line in enumerate([*LIST, *more][:length], 1)
    ]


def _step(number: int, slug: str, when: str, condition: str) -> Step:
    is_marketing = slug.startswith(MARKETING)
    return Step(
        number,
        slug,
        Kind.MARKETING if is_marketing else Kind.SERVICE,
        Purpose.SERIES if is_marketing else None,
        timing.parse(when),
        conditions.parse(condition),
    )


def _facts(now: datetime, handled: list[Step]) -> Facts:
    start = datetime(2026, 12, 1, 19, tzinfo=UTC)
    return Facts(
        confirmed_at=now,
        seated_at=now,
        zone="Europe/Amsterdam",
        start=start,
        end=start + timedelta(hours=1),
        replay_until=start + timedelta(days=7),
        consents=frozenset({Purpose.SERIES}),
        handled={step.id: Handled(now, sent=True, final=True) for step in handled},
    )


def _cost(act: Callable[[T], object], each: list[T]) -> float:
    gc.disable()
    best = float("inf")
    for _ in range(REPEATS):
        started = time.perf_counter()
        for one in each:
            act(one)
        best = min(best, time.perf_counter() - started)
    gc.enable()
    return best / len(each) * 1e6


if __name__ == "__main__":
    main()
