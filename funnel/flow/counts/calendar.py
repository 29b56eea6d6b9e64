"""Which day it is for the business."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.models import Business

NOBODYS = "Europe/Amsterdam"
"""The zone while there is no business profile."""


def zone(session: Session) -> ZoneInfo:
    """Return the zone whose days are counted."""
    return ZoneInfo(session.scalar(select(Business.zone)) or NOBODYS)


def start(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins in a zone."""
    return datetime.combine(day, time(), zone)
