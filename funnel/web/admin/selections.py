"""What is done with everybody in a selection: a tag, or a file of them."""

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from funnel.db import db
from funnel.domain import tag as tags
from funnel.domain.status import TeamRole
from funnel.domain.tag import BadTag
from funnel.flow import reports, subscribers
from funnel.flow.reports import Selection
from funnel.flow.subscribers import Mark, Miscounted
from funnel.web import now
from funnel.web.admin import audited
from funnel.web.admin.subscribers import asked, choices, there
from funnel.web.auth import member, needs

bp = Blueprint("selections", __name__, url_prefix="/subscribers")
SEPARATORS = {"nl": ";", "en": ","}
"""What a spreadsheet of that country cuts a file at."""


@bp.get("/selection")
@needs(TeamRole.MARKETER)
def ask() -> ResponseReturnValue:
    """Say how many people a selection has, before anything is done with it."""
    return _page(asked(request.args))


@bp.post("/selection/tag")
def tag() -> ResponseReturnValue:
    """Give them all a tag, or take it off, if they are as many as she saw."""
    selection, sent = asked(request.args), request.form
    counted = sent.get("counted", -1, int)
    try:
        mark = Mark(tags.name(sent.get("tag", "")), sent.get("what") != "drop")
        _tag(selection, mark, counted)
    except (BadTag, Miscounted) as problem:
        return _page(selection, problem)
    flash(
        ngettext(
            "%(num)d person is being tagged. It goes on while you do something else.",
            "%(num)d people are being tagged. It goes on while you do something else.",
            counted,
        )
    )
    return redirect(there(selection), 303)


@bp.post("/selection/export")
def export() -> ResponseReturnValue:
    """Stream them as a CSV file, and write down that it was taken."""
    selection = asked(request.args)
    separator = SEPARATORS[member().language]
    audited.commit()
    lines = subscribers.lines(db.session(), selection, separator=separator)
    named = {"Content-Disposition": 'attachment; filename="subscribers.csv"'}
    return Response(stream_with_context(lines), mimetype="text/csv", headers=named)


@bp.post("/<int:subscriber_id>/tags")
def tag_one(subscriber_id: int) -> ResponseReturnValue:
    """Give one person a tag, or take it off."""
    sent = request.form
    try:
        name = tags.name(sent.get("tag", ""))
    except BadTag:
        flash(_bad_tag(), "problem")
    else:
        mark = Mark(name, is_added="drop" not in sent)
        subscribers.mark(db.session(), subscriber_id, mark, now=now())
    return redirect(url_for("admin.subscribers.show", subscriber_id=subscriber_id), 303)


def _tag(selection: Selection, mark: Mark, counted: int) -> None:
    who, at = member().user.id, now()
    subscribers.tag_selection(
        db.session(), selection, mark, counted=counted, user_id=who, now=at
    )


def _page(
    selection: Selection, problem: BadTag | Miscounted | None = None
) -> ResponseReturnValue:
    problems = {}
    if isinstance(problem, BadTag):
        problems["tag"] = _bad_tag()
    if isinstance(problem, Miscounted):
        problems["count"] = _("The number has changed meanwhile. Look once more.")
    page = render_template(
        "admin/selection.html",
        selection=selection,
        count=reports.count(db.session(), selection),
        problems=problems,
        **choices(selection),
    )
    return page, 422 if problem else 200


def _bad_tag() -> str:
    return str(_("A tag is a word of at most 40 letters and digits, such as “spring”."))
