"""A first day's data: a sample business, the masterclass, its sequence, two dates."""

import secrets
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import TeamRole
from funnel.flow import publishing, team
from funnel.models import Business, Masterclass, Occurrence, Sequence, User

ROOT = Path(__file__).resolve().parents[2]
MASTERCLASS = ROOT / "funnel" / "content" / "masterclasses" / "magnesium.toml"
SEQUENCES = ROOT / "email_templates" / "sequences"
ZONE = ZoneInfo("Europe/Amsterdam")
MARKETER = "marketer@example.com"
AHEAD, REPLAY = timedelta(days=8), timedelta(days=7)
TUESDAY, SUNDAY = 1, 6
EVENING, MORNING = time(20), time(10, 30)
LETTERS, GROUPS, GROUP = "abcdefghjkmnpqrstuvwxyz23456789", 4, 5

SAMPLE = {
    "name": "Rustpunt (voorbeeld)",
    "postal_address": "Voorbeeldstraat 1, 1234 AB Voorbeeldstad",
    "company_number": "KvK 00000000 (voorbeeld)",
    "sender_name": "Noor van Rustpunt (voorbeeld)",
    "sender_address": "noor@example.com",
    "reply_to": "noor@example.com",
    "host_name": "Noor",
    "host_line": "Voorbeeldprofiel: hier stel je jezelf in één zin voor.",
    "zone": ZONE.key,
    "is_sample": True,
}


@dataclass(frozen=True, slots=True)
class Planted:
    """What the seed made now: nothing, the second time."""

    masterclass: bool
    marketer: str | None = None
    password: str | None = None  # known here only; the row keeps its hash


def plant(session: Session, *, base_url: str, live: bool, now: datetime) -> Planted:
    """Add what is not there yet; what is there is left as it is."""
    if session.get(Business, 1) is None:
        session.add(Business(id=1, **SAMPLE))
    known = session.scalar(select(Masterclass.id).limit(1))
    if known is None:
        _masterclass(session, base_url, live, now)
    session.commit()
    if session.scalar(select(User.id).limit(1)) is not None:
        return Planted(known is None)
    password = _password()
    team.add_user(session, MARKETER, password, role=TeamRole.OWNER, now=now)
    return Planted(known is None, MARKETER, password)


def first_dates(now: datetime) -> tuple[datetime, datetime]:
    """Return the Tuesday evening at least eight days ahead, and the Sunday after."""
    earliest = (now + AHEAD).astimezone(ZONE)
    tuesday = _next(earliest.date(), TUESDAY)
    if _at(tuesday, EVENING) < earliest:
        tuesday += timedelta(weeks=1)
    return _at(tuesday, EVENING), _at(_next(tuesday, SUNDAY), MORNING)


def _masterclass(session: Session, base_url: str, live: bool, now: datetime) -> None:
    facts = tomllib.loads(MASTERCLASS.read_text(encoding="utf-8"))
    masterclass = Masterclass(
        slug=facts["slug"],
        title=facts["title"],
        minutes=facts["minutes"],
        language=facts["language"],
        consent_mode=facts["consent_mode"],
        page=facts["page"] | {"consent": facts["consent"]},
        article_slug=facts["article"],
        sequence_id=_sequence(session, facts["sequence"], live, now).id,
        is_home=facts["is_home"],
    )
    masterclass.occurrences = [
        Occurrence(**_date(start, facts["minutes"]), **_sample(base_url, live))
        for start in first_dates(now)
    ]
    session.add(masterclass)


def _sequence(session: Session, slug: str, live: bool, now: datetime) -> Sequence:
    known = session.scalar(select(Sequence).where(Sequence.slug == slug))
    return known or publishing.import_folder(
        session, SEQUENCES / slug, now=now, author="seed", publish=live
    )


def _date(start: datetime, minutes: int) -> dict[str, Any]:
    end = start + timedelta(minutes=minutes)
    return {
        "starts_at": start,
        "ends_at": end,
        "zone": ZONE.key,
        "replay_until": end + REPLAY,
    }


def _sample(base_url: str, live: bool) -> dict[str, str]:
    """Name the sample pages, which the embedded mode alone has."""
    if not live:
        return {"room_url": "", "replay_url": ""}
    return {
        "room_url": f"{base_url}/voorbeeld/zaal",
        "replay_url": f"{base_url}/voorbeeld/opname",
    }


def _next(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _at(day: date, clock_time: time) -> datetime:
    return datetime.combine(day, clock_time, ZONE)


def _password() -> str:
    """Return one that can be read aloud, of almost 100 bits."""
    letters = [secrets.choice(LETTERS) for _ in range(GROUPS * GROUP)]
    words = ["".join(letters[n : n + GROUP]) for n in range(0, len(letters), GROUP)]
    return "-".join(words)
