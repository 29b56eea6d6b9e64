"""The settings of a sequence: its doors, which hold at once, and its rules.

Rules move mails, so they are a draft like the list, published with its impact.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from funnel.domain.doors import BadDoors, Doors
from funnel.domain.rules import BadRules, Rules
from funnel.flow import enrollment, events
from funnel.flow.publishing import structure
from funnel.flow.publishing.doors import Passage, passage
from funnel.flow.publishing.release import VersionConflict
from funnel.models import Enrollment, EventKind, Sequence


class Changed(NamedTuple):
    """What of the settings is new: the rules are a draft then."""

    rules: bool
    doors: bool


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
    new_rules, new_doors = (one.to_dict() for one in _read(rules, doors))
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


def new_passage(
    session: Session,
    sequence_id: int,
    rules: Mapping[str, Any],
    doors: Mapping[str, Any],
    *,
    now: datetime,
) -> Passage:
    """Say what these doors would change for people if saved; raises BadSettings."""
    _, new = _read(rules, doors)
    return passage(session, session.get_one(Sequence, sequence_id), new, now=now)


def _read(rules: Mapping[str, Any], doors: Mapping[str, Any]) -> tuple[Rules, Doors]:
    try:
        return Rules.from_dict(rules), Doors.from_dict(doors)
    except (BadRules, BadDoors) as problem:
        raise BadSettings(problem) from None


def _canonical(rules: Mapping[str, Any]) -> dict[str, Any]:
    return Rules.from_dict(rules).to_dict()
