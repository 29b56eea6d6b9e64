"""Whose turn a day is, when one person is on her way through several sequences.

A day belongs to the mail that has a row. Where nothing is written yet, it belongs to
the sequence with the higher priority, which is why its people are planned first and
their marketing ahead is kept free; among equals, to who is due first.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState, SequenceState
from funnel.flow.due.book import Trouble
from funnel.flow.due.courses import Courses
from funnel.flow.due.outcome import Outcome, ahead, moments, outcome
from funnel.flow.due.people import Person
from funnel.models import Enrollment
from funnel.models import Sequence as SequenceRow

log = logging.getLogger(__name__)


def rivals(session: Session, subscriber_ids: Collection[int]) -> dict[int, int]:
    """Return the other ways that may go first: enrollment → sequence.

    Nothing is read of people while all sequences that send have one priority.
    """
    live = session.execute(
        select(SequenceRow.id, SequenceRow.doors["priority"].as_integer()).where(
            SequenceRow.state == SequenceState.LIVE
        )
    ).all()
    priorities = {sequence_id: priority or 0 for sequence_id, priority in live}
    lowest = min(priorities.values(), default=0)
    higher = [one for one, priority in priorities.items() if priority > lowest]
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


def decide(
    persons: Sequence[Person], maps: Courses, due: Collection[int], now: datetime
) -> tuple[list[Outcome], list[Trouble]]:
    """Decide about everybody who is due; the others only say which days are theirs."""
    hers: dict[int, list[Person]] = defaultdict(list)
    for person in persons:
        hers[person.row.subscriber_id].append(person)
    outcomes, troubled = list[Outcome](), list[Trouble]()
    for ways in hers.values():
        turn = _Turn(maps, now)
        for person in sorted(ways, key=turn.order) if len(ways) > 1 else ways:
            try:
                if person.row.id in due:
                    outcomes.append(turn.decided(person))
                else:
                    turn.keep_free(person)
            except Exception as error:  # one poison row must not block the others
                log.exception("enrollment %s cannot be planned", person.row.id)
                row = person.row
                troubled.append(Trouble(row.id, row.subscriber_id, error))
    return outcomes, troubled


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
        found = outcome(self._beside(person), course, self.now)
        self.written += found.days
        self._hope(person, found.ahead)
        return found

    def keep_free(self, person: Person) -> None:
        """Note the days on which a way that goes first will want to send."""
        course = self.maps.of(person.row.sequence_id)
        self._hope(person, moments(ahead(self._beside(person), course, self.now)))

    def _beside(self, person: Person) -> Person:
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
