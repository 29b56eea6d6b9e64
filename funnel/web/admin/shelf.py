"""Sequences as a whole: begun, copied, archived."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from funnel.db import db
from funnel.domain.status import TeamRole
from funnel.flow import publishing
from funnel.flow.publishing import BadName, InUse
from funnel.models import Sequence
from funnel.web import now
from funnel.web.admin.sequences import find
from funnel.web.auth import needs

bp = Blueprint("shelf", __name__, url_prefix="/sequences")


@bp.get("/add")
@needs(TeamRole.MARKETER)
def blank() -> ResponseReturnValue:
    """Ask for a name; with `copy`, for one of a copy."""
    slug = request.args.get("copy", "")
    return render_template("admin/new_sequence.html", copy=find(slug) if slug else None)


@bp.post("/add")
@needs(TeamRole.MARKETER)
def add() -> ResponseReturnValue:
    """Begin a sequence, empty or as a copy; it sends nothing before it goes live."""
    slug, name = request.form.get("copy", ""), request.form.get("name", "")
    old = find(slug) if slug else None
    try:
        new = _made(old, name)
    except BadName:
        problem = _("Give it a name of at most 120 characters.")
        page = render_template(
            "admin/new_sequence.html", copy=old, name=name, problem=problem
        )
        return page, 422
    flash(_("The sequence is there. Nobody gets its mails before it goes live."))
    return redirect(url_for("admin.structure.show", slug=new.slug), 303)


@bp.post("/<slug>/archive")
@needs(TeamRole.MARKETER)
def archive(slug: str) -> ResponseReturnValue:
    """Put a sequence away."""
    try:
        publishing.archive(db.session(), find(slug).id, now=now())
    except InUse:
        problem = _("A masterclass sends its mails through it. Pause it instead.")
        flash(problem, "problem")
        return redirect(url_for("admin.sequences.show", slug=slug), 303)
    flash(_("It is in the archive. It sends nothing; its mails and numbers stay."))
    return redirect(url_for("admin.sequences.index"), 303)


@bp.post("/<slug>/take-out")
@needs(TeamRole.MARKETER)
def take_out(slug: str) -> ResponseReturnValue:
    """Take a sequence out of the archive."""
    publishing.take_out(db.session(), find(slug).id, now=now())
    flash(_("It is back. It sends nothing before you let it go on."))
    return redirect(url_for("admin.sequences.show", slug=slug), 303)


def _made(old: Sequence | None, name: str) -> Sequence:
    if old is not None:
        return publishing.copy(db.session(), old.id, name)
    return publishing.create(db.session(), name, request.form.get("language", ""))
