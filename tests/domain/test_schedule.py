"""The plan's turns: who waits for what, what is skipped, what is too late."""

from dataclasses import replace
from datetime import timedelta

import pytest
from ten_mails import (
    FREE,
    MARKETING,
    RULES,
    SERVICE,
    STEPS,
    but,
    found,
    her,
    lines,
    listed,
    local,
    named,
    sent,
    skipped,
    step,
    typed,
)

from funnel.domain import timing
from funnel.domain.schedule import (
    Handled,
    Track,
    plan,
    waits,
)
from funnel.domain.status import Kind, Reason

DAILY = "1 day at 08:30"

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


@pytest.mark.parametrize(
    ("kind", "timing", "late"),
    [
        (SERVICE, "at once", "168 hours"),
        (SERVICE, "end + 2 hours", "168 hours"),
        (MARKETING, DAILY, "48 hours"),
        (SERVICE, "at once, at most 6 hours late", "6 hours"),
        (MARKETING, f"{DAILY}, at most 6 hours late", "6 hours"),
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
