"""The studio: where marketers write, publish and understand."""

from flask import Blueprint, abort, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from funnel.db import db
from funnel.flow import publishing, team
from funnel.web import auth
from funnel.web.admin import (
    account,
    business,
    clicks,
    colleagues,
    dashboard,
    deliveries,
    departures,
    exchange,
    imports,
    media,
    occurrences,
    pauses,
    rules,
    second_step,
    selections,
    sequences,
    shelf,
    simulator,
    steps,
    structure,
    subscribers,
    trail,
    versions,
    ways,
    words,
)

bp = Blueprint("admin", __name__, url_prefix="/admin")
STUDIO = (
    *(account, business, clicks, colleagues, dashboard, deliveries, departures),
    *(
        exchange,
        imports,
        media,
        occurrences,
        pauses,
        rules,
        second_step,
        selections,
        sequences,
    ),
    *(shelf, simulator, steps, structure, subscribers, trail, versions, ways),
)
for part in STUDIO:
    bp.register_blueprint(part.bp)
bp.after_request(auth.private)

OWN = ("admin.account.", "admin.second_step.")
"""What concerns nobody but herself: a viewer may write to it, too."""

OPEN = (*OWN, "admin.business.")
"""Pages that the business profile does not hold up."""


@bp.before_request
def guard() -> ResponseReturnValue | None:
    """Ask for a log-in, keep viewers from writing, ask once for the profile."""
    if not current_user.is_authenticated:
        here = request.full_path.rstrip("?")
        target = here if request.method == "GET" else auth.came_from()
        return redirect(url_for("auth.login", next=target), 303)
    is_reading = request.method in {"GET", "HEAD", "OPTIONS"}
    if not is_reading and not may_post(str(request.endpoint)):
        abort(403)
    if is_reading and _wants_profile():
        return redirect(url_for("admin.business.show"))
    return None


@bp.context_processor
def frame() -> dict[str, object]:
    """Give every page what its frame shows."""
    profile = team.profile(db.session())
    return {
        "member": auth.member(),
        "profile": profile,
        "words": words,
        "standstill": publishing.open_pause(db.session(), None),
    }


def may_post(endpoint: str) -> bool:
    """Say whether she may send this form: her own account is everybody's."""
    return auth.member().may_write or endpoint.startswith(OWN)


def _wants_profile() -> bool:
    if not auth.member().may_write or session.get("profile_later"):
        return False
    if str(request.endpoint).startswith(OPEN):
        return False
    return not team.is_ready(db.session())
