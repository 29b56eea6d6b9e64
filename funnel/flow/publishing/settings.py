"""The settings of a sequence: its rules and its doors, changed while it runs."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.doors import BadDoors, Doors
from funnel.domain.rules import BadRules, Rules
from funnel.domain.status import EnrollmentState
from funnel.flow import enrollment, events
from funnel.flow.publishing.release import VersionConflict
from funnel.models import Enrollment, EventKind, Sequence


class BadSettings(ValueError):  # noqa: N818 - it names what was found
    """Settings that nobody can plan with; `field` says which, the text says why."""

    def __init__(self, problem: ValueError) -> None:
        """Take the field from the words of the domain, which begin with it."""
        super().__init__(str(problem))
        self.field = str(problem).partition(":")[0]


def settings_of(sequence: Sequence) -> dict[str, dict[str, Any]]:
    """Return every rule and door, also those that were left out."""
    return {
        "rules": Rules.from_dict(sequence.rules).to_dict(),
        "doors": Doors.from_dict(sequence.doors).to_dict(),
    }


def settings_mark(sequence: Sequence) -> str:
    """Return a short hash: what somebody looked at before she changed it."""
    text = json.dumps(settings_of(sequence), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def inside(session: Session, sequence_id: int) -> int:
    """Return how many people would be planned again."""
    hers = Enrollment.sequence_id == sequence_id
    active = Enrollment.state == EnrollmentState.ACTIVE
    count = select(func.count()).select_from(Enrollment).where(hers, active)
    return session.scalar(count) or 0


def change_settings(
    session: Session,
    sequence_id: int,
    rules: Mapping[str, Any],
    doors: Mapping[str, Any],
    *,
    seen: str,
    now: datetime,
) -> bool:
    """Keep new settings, and have everybody inside planned again; False: the same.

    A mail that they would make overdue takes its next slot. Raises BadSettings, or
    VersionConflict when a colleague changed them since they were shown (`seen`).
    """
    sequence = session.get_one(Sequence, sequence_id, with_for_update=True)
    if seen != settings_mark(sequence):
        raise VersionConflict
    try:
        new = {
            "rules": Rules.from_dict(rules).to_dict(),
            "doors": Doors.from_dict(doors).to_dict(),
        }
    except (BadRules, BadDoors) as problem:
        raise BadSettings(problem) from None
    if new == settings_of(sequence):
        session.commit()
        return False
    sequence.rules, sequence.doors = new["rules"], new["doors"]
    sequence.retimed_at = now
    enrollment.look_again(session, Enrollment.sequence_id == sequence_id, now=now)
    events.record(
        session, EventKind.PUBLISHED, at=now, sequence_id=sequence_id, settings=new
    )
    session.commit()
    return True
