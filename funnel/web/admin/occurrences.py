"""Dates of the masterclass: listed, added, changed, called off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from funnel.db import db
from funnel.domain.status import TeamRole
from funnel.domain.timing import wall, zones
from funnel.flow import occurrences
from funnel.flow.occurrences import BadOccurrence, Entry, Stale
from funnel.mail.problem import N_
from funnel.models import Masterclass, Occurrence
from funnel.web import now
from funnel.web.admin import arguments
from funnel.web.auth import needs

bp = Blueprint("occurrences", __name__, url_prefix="/occurrences")


@dataclass(frozen=True, slots=True)
class Form:
    """The form as typed, with the problem of each field."""

    values: Mapping[str, str]
    problems: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, occurrence: Occurrence) -> "Form":
        """Return the form filled with what is there."""
        zone = ZoneInfo(occurrence.zone)
        start = occurrence.starts_at.astimezone(zone)
        until = occurrence.replay_until and occurrence.replay_until.astimezone(zone)
        minutes = (occurrence.ends_at - occurrence.starts_at) // timedelta(minutes=1)
        return cls(
            {
                "day": start.date().isoformat(),
                "at": start.strftime("%H:%M"),
                "minutes": str(minutes),
                "zone": occurrence.zone,
                "room_url": occurrence.room_url,
                "replay_url": occurrence.replay_url,
                "replay_day": until.date().isoformat() if until else "",
                "replay_at": until.strftime("%H:%M") if until else "",
                "sequence": str(occurrence.calendar_sequence),
            }
        )

    @classmethod
    def empty(cls, masterclass: Masterclass) -> "Form":
        zone = "Europe/Amsterdam"
        values = {"zone": zone, "minutes": str(masterclass.minutes), "at": "20:00"}
        return cls(values | {"masterclass": str(masterclass.id), "replay_at": "21:00"})


@bp.get("")
def index() -> ResponseReturnValue:
    """List the dates, those to come first."""
    found = occurrences.listed(db.session())
    coming = [one for one in reversed(found) if one.occurrence.ends_at > now()]
    past = [one for one in found if one.occurrence.ends_at <= now()]
    return render_template("admin/occurrences.html", coming=coming, past=past)


@bp.get("/add")
@needs(TeamRole.MARKETER)
def blank() -> ResponseReturnValue:
    """Show an empty form for a new date."""
    classes = _masterclasses()
    form = Form.empty(classes[0]) if classes else None
    return render_template("admin/occurrence.html", form=form, classes=classes)


@bp.post("/add")
@needs(TeamRole.MARKETER)
def add() -> ResponseReturnValue:
    """Add a date; who waited for one is mailed."""
    masterclass_id = request.form.get("masterclass", 0, int)
    if db.session.get(Masterclass, masterclass_id) is None:
        abort(404)
    try:
        occurrences.add(db.session(), masterclass_id, _entry(), now=now())
    except BadOccurrence as problem:
        return _again(problem, classes=_masterclasses())
    flash(_("The date is added. People can sign up for it now."))
    return redirect(url_for("admin.occurrences.index"), 303)


@bp.get("/<int:occurrence_id>")
@needs(TeamRole.MARKETER)
def form(occurrence_id: int) -> ResponseReturnValue:
    """Show a date's form."""
    found = _occurrence(occurrence_id)
    return render_template(
        "admin/occurrence.html",
        form=Form.of(found),
        occurrence=found,
        seats=occurrences.seats(db.session(), occurrence_id),
    )


@bp.post("/<int:occurrence_id>")
@needs(TeamRole.MARKETER)
def edit(occurrence_id: int) -> ResponseReturnValue:
    """Change a date; a new time for people with a seat is asked about first."""
    found, sequence = _occurrence(occurrence_id), request.form.get("sequence", -1, int)
    try:
        entry = _entry()
        if _must_ask(found, entry):
            return _ask(found, entry)
        moved = occurrences.edit(
            db.session(), occurrence_id, entry, now=now(), sequence=sequence
        )
    except (BadOccurrence, Stale) as problem:
        return _again(problem, occurrence=found)
    flash(_told() if moved else _("The date is saved."))
    return redirect(url_for("admin.occurrences.index"), 303)


@bp.get("/<int:occurrence_id>/cancel")
@needs(TeamRole.MARKETER)
def ask_cancel(occurrence_id: int) -> ResponseReturnValue:
    """Say what calling the date off means, before it happens."""
    found = _occurrence(occurrence_id)
    count = occurrences.seats(db.session(), occurrence_id)
    hers = occurrences.reminders(db.session(), found, None, now=now())
    return render_template(
        "admin/cancel.html", occurrence=found, seats=count, reminders=hers
    )


@bp.post("/<int:occurrence_id>/cancel")
@needs(TeamRole.MARKETER)
def cancel(occurrence_id: int) -> ResponseReturnValue:
    """Call the date off and tell everybody with a seat."""
    _occurrence(occurrence_id)
    sequence = request.form.get("sequence", -1, int)
    try:
        occurrences.cancel(db.session(), occurrence_id, now=now(), sequence=sequence)
    except Stale:
        db.session.rollback()
        flash(_stale(), "problem")
    else:
        flash(_("The date is called off. Everybody with a seat gets a mail."))
    return redirect(url_for("admin.occurrences.index"), 303)


def _occurrence(occurrence_id: int) -> Occurrence:
    return db.session.get(Occurrence, occurrence_id) or abort(404)


def _masterclasses() -> list[Masterclass]:
    return list(db.session.scalars(select(Masterclass).order_by(Masterclass.id)))


def _entry() -> Entry:
    """Read the form; raises BadOccurrence for what cannot be read."""
    sent, problems = request.form, dict[str, str]()
    zone = sent.get("zone", "").strip()
    if zone not in zones():
        raise BadOccurrence(
            {"zone": N_("Choose a time zone such as Europe/Amsterdam.")}
        )
    start = _wall(sent.get("day", ""), sent.get("at", ""), zone)
    until = _wall(sent.get("replay_day", ""), sent.get("replay_at", ""), zone)
    minutes = sent.get("minutes", 0, int)
    if start is None:
        problems["starts_at"] = N_("Fill in a day and a time.")
    if until is None and sent.get("replay_day"):
        problems["replay_until"] = N_("Fill in a day and a time.")
    if start is None or problems:
        raise BadOccurrence(problems)
    return Entry(
        starts_at=start,
        ends_at=start + timedelta(minutes=min(max(minutes, 0), 10_000)),
        zone=zone,
        room_url=sent.get("room_url", "").strip(),
        replay_url=sent.get("replay_url", "").strip(),
        replay_until=until,
    )


def _wall(day: str, at: str, zone: str) -> datetime | None:
    on = arguments.day(day)
    try:
        return wall(on, time.fromisoformat(at), ZoneInfo(zone)) if on else None
    except ValueError:
        return None


def _must_ask(occurrence: Occurrence, entry: Entry) -> bool:
    times = (entry.starts_at, entry.ends_at)
    is_moved = times != (occurrence.starts_at, occurrence.ends_at)
    is_told = "confirmed" in request.form or occurrence.starts_at <= now()
    has_seats = bool(occurrences.seats(db.session(), occurrence.id))
    return is_moved and not is_told and has_seats and not entry.problems()


def _ask(occurrence: Occurrence, entry: Entry) -> ResponseReturnValue:
    return render_template(
        "admin/move.html",
        occurrence=occurrence,
        entry=entry,
        reminders=occurrences.reminders(db.session(), occurrence, entry, now=now()),
        seats=occurrences.seats(db.session(), occurrence.id),
        typed=request.form,
    )


def _again(problem: BadOccurrence | Stale, **about: object) -> ResponseReturnValue:
    """Show the form once more, as it was typed."""
    db.session.rollback()
    is_stale = isinstance(problem, Stale)
    problems = problem.problems if isinstance(problem, BadOccurrence) else {}
    page = render_template(
        "admin/occurrence.html",
        form=Form(request.form, problems),
        notice=_stale() if is_stale else "",
        **about,
    )
    return page, 409 if is_stale else 422


def _told() -> str:
    return str(_("The date is moved. Everybody with a seat gets a mail about it."))


def _stale() -> str:
    return str(
        _("This date was changed in the meantime, so nothing was saved. Look again.")
    )
