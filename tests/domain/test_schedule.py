"""The rules of the plan, one at a time."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from ten_mails import (
    MARKETING,
    RULES,
    SERVICE,
    STEPS,
    but,
    her,
    lines,
    listed,
    local,
    named,
    skipped,
    step,
    typed,
)

from funnel.domain import timing
from funnel.domain.schedule import (
    Added,
    Facts,
    Handled,
    Moved,
    Pause,
    Planned,
    Rules,
    Track,
    plan,
    waits,
)
from funnel.domain.status import How, Kind, Purpose, Reason

FREE = Rules.from_dict({})
LATER = "1 day at 08:30"
ALL_DAY = Rules.from_dict({"quiet": False})


def found(planned: list[Planned], slug: str) -> Planned:
    return next(item for item in planned if item.step.slug == slug)


def sent(at: str) -> Handled:
    return Handled(local(at), sent=True, final=True)


def alone(confirmed: str, **known: object) -> Facts:
    """Somebody in a sequence that has no occurrences."""
    anna = replace(her(confirmed), **known)  # type: ignore[arg-type]  # any field of Facts
    return replace(anna, start=None, end=None, replay_until=None)


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


# Waiting for the steps above


def test_the_offer_keeps_its_moment_when_the_series_is_done() -> None:
    anna = her("2026-11-19 20:00")

    offer = found(plan(Track(STEPS, RULES), anna, anna.confirmed_at), "10-aanbod")

    assert (offer.at, offer.moved) == (local("2026-12-04 10:00"), ())


def test_the_offer_does_not_wait_for_pinned_steps_above_it() -> None:
    anna = her("2026-11-27 10:00")
    steps = listed(
        ("last-call", MARKETING, "2026-12-20 at 09:00"),
        ("offer", MARKETING, "start + 3 days at 10:00 after the steps above"),
    )

    assert lines(plan(Track(steps, RULES), anna, anna.confirmed_at))[0] == (
        "offer 2026-12-04 10:00"
    )


def test_an_offer_whose_moment_is_taken_takes_the_first_free_day() -> None:
    anna = her("2026-11-19 20:00")
    steps = [*STEPS, step(15, "news", MARKETING, "2026-12-04 at 15:00")]

    planned = plan(Track(steps, RULES), anna, anna.confirmed_at)

    assert found(planned, "10-aanbod").at == local("2026-12-05 10:00")


# Skips


def test_a_skipped_step_counts_at_its_planned_time_for_the_one_below() -> None:
    anna = her("2026-11-19 20:00")
    steps = but("04-moe", is_on=False)

    planned = plan(Track(steps, RULES), anna, anna.confirmed_at)

    assert skipped(planned)["04-moe"] == "switched-off"
    assert found(planned, "05-cyclus").at == local("2026-11-24 08:30")


def test_consent_given_later_starts_at_the_next_step() -> None:
    none = Handled(local("2026-11-20 08:30"), False, True, Reason.NO_CONSENT)
    handled = {1: sent("2026-11-19 20:00"), 2: none}

    anna = her("2026-11-19 20:00", handled=handled)

    assert lines(plan(Track(STEPS, RULES), anna, local("2026-11-21 12:00")))[0] == (
        "04-moe 2026-11-22 08:30"
    )


def test_a_reason_that_comes_from_her_goes_before_lateness() -> None:
    anna = her("2026-11-19 20:00", consents=frozenset())

    planned = plan(Track(STEPS, RULES), anna, local("2027-01-01 10:00"))

    assert skipped(planned)["03-stress"] == "no-consent"
    assert skipped(planned)["08a"] == "too-late"


def test_the_bridge_needs_one_mail_of_the_series() -> None:
    anna = her("2026-11-19 20:00")

    def bridge(*off: str) -> Reason | None:
        steps = [replace(step, is_on=step.slug not in off) for step in STEPS]
        return found(
            plan(Track(steps, RULES), anna, anna.confirmed_at), "07-rode-draad"
        ).skip

    assert bridge("03-stress", "04-moe", "05-cyclus") is None
    assert bridge("03-stress", "04-moe", "05-cyclus", "06-etiket") is Reason.CONDITION


# Lateness


@pytest.mark.parametrize(
    ("slug", "last"),
    [
        ("02-plek", "2026-12-04 10:00"),
        ("03-stress", "2026-11-30 08:30"),
        ("07-rode-draad", "2026-12-01 20:00"),
        ("08a", "2026-11-30 23:00"),
        ("08b", "2026-12-01 19:05"),
        ("08c", "2026-12-01 19:50"),
        ("08d", "2026-12-01 20:12"),
        ("09c", "2026-12-09 08:30"),
        ("09d", "2026-12-08 11:30"),
        ("04-moe", "2026-12-08 08:30"),
    ],
)
def test_each_kind_of_mail_has_its_own_last_moment(slug: str, last: str) -> None:
    anna = her("2026-11-27 10:00")

    item = found(plan(Track(STEPS, RULES), anna, anna.confirmed_at), slug)

    assert item.not_after == local(last)


def test_a_mail_leaves_at_its_last_moment_and_not_after_it() -> None:
    anna = her("2026-11-27 10:00")
    last = local("2026-12-01 20:12")

    in_time = plan(Track(STEPS, RULES), anna, last)
    too_late = plan(Track(STEPS, RULES), anna, last + timedelta(seconds=1))

    assert found(in_time, "08d").skip is None
    assert found(too_late, "08d").skip is Reason.TOO_LATE


def test_a_reminder_never_goes_after_the_start() -> None:
    anna = her("2026-11-27 10:00")
    steps = listed(("now", SERVICE, "start - 2 minutes"))

    item = found(plan(Track(steps, RULES), anna, anna.confirmed_at), "now")

    assert item.not_after == local("2026-12-01 20:00")


def test_a_reminder_that_quiet_hours_push_past_the_start_is_skipped() -> None:
    anna = her("2026-11-27 10:00", "2026-12-01 07:30")

    planned = plan(
        Track(listed(("soon", SERVICE, "start - 3 hours")), RULES),
        anna,
        anna.confirmed_at,
    )

    assert skipped(planned) == {"soon": "too-late"}


def test_after_three_days_off_the_series_goes_on_without_a_blast() -> None:
    anna = her("2026-11-19 20:00", handled={1: sent("2026-11-19 20:00")})

    planned = plan(Track(STEPS, RULES), anna, local("2026-11-24 12:00"))

    assert skipped(planned)["03-stress"] == "too-late"
    assert skipped(planned)["04-moe"] == "too-late"
    assert lines(planned)[:2] == typed("""
        05-cyclus  2026-11-24 08:30
        06-etiket  2026-11-26 08:30
    """)


def test_a_late_mail_waits_for_the_end_of_the_quiet_hours() -> None:
    night, day = local("2026-11-28 23:10"), local("2026-11-28 12:00")
    morning = local("2026-11-29 08:30")

    def leaves(slug: str, at: str) -> object:
        openings = Track(STEPS, RULES).openings(timing.zone("Europe/Amsterdam"))
        return openings.open(named(slug), local(at))[0]

    assert leaves("03-stress", "2026-11-28 23:10") == morning
    assert leaves("03-stress", "2026-11-28 12:00") == day
    assert leaves("08d", "2026-11-28 23:10") == night


# A delivery that is not final


def test_the_next_flowing_step_waits_for_a_delivery_that_is_not_final() -> None:
    retrying = Handled(local("2026-11-28 08:30"), sent=False, final=False)
    handled = {1: sent("2026-11-27 10:00"), 2: retrying}
    anna = her("2026-11-27 10:00", handled=handled)

    planned = plan(Track(STEPS, RULES), anna, local("2026-11-28 08:31"))

    assert waits(STEPS, anna)
    assert [item.step.slug for item in planned] == [
        "07-rode-draad",
        "08a",
        "08b",
        "08c",
        "08d",
        "09a",
        "09c",
        "09d",
    ]


def test_a_pinned_delivery_that_is_not_final_keeps_nobody_waiting() -> None:
    handled = {7: Handled(local("2026-11-30 20:00"), sent=False, final=False)}
    anna = her("2026-11-27 10:00", handled=handled)

    assert not waits(STEPS, anna)
    assert found(plan(Track(STEPS, RULES), anna, anna.confirmed_at), "04-moe")


# The seat


def test_a_cancelled_seat_stops_service_and_not_the_series() -> None:
    anna = her("2026-11-19 20:00", has_seat=False)

    planned = plan(Track(STEPS, RULES), anna, anna.confirmed_at)

    assert set(skipped(planned).values()) == {"seat-cancelled"}
    assert lines(planned) == typed("""
        03-stress  2026-11-20 08:30
        04-moe     2026-11-22 08:30
        05-cyclus  2026-11-24 08:30
        06-etiket  2026-11-26 08:30
    """)


def test_a_cancelled_occurrence_has_no_hold_and_skips_with_its_own_reason() -> None:
    anna = her("2026-11-27 10:00", occurrence_cancelled=True)

    planned = plan(Track(STEPS, RULES), anna, anna.confirmed_at)

    assert skipped(planned)["08a"] == "occurrence-cancelled"
    assert found(planned, "04-moe").at == local("2026-11-30 08:30")
    assert "07-rode-draad" not in [item.step.slug for item in planned]


def test_who_waits_for_a_date_gets_the_series_and_nothing_about_a_seat() -> None:
    anna = alone("2026-11-19 20:00", has_seat=False)

    planned = plan(Track(STEPS, RULES), anna, anna.confirmed_at)

    assert [item.step.slug for item in planned] == [
        "03-stress",
        "04-moe",
        "05-cyclus",
        "06-etiket",
    ]


def test_without_a_recording_nobody_is_told_when_it_closes() -> None:
    anna = her("2026-11-27 10:00", replay_until=None)

    planned = plan(Track(STEPS, RULES), anna, anna.confirmed_at)

    assert "09d" not in [item.step.slug for item in planned]


def test_a_mail_about_the_open_recording_never_leaves_after_it_closed() -> None:
    anna = her("2026-11-27 10:00", replay_until=local("2026-12-02 12:00"))
    steps = listed(("watch", SERVICE, "end + 2 hours", "replay open"))

    planned = plan(Track(steps, RULES), anna, anna.confirmed_at)
    closed = plan(Track(steps, RULES), anna, local("2026-12-02 12:01"))

    assert found(planned, "watch").not_after == local("2026-12-02 12:00")
    assert skipped(closed) == {"watch": "too-late"}


def test_a_service_step_counts_from_the_seat_and_not_from_an_older_confirmation() -> (
    None
):
    anna = replace(her("2026-11-19 20:00"), seated_at=local("2026-11-24 12:00"))

    planned = plan(
        Track(listed(("tips", SERVICE, "2 hours")), RULES), anna, anna.confirmed_at
    )

    assert lines(planned) == ["tips 2026-11-24 14:00"]


# Edits


def test_an_edit_that_makes_a_step_overdue_sends_it_at_its_next_slot() -> None:
    handled = {1: sent("2026-11-09 10:00"), 2: sent("2026-11-10 08:30")}
    anna = her("2026-11-09 10:00", handled=handled)
    edited = local("2026-11-13 12:00")  # the delay was a week and is two days now

    planned = plan(Track(STEPS, RULES), replace(anna, retimed_at=edited), edited)

    assert found(planned, "04-moe").at == local("2026-11-14 08:30")
    assert found(planned, "04-moe").moved == (Moved.RETIMED,)
    assert found(planned, "05-cyclus").at == local("2026-11-16 08:30")


def test_an_edit_that_makes_a_service_step_overdue_sends_it_at_once() -> None:
    edited = local("2026-11-27 15:00")
    anna = her("2026-11-27 10:00", retimed_at=edited)

    planned = plan(Track(listed(("tips", SERVICE, "2 hours")), RULES), anna, edited)

    assert lines(planned) == ["tips 2026-11-27 15:00"]


def test_a_longer_delay_counts_from_the_same_start_point() -> None:
    handled = {1: sent("2026-11-09 10:00"), 2: sent("2026-11-10 08:30")}
    anna = her("2026-11-09 10:00", handled=handled)
    steps = but("04-moe", timing=timing.parse("5 days at 08:30"))

    planned = plan(Track(steps, RULES), anna, local("2026-11-11 12:00"))

    assert found(planned, "04-moe").at == local("2026-11-15 08:30")


def test_a_deleted_step_that_was_sent_is_what_the_next_one_counts_from() -> None:
    handled = {2: sent("2026-11-10 08:30"), 3: sent("2026-11-12 08:30")}
    anna = her("2026-11-09 10:00", handled={1: sent("2026-11-09 10:00"), **handled})

    planned = plan(
        Track(but("04-moe", is_deleted=True), RULES), anna, anna.confirmed_at
    )

    assert found(planned, "05-cyclus").at == local("2026-11-14 08:30")


def test_a_deleted_step_that_was_not_sent_is_gone() -> None:
    anna = her("2026-11-09 10:00")

    planned = plan(
        Track(but("04-moe", is_deleted=True), RULES), anna, anna.confirmed_at
    )

    assert "04-moe" not in [item.step.slug for item in planned]
    assert found(planned, "05-cyclus").at == local("2026-11-12 08:30")


def test_a_step_put_in_above_her_place_is_not_for_her() -> None:
    added = local("2026-11-11 12:00")
    above, below = ({one.id for one in part} for part in (STEPS[:2], STEPS[2:]))
    place = Added(added, frozenset(above), frozenset(below))
    new = replace(step(99, "new", MARKETING, "1 day at 08:30"), added=place)
    steps = [*STEPS[:2], new, *STEPS[2:]]
    waiting = {1: sent("2026-11-09 10:00"), 2: sent("2026-11-10 08:30")}
    passed = {**waiting, 3: sent("2026-11-11 08:30")}

    def gets(handled: dict[int, Handled]) -> bool:
        facts = her("2026-11-09 10:00", handled=handled)
        return "new" in [
            item.step.slug for item in plan(Track(steps, RULES), facts, added)
        ]

    assert gets(waiting)
    assert not gets(passed)


def test_a_step_put_in_below_a_mail_she_waits_for_is_hers_wherever_others_moved() -> (
    None
):
    added = local("2026-11-11 12:00")
    had, waits = (
        step(1, "had", MARKETING, "at once"),
        step(2, "waits", MARKETING, LATER),
    )
    new = replace(
        step(99, "new", MARKETING, LATER),
        added=Added(added, frozenset({2}), frozenset({1})),
    )
    anna = her("2026-11-11 10:00", handled={1: sent("2026-11-11 10:00")})

    planned = plan(Track([waits, new, had], FREE), anna, added)

    assert [item.step.slug for item in planned] == ["waits", "new"]
    first = {**anna.handled, 2: sent("2026-11-12 08:30")}
    later = plan(Track([waits, new, had], FREE), replace(anna, handled=first), added)
    assert [item.step.slug for item in later] == ["new"]


def test_a_step_put_in_below_another_that_she_had_passed_is_not_for_her() -> None:
    first, second = local("2026-11-11 12:00"), local("2026-11-12 12:00")
    had = step(1, "had", MARKETING, "at once")
    one = Added(first, frozenset(), frozenset({1}))
    two = Added(second, frozenset({98}), frozenset({1}))
    steps = [
        replace(step(98, "one", MARKETING, LATER), added=one),
        replace(step(99, "two", MARKETING, LATER), added=two),
        had,
    ]
    anna = her("2026-11-11 10:00", handled={1: sent("2026-11-11 10:00")})

    assert plan(Track(steps, FREE), anna, second) == []


def test_pauses_that_overlap_shift_by_the_time_that_passed_and_no_more() -> None:
    monday, friday = local("2026-11-09 12:00"), local("2026-11-13 12:00")
    whole = Pause(monday, friday, How.SHIFT)
    inside = Pause(monday + timedelta(days=1), friday, How.SHIFT)
    steps = [step(1, "one", MARKETING, LATER)]

    def at(*pauses: Pause) -> datetime:
        anna = her("2026-11-09 10:00", pauses=pauses, retimed_at=friday)
        [item] = plan(Track(steps, FREE), anna, friday)
        return item.at

    assert at(inside, whole) == at(whole)


def test_what_was_due_just_before_a_publish_goes_as_planned() -> None:
    published = local("2026-11-10 08:31")
    steps = [step(1, "one", MARKETING, LATER)]

    def at(retimed_at: datetime) -> datetime:
        anna = her("2026-11-09 10:00", retimed_at=retimed_at)
        [item] = plan(Track(steps, FREE), anna, retimed_at)
        return item.at

    assert at(published) == local("2026-11-10 08:30")
    assert at(published + timedelta(hours=1)) == local("2026-11-11 08:30")


@pytest.mark.parametrize(
    ("kind", "timing", "late"),
    [
        (SERVICE, "at once", "168 hours"),
        (SERVICE, "end + 2 hours", "168 hours"),
        (MARKETING, LATER, "48 hours"),
        (SERVICE, "at once, at most 6 hours late", "6 hours"),
        (MARKETING, f"{LATER}, at most 6 hours late", "6 hours"),
        (SERVICE, "start - 24 hours, at most 6 hours late", "6 hours"),
    ],
)
def test_every_mail_is_given_up_when_it_is_too_late(
    kind: Kind, timing: str, late: str
) -> None:
    anna = her("2026-11-27 10:00", "2026-12-01 20:00")
    track = Track([step(1, "one", kind, timing)], FREE)
    [item] = plan(track, anna, anna.confirmed_at)
    last = item.at + timedelta(hours=int(late.split(maxsplit=1)[0]))

    assert item.not_after == last
    assert [one.skip for one in plan(track, anna, last)] == [None]
    [gone] = plan(track, anna, last + timedelta(minutes=1))
    assert gone.skip is Reason.TOO_LATE


def test_a_service_step_put_in_above_her_place_is_for_new_seats_only() -> None:
    added = local("2026-11-11 12:00")
    place = Added(added, frozenset({1}), frozenset({2}))
    new = replace(step(99, "new", SERVICE, "1 hour"), added=place)
    steps = [
        step(1, "first", SERVICE, "at once"),
        new,
        step(2, "last", SERVICE, "2 hours"),
    ]
    had = {1: sent("2026-11-09 10:00"), 2: sent("2026-11-09 12:00")}
    anna = her("2026-11-09 10:00", handled=had)
    again = replace(anna, seated_at=added + timedelta(hours=1), handled={})

    assert plan(Track(steps, FREE), anna, added) == []
    assert "new" in [item.step.slug for item in plan(Track(steps, FREE), again, added)]


def test_a_pinned_step_put_in_after_its_moment_is_for_later_seats_only() -> None:
    added = local("2026-12-02 12:00")
    new = replace(step(99, "new", MARKETING, "start + 1 hour"), added=Added(added))
    anna = her("2026-11-09 10:00", "2026-12-01 20:00", retimed_at=added)

    assert plan(Track([new], FREE), anna, added) == []
    everybody = plan(Track([replace(new, added=None)], FREE), anna, added)
    assert [item.skip for item in everybody] == [None]


def test_a_pinned_mail_that_an_edit_makes_overdue_waits_for_its_next_hour() -> None:
    edited = local("2026-12-03 15:00")
    offer = step(10, "offer", MARKETING, "start + 2 days at 10:00")
    anna = her("2026-11-09 10:00", "2026-12-01 20:00", retimed_at=edited)

    (item,) = plan(Track([offer], FREE), anna, edited)

    assert item.at == local("2026-12-04 10:00")
    assert item.moved == (Moved.RETIMED,)


# Clocks that change


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


def test_a_step_that_was_moved_below_a_waiting_one_lets_nothing_pass_it() -> None:
    steps = listed(("slow", SERVICE, "3 hours"), ("first", SERVICE, "at once"))
    steps += [step(3, "last", SERVICE, "at once")]
    edited = local("2026-11-27 11:00")
    anna = her(
        "2026-11-27 10:00", handled={2: sent("2026-11-27 10:00")}, retimed_at=edited
    )

    assert lines(plan(Track(steps, FREE), anna, edited)) == typed("""
        slow  2026-11-27 13:00
        last  2026-11-27 13:00
    """)
