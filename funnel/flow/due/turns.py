"""Whose turn a day is, when one person is on her way through several sequences.

A day belongs to the mail that has a row. Where nothing is written yet, it belongs to
the sequence with the higher priority, which is why its people are planned first and
their marketing ahead is kept free; among equals, to who is due first.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState, SequenceState
from funnel.flow.due import courses, people
from funnel.flow.due.book import Trouble
from funnel.flow.due.courses import Courses
from funnel.flow.due.outcome import Course, Outcome, ahead, moments, outcome
from funnel.flow.due.people import Person
from funnel.models import Enrollment
from funnel.models import Sequence as SequenceRow

log = logging.getLogger(__name__)


def rivals(
    session: Session, subscriber_ids: Collection[int], of: Collection[int] = ()
) -> dict[int, int]:
    """Return the other ways that may go first: enrollment → sequence.

    First before those in the sequences `of`, which need not send, and before all
    that do. Nothing is read of people while these have one priority.
    """
    found = session.execute(
        select(
            SequenceRow.id,
            SequenceRow.state,
            SequenceRow.doors["priority"].as_integer(),
        ).where(or_(SequenceRow.state == SequenceState.LIVE, SequenceRow.id.in_(of)))
    ).all()
    lowest = min((priority or 0 for _, _, priority in found), default=0)
    higher = [
        sequence_id
        for sequence_id, state, priority in found
        if state is SequenceState.LIVE and (priority or 0) > lowest
    ]
    if not higher:
        return {}
    rows = session.execute(
        select(Enrollment.id, Enrollment.sequence_id).where(
            Enrollment.subscriber_id.in_(subscriber_ids),
            Enrollment.sequence_id.in_(higher),
            Enrollment.state == EnrollmentState.ACTIVE,
        )
    )
    return dict(iter(rows))


def beside(
    session: Session,
    persons: Sequence[Person],
    *,
    now: datetime,
    become: Callable[[Course], Course] = lambda course: course,
) -> list[Person]:
    """Return these people with the days taken that the ways before theirs will want.

    So their plan ahead is the one that a scan would make; also of a day on which
    all sequences are what they would `become`.
    """
    mine = {person.row.id: person.row.sequence_id for person in persons}
    sends = rivals(
        session, [person.row.subscriber_id for person in persons], {*mine.values()}
    )
    if not sends:
        return list(persons)
    maps = courses.load(session, {*mine.values(), *sends.values()}).changed(become)
    others = [way for way in sends if way not in mine]
    found = people.load(session, others, with_events=maps.read_events)
    beside = dict[int, Person]()
    for ways in _by_person([*persons, *found]):
        turn = _Turn(maps, now)
        for person in sorted(ways, key=turn.order):
            beside[person.row.id] = turn.beside(person)
            if person.row.id in sends and maps.can_read(person.row.sequence_id):
                turn.keep_free(person)
    return [beside[way] for way in mine]


def decide(
    persons: Sequence[Person], maps: Courses, due: Collection[int], now: datetime
) -> tuple[list[Outcome], list[Trouble]]:
    """Decide about everybody who is due; the others only say which days are theirs."""
    outcomes, troubled = list[Outcome](), list[Trouble]()
    for ways in _by_person(persons):
        turn = _Turn(maps, now)
        for person in sorted(ways, key=turn.order) if len(ways) > 1 else ways:
            try:
                if person.row.id in due:
                    outcomes.append(turn.decided(person))
                elif maps.can_read(person.row.sequence_id):
                    turn.keep_free(person)
            except Exception as error:  # one poison row must not block the others
                log.exception("enrollment %s cannot be planned", person.row.id)
                row = person.row
                troubled.append(Trouble(row.id, row.subscriber_id, error))
    return outcomes, troubled


def _by_person(ways: Sequence[Person]) -> Iterable[list[Person]]:
    hers: dict[int, list[Person]] = defaultdict(list)
    for person in ways:
        hers[person.row.subscriber_id].append(person)
    return hers.values()


class _Turn:
    """The days that one person's ways have given away so far, the first way first."""

    def __init__(self, maps: Courses, now: datetime) -> None:
        self.maps, self.now = maps, now
        self.written: list[datetime] = []
        self.hoped: list[tuple[int, datetime]] = []  # priority, moment

    def order(self, person: Person) -> tuple[int, datetime, int]:
        row = person.row
        return -self._priority(person), row.due_at or self.now, row.id

    def decided(self, person: Person) -> Outcome:
        """Plan a way beside the days of those before it, and add its own."""
        course = self.maps.of(person.row.sequence_id)
        found = outcome(self.beside(person), course, self.now)
        self.written += found.days
        self._hope(person, found.ahead)
        return found

    def keep_free(self, person: Person) -> None:
        """Note the days on which a way that goes first will want to send."""
        course = self.maps.of(person.row.sequence_id)
        self._hope(person, moments(ahead(self.beside(person), course, self.now)))

    def beside(self, person: Person) -> Person:
        """Return her with the days taken of those that went before."""
        if not self.written and not self.hoped:
            return person
        mine = self._priority(person)
        first = [at for priority, at in self.hoped if priority > mine]
        elsewhere = (*person.elsewhere, *self.written, *first)
        return person._replace(elsewhere=elsewhere)

    def _hope(self, person: Person, moments: list[datetime]) -> None:
        self.hoped += [(self._priority(person), at) for at in moments]

    def _priority(self, person: Person) -> int:
        found = self.maps.found[person.row.sequence_id]
        return 0 if isinstance(found, Exception) else found.doors.priority
