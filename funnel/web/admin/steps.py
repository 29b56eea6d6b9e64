"""One step: its editor, its preview, a test send."""

from dataclasses import replace

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from funnel.db import db
from funnel.domain import timing
from funnel.domain.status import Role, TeamRole
from funnel.flow import publishing, reports
from funnel.flow.publishing import (
    BadDraft,
    Change,
    Content,
    DraftConflict,
    Problem,
    structure,
)
from funnel.flow.publishing.content import Contents
from funnel.mail.names import NAMES
from funnel.models import Step
from funnel.web import now
from funnel.web.admin import diffs, previews, values, whom
from funnel.web.auth import member, needs

FIELDS = ("timing", "condition", "subject", "preheader", "body")
SHOWN = {name: one for name, one in NAMES.items() if not one.in_layout_only}

bp = Blueprint("steps", __name__, url_prefix="/steps")


@bp.get("/<int:step_id>")
def edit(step_id: int) -> ResponseReturnValue:
    """Show a step's text and timing, and how it will look."""
    step = _step(step_id)
    content = publishing.contents(step).latest
    return _editor(step, content, seen=content.fingerprint)


@bp.post("/<int:step_id>")
@needs(TeamRole.MARKETER)
def save(step_id: int) -> ResponseReturnValue:
    """Keep the draft, and send a test of it when that button was pressed."""
    step, seen = _step(step_id), request.form.get("seen", "")
    try:
        publishing.save_draft(db.session(), step_id, _typed(), seen=seen)
    except DraftConflict as conflict:
        return _conflict(step, conflict)
    except BadDraft as problem:
        return _editor(step, _merged(step), seen=seen, problems=problem.problems)
    if request.form.get("then") == "test":
        return _sent(step)
    flash(_saved(step))
    return redirect(url_for("admin.steps.edit", step_id=step_id), 303)


@bp.post("/<int:step_id>/keep")
@needs(TeamRole.MARKETER)
def keep(step_id: int) -> ResponseReturnValue:
    """Keep the draft while she writes; answer with the parts of the page it changes."""
    step, seen = _step(step_id), request.form.get("seen", "")
    try:
        publishing.save_draft(db.session(), step_id, _typed(), seen=seen)
    except DraftConflict:
        return render_template("admin/_kept.html", is_stale=True), 409
    except BadDraft as problem:
        return render_template("admin/_kept.html", problems=problem.problems), 422
    return _kept(step)


@bp.get("/<int:step_id>/readers")
def readers(step_id: int) -> ResponseReturnValue:
    """Return a few people whose mail the preview can show."""
    _step(step_id)
    found = publishing.readers(db.session(), request.args.get("words", ""))
    return render_template("admin/_readers.html", readers=found)


@bp.post("/<int:step_id>/discard")
@needs(TeamRole.MARKETER)
def discard(step_id: int) -> ResponseReturnValue:
    """Drop the draft; what is published stays."""
    step = _step(step_id)
    publishing.discard(db.session(), step_id)
    flash(_("The draft is gone. The published text stays as it is."))
    return redirect(url_for("admin.sequences.show", slug=step.sequence.slug), 303)


@bp.post("/<int:step_id>/switch")
@needs(TeamRole.MARKETER)
def switch(step_id: int) -> ResponseReturnValue:
    """Switch the step on or off in its draft."""
    step = _step(step_id)
    try:
        publishing.switch(db.session(), step_id, is_on="on" in request.form)
    except BadDraft as problem:
        content = publishing.contents(step).latest
        seen = content.fingerprint
        return _editor(step, content, seen=seen, problems=problem.problems)
    flash(_("Kept as a draft. It changes for people when you publish."))
    page = "structure" if request.args.get("back") == "list" else "sequences"
    return redirect(url_for(f"admin.{page}.show", slug=step.sequence.slug), 303)


@bp.get("/<int:step_id>/preview")
def preview(step_id: int) -> ResponseReturnValue:
    """Show the latest text as a mail, in a frame that runs nothing."""
    step = _step(step_id)
    return previews.answer(step, publishing.contents(step).latest, request.args)


@bp.post("/<int:step_id>/preview")
@needs(TeamRole.MARKETER)
def preview_typed(step_id: int) -> ResponseReturnValue:
    """Show what is in the editor as a mail; nothing is kept."""
    step = _step(step_id)
    return previews.answer(step, _merged(step), request.form)


def _step(step_id: int) -> Step:
    found = db.session.get(Step, step_id)
    is_there = found is not None and (
        found.deleted_at is None or found.id in structure.order(found.sequence)
    )
    return found if found is not None and is_there else abort(404)


def _typed() -> dict[str, object]:
    """Return the editor's fields; a browser ends its lines in two characters."""
    sent = {
        name: request.form[name].replace("\r\n", "\n")
        for name in FIELDS
        if name in request.form
    }
    if "condition" in sent:
        sent["condition"] = whom.typed(request.form)
    return sent | {"is_on": "is_on" in request.form}


def _merged(step: Step) -> Content:
    """Return what was typed, over what is there."""
    latest = publishing.contents(step).latest
    return replace(latest, **_typed())  # type: ignore[arg-type]  # the names are FIELDS


def _editor(
    step: Step,
    content: Content,
    *,
    seen: str,
    problems: object = (),
    hers: Content | None = None,
    code: int = 0,
) -> ResponseReturnValue:
    found: dict[str, Problem] = {one.field: one for one in problems}  # type: ignore[attr-defined]  # Problems
    page = render_template(
        "admin/step.html",
        step=step,
        sequence=step.sequence,
        content=content,
        both=publishing.contents(step),
        seen=seen,
        problems=found,
        hers=Change(step, Contents(hers, content)) if hers else None,
        diffs=diffs,
        inbox=_in_the_inbox(step, content),
        findings=publishing.findings(step, content),
        planned=_planned(step),
        names=SHOWN,
        lacking=reports.lacking(db.session(), step.sequence_id),
        most_counted=reports.MOST_COUNTED,
        values=values,
        whom=whom.asked(step, content.condition),
        examples=timing.EXAMPLES,
        is_listed=step.role is Role.LISTED,
        texts=reports.texts(db.session(), step.id),
    )
    return page, code or (422 if found else 200)


def _planned(step: Step) -> tuple[object, str] | None:
    sample = publishing.sample(db.session(), step.sequence, now=now())
    found = sample.moments.get(step.id)
    return (found, sample.zone) if found else None


def _kept(step: Step) -> ResponseReturnValue:
    content = publishing.contents(step).latest
    return render_template(
        "admin/_kept.html",
        step=step,
        seen=content.fingerprint,
        both=publishing.contents(step),
        inbox=_in_the_inbox(step, content),
        findings=publishing.findings(step, content),
    )


def _in_the_inbox(step: Step, content: Content) -> publishing.Preview | None:
    try:
        return previews.of(step, content, request.form)
    except (BadDraft, previews.NoReader):
        return None


def _sent(step: Step) -> ResponseReturnValue:
    delivery = publishing.test_send(db.session(), step.id, member().user, now=now())
    flash(_("A test is on its way to %(address)s.", address=delivery.address))
    return redirect(url_for("admin.steps.edit", step_id=step.id), 303)


def _saved(step: Step) -> str:
    if publishing.contents(step).draft is None:
        return str(_("This is the same as what is published: no draft is needed."))
    return str(_("Saved as a draft. People get it when you publish."))


def _conflict(step: Step, conflict: DraftConflict) -> ResponseReturnValue:
    return _editor(
        step,
        _merged(step),
        seen=conflict.latest.fingerprint,
        hers=conflict.latest,
        code=409,
    )
