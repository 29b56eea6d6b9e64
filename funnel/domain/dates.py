"""Moments in words, as a reader of Dutch or English writes them.

    day        dinsdag 1 december                             Tuesday 1 December
    short_day  di 1 dec                                       Tue 1 Dec
    clock_time 20.00                                          20:00
    moment     dinsdag 1 december, 20.00 uur (Amsterdam)
    full       dinsdag 1 december 2026, 20.00 uur (Amsterdam)
    both       … (Amsterdam), bij jou 15.00 uur (Curaçao)     when her clock differs

Every function takes an aware moment, the name of a zone and a language; names of
days, months and cities are those of Unicode's CLDR.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from babel import Locale
from babel.dates import format_datetime, get_timezone_location
from babel.lists import format_list

from funnel.domain import timing


class _Style(NamedTuple):
    locale: Locale
    clock: str  # a pattern of CLDR
    with_clock: str
    with_place: str
    hers: str
    lengths: tuple[tuple[str, str], ...]  # CLDR's Dutch lacks the hour in Babel


STYLES = {
    "nl": _Style(
        Locale("nl"),
        "HH.mm",
        "{day}, {clock} uur",
        "{text} ({place})",
        "bij jou {text}",
        (("dag", "dagen"), ("uur", "uur"), ("minuut", "minuten")),
    ),
    "en": _Style(
        Locale("en", "GB"),
        "HH:mm",
        "{day}, {clock}",
        "{text} ({place})",
        "your time {text}",
        (("day", "days"), ("hour", "hours"), ("minute", "minutes")),
    ),
}


def day(at: datetime, zone: str, language: str) -> str:
    return _format(at, zone, language, "EEEE d MMMM")


def short_day(at: datetime, zone: str, language: str) -> str:
    return _format(at, zone, language, "EEE d MMM").replace(".", "")


def clock_time(at: datetime, zone: str, language: str) -> str:
    return _format(at, zone, language, _style(language).clock)


def moment(at: datetime, zone: str, language: str) -> str:
    """Day, time and place; the year is plain from the context."""
    return _placed(_dated(at, zone, language, "EEEE d MMMM"), zone, language)


def full(at: datetime, zone: str, language: str) -> str:
    return _placed(_dated(at, zone, language, "EEEE d MMMM y"), zone, language)


def both(at: datetime, zone: str, hers: str, language: str) -> str:
    """Tell a moment at its own place, and on her clock where that shows another."""
    text = moment(at, zone, language)
    there, here = _local(at, zone), _local(at, hers)
    if there.utcoffset() == here.utcoffset():
        return text
    pattern = "EEEE d MMMM" if there.date() != here.date() else ""
    own = _placed(_dated(at, hers, language, pattern), hers, language)
    return f"{text}, {_style(language).hers.format(text=own)}"


@lru_cache
def place(zone: str, language: str) -> str:
    """Name the city that a zone is known by: “Curaçao”."""
    found = timing.zone(zone)
    if "/" not in found.key or found.key.startswith("Etc/"):
        return found.key.removeprefix("Etc/")
    locale = _style(language).locale
    name = get_timezone_location(found, locale=locale, return_city=True)
    return name.rpartition("/")[2]


def duration(length: timedelta, language: str) -> str:
    """Tell a length in days, hours and minutes: “1 uur en 30 minuten”."""
    minutes = max(0, round(length / timedelta(minutes=1)))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    words = _style(language).lengths
    parts = [
        f"{number} {one if number == 1 else many}"
        for number, (one, many) in zip((days, hours, minutes), words, strict=True)
        if number
    ]
    return format_list(parts or [f"0 {words[2][1]}"], locale=_style(language).locale)


def _style(language: str) -> _Style:
    return STYLES.get(language[:2].lower(), STYLES["en"])


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(timing.zone(zone))


@lru_cache(maxsize=4096)  # a thousand readers share a date
def _format(at: datetime, zone: str, language: str, pattern: str) -> str:
    local = _local(at, zone)
    locale = _style(language).locale
    return format_datetime(local, pattern, tzinfo=local.tzinfo, locale=locale)


def _dated(at: datetime, zone: str, language: str, pattern: str) -> str:
    clock = clock_time(at, zone, language)
    date = _format(at, zone, language, pattern) if pattern else ""
    return _style(language).with_clock.format(day=date, clock=clock).lstrip(", ")


def _placed(text: str, zone: str, language: str) -> str:
    name = place(zone, language)
    return _style(language).with_place.format(text=text, place=name)
