"""Sequences: the list, one as a line of time, and publishing."""

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from funnel.db import db
from funnel.domain.schedule import Planned
from funnel.domain.status import Role, TeamRole
from funnel.flow import publishing, reports
from funnel.flow.publishing import BadDraft, Change, Content, VersionConflict
from funnel.flow.publishing.content import Contents
from funnel.flow.reports import StepNumbers
from funnel.models import Sequence, Step
from funnel.web import funnel, now
from funnel.web.admin import deliveries, words
from funnel.web.auth import member, needs

bp = Blueprint("sequences", __name__, url_prefix="/sequences")


@dataclass(frozen=True, slots=True)
class Line:
    """One step on the line of time."""

    step: Step
    both: Contents
    planned: Planned | None
    numbers: StepNumbers

    @property
    def content(self) -> Content:
        return self.both.latest


@bp.get("")
def index() -> ResponseReturnValue:
    """List the sequences."""
    found = reports.overview(db.session())
    return render_template(
        "admin/sequences.html", sequences=found, sending=deliveries.standing()
    )


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """Show a sequence with the dates of somebody who signs up now."""
    sequence = _sequence(slug)
    sample = publishing.sample(db.session(), sequence, now=now())
    lines = _lines(sequence, sample)
    return render_template(
        "admin/sequence.html",
        sequence=sequence,
        sample=sample,
        head=reports.head(db.session(), sequence.id, now=now()),
        changes=publishing.changes(db.session(), sequence),
        sends=reports.sends(db.session(), now=now(), sequence_id=sequence.id),
        listed=[line for line in lines if line.step.role is Role.LISTED],
        called=[line for line in lines if line.step.role is not Role.LISTED],
        now=now(),
    )


@bp.get("/<slug>/publish")
@needs(TeamRole.MARKETER)
def review(slug: str) -> ResponseReturnValue:
    """Show what publishing would change, and for how many people."""
    return _review(_sequence(slug))


@bp.post("/<slug>/publish")
@needs(TeamRole.MARKETER)
def publish(slug: str) -> ResponseReturnValue:
    """Publish what the marketer looked at, or show what is new since."""
    sequence = _sequence(slug)
    try:
        publishing.publish(
            db.session(),
            sequence.id,
            base_version=request.form.get("version", -1, int),
            drafts=request.form.get("drafts", ""),
            author=member().user.name or member().user.address,
            now=now(),
        )
    except (VersionConflict, BadDraft) as problem:
        return _refused(sequence, problem)
    flash(_("Version %(version)s is published.", version=sequence.version))
    return redirect(url_for("admin.sequences.show", slug=slug), 303)


@bp.post("/<slug>/live")
@needs(TeamRole.MARKETER)
def go_live(slug: str) -> ResponseReturnValue:
    """Go live: what is too late by now is skipped, never sent in one go."""
    sequence, embedded = _sequence(slug), funnel().settings.embedded
    try:
        publishing.go_live(db.session(), sequence.id, now=now(), embedded=embedded)
    except publishing.NotReady:
        flash(_unready(), "problem")
    else:
        flash(_("The sequence is live. Mails that are too late by now are skipped."))
    return redirect(url_for("admin.sequences.show", slug=slug), 303)


@bp.app_template_global("sentences_before_publishing")
def sentences(changes: list[Change]) -> list[str]:
    """Return in sentences what publishing these changes means for people."""
    waiting = sum(change.waiting for change in changes)
    found = [ngettext("%(num)d mail changes", "%(num)d mails change", len(changes))]
    if waiting:
        found.append(
            ngettext(
                "%(num)d person is waiting for one of them",
                "%(num)d people are waiting for one of them",
                waiting,
            )
        )
    if any(change.is_retimed for change in changes):
        found.append(_("everybody inside is planned again"))
    return [*found, _("nobody gets anything twice")]


def _sequence(slug: str) -> Sequence:
    found = db.session.scalar(select(Sequence).where(Sequence.slug == slug))
    return found or abort(404)


def _lines(sequence: Sequence, sample: publishing.Sample) -> list[Line]:
    numbers = reports.per_step(db.session(), sequence.id)
    lines = [
        Line(
            step,
            publishing.contents(step),
            sample.moments.get(step.id),
            numbers[step.id],
        )
        for step in sequence.steps
        if step.deleted_at is None
    ]
    last = max((item.at for item in sample.moments.values()), default=now())
    return sorted(lines, key=lambda line: line.planned.at if line.planned else last)


def _review(
    sequence: Sequence, code: int = 200, notice: str = ""
) -> ResponseReturnValue:
    changes = publishing.changes(db.session(), sequence)
    page = render_template(
        "admin/publish.html",
        sequence=sequence,
        changes=changes,
        drafts=publishing.seen(sequence),
        differences=_differences,
        findings=publishing.findings,
        notice=notice,
    )
    return page, code


def _differences(change: Change, field: str) -> list[list[publishing.Piece]]:
    """Return what changed in a field, in paragraphs of pieces."""
    old, new = change.both.published, change.both.latest
    before = _said(field, getattr(old, field)) if old else ""
    after = _said(field, getattr(new, field))
    if field == "body":
        return publishing.paragraphs(before, after)
    if field in {"subject", "preheader"}:
        return [publishing.words(before, after)]
    return [publishing.whole(before, after)]


def _said(field: str, value: object) -> str:
    if field == "is_on":
        return str(_("on") if value else _("off"))
    if field == "timing":
        return words.timing(str(value))
    if field == "condition":
        return words.condition(str(value))
    return str(value or "")


def _refused(sequence: Sequence, problem: Exception) -> ResponseReturnValue:
    db.session.rollback()
    if isinstance(problem, BadDraft):
        return _review(sequence, 422, str(problem))
    return _review(
        sequence,
        409,
        _(
            "A colleague changed or published something in the meantime, so nothing "
            "was published. This is how it stands now: look again."
        ),
    )


def _unready() -> str:
    return str(
        _(
            "The business profile is not complete yet, so nothing goes live. "
            "Fill it in first; your work is kept."
        )
    )
