"""From visit to purchase: how many came, and how far who signed up has come so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    SQLColumnExpression,
    cast,
    extract,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session, joinedload

from funnel.domain.status import Page, Stage
from funnel.domain.utm import Utm
from funnel.models import Occurrence, Source, StageCount, VisitCount

DAY, WEEK = timedelta(days=1), timedelta(days=7)
SHORT = 2 * WEEK
"""A time that is not longer is told by day, and not by week."""

MOST_SOURCES = 30
"""So many sources are told apart; what the others brought is one line."""

Key = SQLColumnExpression[Any]
Counts = type[VisitCount] | type[StageCount]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which part of the funnel: the people who signed up from `first` to `last`.

    `source`: only who came from one of this name, "" being those who named none.
    """

    first: date
    last: date
    source: str | None = None
    occurrence_id: int | None = None

    @property
    def is_everybody(self) -> bool:
        return self.source is None and self.occurrence_id is None

    @property
    def is_by_day(self) -> bool:
        return self.last - self.first < SHORT


@dataclass(frozen=True, slots=True)
class Funnel:
    """Numbers that belong together. No visits: of a date they are not known."""

    visits: int | None = None
    people: Mapping[Stage, int] = field(default_factory=dict)

    def at(self, stage: Stage) -> int:
        return self.people.get(stage, 0)

    @property
    def is_empty(self) -> bool:
        return not self.visits and not any(self.people.values())


@dataclass(frozen=True, slots=True)
class Span:
    """A day, or a week by its Monday, and what it brought."""

    day: date
    funnel: Funnel


@dataclass(frozen=True, slots=True)
class Came:
    """What a source brought; without words it is all the others together."""

    utm: Utm | None
    funnel: Funnel


@dataclass(frozen=True, slots=True)
class Chosen:
    """How far those have come who chose a date in the form; or none at all."""

    occurrence: Occurrence | None
    funnel: Funnel


def funnel(session: Session, asked: Asked) -> Funnel:
    """Return the numbers of the whole."""
    all_of_them = literal(value=True)
    visits = _visits(session, asked, all_of_them)
    people = _people(session, asked, all_of_them)
    return _funnel(visits, people, True)


def spans(session: Session, asked: Asked) -> list[Span]:
    """Return the numbers by week, or by day where that says more; none is left out."""
    visits = _visits(session, asked, _span(VisitCount, asked))
    people = _people(session, asked, _span(StageCount, asked))
    return [Span(day, _funnel(visits, people, day)) for day in _days(asked)]


def by_source(session: Session, asked: Asked) -> list[Came]:
    """Return what each source brought, the most sign-ups first."""
    visits = _visits(session, asked, VisitCount.source_id)
    people = _people(session, asked, StageCount.source_id)
    found = {key: _funnel(visits, people, key) for key in {*(visits or {}), *people}}
    names = _utms(session, found)
    ranked = sorted(found, key=lambda key: _rank(names[key], found[key]))
    told, rest = ranked[:MOST_SOURCES], ranked[MOST_SOURCES:]
    came = [Came(names[key], found[key]) for key in told]
    return came + ([Came(None, _sum(found[key] for key in rest))] if rest else [])


def by_occurrence(session: Session, asked: Asked) -> list[Chosen]:
    """Return the dates that were chosen, the latest first."""
    people = _people(session, asked, StageCount.occurrence_id)
    rows = session.scalars(
        select(Occurrence)
        .options(joinedload(Occurrence.masterclass))
        .where(Occurrence.id.in_([key for key in people if key is not None]))
        .order_by(Occurrence.starts_at.desc())
    )
    found = [Chosen(row, Funnel(None, people[row.id])) for row in rows]
    return found + (
        [Chosen(None, Funnel(None, people[None]))] if None in people else []
    )


def sources(session: Session, asked: Asked) -> Sequence[str]:
    """Return the names of sources that brought somebody in these days."""
    visits = select(VisitCount.source_id).where(*_between(VisitCount, asked))
    people = select(StageCount.source_id).where(*_between(StageCount, asked))
    either = Source.id.in_(visits.union(people).scalar_subquery())
    names = select(Source.name).where(either).distinct().order_by(Source.name)
    return session.scalars(names.limit(10 * MOST_SOURCES)).all()


def _visits(session: Session, asked: Asked, key: Key) -> dict[Any, int] | None:
    """Count visits of the pages with a form by this key; None for a date."""
    if asked.occurrence_id is not None:
        return None
    by: ColumnElement[Any] = key.label("by")
    rows = session.execute(
        select(by, func.sum(VisitCount.visits))
        .where(
            VisitCount.page == Page.LANDING,
            *_between(VisitCount, asked),
            *_from(VisitCount, asked),
        )
        .group_by(by)
    )
    return {one: int(visits) for one, visits in rows}


def _people(session: Session, asked: Asked, key: Key) -> dict[Any, dict[Stage, int]]:
    by: ColumnElement[Any] = key.label("by")
    wanted = [*_between(StageCount, asked), *_from(StageCount, asked)]
    if asked.occurrence_id is not None:
        wanted.append(StageCount.occurrence_id == asked.occurrence_id)
    rows = session.execute(
        select(by, StageCount.stage, func.sum(StageCount.people))
        .where(*wanted)
        .group_by(by, StageCount.stage)
    )
    found: dict[Any, dict[Stage, int]] = {}
    for one, stage, people in rows:
        found.setdefault(one, {})[stage] = int(people)
    return found


def _between(table: Counts, asked: Asked) -> list[ColumnElement[bool]]:
    return [table.day >= asked.first, table.day <= asked.last]


def _from(table: Counts, asked: Asked) -> list[ColumnElement[bool]]:
    if asked.source is None:
        return []
    if not asked.source:
        return [table.source_id.is_(None)]
    return [table.source_id.in_(select(Source.id).where(Source.name == asked.source))]


def _span(table: Counts, asked: Asked) -> Key:
    """Return the day, or the Monday of its week, as SQL."""
    if asked.is_by_day:
        return table.day
    return table.day - (cast(extract("isodow", table.day), Integer) - 1)


def _days(asked: Asked) -> list[date]:
    step = DAY if asked.is_by_day else WEEK
    day = asked.first
    if not asked.is_by_day:
        day -= timedelta(days=day.weekday())
    found = []
    while day <= asked.last:
        found.append(day)
        day += step
    return found


def _funnel(
    visits: Mapping[Any, int] | None,
    people: Mapping[Any, Mapping[Stage, int]],
    key: Any,
) -> Funnel:
    return Funnel(None if visits is None else visits.get(key, 0), people.get(key, {}))


def _utms(session: Session, ids: Iterable[int | None]) -> dict[int | None, Utm]:
    rows = session.scalars(select(Source).where(Source.id.in_([i for i in ids if i])))
    found: dict[int | None, Utm] = {None: Utm()}
    for row in rows:
        found[row.id] = Utm(row.name, row.medium, row.campaign)
    return found


def _rank(utm: Utm, funnel: Funnel) -> tuple[Any, ...]:
    visits = funnel.visits or 0
    return -funnel.at(Stage.SIGNED_UP), -visits, utm.source, utm.medium, utm.campaign


def _sum(funnels: Iterable[Funnel]) -> Funnel:
    together = list(funnels)
    visits = [one.visits for one in together if one.visits is not None]
    people = {stage: sum(one.at(stage) for one in together) for stage in Stage}
    return Funnel(sum(visits) if visits else None, people)
