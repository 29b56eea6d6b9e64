"""What a colleague did between a marketer's look at the drafts and her publishing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.flow.publishing import structure
from funnel.flow.publishing.changes import Change, unpublished
from funnel.flow.publishing.content import Content, Contents, contents
from funnel.models import Sequence, Version


@dataclass(frozen=True, slots=True)
class Since:
    """The versions that came, and how each step differs from what she looked at."""

    versions: list[Version]
    changes: list[Change]
    is_reordered: bool


def looked_at(sequence: Sequence) -> str:
    """Return what is on the page, for the form to carry: drafts, and the order."""
    drafts = {
        str(change.step.id): change.both.latest.as_draft()
        for change in unpublished(sequence)
    }
    return json.dumps({"drafts": drafts, "order": structure.order(sequence)})


def since(
    session: Session, sequence: Sequence, base_version: int, looked: str
) -> Since:
    """Compare what she looked at with how it stands; what cannot be read is nothing."""
    kept = _read(looked)
    versions = session.scalars(
        select(Version)
        .where(Version.sequence_id == sequence.id, Version.number > base_version)
        .order_by(Version.number)
    ).all()
    now = {change.step.id for change in unpublished(sequence)}
    steps = [
        Change(step, Contents(kept[str(step.id)], contents(step).latest))
        if str(step.id) in kept
        else Change(step, contents(step))
        for step in sequence.steps
        if str(step.id) in kept or step.id in now
    ]
    changed = [one for one in steps if one.fields or one.is_gone]
    order = _order(looked)
    is_reordered = order is not None and order != structure.order(sequence)
    return Since(list(versions), changed, is_reordered)


def _read(looked: str) -> dict[str, Content]:
    try:
        drafts = json.loads(looked)["drafts"]
        return {str(key): Content.of(row) for key, row in drafts.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _order(looked: str) -> list[Any] | None:
    try:
        found = json.loads(looked)
    except ValueError:
        return None
    order = found.get("order") if isinstance(found, Mapping) else None
    return order if isinstance(order, list) else None
