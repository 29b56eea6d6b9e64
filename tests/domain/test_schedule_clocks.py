"""Each kind of timing, over each night in which clocks somewhere change."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from ten_mails import SERVICE, her, listed, local

from funnel.domain.schedule import Facts, Rules, Track, plan

ALL_DAY = Rules.from_dict({"quiet": False})
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
