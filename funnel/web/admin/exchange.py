"""A sequence out as a zip file of its folder, and in from one."""

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from funnel.db import db
from funnel.domain.status import TeamRole
from funnel.flow import publishing
from funnel.flow.publishing import BadDraft, BadFolder
from funnel.web import now
from funnel.web.admin import audited, words
from funnel.web.admin.sequences import find
from funnel.web.auth import member, needs

bp = Blueprint("exchange", __name__, url_prefix="/sequences")


@bp.post("/<slug>/folder")
@needs(TeamRole.MARKETER)
def write_out(slug: str) -> ResponseReturnValue:
    """Give a sequence, as it is published, as a zip file of its folder."""
    data = publishing.pack(db.session(), find(slug).slug)
    audited.commit()
    named = {"Content-Disposition": f'attachment; filename="{slug}.zip"'}
    return Response(data, mimetype="application/zip", headers=named)


@bp.post("/add/folder")
@needs(TeamRole.MARKETER)
def bring_in() -> ResponseReturnValue:
    """Make drafts of what is in a zip file of a folder; nothing goes live."""
    file = request.files.get("folder")
    author = member().user.name or member().user.address
    try:
        with publishing.unpacked(file.read() if file else b"") as path:
            audited.about(slug=path.name)
            found = publishing.bring_in(db.session(), path, now=now(), author=author)
    except (BadDraft, BadFolder) as problem:
        page = render_template("admin/new_sequence.html", refused=_said(problem))
        return page, 422
    flash(_("The folder is in, as a draft. Nobody gets its mails before you publish."))
    return redirect(url_for("admin.sequences.show", slug=found.slug), 303)


def _said(problem: BadDraft | BadFolder) -> list[str]:
    """Return each thing that is wrong, with the file that it is in."""
    if isinstance(problem, BadDraft):
        return [f"{problem.slug}.md: {words.sentence(one)}" for one in problem.problems]
    return [words.say(problem.sentence, problem.details)]
