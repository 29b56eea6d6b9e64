"""Which language a page speaks, and how its moments read."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Flask, g, request
from flask_babel import Babel, get_locale, gettext, refresh
from flask_login import current_user

from funnel.domain import dates
from funnel.web import funnel

LANGUAGES = ("nl", "en")

babel = Babel()


def init_app(app: Flask) -> None:
    """Bind the translations, and give templates the words for moments."""
    babel.init_app(app, locale_selector=language)
    app.jinja_env.globals["get_locale"] = get_locale
    app.jinja_env.filters.update(
        day=_day,
        clock_time=_clock_time,
        full=_full,
        place=_place,
        weekday=_part("EEEE"),
        day_number=_part("d"),
        month=_part("MMMM"),
        same_clock=_same_clock,
        duration=_duration,
    )


def language() -> str:
    """Return the page's language: what it is about, who looks, or the setting."""
    chosen = g.get("language")
    if chosen is None and request.path.startswith("/admin"):
        chosen = getattr(current_user, "language", None)
    return chosen if chosen in LANGUAGES else funnel().settings.language


def speak(chosen: str) -> None:
    """Have the rest of this request speak a masterclass's or a reader's language."""
    g.language = chosen
    refresh()


def _day(moment: datetime, zone: str) -> str:
    return dates.day(moment, zone, language())


def _clock_time(moment: datetime, zone: str) -> str:
    clock = dates.clock_time(moment, zone, language())
    return str(gettext("%(clock)s", clock=clock))  # Dutch adds a word


def _full(moment: datetime, zone: str) -> str:
    return dates.full(moment, zone, language())


def _place(zone: str) -> str:
    return dates.place(zone, language())


def _duration(length: timedelta) -> str:
    return dates.duration(length, language())


def _part(pattern: str) -> Callable[[datetime, str], str]:
    """Return a filter for one part of a date, for where it is set large."""

    def part(moment: datetime, zone: str) -> str:
        local = moment.astimezone(ZoneInfo(zone))
        return format_date(local.date(), pattern, locale=language())

    return part


def _same_clock(moment: datetime, one: str, other: str) -> bool:
    """Say whether two zones read the same time at that moment."""
    zones = ZoneInfo(one), ZoneInfo(other)
    return len({moment.astimezone(zone).utcoffset() for zone in zones}) == 1
