"""Sequences: the list, one as a line of time, and publishing."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from funnel.db import db
from funnel.domain.schedule import Planned
from funnel.domain.status import Role, TeamRole
from funnel.flow import publishing, reports
from funnel.flow.publishing import (
    BadDraft,
    Change,
    Content,
    VersionConflict,
    structure,
)
from funnel.flow.publishing.content import Contents
from funnel.flow.reports import Head, StepNumbers
from funnel.models import Sequence, Step
from funnel.web import funnel, now
from funnel.web.admin import deliveries, diffs, words
from funnel.web.auth import member, needs

bp = Blueprint("sequences", __name__, url_prefix="/sequences")


@dataclass(frozen=True, slots=True)
class Line:
    """One step on the line of time."""

    step: Step
    both: Contents
    planned: Planned | None
    numbers: StepNumbers
    change: Change | None

    @property
    def is_gone(self) -> bool:
        return self.change is not None and self.change.is_gone

    @property
    def content(self) -> Content:
        return self.both.latest


@bp.get("")
def index() -> ResponseReturnValue:
    """List the sequences."""
    found = reports.overview(db.session())
    return render_template(
        "admin/sequences.html",
        sequences=found,
        waiting={
            one.sequence.id: len(publishing.unpublished(one.sequence)) or 1
            for one in found
            if one.drafts  # rules alone are one change
        },
        sending=deliveries.standing(),
    )


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """Show a sequence with the dates of somebody who signs up now."""
    sequence = find(slug)
    return render_template("admin/sequence.html", sequence=sequence, **_about(sequence))


@bp.get("/<slug>/publish")
@needs(TeamRole.MARKETER)
def review(slug: str) -> ResponseReturnValue:
    """Show what publishing would change, and for how many people."""
    return _review(find(slug))


@bp.post("/<slug>/publish")
@needs(TeamRole.MARKETER)
def publish(slug: str) -> ResponseReturnValue:
    """Publish what the marketer looked at, or show what is new since."""
    sequence = find(slug)
    if _is_uncounted(sequence):
        return _review(sequence, 422, _("First let it be said what it means for them."))
    try:
        _publish(sequence)
    except (VersionConflict, BadDraft) as problem:
        return _refused(sequence, problem)
    said = _("Version %(version)s is published.", version=sequence.version)
    flash(said, "published")
    return redirect(url_for("admin.sequences.show", slug=slug, _anchor="head"), 303)


@bp.post("/<slug>/impact")
@needs(TeamRole.MARKETER)
def impact(slug: str) -> ResponseReturnValue:
    """Have the people counted, where that takes longer than a page may."""
    publishing.ask_impact(db.session(), find(slug).id, now=now())
    return redirect(url_for("admin.sequences.review", slug=slug), 303)


@bp.post("/<slug>/live")
@needs(TeamRole.MARKETER)
def go_live(slug: str) -> ResponseReturnValue:
    """Go live: what is too late by now is skipped, never sent in one go."""
    sequence, embedded = find(slug), funnel().settings.embedded
    try:
        publishing.go_live(db.session(), sequence.id, now=now(), embedded=embedded)
    except publishing.NotReady:
        flash(_unready(), "problem")
    else:
        flash(_("The sequence is live. Mails that are too late by now are skipped."))
    return redirect(url_for("admin.sequences.show", slug=slug), 303)


def _publish(sequence: Sequence) -> None:
    publishing.publish(
        db.session(),
        sequence.id,
        base_version=request.form.get("version", -1, int),
        drafts=request.form.get("drafts", ""),
        author=member().user.name or member().user.address,
        now=now(),
        wishes=publishing.Wishes(**_ticked("also_passed", "reopen")),
    )


def _is_uncounted(sequence: Sequence) -> bool:
    """Say whether this is what she looked at, but not what it means for people."""
    looked = request.form.get("version"), request.form.get("drafts")
    is_it = looked == (str(sequence.version), publishing.seen(sequence))
    return is_it and not publishing.is_counted(db.session(), sequence)


def _ticked(*names: str) -> dict[str, bool]:
    return {name: name in request.form for name in names}


def find(slug: str) -> Sequence:
    found = db.session.scalar(select(Sequence).where(Sequence.slug == slug))
    return found or abort(404)


def _about(sequence: Sequence) -> dict[str, object]:
    """Return what the page of a sequence shows beside the row itself."""
    session = db.session()
    sample = publishing.sample(session, sequence, now=now())
    changes = publishing.changes(session, sequence)
    head = reports.head(session, sequence.id, now=now())
    lines = _lines(sequence, sample, changes, head)
    return {
        "sample": sample,
        "head": head,
        "changes": changes,
        "undo": publishing.version_before(session, sequence),
        "many": not publishing.is_counted(session, sequence),
        "diffs": diffs,
        "job": publishing.replanning(session, sequence.id),
        "sends": reports.sends(session, now=now(), sequence_id=sequence.id),
        "listed": [line for line in lines if line.step.role is Role.LISTED],
        "called": [line for line in lines if line.step.role is not Role.LISTED],
        "now": now(),
    }


def _lines(
    sequence: Sequence,
    sample: publishing.Sample,
    changes: list[Change],
    head: Head,
) -> list[Line]:
    waits = {change.step.id: change for change in changes}
    lines = [
        Line(
            step,
            publishing.contents(step),
            sample.moments.get(step.id),
            head.steps[step.id],
            waits.get(step.id),
        )
        for step in sequence.steps
        if step.deleted_at is None or step.id in waits
    ]
    places = _places(sequence, sample)
    return sorted(lines, key=lambda line: places.get(line.step.id, len(places)))


def _places(sequence: Sequence, sample: publishing.Sample) -> dict[int, int]:
    """Return the place of each step of the list on the line of time.

    One that will be deleted stands behind the one above it; one that only waits for
    a date, at the end.
    """
    last = max((item.at for item in sample.moments.values()), default=now())
    staying, found, at = set(structure.order(sequence)), dict[int, datetime](), now()
    for step in structure.standing(sequence):
        if step.id in staying:
            planned = sample.moments.get(step.id)
            at = planned.at if planned else last
        found[step.id] = at
    in_time = sorted(found, key=lambda step_id: found[step_id])
    return {step_id: place for place, step_id in enumerate(in_time)}


def _review(
    sequence: Sequence,
    code: int = 200,
    notice: str = "",
    since: publishing.Since | None = None,
) -> ResponseReturnValue:
    session = db.session()
    changes = publishing.changes(session, sequence)
    job = publishing.latest_impact(session, sequence)
    page = render_template(
        "admin/publish.html",
        sequence=sequence,
        changes=changes,
        rules=publishing.drafted_rules(sequence),
        drafts=publishing.seen(sequence),
        looked=publishing.looked_at(sequence),
        impact=publishing.known_impact(session, sequence, job, now=now()),
        job=job,
        authors=reports.authors(session, sequence, [one.step.id for one in changes]),
        many=publishing.population(session, sequence),
        is_counted=publishing.is_counted(session, sequence),
        shifts=publishing.shifts(session, sequence, now=now()),
        zone=publishing.sample(session, sequence, now=now()).zone,
        names=_names(sequence),
        diffs=diffs,
        findings=publishing.findings,
        blocks=publishing.blocks(sequence),
        touched=publishing.touched(sequence),
        notice=notice,
        since=since,
    )
    return page, code


def _names(sequence: Sequence) -> dict[int, str]:
    date = publishing.sample(db.session(), sequence, now=now()).occurrence
    return {
        step.id: words.subject(publishing.contents(step).latest.subject, date)
        for step in sequence.steps
    }


def _refused(sequence: Sequence, problem: Exception) -> ResponseReturnValue:
    db.session.rollback()
    if isinstance(problem, BadDraft):
        return _review(sequence, 422, words.problems(problem))
    since = publishing.since(
        db.session(),
        sequence,
        request.form.get("version", sequence.version, int),
        request.form.get("looked", ""),
    )
    return _review(sequence, 409, since=since)


def _unready() -> str:
    return str(
        _(
            "The business profile is not complete yet, so nothing goes live. "
            "Fill it in first; your work is kept."
        )
    )
