"""What makes somebody start a sequence, once or again."""

import threading
from datetime import timedelta
from pathlib import Path

import factories
import pytest
from sending import agree, course
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from funnel.domain.status import (
    DeliveryState,
    EnrollmentState,
    Kind,
    Reason,
    SequenceState,
)
from funnel.flow import due, enrollment, publishing, subscribers
from funnel.models import (
    Delivery,
    Enrollment,
    Event,
    EventKind,
    Occurrence,
    Registration,
    Sequence,
    Step,
    Subscriber,
)

NOW = factories.NOW
AT_ONCE = {"kind": Kind.SERVICE, "timing": "at once"}
MORNING = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}
HOUR = timedelta(hours=1)

VIP = subscribers.Mark("vip", is_added=True)


def opening(session: Session, enter: str, **fields: object) -> Sequence:
    doors = {"enter": enter, **fields.pop("doors", {})}  # type: ignore[dict-item]  # a dict of words
    return course(session, AT_ONCE, MORNING, doors=doors, **fields)


def ways(session: Session, sequence: Sequence) -> list[Enrollment]:
    session.flush()
    session.expire_all()
    rows = select(Enrollment).where(Enrollment.sequence_id == sequence.id)
    return list(session.scalars(rows.order_by(Enrollment.id)))


def seat_in(session: Session, slug: str = "magnesium") -> Registration:
    masterclass = factories.masterclass(session, slug=slug)
    date = factories.occurrence(session, masterclass=masterclass)
    return factories.registration(session, occurrence=date)


@pytest.mark.parametrize(
    ("enter", "starts"),
    [
        ("registered", True),
        ("registered magnesium", True),
        ("registered other", False),
        ("joined", False),
        ("confirmed", False),
        ("by hand", False),
    ],
)
def test_a_seat_starts_what_waits_for_one(
    session: Session, enter: str, starts: bool
) -> None:
    sequence = opening(session, enter)
    seat = seat_in(session)

    enrollment.start(session, seat, now=NOW)

    found = ways(session, sequence)
    assert [one.registration_id for one in found] == ([seat.id] if starts else [])


def test_joining_starts_what_waits_for_it_once(session: Session) -> None:
    sequence = opening(session, "joined magnesium")
    seat = seat_in(session)

    enrollment.join(session, seat, now=NOW)
    enrollment.join(session, seat, now=NOW + HOUR)

    [way] = ways(session, sequence)
    assert (way.confirmed_at, way.due_at) == (NOW, NOW)
    told = select(Event).where(Event.kind == EventKind.ENROLLED)
    assert session.scalars(told).one().enrollment_id == way.id


def test_when_a_date_is_over_the_scan_starts_it_for_who_did_not_come(
    session: Session,
) -> None:
    sequence = opening(session, "not joined")
    there, away, gave_back = (seat_in(session, f"m{number}") for number in range(3))
    for seat in (away, gave_back):
        seat.occurrence_id = there.occurrence_id
    there.joined_at, gave_back.cancelled_at = NOW, NOW
    session.flush()
    date = session.get_one(Occurrence, there.occurrence_id)

    due.scan(session, now=date.ends_at - HOUR)
    assert ways(session, sequence) == []
    due.scan(session, now=date.ends_at + HOUR)
    due.scan(session, now=date.ends_at + 2 * HOUR)

    [way] = ways(session, sequence)
    assert way.subscriber_id == away.subscriber_id
    assert way.confirmed_at == date.ends_at
    missed = select(Event.subscriber_id).where(Event.kind == EventKind.MISSED)
    assert session.scalars(missed).all() == [away.subscriber_id]


def test_a_date_that_was_called_off_was_missed_by_nobody(session: Session) -> None:
    sequence = opening(session, "not joined")
    seat = seat_in(session)
    date = session.get_one(Occurrence, seat.occurrence_id)
    date.cancelled_at = NOW
    session.flush()

    due.scan(session, now=date.ends_at + HOUR)

    assert ways(session, sequence) == []


def test_a_tag_starts_what_waits_for_it(session: Session) -> None:
    sequence, other = opening(session, "tag vip"), opening(session, "tag guest")
    person = factories.subscriber(session)

    subscribers.mark(session, person.id, VIP, now=NOW)

    assert len(ways(session, sequence)) == 1
    assert ways(session, other) == []
    assert session.get_one(Subscriber, person.id).tags == ["vip"]


def test_a_tag_taken_off_starts_nothing(session: Session) -> None:
    person = factories.subscriber(session, tags=["vip"])
    sequence = opening(session, "tag vip")

    subscribers.mark(
        session, person.id, subscribers.Mark("vip", is_added=False), now=NOW
    )

    assert ways(session, sequence) == []
    assert session.get_one(Subscriber, person.id).tags == []


def test_a_person_can_start_any_sequence_that_is_not_a_draft(session: Session) -> None:
    live = opening(session, "by hand")
    draft = opening(session, "by hand", state=SequenceState.DRAFT)
    person = factories.subscriber(session)

    assert enrollment.start_by_hand(session, person.id, live.id, now=NOW)
    with pytest.raises(enrollment.NotThere, match="is a draft"):
        enrollment.start_by_hand(session, person.id, draft.id, now=NOW)

    assert len(ways(session, live)) == 1


@pytest.mark.parametrize("state", [SequenceState.DRAFT, SequenceState.ARCHIVED])
def test_a_draft_takes_nobody_in_so_that_going_live_mails_nobody_from_before(
    session: Session, state: SequenceState
) -> None:
    draft = opening(session, "tag vip", state=state)
    person = factories.subscriber(session)

    subscribers.mark(session, person.id, VIP, now=NOW)

    assert ways(session, draft) == []


@pytest.mark.parametrize("again", ["never", "once finished"])
def test_who_is_through_starts_again_only_where_that_is_allowed(
    session: Session, again: str
) -> None:
    sequence = opening(session, "by hand", doors={"again": again})
    person = factories.subscriber(session)
    enrollment.start_by_hand(session, person.id, sequence.id, now=NOW)
    [first] = ways(session, sequence)
    assert not enrollment.start_by_hand(session, person.id, sequence.id, now=NOW)
    first.state = EnrollmentState.COMPLETED
    session.flush()

    begun = enrollment.start_by_hand(session, person.id, sequence.id, now=NOW + HOUR)

    runs = [one.run for one in ways(session, sequence)]
    assert begun is (again != "never")
    assert runs == ([1] if again == "never" else [1, 2])


def test_a_new_run_gets_every_mail_again(session: Session) -> None:
    sequence = opening(session, "by hand", doors={"again": "once finished"})
    person = factories.subscriber(session)
    for number in range(2):
        at = NOW + timedelta(days=7 * number)
        enrollment.start_by_hand(session, person.id, sequence.id, now=at)
        due.scan(session, now=at)
        ways(session, sequence)[-1].state = EnrollmentState.COMPLETED
        session.flush()

    assert len(session.scalars(select(Delivery)).all()) == 2


def test_a_second_confirmation_makes_a_new_run_only_where_that_is_allowed(
    session: Session,
) -> None:
    for again, runs in (("never", [1]), ("once finished", [1, 2])):
        sequence = opening(session, "confirmed", doors={"again": again})
        seat = seat_in(session, f"m-{runs[-1]}")
        seat.masterclass.sequence_id = sequence.id
        first = enrollment.start(session, seat, now=NOW)
        assert first is not None
        first.state = EnrollmentState.COMPLETED
        session.flush()

        enrollment.start(session, seat, now=NOW + HOUR)

        found = ways(session, sequence)
        assert [one.run for one in found] == runs
        assert found[-1].state is EnrollmentState.ACTIVE


def test_who_was_let_go_by_hand_stays_out_with_a_new_seat(session: Session) -> None:
    sequence = opening(session, "confirmed")
    seat = seat_in(session)
    seat.masterclass.sequence_id = sequence.id
    enrollment.start(session, seat, now=NOW)
    enrollment.finish_by_hand(session, seat.subscriber_id, sequence.id, now=NOW)
    enrollment.start(session, seat, now=NOW + HOUR)

    due.scan(session, now=NOW + HOUR)

    [way] = ways(session, sequence)
    [link] = session.scalars(select(Delivery))
    assert (way.state, way.reason) == (EnrollmentState.EXITED, Reason.BY_HAND)
    assert link.kind is Kind.SERVICE  # the seat's own mail still goes
    told = select(Event.data).where(Event.kind == EventKind.EXITED)
    assert session.scalars(told).all() == [{"reason": "by-hand"}]


def test_ten_at_once_start_her_once(commit_session: Session, engine: Engine) -> None:
    sequence = opening(commit_session, "by hand")
    person = factories.subscriber(commit_session)
    commit_session.flush()
    who, where = person.id, sequence.id
    commit_session.commit()
    ready = threading.Barrier(10)

    def start() -> None:
        with Session(engine) as mine:
            ready.wait()
            enrollment.start_by_hand(mine, who, where, now=NOW)

    threads = [threading.Thread(target=start) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ways(commit_session, sequence)) == 1


def test_doors_go_out_to_a_folder_and_come_in_as_the_same_bytes(
    session: Session, tmp_path: Path
) -> None:
    folder = tmp_path / "after-care"
    folder.mkdir()
    head = (
        'name = "Nazorg"\nlanguage = "nl"\n\n[doors]\nenter = "not joined magnesium"\n'
        'again = "once finished"\nleave = "purchased"\npriority = 5\n'
    )
    (folder / "sequence.toml").write_text(head)
    (folder / "01-welkom.md").write_text(
        '+++\nkind = "service"\ntiming = "at once"\n'
        'subject = "Welkom"\npreheader = "Fijn"\n+++\n\nHoi.\n'
    )
    publishing.import_folder(session, folder, now=NOW, author="t", publish=True)

    publishing.export_folder(session, "after-care", tmp_path / "out")

    assert (tmp_path / "out" / "sequence.toml").read_text() == head


def test_a_mistake_in_a_door_is_named_and_nothing_is_kept(
    session: Session, tmp_path: Path
) -> None:
    folder = tmp_path / "after-care"
    folder.mkdir()
    text = 'name = "Nazorg"\n\n[doors]\nenter = "someday"\n'
    (folder / "sequence.toml").write_text(text)
    (folder / "01-welkom.md").write_text(
        '+++\nkind = "service"\ntiming = "at once"\n'
        'subject = "Welkom"\npreheader = "Fijn"\n+++\n\nHoi.\n'
    )

    with pytest.raises(publishing.BadFolder, match="enter: “someday” is not known"):
        publishing.import_folder(session, folder, now=NOW, author="t", publish=True)


ON_SEAT = (
    {**MORNING, "condition": "registered", "slug": "seat"},
    {**MORNING, "condition": "not registered", "slug": "none"},
    {**MORNING, "timing": "30 days at 08:30", "condition": "joined", "slug": "came"},
)


def led(session: Session, **doors: str) -> tuple[Sequence, Enrollment]:
    """Start a sequence by a tag for somebody without a seat."""
    sequence = course(session, *ON_SEAT, doors={"enter": "tag vip", **doors})
    person = factories.subscriber(session)
    agree(session, person)
    enrollment.start_by_tag(session, [person.id], "vip", now=NOW)
    [hers] = ways(session, sequence)
    return sequence, hers


def got(session: Session, hers: Enrollment, days: int) -> list[str]:
    for day in range(days):
        due.scan(session, now=NOW + day * 24 * HOUR)
        session.execute(update(Delivery).values(state=DeliveryState.SENT))
    rows = select(Step.slug).join(Delivery, Delivery.step_id == Step.id)
    mine = rows.where(Delivery.enrollment_id == hers.id, Delivery.reason.is_(None))
    return list(session.scalars(mine.order_by(Delivery.planned_at)))


def test_who_has_no_seat_is_not_registered(session: Session) -> None:
    _, hers = led(session)

    assert got(session, hers, 60) == ["none"]


def test_a_seat_lets_nobody_go_who_has_none(session: Session) -> None:
    _, hers = led(session, leave="registered")

    due.scan(session, now=NOW)

    session.refresh(hers)
    assert hers.state is EnrollmentState.ACTIVE


def test_a_seat_that_she_takes_on_the_way_counts_in_what_a_tag_started(
    session: Session,
) -> None:
    _, hers = led(session)
    date = factories.occurrence(session)
    person = session.get_one(Subscriber, hers.subscriber_id)
    seat = factories.registration(session, occurrence=date, subscriber=person)

    enrollment.start(session, seat, now=NOW)
    enrollment.join(session, seat, now=NOW + HOUR)

    assert got(session, hers, 60) == ["seat", "came"]
