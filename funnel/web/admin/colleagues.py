"""The team: who may come in, and what each may do; for owners."""

from collections.abc import Callable, Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from funnel import clock
from funnel.db import db
from funnel.domain.address import BadAddress
from funnel.domain.status import TeamRole
from funnel.flow import team
from funnel.models import User
from funnel.web import now
from funnel.web.auth import needs

bp = Blueprint("team", __name__, url_prefix="/team")
ROLES = (TeamRole.VIEWER, TeamRole.MARKETER, TeamRole.OWNER)


@bp.get("")
@needs(TeamRole.OWNER)
def index() -> ResponseReturnValue:
    """List the colleagues, and ask for a new one."""
    return _page({})


@bp.post("")
@needs(TeamRole.OWNER)
def invite() -> ResponseReturnValue:
    """Mail somebody an invitation."""
    try:
        _invite(request.form)
    except BadAddress:
        return _page({"address": _("Write an address such as anna@example.nl.")})
    except team.BadUser:
        return _page({"address": _("Somebody here has this address already.")})
    flash(_("The invitation is on its way. Its link works for a week."))
    return redirect(url_for(".index"), 303)


DONE = {
    "change": lazy_gettext("It is saved."),
    "disable": lazy_gettext("She is kept out, and every log-in of hers has ended."),
    "enable": lazy_gettext("She can log in again."),
    "end": lazy_gettext("Every log-in of hers has ended."),
    "reset_second_step": lazy_gettext(
        "Her second step is off. She logs in with her password, and can turn it on "
        "again."
    ),
    "invite_again": lazy_gettext(
        "A new invitation is on its way. The old link works no more."
    ),
}
"""What was done to a colleague, by the form that did it."""


@bp.get("/<int:user_id>")
@needs(TeamRole.OWNER)
def show(user_id: int) -> ResponseReturnValue:
    """Show one colleague, and what can be done."""
    user = db.session.get(User, user_id) or abort(404)
    return render_template("admin/colleague.html", user=user, roles=ROLES)


@bp.post("/<int:user_id>")
@needs(TeamRole.OWNER)
def change(user_id: int) -> ResponseReturnValue:
    """Keep a name and a role; another role ends the log-ins."""
    name = request.form.get("name", "").replace("\0", "")
    return _do(
        user_id,
        lambda: team.change(
            db.session(), user_id, name=name, role=_role(), real=clock.real()
        ),
    )


@bp.post("/<int:user_id>/disable")
@needs(TeamRole.OWNER)
def disable(user_id: int) -> ResponseReturnValue:
    """Keep a colleague out."""
    return _do(user_id, lambda: team.disable(db.session(), user_id, real=clock.real()))


@bp.post("/<int:user_id>/enable")
@needs(TeamRole.OWNER)
def enable(user_id: int) -> ResponseReturnValue:
    """Let a colleague in again."""
    return _do(user_id, lambda: team.enable(db.session(), user_id))


@bp.post("/<int:user_id>/end")
@needs(TeamRole.OWNER)
def end(user_id: int) -> ResponseReturnValue:
    """End every log-in of a colleague."""
    return _do(user_id, lambda: team.end_all(db.session(), user_id, real=clock.real()))


@bp.post("/<int:user_id>/second-step")
@needs(TeamRole.OWNER)
def reset_second_step(user_id: int) -> ResponseReturnValue:
    """Let in with a password alone who lost her telephone and her paper."""
    return _do(user_id, lambda: team.reset(db.session(), user_id, real=clock.real()))


@bp.post("/<int:user_id>/invite")
@needs(TeamRole.OWNER)
def invite_again(user_id: int) -> ResponseReturnValue:
    """Mail a new link; the old one ends."""
    return _do(
        user_id,
        lambda: team.invite_again(db.session(), user_id, now=now(), real=clock.real()),
    )


def _invite(sent: Mapping[str, str]) -> None:
    team.invite(
        db.session(),
        sent.get("address", ""),
        name=sent.get("name", "").replace("\0", ""),
        role=_role(),
        now=now(),
        real=clock.real(),
    )


def _do(user_id: int, deed: Callable[[], object]) -> ResponseReturnValue:
    if db.session.get(User, user_id) is None:
        abort(404)
    try:
        deed()
    except team.LastOwner:
        flash(_("She is the last owner. Make somebody else an owner first."), "problem")
    else:
        flash(str(DONE[str(request.endpoint).rpartition(".")[2]]))
    return redirect(url_for(".show", user_id=user_id), 303)


def _page(problems: dict[str, str]) -> ResponseReturnValue:
    page = render_template(
        "admin/team.html",
        users=team.users(db.session()),
        roles=ROLES,
        problems=problems,
    )
    return page, 422 if problems else 200


def _role() -> TeamRole:
    """Return the role of the form; none of ours is the one that may least."""
    role = request.form.get("role", "")
    return TeamRole(role) if role in set(TeamRole) else TeamRole.VIEWER
