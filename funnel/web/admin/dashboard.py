"""The start page: from visit to purchase, by time, source, date and mail."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select

from funnel.db import db
from funnel.domain import cells
from funnel.domain.row_id import row_id
from funnel.domain.status import SequenceState, Stage
from funnel.flow import reports
from funnel.flow.counts import calendar
from funnel.flow.reports import Asked
from funnel.models import Occurrence, Sequence
from funnel.web import now
from funnel.web.admin import deliveries, reach, tables
from funnel.web.admin.arguments import day
from funnel.web.admin.charts import Line
from funnel.web.admin.selections import SEPARATORS
from funnel.web.auth import member

DAY, WEEK = timedelta(days=1), timedelta(days=7)
PERIODS = {"week": 1, "month": 4, "quarter": 13}
"""The times that have a name, in weeks: this one, and those before it."""

USUAL = "month"
LONGEST = timedelta(days=3 * 366)

bp = Blueprint("dashboard", __name__)


@bp.get("/")
def show() -> ResponseReturnValue:
    """Show how many came, how far they got, and where they were lost."""
    asked = _asked(request.args)
    return render_template("admin/dashboard.html", **_about(asked))


@bp.get("/numbers/<table>.csv")
def file(table: str) -> ResponseReturnValue:
    """Give a table of the page as a file; it holds numbers, and names nobody."""
    make = tables.TABLES.get(table) or abort(404)
    rows = make(db.session(), _asked(request.args))
    text = cells.MARK + cells.lines(rows, SEPARATORS[member().language])
    named = {"Content-Disposition": f'attachment; filename="{table}.csv"'}
    return Response(text, mimetype="text/csv", headers=named)


def _about(asked: Asked) -> dict[str, Any]:
    session, whole = db.session(), reports.funnel(db.session(), asked)
    spans, came = reports.spans(session, asked), reports.by_source(session, asked)
    courses = reports.outcomes(session, asked.first, asked.last)
    return {
        "asked": asked,
        "period": period(asked),
        "periods": PERIODS,
        "query": query(asked),
        "funnel": whole,
        "bars": tables.bars(whole),
        "spans": spans,
        "lines": _lines(spans),
        "is_running": asked.last >= _today(),
        "came": came,
        "most": max((one.funnel.at(Stage.SIGNED_UP) for one in came), default=0),
        "chosen": reports.by_occurrence(session, asked),
        "courses": courses,
        "is_new": not courses and whole.is_empty and asked.is_everybody,
        "date": session.get(Occurrence, asked.occurrence_id or 0),
        "sources": reports.sources(session, asked),
        "occurrences": session.scalars(_newest()).all(),
        "sending": deliveries.standing(),
        "failed": reports.failed(session, since=now() - DAY),
        "paused": session.scalars(_paused()).all(),
        "tables": tables,
        "behind": partial(reach.behind, asked),
        "has_sequences": session.scalar(select(Sequence.id).limit(1)) is not None,
    }


def _lines(spans: list[reports.Span]) -> dict[str, Line]:
    """Return the four lines: who came, who stayed, who was there."""
    told = (Stage.SIGNED_UP, Stage.CONFIRMED, Stage.JOINED)
    lines = {str(one): Line([span.funnel.at(one) for span in spans]) for one in told}
    if all(span.funnel.visits is None for span in spans):
        return lines
    return {"visits": Line([span.funnel.visits or 0 for span in spans]), **lines}


def _asked(args: Mapping[str, str]) -> Asked:
    """Read what she wants to see; whatever cannot be read is as usual."""
    source, (first, last) = args.get("source", ""), _days(args)
    return Asked(
        first=first,
        last=last,
        source={"": None, reach.NONE: ""}.get(source, source.replace("\0", "")[:40]),
        occurrence_id=row_id(args.get("occurrence", "")),
    )


def _days(args: Mapping[str, str]) -> tuple[date, date]:
    first, last = day(args.get("first")), day(args.get("last"))
    if first is None or last is None:
        return _weeks(PERIODS.get(args.get("period", ""), PERIODS[USUAL]))
    first, last = sorted((first, last))
    return max(first, last - LONGEST), last


def _weeks(count: int) -> tuple[date, date]:
    """Return so many weeks from a Monday on, the last of which is this one."""
    today = _today()
    return today - timedelta(days=today.weekday()) - (count - 1) * WEEK, today


def period(asked: Asked) -> str:
    """Return the name of a time, if it has one."""
    days = (asked.first, asked.last)
    return next((name for name, count in PERIODS.items() if _weeks(count) == days), "")


def query(asked: Asked) -> dict[str, Any]:
    """Return what is asked as a query, the way back of `_asked`."""
    name = period(asked)
    days = {"first": asked.first.isoformat(), "last": asked.last.isoformat()}
    found: dict[str, Any] = {"period": name} if name else days
    if asked.source is not None:
        found["source"] = asked.source or reach.NONE
    if asked.occurrence_id is not None:
        found["occurrence"] = asked.occurrence_id
    return found


def _today() -> date:
    return now().astimezone(calendar.zone(db.session())).date()


def _newest() -> Select[Occurrence]:
    return select(Occurrence).order_by(Occurrence.starts_at.desc()).limit(50)


def _paused() -> Select[Sequence]:
    paused = Sequence.state == SequenceState.PAUSED
    return select(Sequence).where(paused).order_by(Sequence.name)
