"""One marketing mail on each of her days, also when mails are late or tried again.

Each example is one person, looked at as a scan does, at moments that lie far apart,
with edits and with relays that put off what was written.
"""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from funnel.domain import timing
from funnel.domain.schedule import Rules, Step
from funnel.domain.status import DeliveryState, Kind, Purpose, SubscriberState
from funnel.flow.due.outcome import Course, outcome
from funnel.flow.due.people import Past, Person

BEGIN = datetime(2026, 11, 27, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TIMINGS = (
    "at once",
    "3 hours",
    "0 days at 15:00",
    "1 day at 08:30",
    "2026-11-29 at 10:00",
    "2026-12-01 at 09:00",
    "2026-12-01 at 20:00 after the steps above",
)
UNKNOWN = (
    "seated_at",
    "seat_cancelled_at",
    "joined_at",
    "replayed_at",
    "registration_id",
    "occurrence_id",
    "starts_at",
    "ends_at",
    "replay_until",
    "cancelled_at",
    "moved_at",
    "reason",
)
"""What is not known of somebody without a seat."""
ZONES = ("Europe/Amsterdam", "America/Curacao", "Pacific/Auckland")

lists = st.lists(st.sampled_from(TIMINGS), min_size=2, max_size=7)
looks = st.lists(
    st.tuples(
        st.integers(1, 70).map(lambda hours: hours * HOUR),  # since the last one
        st.sampled_from((0 * DAY, 0 * DAY, HOUR, DAY, 2 * DAY)),  # put off by a relay
        st.booleans(),  # published just before
    ),
    min_size=2,
    max_size=10,
)


@settings(max_examples=150)
@given(lists, looks, st.sampled_from(ZONES), st.integers(1, 1000))
def test_no_mail_is_written_for_a_day_of_hers_that_another_has(
    texts: list[str],
    looks: list[tuple[timedelta, timedelta, bool]],
    zone: str,
    number: int,
) -> None:
    steps = tuple(_step(*item) for item in enumerate(texts, 1))
    rows, retimed, now = list[Past](), None, BEGIN
    for after, put_off, is_published in looks:
        now += after
        retimed = now if is_published else retimed
        course = Course(steps, Rules(), retimed_at=retimed)
        rows = [_gone(row, now) for row in rows]

        found = [
            Past(
                row["step_id"],
                None,
                row["planned_at"],
                row["due_at"],
                row["state"],
                row["reason"],
            )
            for row in outcome(_her(zone, number, rows), course, now).deliveries
        ]

        days = [_day(row, zone) for row in found if not row.is_final]
        had = [_day(row, zone) for row in rows if row.has_arrived or not row.is_final]
        assert len({*days}) == len(days)
        assert not {*days} & {*had}
        rows += [row._replace(due_at=row.due_at + put_off) for row in found]


def _step(number: int, text: str) -> Step:
    when = timing.parse(text)
    return Step(number, f"s{number}", Kind.MARKETING, Purpose.SERIES, when)


def _gone(row: Past, now: datetime) -> Past:
    """Send what a relay takes by now."""
    is_sent = not row.is_final and row.due_at <= now
    return row._replace(state=DeliveryState.SENT) if is_sent else row


def _day(row: Past, zone: str) -> date:
    return row.due_at.astimezone(ZoneInfo(zone)).date()


def _her(zone: str, number: int, rows: list[Past]) -> Person:
    row: Any = SimpleNamespace(
        **dict.fromkeys(UNKNOWN),
        id=number,
        subscriber_id=1,
        address="anna@example.com",
        confirmed_at=BEGIN,
        zone=zone,
        tags=[],
        subscriber_state=SubscriberState.ACTIVE,
    )
    return Person(row, rows, frozenset(Purpose), frozenset())
