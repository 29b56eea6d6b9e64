"""Who came how far, as an address says it and as the page does."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from funnel.db import db
from funnel.domain.row_id import row_id
from funnel.domain.status import Stage
from funnel.flow.counts import calendar
from funnel.flow.reports import NO_DATE, Asked, Came, Chosen, Reach, Span
from funnel.web.admin import words
from funnel.web.admin.arguments import day

DAY = timedelta(days=1)
NONE = "-"
"""How an address says "no source" or "no date"; a link cannot name one like that."""

WORDS = ("source", "medium", "campaign")
SEAM = ","
"""Between the words of a link in an address: none of them holds one."""

STAGES: Mapping[Stage, Any] = {
    Stage.SIGNED_UP: lazy_gettext("signed up"),
    Stage.CONFIRMED: lazy_gettext("confirmed"),
    Stage.JOINED: lazy_gettext("joined"),
    Stage.REPLAYED: lazy_gettext("watched the recording"),
    Stage.CLICKED: lazy_gettext("followed a link"),
    Stage.BOUGHT: lazy_gettext("bought"),
}
"""What somebody did who came to a stage that can be asked for."""

Query = dict[str, Any]


def asked(args: Mapping[str, str]) -> Reach | None:
    """Return what a query asks of the way that people came; None if nothing."""
    stage = args.get("stage", "")
    found: dict[str, Any] = {
        **_moments(day(args.get("first")), day(args.get("last"))),
        **_link(args.get("source", "")),
        **_date(args.get("chosen", "")),
    }
    if stage in STAGES:
        return Reach(stage=Stage(stage), **found)
    return Reach(**found) if found else None


def query(reach: Reach | None) -> Query:
    """Return it as a query, the way back of `asked`."""
    if reach is None:
        return {}
    first, last = days(reach)
    found = {
        "first": first and first.isoformat(),
        "last": last and last.isoformat(),
        "source": _said(reach.source, reach.medium, reach.campaign),
        "chosen": NONE if reach.chosen_id == NO_DATE else reach.chosen_id,
    }
    given = {name: one for name, one in found.items() if one is not None}
    return {"stage": reach.stage.value, **given}


def behind(asked: Asked, part: Span | Came | Chosen | None = None) -> Query:
    """Return which people a part of the start page counts, but for their stage."""
    whole = {
        "first": asked.first.isoformat(),
        "last": asked.last.isoformat(),
        "source": _said(asked.source),
        "chosen": asked.occurrence_id,
    }
    return {name: one for name, one in (whole | _of(asked, part)).items() if one}


def days(reach: Reach) -> tuple[date | None, date | None]:
    """Return the first and the last day of it, on the business's calendar."""
    zone = calendar.zone(db.session())
    return (
        reach.since and reach.since.astimezone(zone).date(),
        reach.until and reach.until.astimezone(zone).date() - DAY,
    )


def when(reach: Reach) -> str:
    """Return its days in words."""
    first, last = days(reach)
    if first and last:
        until = words.day(last, year=True)
        return str(_("%(first)s to %(last)s", first=words.day(first), last=until))
    if first:
        return str(_("from %(day)s on", day=words.day(first, year=True)))
    return str(_("until %(day)s", day=words.day(last, year=True))) if last else ""


def link(reach: Reach) -> str:
    """Return the words of its link, as one reads them."""
    said = (reach.source, reach.medium, reach.campaign)
    return " · ".join(filter(None, said)) or str(_("no source named"))


def _moments(first: date | None, last: date | None) -> dict[str, datetime]:
    zone = calendar.zone(db.session())
    found = {"since": first, "until": last and last + DAY}
    return {name: calendar.start(one, zone) for name, one in found.items() if one}


def _link(text: str) -> dict[str, str]:
    if text == NONE:
        return {"source": ""}
    said = [one[:40].strip() for one in text.replace("\0", "").split(SEAM)]
    return dict(zip(WORDS, said, strict=False)) if said[0] else {}


def _date(text: str) -> dict[str, int]:
    if text == NONE:
        return {"chosen_id": NO_DATE}
    found = row_id(text)
    return {"chosen_id": found} if found else {}


def _said(source: str | None, *more: str | None) -> str | None:
    if source is None:
        return None
    return SEAM.join([source, *(one for one in more if one is not None)]) or NONE


def _of(asked: Asked, part: Span | Came | Chosen | None) -> Query:
    if isinstance(part, Span):
        last = part.day if asked.is_by_day else part.day + 6 * DAY
        return {
            "first": max(part.day, asked.first).isoformat(),
            "last": min(last, asked.last).isoformat(),
        }
    if isinstance(part, Came) and part.utm:
        utm = part.utm
        return {"source": _said(utm.source, *utm.source and (utm.medium, utm.campaign))}
    if isinstance(part, Chosen):
        return {"chosen": part.occurrence.id if part.occurrence else NONE}
    return {}
