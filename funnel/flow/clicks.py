"""What comes back through a mail's links: who asks is led on, and what came is counted.

A click is written in one insert, and judged a minute later, when it can be told
apart from a scanner that opens every link. Then it is a number; and an event under
her name only if she agreed to that.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Row,
    Select,
    any_,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from funnel.domain import machines
from funnel.domain.links import Links
from funnel.domain.machines import Touch
from funnel.domain.status import Purpose, Stage
from funnel.flow import counts, events
from funnel.flow.counts import calendar
from funnel.mail.tracked import OURS
from funnel.models import (
    Click,
    ClickCount,
    Consent,
    Delivery,
    EventKind,
    Heartbeat,
    Link,
    Masterclass,
    Step,
    System,
)

BEAT = "clicks"
RIPE = timedelta(seconds=60)
"""After so long without another one, the clicks of a mail are judged."""

AT_LAST = timedelta(minutes=10)
"""After so long they are judged even if more keep coming."""

MOST = 500  # mails judged in one transaction
PATIENCE = "250ms"
"""How long a click waits for a lock: whoever follows a link waits for a page."""

ONE_AT_A_TIME = 7_305_001  # our advisory lock: two counters would judge half a burst

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Followed:
    """A link of a mail that was sent, and where it leads."""

    link_id: int
    delivery_id: int
    url: str
    is_test: bool
    ahead: timedelta  # of domain time: read along, to spare a question


_any_one = aliased(Masterclass)
_FIND = (
    select(
        Link.id,
        Link.target,
        Delivery.is_test,
        Delivery.values["links"]["article"].astext.label("article"),
        Delivery.values["links"]["masterclass"].astext.label("masterclass"),
        Masterclass.article_slug,
        Masterclass.slug,
        select(System.clock_offset).scalar_subquery().label("clock_offset"),
        func.set_config("lock_timeout", PATIENCE, literal(value=True)),
    )
    .join(Delivery, Delivery.revision_id == Link.revision_id)
    .outerjoin(Step, Step.id == Delivery.step_id)
    .outerjoin(
        Masterclass,
        Masterclass.id
        == select(func.min(_any_one.id))
        .where(_any_one.sequence_id == Step.sequence_id)
        .scalar_subquery(),
    )
    .where(Delivery.id == bindparam("of"), Link.code == bindparam("code"))
)
"""Where a link leads, and what noting it needs; made once, asked at every click."""

_NOTE = insert(Click.__table__)  # type: ignore[arg-type]  # a Table, as Core takes it


def find(
    session: Session, delivery_id: int, code: str, *, links: Links
) -> Followed | None:
    """Return where a link of this delivery leads; None when it has no such link."""
    row = session.execute(_FIND, {"of": delivery_id, "code": code}).one_or_none()
    if row is None:
        return None
    article, slug = row.article or row.article_slug, row.masterclass or row.slug
    url = _filled(row.target, links, article, slug)
    ahead = row.clock_offset or timedelta()
    return Followed(row.id, delivery_id, url, row.is_test, ahead)


def note(
    session: Session,
    link: Followed,
    *,
    real: datetime,
    is_machine: bool,
) -> bool:
    """Write a click down; False, and a line in the log, when that did not work.

    One insert that waits for nobody. Whoever follows a link gets there all the same:
    a number that is one too low harms nobody, a link that does not work does.
    """
    if link.is_test:
        return False
    try:
        session.execute(
            _NOTE,
            {
                "link_id": link.link_id,
                "delivery_id": link.delivery_id,
                "at": real + link.ahead,
                "seen_at": real,
                "is_machine": is_machine,
            },
        )
        session.commit()
    except SQLAlchemyError as error:
        session.rollback()
        log.warning("a click on link %s was not counted: %s", link.link_id, error)
        return False
    return True


def count(session: Session, *, real: datetime) -> int:
    """Judge what is ripe, mail by mail, and return how many clicks people made."""
    total = 0
    while (batch := _judge(session, real)) is not None:
        total += batch
    return total


def _filled(target: str, links: Links, article: str | None, slug: str | None) -> str:
    """Return the address; a page of ours that is gone leads to our front page."""
    ours = OURS.fullmatch(target)
    if ours is None:
        return target
    page = links.landing(slug or "")
    if ours[1] == "article_url" and article:
        page = links.article(article)
    return page + (ours[2] or "")


def _judge(session: Session, real: datetime) -> int | None:
    """Judge one batch and commit it; None when nothing is ripe, or another does it."""
    if not session.scalar(select(func.pg_try_advisory_xact_lock(ONE_AT_A_TIME))):
        session.rollback()
        return None
    session.execute(Heartbeat.beat(BEAT))
    ripe = session.scalars(_ripe(real)).all()
    rows = session.execute(_TOUCHES, {"mails": ripe}).all() if ripe else []
    followed, ignored = _apart(rows)
    _add(session, followed, ignored)
    _tell(session, followed)
    session.execute(delete(Click).where(Click.id.in_([row.id for row in rows])))
    session.commit()
    return len(followed) if rows else None


def _ripe(real: datetime) -> Select[int]:
    """Select mails of which no click is so young that another may belong to it."""
    last, first = func.max(Click.seen_at), func.min(Click.seen_at)
    return (
        select(Click.delivery_id)
        .group_by(Click.delivery_id)
        .having(or_(last <= real - RIPE, first <= real - AT_LAST))
        .limit(MOST)
    )


_beside = aliased(Link)
_TOUCHES = (
    select(
        Click.id,
        Click.link_id,
        Click.delivery_id,
        Click.at,
        Click.seen_at,
        Click.is_machine,
        Link.position,
        Delivery.subscriber_id,
        Delivery.enrollment_id,
        Delivery.step_id,
        func.coalesce(Delivery.handed_at, Delivery.settled_at).label("handed_at"),
        select(func.count())
        .where(_beside.revision_id == Link.revision_id)
        .scalar_subquery()
        .label("links"),
        Consent.last_word(Delivery.subscriber_id, Purpose.CLICKS).label("agreed"),
    )
    .join(Link, Link.id == Click.link_id)
    .outerjoin(Delivery, Delivery.id == Click.delivery_id)
    .where(Click.delivery_id == any_(bindparam("mails", type_=ARRAY(BigInteger))))
    .order_by(Click.seen_at, Click.id)
)
"""Every click of the mails in :mails, with what judging it needs."""


def _apart(rows: Sequence[AnyRow]) -> tuple[list[AnyRow], list[AnyRow]]:
    """Return each link of a mail once: those that a person followed, and the others.

    Twice within a minute is one click: an impatient finger, or a page reloaded.
    """
    mails = defaultdict(list)
    for row in rows:
        mails[row.delivery_id].append(row)
    followed, ignored = list[AnyRow](), list[AnyRow]()
    for touched in mails.values():
        by_people = _followed(touched)
        for position, row in {row.position: row for row in reversed(touched)}.items():
            (followed if position in by_people else ignored).append(row)
    return followed, ignored


def _followed(rows: Sequence[AnyRow]) -> set[int]:
    touches = [Touch(row.position, row.seen_at, row.is_machine) for row in rows]
    return machines.people(touches, rows[0].links, rows[0].handed_at)


def _add(
    session: Session, followed: Sequence[AnyRow], ignored: Sequence[AnyRow]
) -> None:
    """Add to the numbers of the day, on the business's own calendar."""
    zone = calendar.zone(session)
    days = Counter(_day(row, zone) for row in followed)
    scans = Counter(_day(row, zone) for row in ignored)
    values = [
        {
            "link_id": link,
            "day": day,
            "clicks": days[link, day],
            "machines": scans[link, day],
        }
        for link, day in sorted(days.keys() | scans.keys())
    ]
    if not values:
        return
    row = insert(ClickCount).values(values)
    more = {
        "clicks": ClickCount.clicks + row.excluded.clicks,
        "machines": ClickCount.machines + row.excluded.machines,
    }
    key = ["link_id", "day"]
    session.execute(row.on_conflict_do_update(index_elements=key, set_=more))


def _day(row: AnyRow, zone: ZoneInfo) -> tuple[int, date]:
    return row.link_id, row.at.astimezone(zone).date()


def _tell(session: Session, followed: Sequence[AnyRow]) -> None:
    """Write an event for who agreed to be seen; of the others nothing stays."""
    for row in followed:
        if row.agreed:
            events.record(
                session,
                EventKind.CLICKED,
                at=row.at,
                subscriber_id=row.subscriber_id,
                enrollment_id=row.enrollment_id,
                delivery_id=row.delivery_id,
                step_id=row.step_id,
                link_id=row.link_id,
                position=row.position,
            )
            if row.subscriber_id is not None:
                counts.reached(session, Stage.CLICKED, row.subscriber_id)
