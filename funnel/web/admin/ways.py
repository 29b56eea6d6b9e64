"""Her ways through sequences: a person starts one for her, or lets her go."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from funnel.db import db
from funnel.domain.status import TeamRole
from funnel.flow import enrollment
from funnel.flow.enrollment import NotThere
from funnel.models import Sequence, Subscriber
from funnel.web import now
from funnel.web.auth import needs

bp = Blueprint("ways", __name__, url_prefix="/subscribers/<int:subscriber_id>/ways")


@bp.post("/start")
@needs(TeamRole.MARKETER)
def start(subscriber_id: int) -> ResponseReturnValue:
    """Start a sequence for her, if she is not in it and may begin."""
    sequence = _sequence(request.form.get("sequence", ""))
    person = db.session.get(Subscriber, subscriber_id) or abort(404)
    try:
        begun = enrollment.start_by_hand(
            db.session(), person.id, sequence.id, now=now()
        )
    except NotThere:
        return _back(subscriber_id, _("It sends nothing yet: let it go live first."))
    if not begun:
        return _back(subscriber_id, _("She is in it, or was, and may not start again."))
    return _back(subscriber_id)


@bp.post("/<slug>/finish")
@needs(TeamRole.MARKETER)
def finish(subscriber_id: int, slug: str) -> ResponseReturnValue:
    """Let her leave: no marketing of it any more; her seat and its mails stay."""
    sequence = _sequence(slug)
    try:
        enrollment.finish_by_hand(db.session(), subscriber_id, sequence.id, now=now())
    except NotThere:
        return _back(subscriber_id, _("She is not on her way through it."))
    return _back(subscriber_id)


def _sequence(slug: str) -> Sequence:
    found = db.session.scalar(select(Sequence).where(Sequence.slug == slug))
    return found or abort(404)


def _back(subscriber_id: int, problem: str = "") -> ResponseReturnValue:
    if problem:
        flash(problem, "problem")
    else:
        flash(_("Done. Her mails follow from now on."))
    return redirect(url_for("admin.subscribers.show", subscriber_id=subscriber_id), 303)
