"""The audit trail: who changed what, newest first."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from funnel.db import db
from funnel.domain.row_id import row_id
from funnel.domain.status import TeamRole
from funnel.flow import reports, team
from funnel.web.admin import deeds
from funnel.web.auth import needs

bp = Blueprint("trail", __name__, url_prefix="/trail")


@bp.get("")
@needs(TeamRole.OWNER)
def index() -> ResponseReturnValue:
    """List what was done, by whom and about what she asks."""
    deed, args = request.args.get("deed", ""), request.args
    user_id, deed = row_id(args.get("user")), deed if deed in deeds.DEEDS else ""
    page = reports.trail(
        db.session(), user_id=user_id, deed=deed, after=row_id(args.get("after"))
    )
    return render_template(
        "admin/trail.html",
        page=page,
        asked={"user_id": user_id, "deed": deed},
        users=team.users(db.session()),
        deeds=deeds.DEEDS,
        about=deeds.about,
    )
