"""Pause and go on, asked before it happens: one sequence, or everything."""

from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy import select

from funnel.db import db
from funnel.domain import dates
from funnel.domain.status import How, SequenceState, TeamRole
from funnel.flow import publishing
from funnel.flow.publishing import Choice, Lost, Standstill
from funnel.models import Occurrence, Sequence, Step
from funnel.web import now
from funnel.web.admin import words
from funnel.web.auth import needs

bp = Blueprint("pauses", __name__)

SLUG = "/sequences/<slug>"
MINUTE, WEEK = timedelta(minutes=1), timedelta(days=7)


@bp.get(f"{SLUG}/pause")
@needs(TeamRole.MARKETER)
def ask(slug: str) -> ResponseReturnValue:
    """Say what a pause means, before it begins."""
    sequence = _sequence(slug)
    at, session = now(), db.session()
    inside = publishing.count_inside(session, sequence.id)
    ahead = publishing.reminders_ahead(session, sequence.id, now=at, until=at + WEEK)
    return render_template(
        "admin/pause.html", sequence=sequence, inside=inside, reminders=ahead
    )


@bp.post(f"{SLUG}/pause")
@needs(TeamRole.MARKETER)
def pause(slug: str) -> ResponseReturnValue:
    """Hold every mail of the sequence."""
    publishing.pause(db.session(), _sequence(slug).id, now=now())
    flash(_("The sequence is paused. Nobody gets its mails until you go on."))
    return redirect(url_for("admin.sequences.show", slug=slug), 303)


@bp.get(f"{SLUG}/resume")
@needs(TeamRole.MARKETER)
def choose(slug: str) -> ResponseReturnValue:
    """Show the three ways to go on, each with its numbers."""
    return _choices(_sequence(slug))


@bp.post(f"{SLUG}/resume")
@needs(TeamRole.MARKETER)
def resume(slug: str) -> ResponseReturnValue:
    """Go on in the way that was chosen."""
    sequence, how = _sequence(slug), _how()
    if how is None or sequence.state is not SequenceState.PAUSED:
        return _choices(sequence, 422)
    publishing.resume(db.session(), sequence.id, how=how, now=now())
    flash(_("The sequence goes on. Mails that are late are spread over an hour."))
    return redirect(url_for("admin.sequences.show", slug=slug), 303)


@bp.get("/standstill")
@needs(TeamRole.OWNER)
def choose_all() -> ResponseReturnValue:
    """Show why nothing is sent, and the three ways to go on."""
    return _choices(None)


@bp.post("/standstill")
@needs(TeamRole.OWNER)
def resume_all() -> ResponseReturnValue:
    """Let everything go on in the way that was chosen."""
    how = _how()
    if how is None:
        return _choices(None, 422)
    publishing.resume(db.session(), None, how=how, now=now())
    flash(_("Sending goes on. Mails that are late are spread over an hour."))
    return redirect(url_for("admin.dashboard.show"), 303)


@bp.app_template_global("ways_to_go_on")
def ways(still: Standstill) -> list[tuple[Choice, str, list[str]]]:
    """Return each way with its name and what it means, in sentences."""
    names = {
        How.SHIFT: _("Everything later by the pause"),
        How.CONTINUE: _("On with the calendar as it was"),
        How.SKIP: _("Leave out what fell in the pause"),
    }
    return [(one, names[one.how], _meaning(one)) for one in still.choices]


@bp.app_template_global("length_of_pause")
def length(still: Standstill) -> str:
    """Say how long it has stood still; of seconds nobody wants the number."""
    if still.length < MINUTE:
        return str(_("less than a minute"))
    return dates.duration(still.length, str(get_locale()))


def _sequence(slug: str) -> Sequence:
    found = db.session.scalar(select(Sequence).where(Sequence.slug == slug))
    return found or abort(404)


def _how() -> How | None:
    word = request.form.get("how", "")
    return How(word) if word in set(How) else None


def _choices(sequence: Sequence | None, code: int = 200) -> ResponseReturnValue:
    sequence_id = sequence.id if sequence else None
    still = publishing.standstill(db.session(), sequence_id, now=now())
    lost = [(_subject(one), count) for one, count in still.choices[0].reminders.items()]
    page = render_template(
        "admin/resume.html", sequence=sequence, still=still, lost=lost
    )
    return page, code


def _subject(lost: Lost) -> str:
    revision = db.session.get_one(Step, lost.step_id).revision
    date = db.session.get(Occurrence, lost.occurrence_id or 0)
    return words.subject(revision.subject if revision else "", date)


def _meaning(choice: Choice) -> list[str]:
    first = {
        How.SHIFT: _(
            "The pause does not count: who was in the middle gets every mail of the "
            "series, later by the pause or at the next time after it that is free."
        ),
        How.CONTINUE: _("Nothing moves. What is not too late yet leaves now."),
        How.SKIP: _("The series goes on with the mails after the pause."),
    }
    return [str(first[choice.how]), *_numbers(choice), *_after(choice)]


def _after(choice: Choice) -> list[str]:
    """Say what becomes of the mails that were to come after the pause."""
    if not choice.later:
        is_shift = choice.how is How.SHIFT
        return [str(_("No mail of after the pause comes later."))] if is_shift else []
    later = ngettext(
        "%(num)d mail of after the pause comes later",
        "%(num)d mails of after the pause come later",
        choice.later,
    )
    if not choice.further:
        return [str(later)]
    further = ngettext(
        "%(num)d of them by more than the pause: it rests around a masterclass, or "
        "its day is taken",
        "%(num)d of them by more than the pause: they rest around a masterclass, or "
        "their day is taken",
        choice.further,
    )
    return [f"{later}, {further}"]


def _numbers(choice: Choice) -> list[str]:
    soon = choice.leave - choice.shifted
    lost = choice.too_late + choice.skipped
    found = [
        (
            choice.shifted,
            ngettext(
                "%(num)d mail that fell in the pause comes at its next time",
                "%(num)d mails that fell in the pause come at their next time",
                choice.shifted,
            ),
        ),
        (
            soon,
            ngettext(
                "%(num)d mail leaves late, one a day for each person",
                "%(num)d mails leave late, one a day for each person",
                soon,
            ),
        ),
        (
            lost,
            ngettext(
                "%(num)d mail is never sent",
                "%(num)d mails are never sent",
                lost,
            ),
        ),
    ]
    said = [str(sentence) for count, sentence in found if count]
    return said or [str(_("No mail fell in the pause."))]
