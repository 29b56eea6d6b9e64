"""Pictures of mails, for whoever's mail program asks: no cookie, nobody's address."""

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from funnel.db import db
from funnel.flow import pictures
from funnel.mail.picture import NAME, TYPES
from funnel.web import headers

bp = Blueprint("media", __name__)


@bp.get("/media/<name>")
def show(name: str) -> ResponseReturnValue:
    """Return a picture, which never changes: its name is made of its content."""
    known = NAME.fullmatch(name)
    found = pictures.find(db.session(), name) if known else None
    if known is None or found is None:
        abort(404)
    response = Response(found.data, mimetype=TYPES[known["end"]])
    response.set_etag(name)
    return headers.open_to_all(response).make_conditional(request)
