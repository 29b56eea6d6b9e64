"""A visit: one more for a page, a day and a source. Of the visitor nothing is kept."""

import logging
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from funnel.domain.status import Page
from funnel.domain.utm import Utm
from funnel.flow.counts.calendar import NOBODYS
from funnel.flow.counts.sources import source
from funnel.models import Business, VisitCount

PATIENCE = "250ms"
"""How long a count waits for another that is adding to the same row."""

SHARDS = 16
"""So many rows share the visits of a page on a day."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Visit:
    """A page that a person looked at, and the link that led her there."""

    page: Page
    slug: str
    utm: Utm


_READY = select(
    select(Business.zone).scalar_subquery(),
    func.set_config("lock_timeout", PATIENCE, literal(value=True)),
    func.set_config("synchronous_commit", "off", literal(value=True)),
)
"""Whose day it is, and how the count is written: nobody waits for a disk.

A database that dies forgets the counts of its last half second, and nothing else.
"""

_ROW = insert(VisitCount.__table__).values(  # type: ignore[arg-type]  # a Table, as Core takes it
    shard=func.mod(func.pg_backend_pid(), SHARDS), visits=1
)
_ONE_MORE = _ROW.on_conflict_do_update(
    index_elements=["day", "page", "slug", "source_id", "shard"],
    set_={"visits": VisitCount.visits + 1},
)


def visited(session: Session, visit: Visit, *, now: datetime) -> bool:
    """Count a visit; False, and a line in the log, when that did not work.

    The page has been made by then, and is shown all the same.
    """
    try:
        zone = session.execute(_READY).one()[0] or NOBODYS
        row = {
            "day": now.astimezone(ZoneInfo(zone)).date(),
            "page": visit.page,
            "slug": visit.slug,
            "source_id": source(session, visit.utm, now=now),
        }
        session.execute(_ONE_MORE, row)
        session.commit()
    except SQLAlchemyError as error:
        session.rollback()
        log.warning("a visit of %s was not counted: %s", visit.slug, error)
        return False
    return True
