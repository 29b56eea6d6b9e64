"""The list of steps as it will be: put in, moved, taken out, all in a draft."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeAlias, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.rules import Rules
from funnel.domain.status import Kind, Purpose, Role
from funnel.flow.publishing import slugs
from funnel.flow.publishing.content import Content, contents
from funnel.models import Sequence as SequenceRow
from funnel.models import Step, base

NEXT_DAY = "1 day at 08:30"


Entry: TypeAlias = tuple[datetime | None, dict[str, list[int]] | None]
"""When a step came into the list that people were in, and between which others."""


class Start(TypedDict, total=False):
    """What a new step begins with: words of its own, or those of another step."""

    subject: str
    purpose: Purpose | None
    copy_of: int | None


class ListConflict(Exception):  # noqa: N818 - it says what happened
    """A colleague changed the order since the page was shown: nothing was done."""


def held(session: Session, sequence_id: int) -> SequenceRow:
    """Lock a sequence with its steps, and return it as it is now.

    The steps as well: what a colleague published counts, and a draft that she saves
    in this moment is neither left out nor overwritten.
    """
    sequence = SequenceRow.held(session, sequence_id)
    steps = select(Step).where(Step.sequence_id == sequence_id).order_by(Step.id)
    session.scalars(base.held(steps, key_share=True)).all()
    return sequence


def order(sequence: SequenceRow) -> list[int]:
    """Return the ids of the listed steps as they will stand."""
    gone = (sequence.draft or {}).get("gone", ())
    return [one for one in _places(sequence) if one not in gone]


def by_hand(sequence: SequenceRow) -> set[int]:
    """Return the ids of the steps that somebody moved in the draft."""
    return set((sequence.draft or {}).get("moved", ()))


def rules(sequence: SequenceRow) -> dict[str, Any]:
    """Return the rules as they will be."""
    found: dict[str, Any] = (sequence.draft or {}).get("rules", sequence.rules)
    return found


def listed(sequence: SequenceRow) -> list[Step]:
    """Return the steps that will be in the list, in their order."""
    known = {step.id: step for step in sequence.steps}
    return [known[step_id] for step_id in order(sequence) if step_id in known]


def coming(sequence: SequenceRow) -> list[Step]:
    """Return `listed`, and behind them the mails that an act calls for."""
    called = [
        step
        for step in sequence.steps
        if step.role is not Role.LISTED and step.deleted_at is None
    ]
    return [*listed(sequence), *called]


def layout(sequence: SequenceRow) -> list[Step]:
    """Return `listed`, and each step that is or will be deleted where it stood.

    What such a step sent still counts for the one below it.
    """
    known = {step.id: step for step in sequence.steps}
    placed = [known[one] for one in _places(sequence) if one in known]
    here = {step.id for step in placed}
    gone: dict[int, list[Step]] = {}
    above = 0
    for step in _by_rank(sequence):
        if step.id in here:
            above = step.id
        elif step.revision_id is not None:
            gone.setdefault(above, []).append(step)
    places = [step for one in placed for step in (one, *gone.get(one.id, ()))]
    return [*gone.get(0, ()), *places]


def entries(sequence: SequenceRow, now: datetime | None) -> dict[int, Entry]:
    """Return when and where each step that is new or moves comes into the list.

    One that moves is nobody's past any more: who has not had it, gets it in its turn.
    """
    places, ids = layout(sequence), set(order(sequence))
    there = {step.id for step in standing(sequence)}
    moving = moved(published_order(sequence), order(sequence), by_hand(sequence))
    found = dict[int, Entry]()
    for place, step in enumerate(places):
        if step.id in ids and (step.revision_id is None or step.deleted_at):
            alive = [one.id for one in places[:place] if one.id in there]
            below = [one.id for one in places[place + 1 :]]
            found[step.id] = now, {"above": alive, "below": below}
        elif step.id in moving:
            found[step.id] = step.added_at, None
    return found


def standing(sequence: SequenceRow) -> list[Step]:
    """Return what will be in the list, and what the draft takes out, in its place."""
    staying = set(order(sequence))
    places = layout(sequence)
    return [one for one in places if one.id in staying or one.deleted_at is None]


def mark(sequence: SequenceRow) -> str:
    """Return a short hash of the order and the rules that will be."""
    text = json.dumps([order(sequence), rules(sequence)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def add(
    session: Session,
    sequence_id: int,
    *,
    after: int | None,
    seen: str | None = None,
    **start: Unpack[Start],
) -> Step:
    """Put a new step into the draft, behind `after` or at the top.

    It is a copy of a step, or an empty mail of its kind. Raises ListConflict.
    """
    sequence = _locked(session, sequence_id, seen)
    above = _place(order(sequence), after)
    content = _first_content(sequence, start)
    new = _new(sequence, above, start.get("subject", ""), content)
    session.flush()
    _put(sequence, new.id, after)
    session.commit()
    return new


def move(
    session: Session, step_id: int, *, after: int | None, seen: str | None = None
) -> bool:
    """Put a step behind another, or at the top; say whether that is a change."""
    sequence = _locked_of(session, step_id, seen)
    before = order(sequence)
    if step_id not in before:
        raise ListConflict
    _put(sequence, step_id, after, is_moved=True)
    session.commit()
    return order(sequence) != before


def remove(session: Session, step_id: int, *, now: datetime, seen: str | None) -> None:
    """Take a step out of the draft; one that was never published is gone at once."""
    sequence = _locked_of(session, step_id, seen)
    set_order(sequence, [other for other in order(sequence) if other != step_id])
    step = session.get_one(Step, step_id)
    if step.revision_id is None and step.role is Role.LISTED:
        step.deleted_at = now
    session.commit()


def put_back(session: Session, step_id: int) -> None:
    """Take a deletion back that is not published yet: the step stands where it was."""
    sequence = _locked_of(session, step_id, None)
    places, staying = _ids(standing(sequence)), {*order(sequence), step_id}
    _keep_places(sequence, places, staying)
    session.commit()


def discard_all(session: Session, sequence_id: int, *, now: datetime) -> None:
    """Drop every draft of a sequence; new steps that nobody published are gone."""
    sequence = _locked(session, sequence_id, None)
    sequence.draft = None
    for step in sequence.steps:
        step.draft = None if step.revision_id is not None else step.draft
        if step.revision_id is None and sequence.version:
            step.deleted_at = step.deleted_at or now
    session.commit()


def set_order(
    sequence: SequenceRow, ids: Sequence[int], *, moved: Collection[int] = ()
) -> None:
    """Keep these as the steps of the draft, in this order. Not committed.

    A step that leaves keeps its place; `moved` are those that somebody moved.
    """
    _keep_places(sequence, beside(ids, _ids(standing(sequence))), ids, moved)


def beside(ids: Sequence[int], places: Sequence[int]) -> list[int]:
    """Return these, and every other place behind the one that it stands behind."""
    found = list(ids)
    for above, one in pairwise([0, *places]):
        if one not in found:
            found.insert(found.index(above) + 1 if above in found else 0, one)
    return found


def set_rules(sequence: SequenceRow, new: Mapping[str, Any]) -> None:
    """Keep rules as the draft's; the published ones need none. Not committed."""
    _keep(sequence, "rules", None if new == sequence.rules else dict(new))


def changed_rules(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
    """Return name, before and after of the rules that differ, as `to_dict` has them."""
    old, new = (Rules.from_dict(one).to_dict() for one in (before, after))
    return [(name, old[name], new[name]) for name in new if old[name] != new[name]]


def drafted_rules(sequence: SequenceRow) -> list[tuple[str, Any, Any]]:
    """Return the same for the rules that wait to be published."""
    return changed_rules(sequence.rules, rules(sequence))


def moved(
    before: Sequence[int], after: Sequence[int], by_hand: Collection[int] = ()
) -> set[int]:
    """Return the fewest ids that explain a new order of the same ones.

    Of two that explain it equally well, it is the one that was moved by hand.
    """
    places = {one: place for place, one in enumerate(before)}
    common = [one for one in after if one in places]
    runs: list[list[int]] = []  # for each id, the best rising run that it ends

    def best(runs: Sequence[list[int]]) -> list[int]:
        still = [(len(run), -len({*run} & {*by_hand})) for run in runs]
        return runs[still.index(max(still))] if runs else []

    for one in common:
        rising = [run for run in runs if places[run[-1]] < places[one]]
        runs.append([*best(rising), one])
    return set(common) - set(best(runs))


def published_order(sequence: SequenceRow) -> list[int]:
    """Return the ids of the listed steps as the scan reads them."""
    return _ids(step for step in _alive(sequence) if step.revision_id is not None)


def _places(sequence: SequenceRow) -> list[int]:
    """Return the ids in the draft's order, with those that leave, if it knows them."""
    drafted = (sequence.draft or {}).get("order")
    return _ids(_alive(sequence)) if drafted is None else drafted


def _put(
    sequence: SequenceRow, step_id: int, after: int | None, *, is_moved: bool = False
) -> None:
    """Put a step behind another, or at the top, among all that stands there."""
    staying = {*order(sequence), step_id}
    rest = [one for one in _ids(standing(sequence)) if one != step_id]
    at = _place(rest, after)
    hers = {step_id} if is_moved else set()
    _keep_places(sequence, [*rest[:at], step_id, *rest[at:]], staying, hers)


def _keep_places(
    sequence: SequenceRow,
    places: Sequence[int],
    staying: Collection[int],
    moved: Collection[int] = (),
) -> None:
    """Keep the list as the draft's; the published one needs none."""
    alive = {step.id for step in _alive(sequence) if step.revision_id is not None}
    stands = [one for one in places if one in staying or one in alive]
    gone = [one for one in stands if one not in staying]
    is_new = bool(gone) or stands != published_order(sequence)
    hands = sorted(by_hand(sequence) | set(moved))
    _keep(sequence, "order", stands if is_new else None)
    _keep(sequence, "gone", gone or None)
    _keep(sequence, "moved", hands if is_new and hands else None)


def _ids(steps: Iterable[Step]) -> list[int]:
    return [step.id for step in steps]


def _keep(sequence: SequenceRow, name: str, value: object) -> None:
    draft = {key: old for key, old in (sequence.draft or {}).items() if key != name}
    if value is not None:
        draft[name] = value
    sequence.draft = draft or None


def _by_rank(sequence: SequenceRow) -> list[Step]:
    steps = [step for step in sequence.steps if step.role is Role.LISTED]
    return sorted(steps, key=lambda step: (step.rank, step.id or 0))


def _alive(sequence: SequenceRow) -> list[Step]:
    return [step for step in _by_rank(sequence) if step.deleted_at is None]


def _locked_of(session: Session, step_id: int, seen: str | None) -> SequenceRow:
    step = session.get_one(Step, step_id)
    return _locked(session, step.sequence_id, seen)


def _locked(session: Session, sequence_id: int, seen: str | None) -> SequenceRow:
    sequence = held(session, sequence_id)
    if seen is not None and seen != mark(sequence):
        raise ListConflict
    return sequence


def _place(ids: Sequence[int], after: int | None) -> int:
    if after is None:
        return 0
    if after not in ids:
        raise ListConflict
    return ids.index(after) + 1


def _new(sequence: SequenceRow, at: int, subject: str, content: Content) -> Step:
    stand = listed(sequence)
    above = stand[at - 1].slug if at else ""
    below = stand[at].slug if at < len(stand) else ""
    taken = {step.slug for step in sequence.steps}
    words = subject or content.subject
    step = Step(
        slug=slugs.between(above, below, words, taken),
        role=Role.LISTED,
        rank=max((step.rank for step in sequence.steps), default=-1) + 1,
        draft={**content.as_draft(), "subject": words},
    )
    sequence.steps.append(step)
    return step


def _first_content(sequence: SequenceRow, start: Start) -> Content:
    for step in sequence.steps:
        if step.id == start.get("copy_of"):
            return contents(step).latest
    purpose = start.get("purpose")
    kind = Kind.MARKETING if purpose else Kind.SERVICE
    return Content(kind=kind, purpose=purpose, timing=NEXT_DAY)
