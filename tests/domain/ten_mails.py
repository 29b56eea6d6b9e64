"""The ten mails as the plan sees them, and her way through them typed by hand."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from funnel.domain import conditions, timing
from funnel.domain.schedule import (
    Facts,
    Handled,
    Planned,
    Rules,
    Step,
    Track,
    plan,
    waits,
)
from funnel.domain.status import Kind, Purpose

AMSTERDAM = "Europe/Amsterdam"
SERIES = frozenset({Purpose.SERIES})
RULES = Rules.from_dict({"hold": {"before": "48 hours", "after": "96 hours"}})
FREE = Rules.from_dict({})
ALL_DAY = Rules.from_dict({"quiet": False})

SERVICE, MARKETING = Kind.SERVICE, Kind.MARKETING
LIST: tuple[tuple[str, Kind, str, str], ...] = (
    ("02-plek", SERVICE, "at once", ""),
    ("03-stress", MARKETING, "1 day at 08:30", ""),
    ("04-moe", MARKETING, "2 days at 08:30", ""),
    ("05-cyclus", MARKETING, "2 days at 08:30", ""),
    ("06-etiket", MARKETING, "2 days at 08:30", ""),
    (
        "07-rode-draad",
        MARKETING,
        "start - 48 hours",
        "any of 03-stress, 04-moe, 05-cyclus, 06-etiket sent",
    ),
    ("08a", SERVICE, "start - 24 hours", ""),
    ("08b", SERVICE, "start - 1 hour", ""),
    ("08c", SERVICE, "start - 15 minutes", ""),
    ("08d", SERVICE, "start + 2 minutes", "not joined"),
    ("09a", SERVICE, "end + 2 hours", "joined"),
    ("09c", SERVICE, "end + 2 hours", "not joined"),
    ("09d", SERVICE, "replay end - 24 hours", "not joined and not replayed"),
    ("10-aanbod", MARKETING, "start + 3 days at 10:00 after the steps above", ""),
)


def step(number: int, slug: str, kind: Kind, when: str, condition: str = "") -> Step:
    return Step(
        number,
        slug,
        kind,
        Purpose.SERIES if kind is MARKETING else None,
        timing.parse(when),
        conditions.parse(condition),
    )


STEPS = [step(number, *line) for number, line in enumerate(LIST, 1)]


def listed(*lines: tuple[str, Kind, str] | tuple[str, Kind, str, str]) -> list[Step]:
    return [step(number, *line) for number, line in enumerate(lines, 1)]


def named(slug: str) -> Step:
    return next(step for step in STEPS if step.slug == slug)


def but(slug: str, **changes: object) -> list[Step]:
    """The ten mails with one of them changed."""
    return [
        replace(step, **changes) if step.slug == slug else step  # type: ignore[arg-type]  # any field of Step
        for step in STEPS
    ]


def local(text: str, zone: str = AMSTERDAM) -> datetime:
    """Read "2026-11-27 10:00" on a clock of that zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def her(confirmed: str, start: str = "2026-12-01 20:00", **known: object) -> Facts:
    """Somebody with a seat: an hour long, the recording open for a week."""
    at, begins = local(confirmed), local(start)
    ends = begins + timedelta(hours=1)
    facts = Facts(
        confirmed_at=at,
        seated_at=at,
        zone=AMSTERDAM,
        start=begins,
        end=ends,
        replay_until=ends + timedelta(days=7),
        consents=SERIES,
    )
    return replace(facts, **known)  # type: ignore[arg-type]  # any field of Facts


def lines(planned: Iterable[Planned], zone: str = AMSTERDAM) -> list[str]:
    return [
        f"{item.step.slug} {item.at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
        for item in planned
        if item.skip is None
    ]


def skipped(planned: Iterable[Planned]) -> dict[str, str]:
    return {item.step.slug: str(item.skip) for item in planned if item.skip}


def typed(table: str) -> list[str]:
    return [" ".join(line.split()) for line in table.strip().splitlines()]


def live(
    steps: list[Step], rules: Rules, facts: Facts, since: datetime
) -> tuple[list[Planned], Facts]:
    """Do what the scan does: plan again at each moment that falls due, handle it."""
    now, done = since, list[Planned]()
    while planned := plan(Track(steps, rules), facts, now):
        assert not waits(steps, facts)
        now = max(now, planned[0].at)
        due = [item for item in plan(Track(steps, rules), facts, now) if item.at <= now]
        handled = {
            item.step.id: Handled(
                item.at, sent=item.skip is None, final=True, reason=item.skip
            )
            for item in due
        }
        done += due
        facts = replace(facts, handled={**facts.handled, **handled})
    return done, facts


def alone(confirmed: str, **known: object) -> Facts:
    """Somebody in a sequence that has no occurrences."""
    anna = replace(her(confirmed), **known)  # type: ignore[arg-type]  # any field of Facts
    return replace(anna, start=None, end=None, replay_until=None)


def found(planned: list[Planned], slug: str) -> Planned:
    return next(item for item in planned if item.step.slug == slug)


def sent(at: str) -> Handled:
    return Handled(local(at), sent=True, final=True)
