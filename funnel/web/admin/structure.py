"""The list of steps: put in, moved, taken out; all of it a draft."""

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from funnel.db import db
from funnel.domain.status import Purpose, Role, TeamRole
from funnel.flow import publishing, reports
from funnel.flow.publishing import structure
from funnel.models import Sequence, Step
from funnel.web import now
from funnel.web.admin.sequences import find
from funnel.web.auth import needs

bp = Blueprint("structure", __name__, url_prefix="/sequences/<slug>/list")


@bp.get("")
@needs(TeamRole.MARKETER)
def show(slug: str) -> ResponseReturnValue:
    """Show the steps in the order of the list, with what moves them."""
    return _page(find(slug))


@bp.get("/add")
@needs(TeamRole.MARKETER)
def blank(slug: str) -> ResponseReturnValue:
    """Ask what a new mail is for."""
    sequence, after = find(slug), request.args.get("after", type=int)
    return render_template(
        "admin/new_step.html",
        sequence=sequence,
        after=_listed(sequence, after),
        copy=_listed(sequence, request.args.get("copy", type=int)),
        listed=structure.listed(sequence),
        contents=publishing.contents,
        mark=structure.mark(sequence),
    )


@bp.post("/add")
@needs(TeamRole.MARKETER)
def add(slug: str) -> ResponseReturnValue:
    """Put the mail into the draft, and open it."""
    sequence, purpose = find(slug), request.form.get("purpose", "")
    try:
        step = publishing.add(
            db.session(),
            sequence.id,
            after=request.form.get("after", type=int),
            subject=request.form.get("subject", "").strip(),
            purpose=Purpose(purpose) if purpose in set(Purpose) else None,
            copy_of=request.form.get("copy", type=int),
        )
    except publishing.ListConflict:
        return _conflict(sequence)
    flash(_("The mail is in the draft. Write it now; nobody gets it yet."))
    return redirect(url_for("admin.steps.edit", step_id=step.id), 303)


@bp.post("/move")
@needs(TeamRole.MARKETER)
def move(slug: str) -> ResponseReturnValue:
    """Put a step behind another one, or at the top."""
    sequence, step = find(slug), _sent(slug)
    after = request.form.get("after", type=int)
    try:
        publishing.move(
            db.session(), step.id, after=after, seen=request.form.get("seen", "")
        )
    except publishing.ListConflict:
        return _conflict(sequence)
    flash(_("Moved, in the draft. Nobody notices before you publish."))
    return _back(slug, step)


@bp.post("/remove")
@needs(TeamRole.MARKETER)
def remove(slug: str) -> ResponseReturnValue:
    """Take a step out of the draft."""
    sequence, step, seen = find(slug), _sent(slug), request.form.get("seen", "")
    neighbour = _neighbour(sequence, step)
    try:
        publishing.remove(db.session(), step.id, now=now(), seen=seen)
    except publishing.ListConflict:
        return _conflict(sequence)
    flash(_("Taken out of the draft. People lose it when you publish."))
    return _back(slug, step if step in structure.standing(sequence) else neighbour)


@bp.post("/put-back")
@needs(TeamRole.MARKETER)
def put_back(slug: str) -> ResponseReturnValue:
    """Take a deletion back before it is published."""
    step = _sent(slug)
    publishing.put_back(db.session(), step.id)
    return _back(slug, step)


@bp.post("/discard")
@needs(TeamRole.MARKETER)
def discard(slug: str) -> ResponseReturnValue:
    """Drop every draft of the sequence."""
    publishing.discard_all(db.session(), find(slug).id, now=now())
    flash(_("Every draft is gone. What is published stays as it is."))
    return redirect(url_for("admin.sequences.show", slug=slug), 303)


def _page(sequence: Sequence, notice: str = "", code: int = 200) -> ResponseReturnValue:
    changes = publishing.changes(db.session(), sequence)
    page = render_template(
        "admin/list.html",
        sequence=sequence,
        sample=publishing.sample(db.session(), sequence, now=now()),
        steps=structure.standing(sequence),
        order=structure.order(sequence),
        changes={change.step.id: change for change in changes},
        waiting=reports.waiting(db.session(), sequence.id),
        contents=publishing.contents,
        mark=structure.mark(sequence),
        notice=notice,
    )
    return make_response(page, code)


def _listed(sequence: Sequence, step_id: int | None) -> Step | None:
    found = (step for step in structure.listed(sequence) if step.id == step_id)
    return next(found, None)


def _sent(slug: str) -> Step:
    step = db.session.get(Step, request.form.get("step", 0, int))
    is_here = step is not None and step.sequence.slug == slug
    if step is None or not is_here or step.role is not Role.LISTED:
        abort(404)
    return step


def _neighbour(sequence: Sequence, step: Step) -> Step | None:
    """Return the mail below a mail of the list, else the one above it."""
    steps = structure.listed(sequence)
    at = steps.index(step) if step in steps else 0
    return next(iter([*steps[at + 1 :], *steps[:at][::-1]]), None)


def _back(slug: str, step: Step | None) -> ResponseReturnValue:
    anchor = f"step-{step.id}" if step else None
    return redirect(url_for("admin.structure.show", slug=slug, _anchor=anchor), 303)


def _conflict(sequence: Sequence) -> ResponseReturnValue:
    db.session.rollback()
    notice = _(
        "A colleague changed the list in the meantime, so nothing was done. "
        "This is how it stands now: do it again if you still want to."
    )
    return _page(sequence, notice, 409)
