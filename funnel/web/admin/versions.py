"""Versions: every publish with what it changed, and the way back to one."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound

from funnel.db import db
from funnel.domain.status import TeamRole
from funnel.flow import publishing
from funnel.web.admin import diffs
from funnel.web.admin.sequences import find
from funnel.web.auth import needs

bp = Blueprint("versions", __name__, url_prefix="/sequences/<slug>/versions")


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the versions, the latest first."""
    sequence = find(slug)
    return render_template(
        "admin/versions.html",
        sequence=sequence,
        editions=publishing.history(db.session(), sequence),
        changes=publishing.changes(db.session(), sequence),
        diffs=diffs,
    )


@bp.post("/<int:number>/restore")
@needs(TeamRole.MARKETER)
def restore(slug: str, number: int) -> ResponseReturnValue:
    """Make a draft of an older version, and show what publishing it would do."""
    try:
        publishing.restore(db.session(), find(slug).id, number)
    except NoResultFound:
        abort(404)
    except publishing.HasDrafts:
        flash(_in_the_way(), "problem")
        return redirect(url_for("admin.versions.index", slug=slug), 303)
    return redirect(url_for("admin.sequences.review", slug=slug), 303)


def _in_the_way() -> str:
    return str(
        _(
            "There are drafts that are not published, and this would replace them. "
            "Publish them first, or drop them."
        )
    )
