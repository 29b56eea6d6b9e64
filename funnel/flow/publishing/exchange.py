"""Sequences come in from a folder, and go out as the same bytes."""

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.doors import Doors
from funnel.domain.rules import Rules
from funnel.domain.status import Role, SequenceState
from funnel.flow.publishing import album, draft, folder, release, structure
from funnel.flow.publishing.content import contents
from funnel.flow.publishing.folder import SAYS, BadFolder, File, Folder
from funnel.mail.problem import N_
from funnel.models import Sequence, Step


def import_folder(
    session: Session, path: Path, *, now: datetime, author: str, publish: bool
) -> Sequence:
    """Bring a folder in; the same folder twice changes nothing.

    A new sequence gets its steps, and with `publish` its first version, live. Over
    one that exists, each text that differs becomes a draft, which somebody publishes.
    Steps that have no file stay as they are. Raises BadFolder or BadDraft.
    """
    found = folder.read(path)
    sequence = session.scalar(select(Sequence).where(Sequence.slug == found.slug))
    is_new = sequence is None
    sequence = sequence or _new(session, found)
    _keep_rules(sequence, found)
    album.bring_in(session, found.files, path, now=now)
    steps = [_step(sequence, file) for file in found.files]
    for step, file in zip(steps, found.files, strict=True):
        _bring_in(step, file)
    session.flush()
    _put_in_order(sequence, found)
    if is_new and publish:
        release.release(session, sequence, author=author, now=now)
        sequence.state = SequenceState.LIVE
    session.commit()
    return sequence


def export_folder(session: Session, slug: str, path: Path) -> Folder:
    """Write a sequence, as it is published, into a folder; raises BadFolder.

    A step that was never published is written as its draft.
    """
    sequence = session.scalar(select(Sequence).where(Sequence.slug == slug))
    if sequence is None:
        raise BadFolder(N_("no sequence is called %(name)s"), name=slug)
    files = tuple(
        File(step.slug, step.role, both.published or both.latest)
        for step in sequence.steps
        if step.deleted_at is None
        for both in [contents(step)]
    )
    rules = _in_order(sequence.rules, _canonical(Rules, sequence.rules))
    doors = _in_order(sequence.doors, _canonical(Doors, sequence.doors))
    order = _order(files)
    name, language = sequence.name, sequence.language
    out = Folder(slug, name, language, rules, files, order, doors)
    folder.write(out, path)
    album.write_out(session, files, path)
    return out


def _order(files: tuple[File, ...]) -> tuple[str, ...]:
    """Return the names of the listed steps, if they alone do not tell the order."""
    names = [file.slug for file in files if file.role is Role.LISTED]
    return () if names == sorted(names) else tuple(names)


def _put_in_order(sequence: Sequence, found: Folder) -> None:
    """Let steps stand as in the folder; once published, that is a draft.

    A step without a file stays behind the one that it stands behind now.
    """
    known = {step.slug: step.id for step in sequence.steps}
    named = [known[slug] for slug in found.listed]
    ids = structure.beside(named, structure.order(sequence))
    for rank, step in enumerate(_new_places(sequence, ids)):
        step.rank = rank
    structure.set_order(sequence, ids)


def _new_places(sequence: Sequence, ids: list[int]) -> list[Step]:
    """Return all steps: those that were published keep their order among themselves."""
    if not sequence.version:
        return sorted(sequence.steps, key=lambda step: _key(ids, step))
    places = sorted(sequence.steps, key=lambda step: (step.rank, step.id))
    known = {step.id: step for step in places}
    for above, step_id in pairwise([0, *ids]):
        step = known[step_id]
        if step.revision_id is None:
            places.remove(step)
            at = places.index(known[above]) + 1 if above else 0
            places.insert(at, step)
    return places


def _key(ids: list[int], step: Step) -> tuple[int, str]:
    return (ids.index(step.id) if step.id in ids else len(ids), step.slug)


def _new(session: Session, found: Folder) -> Sequence:
    sequence = Sequence(slug=found.slug, name=found.name, language=found.language)
    session.add(sequence)
    return sequence


def _keep_rules(sequence: Sequence, found: Folder) -> None:
    """Take the rules over; a published sequence cannot get new ones unseen."""
    is_same = all(
        _canonical(kind, new) == _canonical(kind, old or {})
        for kind, new, old in (
            (Rules, found.rules, sequence.rules),
            (Doors, found.doors, sequence.doors),
        )
    )
    if sequence.version and not (is_same and found.language == sequence.language):
        sentence = N_(
            "%(file)s: rules, doors and language of a published sequence are changed "
            "in the studio, not by a folder; export it to see them"
        )
        raise BadFolder(sentence, file=folder.HEAD)
    sequence.name, sequence.language = found.name, found.language
    sequence.rules, sequence.doors = found.rules, found.doors


def _canonical(kind: type[Rules | Doors], table: dict[str, Any]) -> dict[str, Any]:
    try:
        return kind.from_dict(table).to_dict()
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise BadFolder(SAYS, file=folder.HEAD, why=str(problem)) from None


def _in_order(rules: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was written, in the order of the canonical form."""
    found = {}
    for key in model:
        if key in rules:
            value, example = rules[key], model[key]
            is_table = isinstance(value, Mapping) and isinstance(example, Mapping)
            found[key] = _in_order(value, example) if is_table else value
    return found


def _step(sequence: Sequence, file: File) -> Step:
    step = next((step for step in sequence.steps if step.slug == file.slug), None)
    if step is None:
        step = Step(slug=file.slug, role=file.role, rank=len(sequence.steps))
        sequence.steps.append(step)
    if sequence.version and step.revision_id is not None and step.role != file.role:
        sentence = N_(
            "%(file)s: what a published mail is for cannot change; give the file "
            "another name"
        )
        raise BadFolder(sentence, file=f"{file.slug}.md")
    step.role = file.role
    return step


def _bring_in(step: Step, file: File) -> None:
    """Make a draft of what differs; a colleague's draft stays where nothing does."""
    if contents(step).published != draft.tidied(file.content):
        draft.check(step, draft.tidied(file.content))
        draft.put(step, file.content)
