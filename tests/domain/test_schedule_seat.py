"""The plan's seat: cancelled, not chosen yet, without a recording."""

from dataclasses import replace

from ten_mails import (
    RULES,
    SERVICE,
    STEPS,
    alone,
    found,
    her,
    lines,
    listed,
    local,
    skipped,
    typed,
)

from funnel.domain.schedule import (
    Track,
    plan,
)


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
