"""What a step says and when: the same fields in a draft, a revision and a file."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from funnel.domain.status import Kind, Purpose
from funnel.models import Revision, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A step's fields; `timing` and `condition` in the words of `domain`."""

    kind: Kind
    purpose: Purpose | None = None
    timing: str = ""
    condition: str = ""
    is_on: bool = True
    source: str = ""
    subject: str = ""
    preheader: str = ""
    body: str = ""

    @classmethod
    def of(cls, row: Revision | Mapping[str, Any]) -> "Content":
        """Read a revision, or a draft as it is kept in the database."""
        if isinstance(row, Revision):
            return cls(**{name: getattr(row, name) for name in NAMES})
        purpose = row["purpose"]
        return cls(
            **{name: row[name] for name in NAMES if name not in {"kind", "purpose"}},
            kind=Kind(row["kind"]),
            purpose=Purpose(purpose) if purpose else None,
        )

    def as_draft(self) -> dict[str, Any]:
        """Return the fields as JSON keeps them."""
        return asdict(self)

    @property
    def fingerprint(self) -> str:
        """Return a short hash: the same for the same content only."""
        text = json.dumps(self.as_draft(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def differences(self, other: "Content") -> list[str]:
        """Return the names of the fields that differ, in the order of the file."""
        return [name for name in NAMES if getattr(self, name) != getattr(other, name)]


NAMES = tuple(field.name for field in fields(Content))


@dataclass(frozen=True, slots=True)
class Contents:
    """A step as it is sent now, and as it will be."""

    published: Content | None
    draft: Content | None

    @property
    def latest(self) -> Content:
        """Return what a marketer sees: the draft, else what is published."""
        found = self.draft or self.published
        assert found is not None  # noqa: S101 - a step is born with one of them
        return found

    @property
    def changed(self) -> list[str]:
        """Return the fields in which the draft differs; all of them when it is new."""
        if self.draft is None:
            return []
        return self.draft.differences(self.published) if self.published else [*NAMES]


def contents(step: Step) -> Contents:
    """Return both sides of a step."""
    return Contents(
        Content.of(step.revision) if step.revision else None,
        Content.of(step.draft) if step.draft else None,
    )


def drafted(steps: Iterable[Step]) -> list[Step]:
    """Return the steps with something to publish, in their order."""
    alive = [step for step in steps if step.draft and step.deleted_at is None]
    return sorted(alive, key=lambda step: step.rank)
