"""The plan's days: one marketing mail on each of hers, and the hold."""

from dataclasses import replace

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
    sent,
    skipped,
    typed,
)

from funnel.domain.schedule import (
    Handled,
    Moved,
    Rules,
    Track,
    plan,
)
from funnel.domain.status import Purpose, Reason

# One marketing mail a day


def test_three_marketing_steps_of_one_day_spread_over_three_days() -> None:
    anna = alone("2026-11-27 10:00")
    steps = listed(
        ("a", MARKETING, "1 hour"),
        ("b", MARKETING, "1 hour"),
        ("c", MARKETING, "0 days at 15:00"),
    )

    planned = plan(Track(steps, FREE), anna, anna.confirmed_at)

    assert lines(planned) == typed("""
        a  2026-11-27 11:00
        b  2026-11-28 08:30
        c  2026-11-29 15:00
    """)
    assert found(planned, "b").moved == (Moved.ONE_A_DAY,)


def test_a_flowing_step_steps_aside_for_a_pinned_one_later_that_day() -> None:
    anna = alone("2026-11-27 10:00")
    steps = listed(
        ("flowing", MARKETING, "1 day at 08:30"),
        ("pinned", MARKETING, "2026-11-28 at 19:00"),
    )

    assert lines(plan(Track(steps, FREE), anna, anna.confirmed_at)) == typed("""
        pinned   2026-11-28 19:00
        flowing  2026-11-29 08:30
    """)


@pytest.mark.parametrize(
    "changes", [{"is_on": False}, {"purpose": Purpose.OFFERS}], ids=str
)
def test_a_pinned_step_that_she_never_gets_takes_no_day(
    changes: dict[str, object],
) -> None:
    anna = alone("2026-11-27 10:00")
    flowing, pinned = listed(
        ("flowing", MARKETING, "1 day at 08:30"),
        ("pinned", MARKETING, "2026-11-28 at 19:00"),
    )
    steps = [flowing, replace(pinned, **changes)]  # type: ignore[arg-type]  # a field of Step

    assert lines(plan(Track(steps, FREE), anna, anna.confirmed_at)) == [
        "flowing 2026-11-28 08:30"
    ]


def test_a_pinned_step_that_its_condition_stopped_keeps_its_day() -> None:
    # Otherwise the mail that stepped aside would jump back and leave at night.
    anna = her("2026-11-28 20:00")
    steps, at = STEPS, local("2026-11-29 20:00")
    handled = {
        1: sent("2026-11-28 20:00"),
        6: Handled(at, sent=False, final=True, reason=Reason.CONDITION),
    }

    planned = plan(Track(steps, RULES), replace(anna, handled=handled), at)

    assert found(planned, "03-stress").at == local("2026-12-06 08:30")


def test_of_two_pinned_steps_on_one_day_the_later_moves_on() -> None:
    anna = alone("2026-11-27 10:00")
    steps = listed(
        ("evening", MARKETING, "2026-12-24 at 19:00"),
        ("morning", MARKETING, "2026-12-24 at 09:00"),
    )

    assert lines(plan(Track(steps, FREE), anna, anna.confirmed_at)) == typed("""
        morning  2026-12-24 09:00
        evening  2026-12-25 19:00
    """)


def test_pinned_steps_of_one_moment_keep_the_order_of_the_list() -> None:
    rules = Rules.from_dict({"send_days": ["mon"]})
    anna = her("2026-11-27 10:00")
    steps = listed(*((name, MARKETING, "start") for name in ("a", "b", "c", "d")))

    planned = plan(Track(steps, rules), anna, anna.confirmed_at)

    assert lines(planned) == typed("""
        a  2026-12-01 20:00
        b  2026-12-07 20:00
        c  2026-12-14 20:00
        d  2026-12-21 20:00
    """)


def test_a_pinned_step_with_no_free_day_left_is_skipped_at_its_own_moment() -> None:
    anna = her("2026-11-27 10:00")
    steps = listed(
        ("first", MARKETING, "start - 12 hours"),
        ("second", MARKETING, "start - 10 hours"),
    )

    planned = plan(Track(steps, FREE), anna, anna.confirmed_at)

    assert skipped(planned) == {"second": "too-late"}
    assert found(planned, "second").at == local("2026-12-01 10:00")


def test_a_day_on_which_marketing_was_sent_is_taken() -> None:
    steps = listed(("a", MARKETING, "at once"), ("b", MARKETING, "2 hours"))
    anna = alone("2026-11-27 10:00", handled={1: sent("2026-11-27 10:00")})

    assert lines(plan(Track(steps, FREE), anna, local("2026-11-27 10:00"))) == [
        "b 2026-11-28 08:30"
    ]


def test_a_day_on_which_another_sequence_sends_marketing_is_taken() -> None:
    anna = alone("2026-11-27 10:00", elsewhere=(local("2026-11-28 15:00"),))

    planned = plan(
        Track(listed(("a", MARKETING, "1 day at 08:30")), FREE), anna, anna.confirmed_at
    )

    assert lines(planned) == ["a 2026-11-29 08:30"]


def test_the_marketing_rule_can_be_switched_off() -> None:
    rules = Rules.from_dict({"one_marketing_mail_a_day": False})
    anna = alone("2026-11-27 10:00")
    steps = listed(("a", MARKETING, "1 hour"), ("b", MARKETING, "1 hour"))

    assert lines(plan(Track(steps, rules), anna, anna.confirmed_at)) == typed("""
        a  2026-11-27 11:00
        b  2026-11-27 12:00
    """)


def test_the_day_is_the_one_on_her_own_clock() -> None:
    steps = listed(("a", MARKETING, "at once"), ("b", MARKETING, "3 hours"))
    anna = alone("2026-11-27 22:30")

    amsterdam = plan(Track(steps, ALL_DAY), anna, anna.confirmed_at)
    curacao = plan(
        Track(steps, ALL_DAY), replace(anna, zone="America/Curacao"), anna.confirmed_at
    )

    assert found(amsterdam, "b").at == local("2026-11-28 01:30")
    assert found(curacao, "b").at == local("2026-11-28 08:30", "America/Curacao")


# The hold


def test_the_hold_moves_marketing_to_its_end_and_never_service() -> None:
    anna = her("2026-11-30 10:00")
    steps = listed(
        ("ticket", SERVICE, "1 day at 09:00"), ("tip", MARKETING, "1 day at 19:30")
    )

    planned = plan(Track(steps, RULES), anna, anna.confirmed_at)

    assert lines(planned) == typed("""
        ticket  2026-12-01 09:00
        tip     2026-12-06 19:30
    """)
    assert found(planned, "tip").moved == (Moved.HOLD,)


@pytest.mark.parametrize(
    ("when", "goes"),
    [("1 day at 19:59", "2026-11-29 19:59"), ("1 day at 20:00", "2026-12-05 20:00")],
)
def test_the_hold_has_its_first_minute_in_and_its_last_one_out(
    when: str, goes: str
) -> None:
    anna = her("2026-11-28 10:00")

    planned = plan(
        Track(listed(("tip", MARKETING, when)), RULES), anna, anna.confirmed_at
    )

    assert lines(planned) == [f"tip {goes}"]


def test_a_step_without_a_time_of_day_may_go_at_the_very_end_of_the_hold() -> None:
    anna = her("2026-12-04 10:00")

    planned = plan(
        Track(listed(("tip", MARKETING, "34 hours")), RULES), anna, anna.confirmed_at
    )

    assert lines(planned) == ["tip 2026-12-05 20:00"]
