"""A seat as a calendar file: it moves along when the masterclass does."""

from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from icalendar import Calendar, Event

from funnel.domain.tokens import TokenKind
from funnel.models import Occurrence, Registration
from funnel.web import funnel, now, visitor

YEAR = timedelta(days=366)
"""How far around the date its zone is described: both changes of the clock."""

bp = Blueprint("calendar", __name__)
bp.after_request(visitor.private)


@bp.get("/<slug>/agenda/<token>.ics")
def file(slug: str, token: str) -> ResponseReturnValue:
    """Return the seat as iCalendar (RFC 5545), with its time zone inside."""
    seat = visitor.seat(TokenKind.CALENDAR, token)
    if seat.occurrence is None or seat.masterclass.slug != slug:
        abort(404)
    response = Response(
        _calendar(seat, seat.occurrence).to_ical(), mimetype="text/calendar"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}.ics"'
    return response


def _calendar(seat: Registration, date: Occurrence) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Funnel//masterclass//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(seat, date))
    around = date.starts_at.date()
    calendar.add_missing_timezones(around - YEAR, around + YEAR)
    return calendar


def _event(seat: Registration, date: Occurrence) -> Event:
    """Return the date with a UID that stays and a SEQUENCE that grows."""
    links, zone = funnel().links, ZoneInfo(date.zone)
    host = urlsplit(links.base_url).hostname
    is_off = date.cancelled_at is not None or seat.cancelled_at is not None
    event = Event()
    event.add("uid", f"seat-{seat.id}-{date.id}@{host}")
    event.add("sequence", date.calendar_sequence)
    event.add("dtstamp", now().replace(microsecond=0))
    event.add("dtstart", date.starts_at.astimezone(zone))
    event.add("dtend", date.ends_at.astimezone(zone))
    event.add("summary", seat.masterclass.title)
    event.add("description", _description(links.join(seat.id)))
    event.add("location", links.join(seat.id))
    event.add("url", links.join(seat.id))
    event.add("organizer", f"mailto:{visitor.business().reply_to}")
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    return event


def _description(link: str) -> str:
    return str(_("Your personal link to the masterclass: %(link)s", link=link))
