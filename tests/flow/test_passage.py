"""What new doors would change for people is told as it then happens."""

from datetime import timedelta

import factories
import pytest
from sending import course, enrolled
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState, Kind, Reason, SequenceState
from funnel.flow import due, enrollment, publishing, subscribers
from funnel.flow.publishing import Passage
from funnel.models import Enrollment, Occurrence, Registration, Sequence, Subscriber

NOW = factories.NOW
HOUR = timedelta(hours=1)
MORNING = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}
VIP = subscribers.Mark("vip", is_added=True)


def asked(session: Session, sequence: Sequence, **doors: object) -> Passage:
    new = {**sequence.doors, **doors}
    return publishing.new_passage(session, sequence.id, {}, new, now=NOW)


def save(session: Session, sequence: Sequence, **doors: object) -> None:
    seen = publishing.settings_mark(sequence)
    new = {**sequence.doors, **doors}
    publishing.change_settings(session, sequence.id, {}, new, seen=seen, now=NOW)


def inside(session: Session, sequence: Sequence) -> int:
    ways = select(func.count()).where(Enrollment.sequence_id == sequence.id)
    return session.scalar(ways.select_from(Enrollment)) or 0


def also(session: Session, sequence: Sequence, way: Enrollment) -> Enrollment:
    person = session.get_one(Subscriber, way.subscriber_id)
    return factories.enrollment(
        session, sequence=sequence, subscriber=person, registration=None
    )


def test_who_has_the_tag_already_is_counted_and_does_not_start_by_it(
    session: Session,
) -> None:
    sequence = course(session, MORNING)
    has_it = factories.subscriber(session, tags=["vip"])
    factories.subscriber(session, tags=["vip"], address=None, address_key="gone")
    here = enrolled(session, sequence)
    session.get_one(Subscriber, here.subscriber_id).tags = ["vip"]
    later = factories.subscriber(session)

    said = asked(session, sequence, enter="tag vip")
    save(session, sequence, enter="tag vip")
    for person in (has_it, later):
        subscribers.mark(session, person.id, VIP, now=NOW)

    assert said.entering is not None
    assert (said.inside, said.entering.already) == (1, 1)
    ways = select(Enrollment.subscriber_id).where(Enrollment.id != here.id)
    assert session.scalars(ways).all() == [later.id]


@pytest.mark.parametrize(
    ("enter", "already", "coming"),
    [
        ("registered", 4, 0),
        ("registered other", 0, 0),
        ("joined", 1, 2),
        ("joined other", 0, 0),
        ("not joined", 1, 2),
        ("not joined magnesium", 1, 2),
        ("by hand", 0, 0),
    ],
)
def test_seats_of_before_and_of_dates_to_come_are_told_apart(
    session: Session, enter: str, already: int, coming: int
) -> None:
    sequence = course(session, MORNING)
    slug = factories.masterclass(session, slug="magnesium")
    past = factories.occurrence(session, masterclass=slug, starts_at=NOW - 9 * HOUR)
    date = factories.occurrence(session, masterclass=slug)
    seats = [
        factories.registration(session, occurrence=one)
        for one in (past, past, date, date, date)
    ]
    seats[0].joined_at = NOW - 8 * HOUR
    seats[4].cancelled_at = NOW
    factories.registration(
        session, masterclass=slug, occurrence=None
    ).cancelled_at = NOW
    due.scan(session, now=NOW)  # it closes the date that is over

    said = asked(session, sequence, enter=enter).entering

    assert said is not None
    assert (said.already, said.coming) == (already, coming)


def test_who_may_come_in_by_a_date_to_come_does_when_it_is_over(
    session: Session,
) -> None:
    sequence = course(session, MORNING, doors={"enter": "joined"})
    seats = [factories.registration(session) for _ in range(3)]
    session.flush()
    said = asked(session, sequence, enter="not joined").entering
    save(session, sequence, enter="not joined")
    enrollment.join(session, session.get_one(Registration, seats[0].id), now=NOW)
    came = inside(session, sequence)

    last = session.scalar(select(func.max(Occurrence.ends_at)))
    assert last is not None
    due.scan(session, now=last + HOUR)

    assert said is not None
    assert (said.coming, said.missing) == (3, 3)
    assert (came, inside(session, sequence)) == (0, 2)


def test_who_is_through_is_counted_where_she_may_start_again(session: Session) -> None:
    sequence = course(session, MORNING, doors={"enter": "by hand"})
    through, _ = (enrolled(session, sequence) for _ in range(2))
    through.state = EnrollmentState.COMPLETED
    session.flush()

    said = asked(session, sequence, again="once finished")
    save(session, sequence, again="once finished")
    back = asked(session, sequence, again="never")

    assert (said.again, said.through) == (True, 1)
    assert (back.again, back.through) == (False, 1)
    who = through.subscriber_id
    assert enrollment.start_by_hand(session, who, sequence.id, now=NOW)
    assert not asked(session, sequence, again="never").is_felt  # nobody is through


def test_a_priority_says_with_which_sequences_it_changes_places(
    session: Session,
) -> None:
    mine = course(session, MORNING, doors={"priority": 1})
    others = [
        course(session, MORNING, name=name, doors={"priority": priority}, state=state)
        for name, priority, state in (
            ("above", 9, SequenceState.LIVE),
            ("between", 3, SequenceState.PAUSED),
            ("equal", 1, SequenceState.LIVE),
            ("draft", 3, SequenceState.DRAFT),
            ("reached", 5, SequenceState.LIVE),
        )
    ]
    ways = [enrolled(session, mine) for _ in range(3)]
    for other in others:
        for way in ways:
            also(session, other, way)
    ways[0].reason = Reason.BY_HAND  # she left: no marketing of hers can give way
    session.flush()

    higher = asked(session, mine, priority=5).turns
    lower = asked(session, mine, priority=0).turns

    assert [tuple(turn) for turn in higher] == [
        ("between", 2, True, False),
        ("equal", 2, True, False),
        ("reached", 2, False, False),
    ]
    assert [tuple(turn) for turn in lower] == [("equal", 2, False, True)]


def test_in_a_sequence_that_takes_nobody_in_new_doors_ask_nothing(
    session: Session,
) -> None:
    factories.subscriber(session, tags=["vip"])
    draft = course(session, MORNING, state=SequenceState.DRAFT)

    said = asked(session, draft, enter="tag vip", priority=9, again="once finished")

    assert not said.is_felt
