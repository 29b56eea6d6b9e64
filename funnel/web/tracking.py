"""The door of a mail's links: it counts who comes by, and leads on at once."""

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from funnel import clock
from funnel.db import db
from funnel.domain.tokens import TokenKind
from funnel.flow import clicks
from funnel.flow.clicks import Followed
from funnel.mail.tracked import CODE_LENGTH
from funnel.web import funnel, visitor
from funnel.web.visitor import DeadLink

bp = Blueprint("tracking", __name__)
bp.after_request(visitor.private)


@bp.get("/c/<token>")
def follow(token: str) -> ResponseReturnValue:
    """Lead to where the link was written to lead: nothing in the address decides."""
    signed, code = token[:-CODE_LENGTH], token[-CODE_LENGTH:]
    delivery_id = visitor.numbers(TokenKind.CLICK, signed)[0]
    link = clicks.find(db.session(), delivery_id, code, links=funnel().links)
    if link is None:
        raise DeadLink
    if request.method == "GET":  # a HEAD only asks what would come
        _note(link)
    return redirect(link.url, 302)


def _note(link: Followed) -> None:
    by_machine = visitor.is_machine()
    clicks.note(db.session(), link, real=clock.real(), is_machine=by_machine)
