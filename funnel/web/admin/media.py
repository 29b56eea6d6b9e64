"""Pictures for mails: sent up, listed with what they show, copied into a text."""

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from funnel.db import db
from funnel.domain.status import TeamRole
from funnel.flow import pictures
from funnel.flow.pictures import BadPicture, Shown
from funnel.models import Picture
from funnel.web import now
from funnel.web.admin import words
from funnel.web.auth import needs

SHOWN = 24

bp = Blueprint("media", __name__, url_prefix="/media")


@bp.get("")
@needs(TeamRole.MARKETER)
def index() -> ResponseReturnValue:
    """Ask for a picture, and list those that are there."""
    return _page("")


@bp.post("")
@needs(TeamRole.MARKETER)
def add() -> ResponseReturnValue:
    """Keep a picture; answer a page, or the editor in JSON."""
    file = request.files.get("file")
    data, alt = file.read() if file else b"", request.form.get("alt", "")
    try:
        found = pictures.add(db.session(), data, alt, now=now())
    except BadPicture as problem:
        return _refused(str(problem) if data else "none")
    if _is_editor():
        return jsonify(_told(found, alt)), 201
    flash(_("The picture is here. Copy its line into the text of a mail."))
    return redirect(url_for(".index"), 303)


@bp.post("/<name>/remove")
@needs(TeamRole.MARKETER)
def remove(name: str) -> ResponseReturnValue:
    """Take a picture away, unless a mail shows it."""
    try:
        pictures.remove(db.session(), name)
    except Shown as why:
        mails = ", ".join(f"“{words.subject(one)}”" for one in why.subjects)
        flash(_still_shown(mails), "problem")
    else:
        flash(_("The picture is gone."))
    return redirect(url_for(".index"), 303)


def _still_shown(mails: str) -> str:
    return str(
        _("The picture stays, as %(mails)s shows it. Take it out there.", mails=mails)
    )


def _refused(key: str) -> ResponseReturnValue:
    said = str(words.PICTURES[key])
    return (jsonify(error=said), 422) if _is_editor() else _page(said)


def _is_editor() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _told(picture: Picture, alt: str) -> dict[str, str]:
    said = " ".join(alt.split())
    return {
        "src": f"media:{picture.name}",
        "url": url_for("media.show", name=picture.name),
        "alt": said,
        "markdown": pictures.markdown(picture.name, said),
    }


def _page(problem: str) -> ResponseReturnValue:
    found = pictures.recent(
        db.session(), most=SHOWN + 1, before=request.args.get("before", "")
    )
    page = render_template(
        "admin/pictures.html",
        pictures=found[:SHOWN],
        has_more=len(found) > SHOWN,
        markdown=pictures.markdown,
        problem=problem,
        alt=request.form.get("alt", ""),
    )
    return page, 422 if problem else 200
