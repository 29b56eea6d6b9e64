"""Whole ways through the ten mails, typed by hand to the minute."""

from dataclasses import replace

from ten_mails import (
    RULES,
    STEPS,
    her,
    lines,
    live,
    local,
    skipped,
    typed,
)

from funnel.domain.schedule import Facts, Handled, Track, plan


def sent(facts: Facts) -> list[str]:
    return lines(plan(Track(STEPS, RULES), facts, facts.confirmed_at))


def test_the_worked_example_arrives_to_the_minute() -> None:
    anna = her("2026-11-27 10:00")

    assert sent(anna) == typed("""
        02-plek        2026-11-27 10:00
        03-stress      2026-11-28 08:30
        07-rode-draad  2026-11-29 20:00
        08a            2026-11-30 20:00
        08b            2026-12-01 19:00
        08c            2026-12-01 19:45
        08d            2026-12-01 20:02
        09c            2026-12-02 08:30
        04-moe         2026-12-06 08:30
        05-cyclus      2026-12-08 08:30
        09d            2026-12-08 08:30
        06-etiket      2026-12-10 08:30
        10-aanbod      2026-12-11 10:00
    """)


def test_without_marketing_consent_only_the_service_mails_arrive() -> None:
    anna = her("2026-11-27 10:00", consents=frozenset())

    planned = plan(Track(STEPS, RULES), anna, anna.confirmed_at)

    assert lines(planned) == typed("""
        02-plek  2026-11-27 10:00
        08a      2026-11-30 20:00
        08b      2026-12-01 19:00
        08c      2026-12-01 19:45
        08d      2026-12-01 20:02
        09c      2026-12-02 08:30
        09d      2026-12-08 08:30
    """)
    assert {slug for slug, reason in skipped(planned).items() if reason == "no-consent"}
    assert skipped(planned)["04-moe"] == "no-consent"


def test_who_joins_is_thanked_and_hears_of_no_lost_recording() -> None:
    anna = her("2026-11-27 10:00", joined=True, consents=frozenset())

    assert sent(anna) == typed("""
        02-plek  2026-11-27 10:00
        08a      2026-11-30 20:00
        08b      2026-12-01 19:00
        08c      2026-12-01 19:45
        09a      2026-12-02 08:30
    """)


def test_twelve_days_before_the_start_the_series_is_done_before_it() -> None:
    anna = her("2026-11-19 20:00")

    assert sent(anna) == typed("""
        02-plek        2026-11-19 20:00
        03-stress      2026-11-20 08:30
        04-moe         2026-11-22 08:30
        05-cyclus      2026-11-24 08:30
        06-etiket      2026-11-26 08:30
        07-rode-draad  2026-11-29 20:00
        08a            2026-11-30 20:00
        08b            2026-12-01 19:00
        08c            2026-12-01 19:45
        08d            2026-12-01 20:02
        09c            2026-12-02 08:30
        10-aanbod      2026-12-04 10:00
        09d            2026-12-08 08:30
    """)


def test_three_days_before_the_start_the_series_waits_until_after_it() -> None:
    anna = her("2026-11-28 20:00")

    planned = plan(Track(STEPS, RULES), anna, anna.confirmed_at)

    assert lines(planned) == typed("""
        02-plek    2026-11-28 20:00
        08a        2026-11-30 20:00
        08b        2026-12-01 19:00
        08c        2026-12-01 19:45
        08d        2026-12-01 20:02
        09c        2026-12-02 08:30
        03-stress  2026-12-06 08:30
        04-moe     2026-12-08 08:30
        09d        2026-12-08 08:30
        05-cyclus  2026-12-10 08:30
        06-etiket  2026-12-12 08:30
        10-aanbod  2026-12-13 10:00
    """)
    assert skipped(planned)["07-rode-draad"] == "condition"


def test_one_hour_before_the_start_only_the_doors_last_calls_are_left() -> None:
    anna = her("2026-12-01 19:00")

    planned = plan(Track(STEPS, RULES), anna, anna.confirmed_at)

    assert lines(planned) == typed("""
        02-plek    2026-12-01 19:00
        08c        2026-12-01 19:45
        08d        2026-12-01 20:02
        09c        2026-12-02 08:30
        03-stress  2026-12-06 08:30
        04-moe     2026-12-08 08:30
        09d        2026-12-08 08:30
        05-cyclus  2026-12-10 08:30
        06-etiket  2026-12-12 08:30
        10-aanbod  2026-12-13 10:00
    """)
    assert skipped(planned) == {
        "07-rode-draad": "too-late",
        "08a": "too-late",
        "08b": "too-late",
        "09a": "condition",
    }


def test_registration_two_hours_before_the_start_gets_the_short_reminders() -> None:
    anna = her("2026-12-01 18:00", consents=frozenset())

    assert sent(anna)[:4] == typed("""
        02-plek  2026-12-01 18:00
        08b      2026-12-01 19:00
        08c      2026-12-01 19:45
        08d      2026-12-01 20:02
    """)


def test_a_reminder_less_than_ten_minutes_after_the_seat_is_left_out() -> None:
    late = her("2026-12-01 19:36", consents=frozenset())
    in_time = her("2026-12-01 19:35", consents=frozenset())

    assert "08c 2026-12-01 19:45" not in sent(late)
    assert "08c 2026-12-01 19:45" in sent(in_time)


def test_registration_after_the_start_leads_to_the_recording() -> None:
    anna = her("2026-12-01 20:30", consents=frozenset())

    assert sent(anna) == typed("""
        02-plek  2026-12-01 20:30
        09c      2026-12-02 08:30
        09d      2026-12-08 08:30
    """)


def test_confirming_two_days_after_the_end_still_leads_to_the_recording() -> None:
    anna = her("2026-12-03 10:00", consents=frozenset())

    assert sent(anna) == typed("""
        02-plek  2026-12-03 10:00
        09c      2026-12-04 08:30
        09d      2026-12-08 08:30
    """)


def test_just_after_the_start_she_is_called_in_at_once() -> None:
    anna = her("2026-12-01 20:05", consents=frozenset())

    planned = plan(Track(STEPS, RULES), anna, anna.confirmed_at)

    live_call = next(item for item in planned if item.step.slug == "08d")
    assert live_call.skip is None
    assert live_call.at == local("2026-12-01 20:02")
    assert live_call.not_after == local("2026-12-01 20:12")


def test_the_sunday_morning_occurrence_is_announced_at_its_own_hour() -> None:
    anna = her("2026-11-27 10:00", "2026-12-06 10:30")

    assert sent(anna) == typed("""
        02-plek        2026-11-27 10:00
        03-stress      2026-11-28 08:30
        04-moe         2026-11-30 08:30
        05-cyclus      2026-12-02 08:30
        07-rode-draad  2026-12-04 10:30
        08a            2026-12-05 10:30
        08b            2026-12-06 09:30
        08c            2026-12-06 10:15
        08d            2026-12-06 10:32
        09c            2026-12-06 13:30
        06-etiket      2026-12-11 08:30
        10-aanbod      2026-12-12 10:00
        09d            2026-12-12 11:30
    """)


def test_another_occurrence_gives_new_reminders_and_no_second_series() -> None:
    old = her("2026-11-27 10:00")
    done, lived = live(STEPS, RULES, old, old.confirmed_at)
    before = {
        item.step.id: lived.handled[item.step.id]
        for item in done
        if item.at < local("2026-12-03 12:00") and not item.step.per_occurrence
    }

    anna = replace(
        her("2026-11-27 10:00", "2026-12-13 10:30"),
        seated_at=local("2026-12-03 12:00"),
        handled=before,
    )

    assert lines(plan(Track(STEPS, RULES), anna, anna.seated_at)) == typed("""
        02-plek    2026-12-03 12:00
        04-moe     2026-12-04 08:30
        05-cyclus  2026-12-06 08:30
        06-etiket  2026-12-08 08:30
        08a        2026-12-12 10:30
        08b        2026-12-13 09:30
        08c        2026-12-13 10:15
        08d        2026-12-13 10:32
        09c        2026-12-13 13:30
        10-aanbod  2026-12-16 10:00
        09d        2026-12-19 11:30
    """)


def test_an_occurrence_moved_later_takes_its_unsent_reminders_along() -> None:
    anna = her("2026-11-27 10:00", "2026-12-03 20:00", consents=frozenset())
    first = plan(
        Track(STEPS, RULES),
        her("2026-11-27 10:00", consents=frozenset()),
        anna.seated_at,
    )
    handled = {
        item.step.id: Handled(item.at, sent=True, final=True)
        for item in first
        if item.step.slug in ("02-plek", "08a")
    }

    moved = replace(anna, handled=handled, retimed_at=local("2026-12-01 12:00"))

    planned = plan(Track(STEPS, RULES), moved, local("2026-12-01 12:00"))

    assert lines(planned) == typed("""
        08b  2026-12-03 19:00
        08c  2026-12-03 19:45
        08d  2026-12-03 20:02
        09c  2026-12-04 08:30
        09d  2026-12-10 08:30
    """)


def test_planning_again_at_each_mail_gives_what_was_promised_at_the_start() -> None:
    for confirmed in ("2026-11-19 20:00", "2026-11-27 10:00", "2026-11-28 20:00"):
        anna = her(confirmed)

        done, _ = live(STEPS, RULES, anna, anna.confirmed_at)

        assert sorted(lines(done)) == sorted(sent(anna))
