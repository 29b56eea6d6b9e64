"""What a colleague did between a marketer's look at the drafts and her publishing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from funnel.domain.rules import Rules
from funnel.domain.status import Role
from funnel.flow.publishing import snapshot, structure, versions
from funnel.flow.publishing.changes import Change, unpublished
from funnel.flow.publishing.content import Content
from funnel.flow.publishing.snapshot import Known, Snapshot
from funnel.models import Sequence, Step, Version

Rule = tuple[str, object, object]


@dataclass(frozen=True, slots=True)
class Since:
    """The versions that came, and how all differs from what she looked at."""

    versions: list[Version]
    changes: list[Change]
    rules: list[Rule]


def looked_at(sequence: Sequence) -> str:
    """Return what is on the page, for the form to carry: drafts, order and rules.

    What is not in it was published, in the version that the form carries too.
    """
    drafts = {
        str(change.step.id): change.both.latest.as_draft()
        for change in unpublished(sequence)
    }
    order, rules = structure.order(sequence), structure.rules(sequence)
    return json.dumps({"drafts": drafts, "order": order, "rules": rules})


def since(
    session: Session, sequence: Sequence, base_version: int, looked: str
) -> Since:
    """Compare what she looked at with how it stands; what cannot be read is nothing."""
    rows = versions.numbered(session, sequence.id)
    steps = {step.id: step for step in sequence.steps}
    came = [row for row in rows if row.number > base_version]
    had = [row for row in rows if row.number <= base_version]
    before = Snapshot({}, [], {})
    if had:
        texts = versions.revisions(session, had[-1:])
        before = snapshot.of_version(had[-1], steps, texts)
    before, after = _over(before, looked, steps), snapshot.drafted(sequence)
    by_hand = {one for row in came for one in row.moved} | structure.by_hand(sequence)
    known = Known(steps, {one for row in had for one in row.texts}, by_hand)
    return Since(
        came,
        snapshot.differences(before, after, known),
        structure.changed_rules(before.rules, after.rules),
    )


def _over(before: Snapshot, looked: str, steps: Mapping[int, Step]) -> Snapshot:
    """Return what was published with the drafts over it that she had before her."""
    try:
        told = json.loads(looked)
        drafts = {int(key): Content.of(row) for key, row in told["drafts"].items()}
        order = [one for one in told["order"] if one in steps]
        Rules.from_dict(rules := told["rules"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return before
    texts: dict[int, Any] = {**before.texts, **drafts}
    shown = {*order, *(one for one in steps if steps[one].role is not Role.LISTED)}
    kept = {one: text for one, text in texts.items() if one in shown}
    return Snapshot(kept, [one for one in order if one in kept], rules)
