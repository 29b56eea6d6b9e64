"""What a mail says about its reader: the values behind the names of a template."""

from datetime import datetime
from functools import lru_cache

from funnel.domain import dates
from funnel.domain.status import Kind, Purpose, Role
from funnel.flow.render.facts import ASKED, AnyRow

Says = dict[str, str | int | bool]

HOME_ZONE = "Europe/Amsterdam"

REASONS = {
    "nl": {
        "asked": "Je krijgt deze mail omdat dit adres is ingevuld op het formulier "
        "van “{title}”. Was jij dat niet? Dan hoef je niets te doen.",
        "team": "Je krijgt deze mail omdat dit adres bij een account in de studio "
        "hoort.",
        "data": "Je krijgt deze mail omdat je om je gegevens hebt gevraagd.",
        "seat": "Je krijgt deze mail omdat je je hebt aangemeld voor “{title}”.",
        "series": "Je krijgt deze mail omdat je hebt gekozen voor de mailserie "
        "bij “{title}”.",
        "offers": "Je krijgt deze mail omdat je hebt gezegd dat we je soms een "
        "aanbod mogen sturen.",
    },
    "en": {
        "asked": "You get this mail because this address was entered in the form of "
        "“{title}”. Was that not you? Then you need not do anything.",
        "team": "You get this mail because this address belongs to an account in the "
        "studio.",
        "data": "You get this mail because you asked for your data.",
        "seat": "You get this mail because you signed up for “{title}”.",
        "series": "You get this mail because you chose the mail series of “{title}”.",
        "offers": "You get this mail because you said that we may send you an offer "
        "now and then.",
    },
}
"""The footer's sentence: the law wants every reader to know why she is written to."""


def about_the_business(business: AnyRow) -> Says:
    """Return what is true for every mail of this sender."""
    return {
        "host": business.host_name,
        "host_line": business.host_line,
        "brand": business.name,
        "sender_name": business.sender_name,
        "postal_address": business.postal_address,
        "company_number": business.company_number,
        "reply_to": business.reply_to,
    }


def about_her(row: AnyRow, now: datetime, purpose: Purpose | None = None) -> Says:
    """Return what is true for this reader at this moment (domain time).

    `purpose` is that of the text, which her footer names.
    """
    return {
        "first_name": row.first_name or "",
        "masterclass": row.title or "",
        "minutes": row.minutes or 0,
        "has_series": bool(row.has_series),
        "ticked_series": bool(row.ticked_series),
        "joined": row.joined_at is not None,
        "reason_text": _reason(row, purpose),
        **_occurrence(row, now),
    }


def _occurrence(row: AnyRow, now: datetime) -> Says:
    """Return what is true of her date; who waits for one has everything ahead."""
    if row.starts_at is None:
        return {
            "is_before": True,
            "is_after": False,
            "has_replay": False,
            "occurrence_open": False,
        }
    is_off = row.cancelled_at is not None
    until = row.replay_until
    return {
        **_start(row),
        "is_before": now < row.starts_at,
        "is_after": now >= row.starts_at,
        "has_replay": bool(row.replay_url) and until is not None and now < until,
        "occurrence_open": not is_off and now < row.ends_at,
    }


def _start(row: AnyRow) -> Says:
    place, language = row.place, row.language or "nl"
    says = _in_words(row.starts_at, place, row.zone or place, language)
    if row.replay_until is None:
        return says
    return {**says, "replay_until": dates.moment(row.replay_until, place, language)}


@lru_cache(maxsize=1024)  # a thousand readers share a date
def _in_words(at: datetime, place: str, hers: str, language: str) -> Says:
    return {
        "start_day": dates.day(at, place, language),
        "start_time": dates.clock_time(at, place, language),
        "start": dates.moment(at, place, language),
        "start_both": dates.both(at, place, hers, language),
    }


def reason(
    kind: Kind, purpose: Purpose | None, role: Role | None, language: str, title: str
) -> str:
    """Return the footer's sentence of a step's mail: why its reader gets it."""
    return _sentence(_why(kind, purpose, role), language, title)


def _reason(row: AnyRow, purpose: Purpose | None) -> str:
    language, title = row.language or "nl", row.title or ""
    if row.user_id is not None:
        return _sentence("team", language, title)
    return reason(row.kind, purpose, row.role, language, title)


@lru_cache(maxsize=256)
def _sentence(why: str, language: str, title: str) -> str:
    return REASONS.get(language, REASONS["en"])[why].format(title=title)


def _why(kind: Kind, purpose: Purpose | None, role: Role | None) -> str:
    if role in ASKED:
        return "asked"
    if role == Role.PERSONAL_DATA:
        return "data"
    if kind == Kind.SERVICE:
        return "seat"
    return "offers" if purpose == Purpose.OFFERS else "series"
