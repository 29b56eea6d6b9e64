"""One step: its editor, its preview, a test send."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

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
from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _

from funnel import clock
from funnel.db import db
from funnel.domain.status import Role, TeamRole
from funnel.flow import audit, publishing, reports, team
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
from funnel.models import Step, User
from funnel.web import now
from funnel.web.admin import diffs, phrases, previews, values, whom
from funnel.web.auth import member, needs

FIELDS = ("timing", "condition", "subject", "preheader", "body")
SHOWN = {name: one for name, one in NAMES.items() if not one.in_layout_only}
MOST_TESTS, AN_HOUR = 60, timedelta(hours=1)
NOT_SENT = lazy_gettext(
    "It is saved as a draft, but no test was sent. Look at what is marked below."
)

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
    """Keep the draft."""
    step = _step(step_id)
    refused = _save(step)
    if refused is None:
        flash(_saved(step))
    return refused or redirect(url_for("admin.steps.edit", step_id=step_id), 303)


@bp.post("/<int:step_id>/test")
@needs(TeamRole.MARKETER)
def test(step_id: int) -> ResponseReturnValue:
    """Keep the draft, and send a test of it to somebody of the team."""
    step, her = _step(step_id), _colleague()
    return _save(step) or _sent(step, her)


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
    publishing.switch(db.session(), step_id, is_on="on" in request.form)
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


def _save(step: Step) -> ResponseReturnValue | None:
    """Keep what was typed as the draft, or return the page that says why not."""
    seen = request.form.get("seen", "")
    try:
        publishing.save_draft(db.session(), step.id, _typed(), seen=seen)
    except DraftConflict as conflict:
        return _conflict(step, conflict)
    except BadDraft as problem:
        return _refused(step, seen, problem)
    return None


def _sent(step: Step, her: User) -> ResponseReturnValue:
    """Send a test, or say why not; the draft is kept by now."""
    seen = publishing.contents(step).latest.fingerprint
    if _is_too_often():
        flash(
            _("That was a lot of tests within an hour. Wait a while before the next.")
        )
        return redirect(url_for("admin.steps.edit", step_id=step.id), 303)
    try:
        delivery = publishing.test_send(db.session(), step.id, her, now=now())
    except BadDraft as problem:
        return _refused(step, seen, problem, str(NOT_SENT))
    flash(_("A test is on its way to %(address)s.", address=delivery.address))
    return redirect(url_for("admin.steps.edit", step_id=step.id), 303)


def _colleague() -> User:
    """Return to whom a test goes: herself, or whom of the team she chose."""
    chosen = request.form.get("to", str(member().user.id))
    known = team.colleagues(db.session())
    return next((one for one in known if str(one.id) == chosen), None) or abort(404)


def _is_too_often() -> bool:
    """Say whether she asked for enough tests lately; this one is among them."""
    since, her = clock.real() - AN_HOUR, member().user
    return audit.count(db.session(), "steps.test", user=her, since=since) > MOST_TESTS


def _typed() -> dict[str, object]:
    """Return the editor's fields; a browser ends its lines in two characters."""
    sent = {
        name: request.form[name].replace("\r\n", "\n")
        for name in FIELDS
        if name in request.form
    }
    if "timing" in sent:
        sent["timing"] = phrases.timing_kept(sent["timing"])
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
    problems: Iterable[Problem] = (),
    said: str = "",
    hers: Content | None = None,
) -> ResponseReturnValue:
    found = {one.field: one for one in problems}
    page = render_template(
        "admin/step.html",
        step=step,
        sequence=step.sequence,
        content=content,
        both=publishing.contents(step),
        seen=seen,
        problems=found,
        said_of_all=said,
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
        examples=phrases.timing_examples(str(get_locale())),
        is_listed=step.role is Role.LISTED,
        texts=reports.texts(db.session(), step.id),
        colleagues=team.colleagues(db.session()),
    )
    return page, 409 if hers else 422 if found else 200


def _planned(step: Step) -> tuple[object, str] | None:
    sample = publishing.sample(db.session(), step.sequence, now=now())
    found = sample.moments.get(step.id)
    return (found, sample.zone) if found else None


def _refused(
    step: Step, seen: str, refused: BadDraft, said: str = ""
) -> ResponseReturnValue:
    problems = refused.problems
    return _editor(step, _merged(step), seen=seen, problems=problems, said=said)


def _kept(step: Step) -> ResponseReturnValue:
    content = publishing.contents(step).latest
    found = publishing.findings(step, content)
    return render_template(
        "admin/_kept.html",
        step=step,
        seen=content.fingerprint,
        both=publishing.contents(step),
        inbox=_in_the_inbox(step, content),
        findings=found,
        problems=[one for one in found if one.rule == publishing.MISTAKE],
    )


def _in_the_inbox(step: Step, content: Content) -> publishing.Preview | None:
    try:
        return previews.of(step, content, request.form)
    except (BadDraft, previews.NoReader):
        return None


def _saved(step: Step) -> str:
    if publishing.contents(step).draft is None:
        return str(_("This is the same as what is published: no draft is needed."))
    if publishing.is_half_written(step):
        return str(
            _("Saved as a draft. It cannot be published yet: see beside it what to do.")
        )
    return str(_("Saved as a draft. People get it when you publish."))


def _conflict(step: Step, conflict: DraftConflict) -> ResponseReturnValue:
    return _editor(
        step,
        _merged(step),
        seen=conflict.latest.fingerprint,
        hers=conflict.latest,
    )
