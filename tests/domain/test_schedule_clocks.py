"""Each kind of timing, over nights in which clocks change, and a traveller's."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from ten_mails import (
    ALL_DAY,
    FREE,
    MARKETING,
    RULES,
    SERVICE,
    STEPS,
    alone,
    found,
    her,
    lines,
    listed,
    local,
    step,
    typed,
)

from funnel.domain.schedule import (
    Facts,
    Rules,
    Track,
    plan,
)
from funnel.domain.status import Kind

NIGHTS = (
    ("Europe/Amsterdam", "2026-10-25"),
    ("Europe/Amsterdam", "2027-03-28"),
    ("America/Santiago", "2026-09-06"),  # has no midnight
    ("Africa/Cairo", "2026-04-24"),  # has no midnight
    ("Asia/Beirut", "2026-03-29"),  # has no midnight
    ("Australia/Lord_Howe", "2026-10-04"),  # by half an hour
    ("Europe/Kiev", "2026-10-25"),  # a name of old: Kyiv's
)
DAY = timedelta(days=1)


@pytest.mark.parametrize(("zone", "night"), NIGHTS)
def test_hours_pass_on_a_stopwatch_and_days_on_her_clock(zone: str, night: str) -> None:
    changes = date.fromisoformat(night)
    eve = local(f"{changes - DAY} 09:00", zone)
    start = local(f"{changes} 20:00", zone)
    anna = Facts(confirmed_at=eve, seated_at=eve, zone=zone, start=start, end=start)
    steps = listed(
        ("hours", SERVICE, "24 hours"),
        ("before", SERVICE, "start - 30 hours"),
        ("after", SERVICE, "end + 12 hours"),
        ("day-before", SERVICE, "start - 1 day at 10:00"),
        ("day-after", SERVICE, "end + 1 day at 09:00"),
        ("date", SERVICE, f"{changes} at 12:00"),
        ("next-day", SERVICE, "1 day at 09:00"),
    )

    at = {item.step.slug: item.at for item in plan(Track(steps, ALL_DAY), anna, eve)}

    def clock(slug: str) -> str:
        return f"{at[slug].astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"

    assert at["hours"] - eve == timedelta(hours=24)
    assert start - at["before"] == timedelta(hours=30)
    assert at["after"] - start == timedelta(hours=12)
    assert clock("day-before") == f"{changes - DAY} 10:00"
    assert clock("day-after") == f"{changes + DAY} 09:00"
    assert clock("date") == f"{changes} 12:00"
    # Counted from "hours", which the change has moved on her clock.
    after = at["hours"].astimezone(ZoneInfo(zone)).date()
    assert clock("next-day") == f"{after + DAY} 09:00"


@pytest.mark.parametrize(
    ("zone", "night", "asked", "told"),
    [
        ("Europe/Amsterdam", "2027-03-28", "02:30", "03:30"),
        ("America/Santiago", "2026-09-06", "00:00", "01:00"),
        ("Africa/Cairo", "2026-04-24", "00:00", "01:00"),
        ("Asia/Beirut", "2026-03-29", "00:30", "01:30"),
        ("Australia/Lord_Howe", "2026-10-04", "02:00", "02:30"),
    ],
)
def test_a_time_that_the_clock_skips_shifts_forward_by_the_gap(
    zone: str, night: str, asked: str, told: str
) -> None:
    eve = local(f"{date.fromisoformat(night) - DAY} 09:00", zone)
    anna = Facts(confirmed_at=eve, seated_at=eve, zone=zone)

    [item] = plan(
        Track(listed(("a", SERVICE, f"1 day at {asked}")), ALL_DAY), anna, eve
    )

    assert f"{item.at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == f"{night} {told}"


def test_a_time_that_the_clock_shows_twice_is_the_first() -> None:
    eve = local("2026-10-24 09:00")
    anna = her("2026-10-24 09:00", seated_at=eve)

    planned = plan(Track(listed(("a", SERVICE, "1 day at 02:30")), ALL_DAY), anna, eve)

    assert planned[0].at == datetime.fromisoformat("2026-10-25T02:30+02:00")


def test_each_kind_of_timing_over_the_night_that_loses_an_hour() -> None:
    anna = her("2027-03-27 09:00", "2027-03-28 20:00")
    steps = listed(
        ("hours", SERVICE, "24 hours"),
        ("days", SERVICE, "1 day at 09:00"),
        ("before", SERVICE, "start - 24 hours"),
        ("day-before", SERVICE, "start - 1 day at 20:00"),
        ("after", SERVICE, "end + 12 hours"),
        ("date", SERVICE, "2027-03-28 at 12:00"),
    )

    assert lines(plan(Track(steps, FREE), anna, anna.confirmed_at)) == typed("""
        before      2027-03-27 19:00
        day-before  2027-03-27 20:00
        hours       2027-03-28 10:00
        date        2027-03-28 12:00
        days        2027-03-29 09:00
        after       2027-03-29 09:00
    """)


def test_each_kind_of_timing_over_the_night_that_gains_an_hour() -> None:
    anna = her("2026-10-24 09:00", "2026-10-25 19:00")
    steps = listed(
        ("hours", SERVICE, "24 hours"),
        ("days", SERVICE, "1 day at 09:00"),
        ("before", SERVICE, "start - 24 hours"),
        ("day-before", SERVICE, "start - 1 day at 19:00"),
        ("date", SERVICE, "2026-10-25 at 12:00"),
    )

    assert lines(plan(Track(steps, FREE), anna, anna.confirmed_at)) == typed("""
        day-before  2026-10-24 19:00
        before      2026-10-24 20:00
        hours       2026-10-25 08:00
        date        2026-10-25 12:00
        days        2026-10-26 09:00
    """)


@pytest.mark.parametrize(
    ("zone", "confirmed", "told"),
    [
        ("Europe/Amsterdam", "2027-03-27 09:00", "2027-03-28 01:30+00:00"),
        ("America/Santiago", "2026-09-05 09:00", "2026-09-06 05:30+00:00"),
        ("Africa/Cairo", "2026-04-23 09:00", "2026-04-23 23:30+00:00"),
        ("Asia/Beirut", "2026-03-28 09:00", "2026-03-28 23:30+00:00"),
        ("Australia/Lord_Howe", "2026-10-03 09:00", "2026-10-03 15:30+00:00"),
        ("Europe/Amsterdam", "2026-10-24 09:00", "2026-10-25 00:30+00:00"),
    ],
)
def test_half_past_two_exists_once_wherever_the_clocks_change(
    zone: str, confirmed: str, told: str
) -> None:
    at = local(confirmed, zone)
    anna = alone("2026-01-01 10:00", confirmed_at=at, seated_at=at, zone=zone)

    planned = plan(
        Track(listed(("night", SERVICE, "1 day at 02:30")), ALL_DAY), anna, at
    )

    assert f"{planned[0].at}"[:16] == told[:16]


def test_a_change_of_zone_moves_her_mornings_and_not_the_occasion() -> None:
    anna = her("2026-11-27 10:00", zone="America/Curacao")

    planned = plan(Track(STEPS, RULES), anna, anna.confirmed_at)

    assert found(planned, "03-stress").at == local(
        "2026-11-28 08:30", "America/Curacao"
    )
    assert found(planned, "08c").at == local("2026-12-01 19:45")
    assert found(planned, "09c").at == local("2026-12-01 23:00")  # 18:00 for her


@pytest.mark.parametrize("kind", [SERVICE, MARKETING])
def test_an_hour_that_the_clocks_skip_into_the_quiet_hours_waits_a_day(
    kind: Kind,
) -> None:
    rules = Rules.from_dict(
        {"hour": "02:30", "quiet": {"from": "03:00", "to": "02:00"}}
    )
    anna = alone("2027-03-27 12:00")

    planned = plan(
        Track([step(1, "a", kind, "6 hours")], rules), anna, anna.confirmed_at
    )

    assert lines(planned) == ["a 2027-03-29 02:30"]
