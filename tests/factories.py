"""Rows for tests: each function adds one with sensible values, and flushes."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from PIL import Image
from sqlalchemy.orm import Session

from funnel import clock
from funnel.domain.status import (
    Kind,
    Purpose,
    SequenceState,
    SubscriberState,
    UserLinkKind,
)
from funnel.flow import pictures
from funnel.mail.picture import finished
from funnel.models import (
    Base,
    Business,
    Delivery,
    Enrollment,
    Masterclass,
    Occurrence,
    Picture,
    Registration,
    Revision,
    Sequence,
    Step,
    Subscriber,
    SubscriberImport,
    User,
    UserLink,
)
from funnel.models.delivery import MARKETING_PRIORITY, SERVICE_PRIORITY

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")
START = datetime(2026, 12, 1, 19, 0, tzinfo=UTC)  # Tuesday 20:00 in Amsterdam

Row = TypeVar("Row", bound=Base)
numbers: Iterator[int] = count(1)


def _add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def business(session: Session, **overrides: Any) -> Business:
    """Return the one business, made or changed."""
    row = session.get(Business, 1) or Business(id=1)
    values = {
        "name": "Stille Avond",
        "postal_address": "Dorpsstraat 1, 1234 AB Ons Dorp",
        "company_number": "12345678",
        "sender_name": "Anna van Stille Avond",
        "sender_address": "anna@stilleavond.example",
        "reply_to": "anna@stilleavond.example",
        "host_name": "Anna",
        "host_line": "Anna geeft al jaren les over rust en slaap.",
        "zone": "Europe/Amsterdam",
        "is_sample": True,
    }
    for name, value in (values | overrides).items():
        setattr(row, name, value)
    return _add(session, row)


def drawing(kind: str = "PNG", size: tuple[int, int] = (640, 400)) -> bytes:
    """Return a picture file, each time of another colour."""
    colour = (next(numbers) % 256, 120, 80)
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def picture(session: Session, **overrides: Any) -> Picture:
    """Return a picture for mails."""
    made = finished(overrides.pop("data", None) or drawing())
    alt = overrides.pop("alt", "een kom noten")
    return pictures.keep(session, made, alt, now=NOW)


def masterclass(session: Session, **overrides: Any) -> Masterclass:
    """Return a masterclass without dates."""
    values = {
        "slug": f"masterclass-{next(numbers)}",
        "title": "Magnesium en je hormonen",
        "minutes": 60,
    }
    return _add(session, Masterclass(**values | overrides))


def occurrence(session: Session, **overrides: Any) -> Occurrence:
    """Return a date of an hour, with a replay for a week."""
    if "masterclass" not in overrides and "masterclass_id" not in overrides:
        overrides["masterclass"] = masterclass(session)
    start = overrides.get("starts_at", START)
    values = {
        "starts_at": start,
        "ends_at": start + timedelta(hours=1),
        "room_url": "https://room.example/a",
        "replay_url": "https://replay.example/a",
        "replay_until": start + timedelta(days=7),
    }
    return _add(session, Occurrence(**values | overrides))


def subscriber(session: Session, **overrides: Any) -> Subscriber:
    """Return somebody who confirmed."""
    address = f"reader{next(numbers)}@example.nl"
    values = {
        "address": address,
        "address_key": overrides.get("address", address),
        "first_name": "Sanne",
        "state": SubscriberState.ACTIVE,
        "created_at": NOW,
        "confirmed_at": NOW,
    }
    return _add(session, Subscriber(**values | overrides))


def registration(session: Session, **overrides: Any) -> Registration:
    """Return a confirmed seat; `subscriber` and `occurrence` may be given as rows."""
    person = overrides.pop("subscriber", None)
    if "subscriber_id" not in overrides:
        overrides["subscriber_id"] = (person or subscriber(session)).id
    if "occurrence" not in overrides and "occurrence_id" not in overrides:
        overrides["occurrence"] = occurrence(session)
    if "masterclass" not in overrides and "masterclass_id" not in overrides:
        date = overrides.get("occurrence") or session.get(
            Occurrence, overrides.get("occurrence_id")
        )
        overrides["masterclass"] = date.masterclass if date else masterclass(session)
    return _add(session, Registration(**{"seated_at": NOW} | overrides))


def sequence(session: Session, **overrides: Any) -> Sequence:
    """Return a live sequence without steps."""
    values = {
        "slug": f"sequence-{next(numbers)}",
        "name": "Magnesium",
        "state": SequenceState.LIVE,
        "rules": {},
        "version": 1,
        "published_at": NOW,
    }
    return _add(session, Sequence(**values | overrides))


def step(session: Session, **overrides: Any) -> Step:
    """Return a published step; fields of the revision can be given as well."""
    if "sequence" not in overrides and "sequence_id" not in overrides:
        overrides["sequence"] = sequence(session)
    number = next(numbers)
    fields = set(Step.__mapper__.attrs.keys())
    given = {name: value for name, value in overrides.items() if name in fields}
    text = {name: value for name, value in overrides.items() if name not in fields}
    row = _add(session, Step(**{"slug": f"{number:02}-step", "rank": number} | given))
    row.revision = revision(session, row, **text)
    session.flush()
    return row


def revision(session: Session, of: Step, **overrides: Any) -> Revision:
    """Return a published text of a step: marketing, a day later at 08:30."""
    kind = overrides.get("kind", Kind.MARKETING)
    values = {
        "step_id": of.id,
        "version": 1,
        "kind": kind,
        "purpose": Purpose.SERIES if kind is Kind.MARKETING else None,
        "is_on": True,
        "timing": "1 day at 08:30",
        "subject": "Rust in je dag",
        "preheader": "Een klein begin",
        "body": "Dag {{ first_name }},",
        "html": "<p>Dag {{ first_name }},</p>",
        "text": "Dag {{ first_name }},",
        "author": "tests",
        "published_at": NOW,
    }
    return _add(session, Revision(**values | overrides))


def enrollment(session: Session, **overrides: Any) -> Enrollment:
    """Return an active way through a sequence, due now, with a seat."""
    if "registration" not in overrides and "registration_id" not in overrides:
        person = overrides.get("subscriber") or subscriber(session)
        overrides["subscriber"] = person
        overrides["registration"] = registration(session, subscriber=person)
    seat = overrides.get("registration")
    if "subscriber" not in overrides and "subscriber_id" not in overrides and seat:
        overrides["subscriber_id"] = seat.subscriber_id
    if "sequence" not in overrides and "sequence_id" not in overrides:
        overrides["sequence"] = sequence(session)
    return _add(session, Enrollment(**{"confirmed_at": NOW, "due_at": NOW} | overrides))


def delivery(session: Session, **overrides: Any) -> Delivery:
    """Return a scheduled mail, due now, that belongs to nothing."""
    kind = overrides.get("kind", Kind.MARKETING)
    is_service = kind is Kind.SERVICE
    values = {
        "kind": kind,
        "priority": SERVICE_PRIORITY if is_service else MARKETING_PRIORITY,
        "address": f"reader{next(numbers)}@example.nl",
        "planned_at": NOW,
        "due_at": NOW,
    }
    return _add(session, Delivery(**values | overrides))


def user(session: Session, **overrides: Any) -> User:
    """Return a marketer whose password is nobody's."""
    values = {
        "address": f"marketer{next(numbers)}@example.nl",
        "name": "Mara",
        "password_hash": "-",
        "created_at": NOW,
    }
    return _add(session, User(**values | overrides))


def user_link(session: Session, **overrides: Any) -> UserLink:
    """Return an invitation that still works."""
    values = {
        "user": overrides.get("user") or user(session),
        "kind": UserLinkKind.INVITATION,
        "created_at": NOW,
        "expires_at": clock.real() + timedelta(days=7),
    }
    return _add(session, UserLink(**values | overrides))


def subscriber_import(session: Session, **overrides: Any) -> SubscriberImport:
    """Return a file whose columns must still be named; it has no parts."""
    values = {
        "name": "lijst.csv",
        "size": 30,
        "encoding": "utf-8-sig",
        "separator": ",",
        "has_header": True,
        "sample": [["email", "name"], ["bo@example.nl", "Bo"]],
        "columns": ["address", "first_name"],
        "created_at": NOW,
    }
    return _add(session, SubscriberImport(**values | overrides))
