"""Files of subscribers, sent up, looked through and brought in."""

import io
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import Purpose
from funnel.flow import imports
from funnel.flow.imports import Plan
from funnel.models import (
    Subscriber,
    SubscriberImport,
)

WORDING = "Vinkten de mailserie aan op onze site, in 2025."
HEAD = "E-mail;Voornaam;Labels\n"


def upload(session: Session, data: bytes | str, now: datetime) -> SubscriberImport:
    raw = data.encode() if isinstance(data, str) else data
    facts: dict[str, Any] = {"name": "lijst.csv", "most": 5, "user_id": None}
    return imports.upload(session, io.BytesIO(raw), **facts, now=now)


def plan(row: SubscriberImport, **changes: Any) -> Plan:
    values: dict[str, Any] = {
        "columns": row.columns,
        "has_header": row.has_header,
        "purposes": [Purpose.SERIES],
        "wording": WORDING,
    }
    return Plan(**values | changes)


def work(session: Session, now: datetime) -> None:
    while imports.work(session, now=now):
        pass


def alone(session: Session, now: datetime) -> None:
    """Do each batch as if nobody had been there before."""
    while imports.work(session, now=now, batches=1):
        pass


def checked(
    session: Session, data: bytes | str, now: datetime, **changes: Any
) -> SubscriberImport:
    row = upload(session, data, now)
    imports.prepare(session, row.id, plan(row, **changes))
    work(session, now)
    return session.get_one(SubscriberImport, row.id)


def brought_in(
    session: Session, data: bytes | str, now: datetime, **changes: Any
) -> SubscriberImport:
    row = checked(session, data, now, **changes)
    imports.start(session, row.id)
    work(session, now)
    return session.get_one(SubscriberImport, row.id)


def person(session: Session, address: str) -> Subscriber:
    return session.scalars(
        select(Subscriber).where(Subscriber.address == address)
    ).one()
