"""Sequences as a whole: begun, copied, put away."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import SequenceState
from funnel.flow.publishing import outlook, slugs, standstill, structure
from funnel.flow.publishing.content import contents
from funnel.models import Sequence, Step

RESERVED = frozenset({"add"})
LANGUAGES = ("nl", "en")
LONGEST = 120


class BadName(ValueError):  # noqa: N818 - it says what is the matter
    """A sequence needs a name that people can tell from others."""


class InUse(Exception):  # noqa: N818 - it says what is in the way
    """A masterclass sends its mails through this sequence."""


def create(session: Session, name: str, language: str) -> Sequence:
    """Begin an empty sequence; raises BadName."""
    sequence = _new(session, name, language)
    session.commit()
    return sequence


def copy(session: Session, sequence_id: int, name: str) -> Sequence:
    """Begin one with the latest texts, order and rules of another; raises BadName."""
    old = session.get_one(Sequence, sequence_id)
    new = _new(session, name, old.language)
    new.rules = structure.rules(old)
    for rank, step in enumerate(structure.coming(old)):
        draft = contents(step).latest.as_draft()
        new.steps.append(Step(slug=step.slug, role=step.role, rank=rank, draft=draft))
    session.commit()
    return new


def archive(session: Session, sequence_id: int, *, now: datetime) -> None:
    """Put a sequence away: it sends nothing; its mails and numbers stay. InUse.

    It stands still from now on, and who is inside goes on when somebody resumes it.
    """
    sequence = Sequence.held(session, sequence_id)
    if outlook.has_masterclass(session, sequence_id):
        raise InUse
    sequence.state = SequenceState.ARCHIVED
    if sequence.version:
        standstill.begin(session, sequence_id, now=now)
    session.commit()


def take_out(session: Session, sequence_id: int, *, now: datetime) -> None:
    """Take a sequence out of the archive; a person lets it go on, or live."""
    sequence = Sequence.held(session, sequence_id)
    if sequence.state is SequenceState.ARCHIVED:
        sequence.state = SequenceState.DRAFT
        if sequence.version:
            sequence.state = SequenceState.PAUSED
            standstill.begin(session, sequence_id, now=now)  # of an old archive
    session.commit()


def _new(session: Session, name: str, language: str) -> Sequence:
    words = " ".join(name.split())
    if not words or len(words) > LONGEST:
        raise BadName
    taken = {*session.scalars(select(Sequence.slug)), *RESERVED}
    sequence = Sequence(
        slug=slugs.free(words, taken),
        name=words,
        language=language if language in LANGUAGES else LANGUAGES[0],
        state=SequenceState.DRAFT,
        rules={},
        version=0,
    )
    session.add(sequence)
    session.flush()
    return sequence
