"""Who gets what when, and why not: asked for somebody real, or invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from funnel.db import db
from funnel.domain import conditions
from funnel.domain.status import Purpose
from funnel.domain.timing import wall, zones
from funnel.flow import publishing
from funnel.flow.publishing import (
    Content,
    Invented,
    Nobody,
    Simulation,
    Told,
    structure,
)
from funnel.models import Occurrence, Sequence, Step
from funnel.web import now
from funnel.web.admin.sequences import find
from funnel.web.admin.tales import Tale, stands, tell

ZONES = (
    "Europe/Amsterdam",
    "America/Curacao",
    "America/Paramaribo",
    "Europe/London",
    "America/New_York",
    "Australia/Sydney",
)

HAPPENED = {"bought": "purchased", "left_early": "left early"}
"""What conditions call what the form asks."""

bp = Blueprint("simulator", __name__, url_prefix="/sequences/<slug>/simulator")


@dataclass(frozen=True, slots=True)
class Form:
    """The questions as typed, with the problem of each."""

    values: Mapping[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def ticked(self, name: str) -> bool:
        return bool(self.values.get(name))

    @property
    def is_draft(self) -> bool:
        return self.values.get("version") == "draft"


@bp.get("")
def show(slug: str) -> ResponseReturnValue:
    """Show the list with what she would get of it, and beside it the form."""
    sequence = find(slug)
    dates = _dates(sequence)
    form = Form(request.args if "version" in request.args else _first(sequence, dates))
    about = _about(sequence, form, dates)
    page = render_template("admin/simulator.html", sequence=sequence, **about)
    return page, 422 if form.problems else 200


def _about(
    sequence: Sequence, form: Form, dates: list[Occurrence]
) -> dict[str, object]:
    return {
        "form": form,
        "dates": dates,
        "date": _chosen(form, dates),
        "zones": ZONES,
        "clicked": _asked(sequence, "clicked"),
        "tagged": _asked(sequence, "tag"),
        "found": _simulate(sequence, form, dates),
        "tale": _tale,
        "content_of": _content,
        "subject": _subject,
        "stands": stands(sequence),
    }


def _first(sequence: Sequence, dates: list[Occurrence]) -> dict[str, str]:
    """Return the form as it opens: somebody who signs up now for the next date."""
    coming = [one for one in dates if one.starts_at > now()]
    zone = coming[0].zone if coming else ZONES[0]
    local = now().astimezone(ZoneInfo(zone))
    return {
        "version": "draft" if sequence.draft else "live",
        "day": local.date().isoformat(),
        "at": f"{local:%H:%M}",
        "zone": zone,
        "date": str(coming[0].id) if coming else "",
        "series": "on",
        "offers": "on",
    }


def _simulate(
    sequence: Sequence, form: Form, dates: list[Occurrence]
) -> Simulation | None:
    session, address = db.session(), form.values.get("who", "").strip()
    if address:
        try:
            return publishing.real(
                session, sequence, address, now=now(), is_draft=form.is_draft
            )
        except Nobody:
            form.problems["who"] = _("Nobody with this address is in this sequence.")
            return None
    her = _invented(sequence, form, dates)
    if her is None:
        return None
    return publishing.invented(session, sequence, her, is_draft=form.is_draft)


def _invented(
    sequence: Sequence, form: Form, dates: list[Occurrence]
) -> Invented | None:
    values = form.values
    zone = values.get("zone", "").strip()
    if zone not in zones():
        form.problems["zone"] = _("Choose a time zone such as Europe/Amsterdam.")
        return None
    at = _wall(values.get("day", ""), values.get("at", ""), zone)
    if at is None:
        form.problems["day"] = _("Fill in a day and a time.")
        return None
    clicked = _words(values.get("clicked", ""))
    if strange := publishing.strange(sequence, clicked):
        form.problems["clicked"] = _(
            "No mail of this sequence is called %(names)s.", names=", ".join(strange)
        )
        return None
    return Invented(
        at=at,
        zone=zone,
        occurrence=_chosen(form, dates),
        consents=frozenset(one for one in Purpose if form.ticked(one.value)),
        joined=form.ticked("joined"),
        replayed=form.ticked("replayed"),
        tags=_words(values.get("tags", "")),
        clicked=clicked,
        happened=frozenset(
            word for name, word in HAPPENED.items() if form.ticked(name)
        ),
    )


def _chosen(form: Form, dates: list[Occurrence]) -> Occurrence | None:
    chosen = (one for one in dates if str(one.id) == form.values.get("date"))
    return next(chosen, None)


def _wall(day: str, at: str, zone: str) -> datetime | None:
    try:
        return wall(date.fromisoformat(day), time.fromisoformat(at), ZoneInfo(zone))
    except (ValueError, OverflowError):
        return None


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(",") if word.strip())


def _dates(sequence: Sequence) -> list[Occurrence]:
    latest = publishing.dates(sequence).order_by(Occurrence.starts_at.desc())
    return list(db.session.scalars(latest.limit(20)))[::-1]


def _asked(sequence: Sequence, word: str) -> list[str]:
    """Return the names that the conditions of the steps ask for with a word."""
    found: set[str] = set()
    for step in structure.listed(sequence):
        for fact in _condition(step).facts:
            found.update(fact.names if fact.word == word else ())
    return sorted(found)


def _condition(step: Step) -> conditions.Condition:
    try:
        return conditions.parse(publishing.contents(step).latest.condition)
    except conditions.BadCondition:
        return conditions.ALWAYS


def _tale(line: Told, zone: str) -> Tale:
    return tell(line.delivery, line.planned, zone, line.step)


def _subject(line: Told, *, is_draft: bool) -> str:
    if line.sent and line.planned is None:
        return line.sent.subject
    return _content(line, is_draft=is_draft).subject


def _content(line: Told, *, is_draft: bool) -> Content:
    both = publishing.contents(line.step)
    return both.latest if is_draft or both.published is None else both.published
