"""The plan's edits: what a published change does to who is under way."""

from dataclasses import replace
from datetime import datetime, timedelta

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
    sent,
    step,
    typed,
)

from funnel.domain import timing
from funnel.domain.schedule import (
    Added,
    Handled,
    Moved,
    Pause,
    Track,
    plan,
)
from funnel.domain.status import How, Reason

LATER = "1 day at 08:30"


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
    steps = [step(1, "one", MARKETING, "26 hours")]

    def at(*pauses: Pause) -> datetime:
        anna = her("2026-11-09 10:00", pauses=pauses, retimed_at=friday)
        [item] = plan(Track(steps, FREE), anna, friday)
        return item.at

    assert at(inside, whole) == at(whole) == local("2026-11-14 12:00")


def test_what_was_due_just_before_a_publish_goes_as_planned() -> None:
    published = local("2026-11-10 08:31")
    steps = [step(1, "one", MARKETING, LATER)]

    def at(retimed_at: datetime) -> datetime:
        anna = her("2026-11-09 10:00", retimed_at=retimed_at)
        [item] = plan(Track(steps, FREE), anna, retimed_at)
        return item.at

    assert at(published) == local("2026-11-10 08:30")
    assert at(published + timedelta(hours=1)) == local("2026-11-11 08:30")


def test_very_many_steps_put_in_above_her_place_are_none_of_hers() -> None:
    added = local("2026-11-11 12:00")
    ids = range(100, 160)
    news = [
        replace(
            step(number, f"new-{number}", MARKETING, LATER),
            added=Added(added, frozenset({1, *ids[:place]}), frozenset({2})),
        )
        for place, number in enumerate(ids)
    ]
    had = step(1, "had", MARKETING, "at once"), step(2, "below", MARKETING, "1 hour")
    handled = {1: sent("2026-11-09 10:00"), 2: sent("2026-11-09 11:00")}
    anna = her("2026-11-09 10:00", handled=handled)

    assert plan(Track([had[0], *news, had[1]], FREE), anna, added) == []


def test_a_mail_on_a_date_that_is_due_during_a_publish_goes() -> None:
    moment = local("2026-12-24 09:00")
    steps = listed(("greeting", MARKETING, "2026-12-24 at 09:00"))
    anna = her("2026-11-09 10:00", retimed_at=moment + timedelta(seconds=5))

    planned = plan(Track(steps, FREE), anna, moment + timedelta(minutes=1))

    assert lines(planned) == ["greeting 2026-12-24 09:00"]


def test_a_mail_that_waits_for_those_above_can_be_too_late_as_well() -> None:
    back = local("2027-01-10 12:00")
    pause = Pause(local("2026-12-20 12:00"), back, How.SHIFT)
    steps = listed(
        ("first", MARKETING, "at once"),
        ("greeting", MARKETING, "2026-12-24 at 09:00 after the steps above"),
    )
    had = {1: sent("2026-11-09 10:00")}
    anna = her("2026-11-09 10:00", handled=had, retimed_at=back, pauses=(pause,))

    planned = plan(Track(steps, FREE), anna, back)

    assert lines(planned) == []
    assert planned[0].skip is Reason.TOO_LATE
