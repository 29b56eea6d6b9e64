"""Links and how often they were followed: by step, by text, by link, by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Integer, func, select
from sqlalchemy.orm import Session

from funnel.flow.reports.outcomes import Outcome, mails_by_text
from funnel.models import (
    ClickCount,
    Event,
    EventKind,
    Link,
    Revision,
    Step,
    Subscriber,
)

SIZE = 50


@dataclass(frozen=True, slots=True)
class LinkNumbers:
    """A link: clicks of people, those of them with a name, and what machines did."""

    link: Link
    clicks: int
    named: int
    machines: int


@dataclass(frozen=True, slots=True)
class TextNumbers:
    """One published text of a step, what became of its mails, and its links.

    Without a revision: the mails that were skipped before they had a text. The
    numbers add up.
    """

    revision: Revision | None
    outcome: Outcome
    links: Sequence[LinkNumbers] = ()

    @property
    def clicks(self) -> int:
        return sum(one.clicks for one in self.links)


@dataclass(frozen=True, slots=True)
class LinkPage:
    """What is behind the number of a link: its days, and who agreed to be seen."""

    numbers: LinkNumbers
    revision: Revision
    step: Step
    days: Sequence[ClickCount]
    people: Sequence[tuple[Event, Subscriber]]
    after: int | None


def clicks_by_step(session: Session, sequence_id: int) -> dict[int, int]:
    """Return the clicks of people on each step's mails, over all its texts."""
    rows = session.execute(
        select(Revision.step_id, func.sum(ClickCount.clicks))
        .join(Link, Link.id == ClickCount.link_id)
        .join(Revision, Revision.id == Link.revision_id)
        .join(Step, Step.id == Revision.step_id)
        .where(Step.sequence_id == sequence_id)
        .group_by(Revision.step_id)
    )
    return {step_id: count for step_id, count in rows}  # noqa: C416 - rows, not pairs


def texts(session: Session, step_id: int) -> list[TextNumbers]:
    """Return a step's published texts, the latest first."""
    rows = session.execute(
        select(Revision, Link, *_SUMS)
        .outerjoin(Link, Link.revision_id == Revision.id)
        .outerjoin(ClickCount, ClickCount.link_id == Link.id)
        .where(Revision.step_id == step_id)
        .group_by(Revision.id, Link.id)
        .order_by(Revision.id.desc(), Link.position)
    ).all()
    named, outcomes = _named(session, step_id), mails_by_text(session, step_id)
    found = [
        TextNumbers(
            revision,
            outcomes.get(revision.id, Outcome()),
            [
                LinkNumbers(link, clicks, named.get(link.id, 0), machines)
                for _, link, clicks, machines in group
                if link is not None
            ],
        )
        for revision, group in groupby(rows, key=lambda row: row[0])
    ]
    if None in outcomes:
        found.append(TextNumbers(None, outcomes[None]))
    return found


def link_page(
    session: Session, link_id: int, *, after: int | None = None
) -> LinkPage | None:
    """Return what is behind a link's number, or None when there is no such link."""
    link = session.get(Link, link_id)
    if link is None:
        return None
    revision = session.get_one(Revision, link.revision_id)
    step = session.get_one(Step, revision.step_id)
    numbers = {
        one.link.id: one for text in texts(session, step.id) for one in text.links
    }
    people, more = _people(session, step.id, link_id, after)
    days = session.scalars(
        select(ClickCount)
        .where(ClickCount.link_id == link_id)
        .order_by(ClickCount.day.desc())
        .limit(SIZE)
    )
    return LinkPage(numbers[link_id], revision, step, days.all(), people, more)


_SUMS = (
    func.coalesce(func.sum(ClickCount.clicks), 0),
    func.coalesce(func.sum(ClickCount.machines), 0),
)
_WHICH = Event.data["link_id"].astext.cast(Integer)


def _named(session: Session, step_id: int) -> dict[int, int]:
    which = _WHICH.label("which")
    rows = session.execute(
        select(which, func.count())
        .where(Event.kind == EventKind.CLICKED, Event.step_id == step_id)
        .group_by("which")
    )
    return {link_id: count for link_id, count in rows}  # noqa: C416 - rows, not pairs


def _people(
    session: Session, step_id: int, link_id: int, after: int | None
) -> tuple[list[tuple[Event, Subscriber]], int | None]:
    older = [Event.id < after] if after is not None else []
    rows = session.execute(
        select(Event, Subscriber)
        .join(Subscriber, Subscriber.id == Event.subscriber_id)
        .where(
            Event.kind == EventKind.CLICKED,
            Event.step_id == step_id,
            link_id == _WHICH,
            *older,
        )
        .order_by(Event.id.desc())
        .limit(SIZE + 1)
    ).all()
    found = [(event, person) for event, person in rows]
    return found[:SIZE], found[SIZE - 1][0].id if len(found) > SIZE else None
