"""Who came how far: the people behind a number of the funnel, while they are here."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from funnel.domain.status import Stage
from funnel.models import Signup, Source, Subscriber

NO_DATE = 0
"""The id of the date of somebody who chose none."""

MOST_SOURCES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A stage that people came to, and their first form for a masterclass.

    It was sent from `since` on and before `until`, both aware. Of its link's words,
    None is any and "" is a link without the word. `chosen_id` is the date chosen in it.
    """

    stage: Stage = Stage.SIGNED_UP
    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    chosen_id: int | None = None

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Reach":
        """Read what `as_json` gave."""
        moments = {
            name: datetime.fromisoformat(kept[name])
            for name in ("since", "until")
            if name in kept
        }
        return cls(**{**kept, **moments, "stage": Stage(kept["stage"])})

    def as_json(self) -> dict[str, Any]:
        found = {name: one for name, one in asdict(self).items() if one is not None}
        moments = {
            name: found[name].isoformat() for name in {"since", "until"} & {*found}
        }
        return found | moments

    def conditions(self, *, is_rare: bool = True) -> list[ColumnElement[bool]]:
        """Return it as SQL over Subscriber; who was erased is nobody any more.

        A stage is written on the one form that she is counted by. The forms of rare
        people are looked for first, and nobody else's are; of very many, the next few
        are found sooner by looking at everybody.
        """
        forms = select(Signup.subscriber_id).where(*self._counted())
        hers = forms.where(Signup.subscriber_id == Subscriber.id).exists()
        # PostgreSQL takes no offset for a condition among others.
        found = Subscriber.id.in_(select(forms.offset(0).subquery().c.subscriber_id))
        return [found if is_rare else hers, Subscriber.address.is_not(None)]

    def latest(self) -> Select[int]:
        """Select the ids of these people, whose form came last first.

        So the first thousand are found along the index of the forms, in their time;
        by the number of a person they all come late.
        """
        hers = Signup.subscriber_id == Subscriber.id
        return (
            select(Subscriber.id)
            .join(Signup, hers)
            .where(*self._counted(), Subscriber.address.is_not(None))
            .order_by(Signup.created_at.desc())
        )

    def _counted(self) -> list[ColumnElement[bool]]:
        return [*self._stage(), *self._times(), *self._link(), *self._date()]

    def _stage(self) -> list[ColumnElement[bool]]:
        return [Signup.reached.contains([self.stage.value])]

    def _times(self) -> list[ColumnElement[bool]]:
        since = [Signup.created_at >= self.since] if self.since else []
        return since + ([Signup.created_at < self.until] if self.until else [])

    def _link(self) -> list[ColumnElement[bool]]:
        if self.source is None:
            return []
        if not self.source:
            return [Signup.source_id.is_(None)]
        words = {"medium": self.medium, "campaign": self.campaign}
        said = {name: word for name, word in words.items() if word is not None}
        named = select(Source.id).filter_by(name=self.source, **said)
        return [Signup.source_id.in_(named)]

    def _date(self) -> list[ColumnElement[bool]]:
        if self.chosen_id is None:
            return []
        return [Signup.occurrence_id.is_not_distinct_from(self.chosen_id or None)]


def all_sources(session: Session) -> Sequence[str]:
    """Return the names of sources that ever brought somebody, or might have."""
    names = select(Source.name).distinct().order_by(Source.name)
    return session.scalars(names.limit(MOST_SOURCES)).all()
