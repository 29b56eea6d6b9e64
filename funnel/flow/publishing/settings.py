"""The settings of a sequence: its doors, which hold at once, and its rules.

Rules move mails, so they are a draft like the list, published with its impact.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from funnel.domain.doors import BadDoors, Doors
from funnel.domain.rules import BadRules, Rules
from funnel.domain.status import LEAVING, Reason
from funnel.flow import enrollment, events
from funnel.flow.due import people
from funnel.flow.due.outcome import outcome
from funnel.flow.publishing import course, standstill, structure
from funnel.flow.publishing.release import VersionConflict
from funnel.models import Enrollment, EventKind, Sequence


class Changed(NamedTuple):
    """What of the settings is new: the rules are a draft then."""

    rules: bool
    doors: bool


@dataclass(frozen=True, slots=True)
class Leavers:
    """How many people a condition would let go at once."""

    count: int
    is_estimate: bool = False


class BadSettings(ValueError):  # noqa: N818 - it names what was found
    """Settings that nobody can plan with; `field` says which, the text says why."""

    def __init__(self, problem: ValueError) -> None:
        """Take the field from the words of the domain, which begin with it."""
        super().__init__(str(problem))
        self.field = str(problem).partition(":")[0]


def settings_of(sequence: Sequence) -> dict[str, dict[str, Any]]:
    """Return every rule, as drafted, and door, also those that were left out."""
    return {
        "rules": _canonical(structure.rules(sequence)),
        "doors": Doors.from_dict(sequence.doors).to_dict(),
    }


def settings_mark(sequence: Sequence) -> str:
    """Return a short hash: what somebody looked at before she changed it."""
    text = json.dumps(settings_of(sequence), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def change_settings(
    session: Session,
    sequence_id: int,
    rules: Mapping[str, Any],
    doors: Mapping[str, Any],
    *,
    seen: str,
    now: datetime,
) -> Changed:
    """Keep new settings, and say what of them is new.

    Raises BadSettings, or VersionConflict when a colleague changed them since they
    were shown (`seen`).
    """
    sequence = structure.held(session, sequence_id)
    if seen != settings_mark(sequence):
        raise VersionConflict
    before = settings_of(sequence)
    try:
        new_rules = Rules.from_dict(rules).to_dict()
        new_doors = Doors.from_dict(doors).to_dict()
    except (BadRules, BadDoors) as problem:
        raise BadSettings(problem) from None
    changed = Changed(new_rules != before["rules"], new_doors != before["doors"])
    if changed.rules:
        is_published = new_rules == _canonical(sequence.rules)
        structure.set_rules(sequence, sequence.rules if is_published else new_rules)
    if changed.doors:
        sequence.doors = new_doors
        enrollment.look_again(session, Enrollment.sequence_id == sequence_id, now=now)
        events.record(
            session,
            EventKind.PUBLISHED,
            at=now,
            sequence_id=sequence_id,
            doors=new_doors,
        )
    session.commit()
    return changed


def leavers(
    session: Session, sequence_id: int, doors: Mapping[str, Any], *, now: datetime
) -> Leavers:
    """Say who would leave if these doors were saved now; raises BadSettings.

    Nobody, as long as the condition is the one that holds already. Of very many
    people, one in so many is asked, and the number is an estimate.
    """
    try:
        new = Doors.from_dict(doors)
    except BadDoors as problem:
        raise BadSettings(problem) from None
    sequence = session.get_one(Sequence, sequence_id)
    if not new.leave.facts or new.leave == Doors.from_dict(sequence.doors).leave:
        return Leavers(0)
    seen = replace(course.live(session, sequence), doors=new)
    some = standstill.some(session, standstill.inside(sequence_id))
    persons = people.load(session, some.ids, with_events=seen.reads_events)
    gone = sum(
        outcome(person, seen, now).reason is Reason.EXIT_RULE
        for person in persons
        if person.row.reason not in LEAVING
    )
    return Leavers(gone * some.step, some.step > 1)


def _canonical(rules: Mapping[str, Any]) -> dict[str, Any]:
    return Rules.from_dict(rules).to_dict()
