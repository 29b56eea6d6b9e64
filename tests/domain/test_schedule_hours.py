"""The plan's hours: quiet ones, windows, send days."""

import pytest
from ten_mails import (
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
    Moved,
    Rules,
    Track,
    plan,
)
from funnel.domain.status import Kind

# Quiet hours and windows


@pytest.mark.parametrize(
    ("when", "goes"),
    [
        ("11 hours", "2026-11-28 08:30"),  # 21:00
        ("13 hours", "2026-11-28 08:30"),  # 23:00
        ("21 hours", "2026-11-28 08:30"),  # 07:00
        ("10 hours", "2026-11-27 20:00"),
        ("22 hours", "2026-11-28 08:00"),
    ],
)
@pytest.mark.parametrize("kind", [SERVICE, MARKETING])
def test_quiet_hours_across_midnight_move_a_mail_to_the_next_hour(
    kind: Kind, when: str, goes: str
) -> None:
    anna = alone("2026-11-27 10:00")

    planned = plan(Track([step(1, "later", kind, when)], FREE), anna, anna.confirmed_at)

    assert lines(planned) == [f"later {goes}"]


def test_what_she_asks_for_at_night_comes_at_night() -> None:
    anna = her("2026-11-27 23:50", "2026-12-05 00:30")

    planned = plan(Track(STEPS, RULES), anna, anna.confirmed_at)

    assert found(planned, "02-plek").at == local("2026-11-27 23:50")
    assert found(planned, "08b").at == local("2026-12-04 23:30")
    assert found(planned, "08c").at == local("2026-12-05 00:15")
    assert found(planned, "08d").at == local("2026-12-05 00:32")
    assert found(planned, "08a").at == local("2026-12-04 08:30")


def test_marketing_at_once_waits_for_the_morning() -> None:
    anna = alone("2026-11-27 23:50")

    planned = plan(
        Track(listed(("hello", MARKETING, "at once")), FREE), anna, anna.confirmed_at
    )

    assert lines(planned) == ["hello 2026-11-28 08:30"]


def test_a_service_step_that_waits_for_others_is_no_last_call() -> None:
    anna = her("2026-11-27 10:00", "2026-12-01 22:00")
    steps = listed(("bye", SERVICE, "start + 30 minutes after the steps above"))

    planned = plan(Track(steps, RULES), anna, anna.confirmed_at)

    assert lines(planned) == ["bye 2026-12-02 08:30"]


def test_a_window_is_for_marketing_only_and_may_cross_midnight() -> None:
    rules = Rules.from_dict(
        {"quiet": False, "hour": "22:30", "window": {"from": "22:00", "to": "06:00"}}
    )
    anna = alone("2026-11-27 10:00")
    steps = listed(
        ("ticket", SERVICE, "2 hours"),
        ("day", MARKETING, "1 day at 12:00"),
        ("night", MARKETING, "1 day at 23:15"),
        ("early", MARKETING, "1 day at 05:59"),
    )

    assert lines(plan(Track(steps, rules), anna, anna.confirmed_at)) == typed("""
        ticket  2026-11-27 12:00
        day     2026-11-28 22:30
        night   2026-11-29 23:15
        early   2026-11-30 05:59
    """)


def test_a_time_of_day_inside_the_quiet_hours_goes_at_the_hour_every_time() -> None:
    anna = alone("2026-11-27 10:00")
    steps = listed(
        ("a", MARKETING, "1 day at 06:00"), ("b", MARKETING, "1 day at 06:00")
    )

    assert lines(plan(Track(steps, FREE), anna, anna.confirmed_at)) == typed("""
        a  2026-11-28 08:30
        b  2026-11-29 08:30
    """)


# Send days


def test_send_days_move_marketing_to_the_next_allowed_day_at_its_own_time() -> None:
    rules = Rules.from_dict({"send_days": ["tue", "thu"]})
    anna = alone("2026-11-27 10:00")  # a Friday
    steps = listed(
        ("ticket", SERVICE, "1 day at 09:00"),
        ("first", MARKETING, "1 day at 10:15"),
        ("second", MARKETING, "1 day at 10:15"),
        ("third", MARKETING, "1 day at 10:15"),
    )

    planned = plan(Track(steps, rules), anna, anna.confirmed_at)

    assert lines(planned) == typed("""
        ticket  2026-11-28 09:00
        first   2026-12-01 10:15
        second  2026-12-03 10:15
        third   2026-12-08 10:15
    """)
    assert set(found(planned, "first").moved) == {Moved.SEND_DAYS}
