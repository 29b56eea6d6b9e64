"""Clicks: what is behind the number of a link."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from funnel.db import db
from funnel.flow import reports

bp = Blueprint("clicks", __name__, url_prefix="/links")


@bp.get("/<int:link_id>")
def show(link_id: int) -> ResponseReturnValue:
    """Show a link's days, and who agreed to be seen following it."""
    after = request.args.get("after", None, int)
    found = reports.link_page(db.session(), link_id, after=after)
    return render_template("admin/link.html", page=found or abort(404))
