"""Pausing and going on: three ways out, and none of them is a blast."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import factories
import pytest
from sending import course, enrolled
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, How, Kind, Reason, SequenceState
from funnel.flow import due, publishing
from funnel.models import Delivery, Enrollment, Sequence, Subscriber

NOW = factories.NOW
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
AT_ONCE = {"kind": Kind.SERVICE, "timing": "at once"}
MORNING = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}
REMINDER = {"kind": Kind.SERVICE, "timing": "start - 24 hours"}
TUESDAY = datetime(2026, 11, 24, 8, 30, tzinfo=AMSTERDAM)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def mails(session: Session, enrollment: Enrollment) -> list[Delivery]:
    session.expire_all()
    rows = select(Delivery).where(Delivery.enrollment_id == enrollment.id)
    return list(session.scalars(rows.order_by(Delivery.planned_at, Delivery.id)))


def lived(
    session: Session, enrollment: Enrollment, until: datetime, every: timedelta = HOUR
) -> list[str]:
    """Scan hour by hour, send at once, and tell what she got and what not."""
    at = TUESDAY
    while at <= until:
        due.scan(session, now=at)
        session.execute(
            update(Delivery)
            .where(Delivery.state == DeliveryState.SCHEDULED, Delivery.due_at <= at)
            .values(state=DeliveryState.SENT)
        )
        at += every
    return [
        f"{mail.planned_at.astimezone(AMSTERDAM):%a %H:%M} {mail.reason or mail.state}"
        for mail in mails(session, enrollment)
    ]


def paused_from_tuesday_noon_to_friday_noon(
    session: Session, how: How
) -> tuple[Sequence, Enrollment]:
    """Let her get one mail, and the sequence stand still for three days."""
    sequence = course(session, *[MORNING] * 5, rules={"hold": False})
    enrollment = enrolled(session, sequence)
    lived(session, enrollment, TUESDAY)
    noon = TUESDAY.replace(hour=12, minute=0)
    publishing.pause(session, sequence.id, now=noon)
    assert due.scan(session, now=noon + 2 * DAY).enrollments == 0
    publishing.resume(session, sequence.id, how=how, now=noon + 3 * DAY)
    return sequence, enrollment


def test_shifting_sends_everything_later_by_the_pause(session: Session) -> None:
    _, enrollment = paused_from_tuesday_noon_to_friday_noon(session, How.SHIFT)

    assert lived(session, enrollment, TUESDAY + 9 * DAY) == [
        "Tue 08:30 sent",
        "Sat 08:30 sent",
        "Sun 08:30 sent",
        "Mon 08:30 sent",
        "Tue 08:30 sent",
    ]


def test_going_on_with_the_calendar_skips_what_is_too_late_and_sends_no_two_at_once(
    session: Session,
) -> None:
    sequence, enrollment = paused_from_tuesday_noon_to_friday_noon(
        session, How.CONTINUE
    )
    due.scan(session, now=TUESDAY + 3 * DAY + timedelta(hours=4))

    found = mails(session, enrollment)
    assert [mail.reason for mail in found[:3]] == [None, Reason.TOO_LATE, None]
    late = found[2]
    assert late.planned_at == TUESDAY + 2 * DAY  # Thursday's, on Friday afternoon
    friday_noon = TUESDAY.replace(hour=12, minute=0) + 3 * DAY
    assert friday_noon < late.due_at < friday_noon + timedelta(hours=6)
    assert found[3].planned_at == TUESDAY + 3 * DAY  # Friday's own, on Saturday
    assert found[3].due_at > late.due_at + timedelta(hours=12)
    assert sequence.state is SequenceState.LIVE


def test_skipping_leaves_out_what_fell_in_the_pause(session: Session) -> None:
    _, enrollment = paused_from_tuesday_noon_to_friday_noon(session, How.SKIP)

    assert lived(session, enrollment, TUESDAY + 9 * DAY) == [
        "Tue 08:30 sent",
        "Wed 08:30 stood-still",
        "Thu 08:30 stood-still",
        "Fri 08:30 stood-still",
        "Sat 08:30 sent",
    ]


@pytest.mark.parametrize("how", How)
def test_reminders_follow_the_calendar_whatever_is_chosen(
    session: Session, how: How
) -> None:
    sequence = course(session, MORNING, REMINDER)
    enrollment = enrolled(session, sequence)
    publishing.pause(session, sequence.id, now=NOW)
    publishing.resume(session, sequence.id, how=how, now=NOW + 3 * DAY)

    due.scan(session, now=factories.START - DAY)

    [reminder] = [
        mail for mail in mails(session, enrollment) if mail.kind is Kind.SERVICE
    ]
    assert (reminder.planned_at, reminder.reason) == (factories.START - DAY, None)


def test_who_confirms_during_a_pause_gets_her_link_when_it_ends(
    session: Session,
) -> None:
    sequence = course(session, AT_ONCE, MORNING)
    publishing.pause(session, sequence.id, now=NOW - DAY)
    enrollment = enrolled(session, sequence)
    publishing.resume(session, sequence.id, how=How.SHIFT, now=NOW + DAY)

    due.scan(session, now=NOW + DAY)

    [link] = mails(session, enrollment)
    assert (link.kind, link.reason) == (Kind.SERVICE, None)


def test_a_mail_that_waited_to_be_sent_is_planned_anew_and_not_lost(
    session: Session,
) -> None:
    sequence = course(session, MORNING)
    enrollment = enrolled(session, sequence)
    due.scan(session, now=TUESDAY)  # planned, and through; no worker took it yet
    publishing.pause(session, sequence.id, now=TUESDAY)

    publishing.resume(session, sequence.id, how=How.SHIFT, now=TUESDAY + 5 * DAY)
    due.scan(session, now=TUESDAY + 6 * DAY)

    [mail] = mails(session, enrollment)
    assert mail.planned_at == TUESDAY + 5 * DAY
    assert mail.state is DeliveryState.SCHEDULED


def test_a_pause_over_the_night_that_gains_an_hour_keeps_the_time_of_day(
    session: Session,
) -> None:
    friday = datetime(2026, 10, 23, 8, 30, tzinfo=AMSTERDAM)
    rules = {"hold": False}
    sequence = course(session, MORNING, rules=rules, published_at=friday - 9 * DAY)
    enrollment = enrolled(session, sequence, confirmed_at=friday - DAY, due_at=friday)
    seat = enrollment.registration
    assert seat is not None
    seat.seated_at = friday - DAY
    session.flush()
    publishing.pause(session, sequence.id, now=friday - timedelta(hours=1))
    publishing.resume(session, sequence.id, how=How.SHIFT, now=friday + 3 * DAY)

    due.scan(session, now=datetime(2026, 10, 27, 8, 30, tzinfo=AMSTERDAM))

    [mail] = mails(session, enrollment)
    assert mail.planned_at.astimezone(AMSTERDAM).strftime("%H:%M") == "08:30"


@pytest.mark.parametrize("how", How)
def test_what_each_way_out_says_beforehand_is_what_happens(
    session: Session, how: How
) -> None:
    sequence = course(session, MORNING, MORNING, MORNING, REMINDER)
    for _ in range(3):
        enrolled(session, sequence)
    until = NOW + 4 * DAY
    publishing.pause(session, sequence.id, now=NOW)
    said = publishing.standstill(session, sequence.id, now=until)
    [choice] = [one for one in said.choices if one.how is how]

    publishing.resume(session, sequence.id, how=how, now=until)
    due.scan(session, now=until)

    reasons = list(session.scalars(select(Delivery.reason)))
    assert (said.inside, said.overdue, said.length) == (3, 3, 4 * DAY)
    assert choice.too_late == reasons.count(Reason.TOO_LATE)
    assert choice.skipped == reasons.count(Reason.STOOD_STILL)
    expected = {How.SHIFT: (9, 9), How.CONTINUE: (3, 0), How.SKIP: (0, 0)}[how]
    assert (choice.leave, choice.shifted) == expected


def test_what_a_way_out_says_minds_the_days_of_a_sequence_that_goes_first(
    session: Session,
) -> None:
    low = course(session, *[MORNING] * 5, rules={"hold": False})
    days = [{**MORNING, "timing": f"2026-11-{day} at 08:30"} for day in (29, 30)]
    high = course(session, *days, doors={"priority": 5})
    her = enrolled(session, low)
    person = session.get_one(Subscriber, her.subscriber_id)
    factories.enrollment(session, sequence=high, subscriber=person, registration=None)
    publishing.pause(session, low.id, now=NOW)

    said = publishing.standstill(session, low.id, now=NOW + 4 * DAY)

    [shift] = [one for one in said.choices if one.how is How.SHIFT]
    assert (shift.later, shift.further) == (1, 1)  # a Saturday's mail comes on Friday


def test_when_everything_goes_on_the_sequence_that_goes_first_moves_along(
    session: Session,
) -> None:
    rules = {"hold": False}
    low = course(session, {**MORNING, "timing": "4 days at 08:30"}, rules=rules)
    four = {**MORNING, "timing": "4 days at 08:30"}
    high = course(session, four, MORNING, rules=rules, doors={"priority": 5})
    her = enrolled(session, low)  # Friday; by the pause Monday
    person = session.get_one(Subscriber, her.subscriber_id)
    factories.enrollment(  # she got in on the way: Sunday and Monday; one day later
        session,
        sequence=high,
        subscriber=person,
        registration=None,
        confirmed_at=NOW + 2 * DAY,
    )
    publishing.pause(session, None, now=NOW)
    until = NOW + 3 * DAY
    session.commit()

    [shift, *_] = publishing.standstill(session, None, now=until).choices
    publishing.resume(session, None, how=How.SHIFT, now=until)

    wednesday = TUESDAY + 8 * DAY
    assert lived(session, her, wednesday, DAY) == ["Wed 08:30 sent"]
    assert (shift.later, shift.further) == (3, 1)


def moments(session: Session, at: datetime) -> dict[int, datetime]:
    """Plan everybody, and say when the last mail of each comes."""
    session.rollback()
    found = {}
    for way in session.scalars(select(Enrollment)):
        [*_, last] = publishing.ahead(session, [way], now=at).values()
        found[way.id] = last.at
    return found


def test_the_mails_after_the_pause_are_counted_by_what_really_moves(
    session: Session,
) -> None:
    """Also for who has nothing overdue, and where a date's rest is in the way."""
    rules = {"hold": {"before": "48 hours", "after": "96 hours"}}
    sequence = course(session, {**MORNING, "timing": "4 days at 08:30"}, rules=rules)
    far = factories.occurrence(session, starts_at=factories.START + 60 * DAY)
    person = factories.subscriber(session)
    free = factories.registration(session, subscriber=person, occurrence=far)
    enrolled(session, sequence, registration=free)  # Friday; then Monday
    near = factories.occurrence(session, starts_at=factories.START)
    other = factories.subscriber(session)
    held = factories.registration(session, subscriber=other, occurrence=near)
    enrolled(session, sequence, registration=held)  # Friday; then after the date
    session.commit()
    publishing.pause(session, sequence.id, now=NOW)
    until = NOW + 3 * DAY + HOUR
    before = moments(session, until)

    said = publishing.standstill(session, sequence.id, now=until).choices[0]
    publishing.resume(session, sequence.id, how=How.SHIFT, now=until)
    delays = [at - before[way] for way, at in moments(session, until).items()]

    assert (said.leave, said.later, said.further) == (0, 2, 1)
    assert sorted(delays) == [3 * DAY, 9 * DAY]


def test_a_pause_says_beforehand_which_reminders_it_would_swallow(
    session: Session,
) -> None:
    thanks = {"kind": Kind.SERVICE, "timing": "end + 2 hours"}
    sequence = course(session, MORNING, REMINDER, thanks)
    for _ in range(2):
        enrolled(session, sequence)
    one = enrolled(session, sequence)
    assert one.registration
    one.registration.cancelled_at = NOW
    later = factories.occurrence(session, starts_at=factories.START + 20 * DAY)
    person = factories.subscriber(session)
    seat = factories.registration(session, subscriber=person, occurrence=later)
    enrolled(session, sequence, registration=seat)
    week = factories.START + DAY

    ahead = publishing.reminders_ahead(session, sequence.id, now=NOW, until=week)

    day_before = factories.START - DAY
    assert [(found.at, found.people) for found in ahead] == [(day_before, 1)] * 2
    assert {found.step.id for found in ahead} == {sequence.steps[1].id}


def test_a_mail_that_lay_behind_the_pause_comes_later_by_it_too(
    session: Session,
) -> None:
    sequence = course(session, {**MORNING, "timing": "4 days at 08:30"})
    enrollment = enrolled(session, sequence)  # Monday; hers would come on Friday
    publishing.pause(session, sequence.id, now=NOW + DAY)
    publishing.resume(session, sequence.id, how=How.SHIFT, now=NOW + 3 * DAY)

    due.scan(session, now=TUESDAY + 3 * DAY)
    due.scan(session, now=TUESDAY + 5 * DAY)

    [mail] = mails(session, enrollment)
    assert mail.planned_at == TUESDAY + 5 * DAY
    assert mail.moved == ["paused"]


def test_who_was_inside_goes_on_after_the_archive_as_after_a_pause(
    session: Session,
) -> None:
    sequence = course(session, *[MORNING] * 3, rules={"hold": False})
    enrollment = enrolled(session, sequence)
    lived(session, enrollment, TUESDAY)
    noon = TUESDAY.replace(hour=12, minute=0)

    publishing.archive(session, sequence.id, now=noon)
    publishing.take_out(session, sequence.id, now=noon + 20 * DAY)
    said = publishing.standstill(session, sequence.id, now=noon + 21 * DAY)
    publishing.resume(session, sequence.id, how=How.SHIFT, now=noon + 21 * DAY)

    assert said.length == 21 * DAY
    assert said.choices[0].shifted == 2
    until = TUESDAY + 24 * DAY
    assert lived(session, enrollment, until) == [
        "Tue 08:30 sent",
        "Wed 08:30 sent",
        "Thu 08:30 sent",
    ]


def test_an_archive_of_before_pauses_were_kept_loses_nothing_either(
    session: Session,
) -> None:
    sequence = course(session, *[MORNING] * 2, state=SequenceState.ARCHIVED)
    enrollment = enrolled(session, sequence)

    publishing.take_out(session, sequence.id, now=TUESDAY + 20 * DAY)
    publishing.resume(
        session, sequence.id, how=How.SHIFT, now=TUESDAY + 20 * DAY + HOUR
    )
    due.scan(session, now=TUESDAY + 21 * DAY)

    assert [mail.reason for mail in mails(session, enrollment)] == [None]
