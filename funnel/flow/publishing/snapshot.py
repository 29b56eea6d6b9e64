"""A whole sequence as it stood at one moment, and what differs between two of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from funnel.domain.status import Role
from funnel.flow.publishing import structure
from funnel.flow.publishing.changes import Change
from funnel.flow.publishing.content import Content, Contents, contents
from funnel.models import Revision, Sequence, Step, Version


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What each step says, by its id; the order of those in the list; the rules."""

    texts: Mapping[int, Content]
    order: list[int]
    rules: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What two snapshots do not tell: which steps there were before, which were moved.

    Of two neighbours that changed places, `moved` says which one somebody moved.
    """

    steps: Mapping[int, Step]
    before: Collection[int] = ()
    moved: Collection[int] = ()


def of_version(
    version: Version, steps: Mapping[int, Step], texts: Mapping[int, Revision]
) -> Snapshot:
    """Return the sequence as a version published it."""
    found = {one: Content.of(texts[text]) for one, text in version.texts.items()}
    order = [one for one in found if steps[one].role is Role.LISTED]
    return Snapshot(found, order, version.rules)


def drafted(sequence: Sequence) -> Snapshot:
    """Return the sequence as its drafts will make it."""
    texts = {step.id: contents(step).latest for step in structure.coming(sequence)}
    order = [step.id for step in structure.listed(sequence)]
    return Snapshot(texts, order, structure.rules(sequence))


def differences(before: Snapshot, after: Snapshot, known: Known) -> list[Change]:
    """Return what became of each step that is not as it was, in the later order."""
    old, new = before.texts, after.texts
    moved = structure.moved(before.order, after.order, known.moved)
    return [
        Change(
            known.steps[one],
            Contents(old.get(one), new.get(one)),
            is_gone=one not in new,
            is_back=one not in old and one in known.before,
            is_moved=one in moved,
        )
        for one in [*new, *(gone for gone in old if gone not in new)]
        if old.get(one) != new.get(one) or one in moved
    ]
