"""What must be true of every plan, whatever the list, the rules and the person."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st
from ten_mails import MARKETING, SERVICE, her, listed, live, step

from funnel.domain.rules import Hold, Hours
from funnel.domain.schedule import (
    Facts,
    Handled,
    Moved,
    Planned,
    Rules,
    Step,
    Track,
    plan,
    rest,
)
from funnel.domain.status import Purpose

FAIR = settings(max_examples=60)
ZONES = (
    "Europe/Amsterdam",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "America/Curacao",
    "Pacific/Kiritimati",
)
CHANGES = (
    "2026-10-25 00:00",
    "2027-03-28 00:00",
    "2026-09-06 00:00",
    "2026-04-24 00:00",
    "2026-03-29 00:00",
    "2026-10-04 00:00",
    "2026-12-01 12:00",
)
FLOWING = (
    "at once",
    "20 minutes",
    "3 hours",
    "30 hours",
    "0 days at 15:00",
    "1 day at 00:00",
    "1 day at 02:30",
    "1 day at 08:30",
    "2 days at 23:15",
)
PINNED = (
    "start - 48 hours",
    "start - 24 hours",
    "start - 1 hour",
    "start",
    "start + 2 minutes",
    "end + 2 hours",
    "replay end - 24 hours",
    "start + 1 day at 02:30",
    "start - 2 days at 10:00",
    "start + 3 days at 10:00 after the steps above",
)
CONDITIONS = ("", "joined", "not joined", "after the start", "any of s1, s2 sent")

moments = st.builds(
    lambda change, minutes: (
        datetime.fromisoformat(change).replace(tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sampled_from(CHANGES),
    st.integers(-3000, 3000),
)
lists = st.lists(
    st.tuples(
        st.sampled_from([SERVICE, MARKETING]),
        st.sampled_from(FLOWING + PINNED),
        st.sampled_from(CONDITIONS),
        st.sampled_from([True, True, True, False]),
    ),
    max_size=9,
).map(
    lambda rows: [
        replace(step(number, f"s{number}", kind, when, condition), is_on=is_on)
        for number, (kind, when, condition, is_on) in enumerate(rows, 1)
    ]
)
rules = st.builds(
    Rules,
    hour=st.just(time(12)),
    send_days=st.sets(st.integers(0, 6), min_size=1).map(frozenset),
    hold=st.sampled_from([None, Hold(timedelta(hours=48), timedelta(hours=96))]),
    quiet=st.sampled_from([None, Hours(time(21), time(8)), Hours(time(1), time(6))]),
    window=st.sampled_from([None, Hours(time(9), time(17)), Hours(time(10), time(1))]),
)


@st.composite
def people(draw: st.DrawFn) -> Facts:
    confirmed = draw(moments)
    start = confirmed + timedelta(minutes=draw(st.integers(-2000, 20_000)))
    end = start + timedelta(hours=1)
    return Facts(
        confirmed_at=confirmed,
        seated_at=confirmed + timedelta(minutes=draw(st.sampled_from([0, 0, 3000]))),
        zone=draw(st.sampled_from(ZONES)),
        start=start,
        end=end,
        replay_until=end + timedelta(days=7),
        joined=draw(st.booleans()),
        consents=draw(st.sampled_from([frozenset(), frozenset({Purpose.SERIES})])),
    )


def clock(item: Planned, facts: Facts) -> datetime:
    return item.at.astimezone(ZoneInfo(facts.zone))


@FAIR
@given(lists, rules, people())
def test_the_same_question_has_the_same_answer_in_time_order(
    steps: list[Step], rules: Rules, facts: Facts
) -> None:
    planned = plan(Track(steps, rules), facts, facts.confirmed_at)

    assert planned == plan(Track(tuple(steps), rules), facts, facts.confirmed_at)
    assert [item.at for item in planned] == sorted(item.at for item in planned)
    assert sorted(item.step.id for item in planned) == [step.id for step in steps]


@FAIR
@given(lists, rules, st.lists(people(), min_size=2, max_size=5))
def test_nobody_gets_another_plan_for_who_was_planned_before_her(
    steps: list[Step], rules: Rules, hers: list[Facts]
) -> None:
    track = Track(steps, rules)

    one_by_one = [plan(track, facts, facts.confirmed_at) for facts in hers]

    assert one_by_one == [
        plan(Track(steps, rules), facts, facts.confirmed_at) for facts in hers
    ]


@FAIR
@given(lists, rules, people())
def test_a_flowing_step_never_goes_before_the_one_above_it(
    steps: list[Step], rules: Rules, facts: Facts
) -> None:
    planned = plan(Track(steps, rules), facts, facts.confirmed_at)

    at = {item.step.id: item.at for item in planned}
    flowing = [at[step.id] for step in steps if not step.timing.is_pinned]
    assert flowing == sorted(flowing)


@FAIR
@given(lists, rules, people())
def test_an_offer_never_goes_before_the_flowing_steps_above_it(
    steps: list[Step], rules: Rules, facts: Facts
) -> None:
    planned = {
        item.step.id: item
        for item in plan(Track(steps, rules), facts, facts.confirmed_at)
    }

    for rank, waiting in enumerate(steps):
        above = [
            planned[step.id].at for step in steps[:rank] if not step.timing.is_pinned
        ]
        if waiting.timing.after_above and above:
            assert planned[waiting.id].at >= max(above)


@FAIR
@given(lists, rules, people())
def test_nothing_goes_in_quiet_hours_that_should_not(
    steps: list[Step], rules: Rules, facts: Facts
) -> None:
    for item in plan(Track(steps, rules), facts, facts.confirmed_at):
        at = clock(item, facts).time()
        timing, is_service = item.step.timing, item.step.kind is SERVICE
        if is_service and (timing.is_at_once or timing.is_close):
            continue
        assert not (rules.quiet and rules.quiet.holds(at))
        assert is_service or not rules.window or rules.window.holds(at)


@FAIR
@given(lists, rules, people())
def test_flowing_marketing_keeps_to_send_days_and_out_of_the_hold(
    steps: list[Step], rules: Rules, facts: Facts
) -> None:
    assert facts.start is not None
    for item in plan(Track(steps, rules), facts, facts.confirmed_at):
        if item.step.kind is SERVICE or item.step.timing.is_pinned:
            continue
        assert clock(item, facts).weekday() in rules.send_days
        if rules.hold:
            begins = facts.start - rules.hold.before
            assert not begins <= item.at < facts.start + rules.hold.after


@FAIR
@given(lists, rules, people())
def test_at_most_one_marketing_mail_goes_on_a_local_day(
    steps: list[Step], rules: Rules, facts: Facts
) -> None:
    days = [
        clock(item, facts).date()
        for item in plan(Track(steps, rules), facts, facts.confirmed_at)
        if item.step.kind is MARKETING and item.skip is None
    ]

    assert len(days) == len(set(days))


@FAIR
@given(lists, rules, people())
def test_nothing_goes_after_its_last_moment_or_without_a_reason_to_move(
    steps: list[Step], rules: Rules, facts: Facts
) -> None:
    for item in plan(Track(steps, rules), facts, facts.confirmed_at):
        assert item.skip or item.not_after is None or item.at <= item.not_after
        if not item.moved and item.step.timing.elapsed and item.step.timing.is_pinned:
            anchor = getattr(facts, item.step.timing.fact)
            assert item.at == anchor + item.step.timing.elapsed


@FAIR
@given(lists, rules, people())
def test_planning_again_at_every_mail_gives_what_the_first_plan_said(
    steps: list[Step], rules: Rules, facts: Facts
) -> None:
    # From the seat on: what the scan does before, it does with no seat at all.
    promised = plan(Track(steps, rules), facts, facts.seated_at)

    done, lived = live(steps, rules, facts, facts.seated_at)

    assert [(item.step.id, item.at, item.skip) for item in done] == [
        (item.step.id, item.at, item.skip) for item in promised
    ]
    assert (
        plan(Track(steps, rules), lived, done[-1].at if done else facts.seated_at) == []
    )


def test_every_way_to_move_has_a_name_for_the_timeline() -> None:
    assert {str(move) for move in Moved} == {
        "hold",
        "send-days",
        "quiet-hours",
        "one-a-day",
        "steps-above",
        "seat",
        "re-timed",
        "elsewhere",
        "paused",
    }


SAME_DAY = listed(("s1", MARKETING, "at once"), ("s2", MARKETING, "3 hours"))
ON_SENT = listed(
    ("s1", MARKETING, "at once"), ("s2", MARKETING, "2 days at 12:00", "sent s1")
)


@FAIR
@example(SAME_DAY, Rules(), her("2026-11-27 10:00"), 0)
@example(ON_SENT, Rules(), her("2026-11-27 10:00"), 0)
@given(lists, rules, people(), st.integers(0, 8))
def test_what_stays_of_a_plan_is_what_a_new_plan_would_say(
    steps: list[Step], rules: Rules, facts: Facts, place: int
) -> None:
    moments = [item.at for item in plan(Track(steps, rules), facts, facts.confirmed_at)]
    now = moments[place % len(moments)] if moments else facts.confirmed_at
    planned = plan(Track(steps, rules), facts, now)
    ready = [item for item in planned if item.at <= now]

    stays = rest(planned, ready)

    handled = {item.step.id: Handled(item.at, False, True, item.skip) for item in ready}
    anew = plan(Track(steps, rules), replace(facts, handled=handled), now)
    assert stays is None or stays == anew
