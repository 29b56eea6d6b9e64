"""Her second step: a telephone that shows codes, and codes on paper."""

import segno
from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from funnel import clock
from funnel.db import db
from funnel.domain.seal import Broken
from funnel.flow import team
from funnel.web import auth, funnel
from funnel.web.auth import member

bp = Blueprint("second_step", __name__, url_prefix="/account/second-step")
FORM_LIVES = 3600  # seconds


@bp.get("")
def show() -> ResponseReturnValue:
    """Show a picture for her telephone, or how to do without again."""
    return _page(team.new_secret(), {})


@bp.post("")
def turn_on() -> ResponseReturnValue:
    """Ask for codes from now on, once she has shown one; her paper codes come once."""
    sent = request.form
    try:
        secret = funnel().seal.open(sent.get("sealed", "").encode(), FORM_LIVES)
    except Broken:
        return redirect(url_for(".show"), 303)
    proof = team.Proof(sent.get("password", ""), secret, sent.get("code", "")[:100])
    try:
        opened, codes = _turn_on(proof)
    except (team.WrongPassword, team.WrongCode) as problem:
        return _page(secret, _problem(problem))
    _admit(opened)
    return render_template("admin/paper_codes.html", codes=codes)


@bp.post("/off")
def turn_off() -> ResponseReturnValue:
    """Ask for no codes any more."""
    password, real = request.form.get("password", ""), clock.real()
    try:
        opened = team.turn_off(
            db.session(), member().user.id, password=password, real=real
        )
    except team.WrongPassword as problem:
        return _page(team.new_secret(), _problem(problem))
    _admit(opened)
    flash(_("Your log-in asks for no code any more."))
    return redirect(url_for("admin.account.show"), 303)


def _turn_on(proof: team.Proof) -> tuple[str, list[str]]:
    her = member().user.id
    return team.turn_on(db.session(), her, proof, seal=funnel().seal, real=clock.real())


def _admit(opened: str) -> None:
    later = session.get("profile_later")
    auth.admit(opened)
    session["profile_later"] = later


def _problem(problem: Exception) -> dict[str, str]:
    if isinstance(problem, team.WrongPassword):
        return {"password": _("This is not your password now.")}
    return {"code": _("This code does not fit. Take the one that shows now.")}


def _page(secret: str, problems: dict[str, str]) -> ResponseReturnValue:
    issuer = team.profile(db.session()).name or "Funnel"
    uri = team.address_of(secret, member().user, issuer)
    picture = segno.make(uri, error="m").svg_data_uri(scale=5, border=3, light="white")
    page = render_template(
        "admin/second_step.html",
        picture=picture,
        secret=" ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        sealed=funnel().seal.close(secret).decode(),
        problems=problems,
    )
    return page, 422 if problems else 200
