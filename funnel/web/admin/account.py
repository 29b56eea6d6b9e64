"""Her own account: password, language, and every log-in at once."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from funnel import clock
from funnel.db import db
from funnel.flow import team
from funnel.web import auth, babel
from funnel.web.auth import member

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
def show() -> ResponseReturnValue:
    """Show who she is here."""
    return render_template("admin/account.html", problems={})


@bp.post("/password")
def password() -> ResponseReturnValue:
    """Change the password; every other log-in ends."""
    sent, later = request.form, session.get("profile_later")
    try:
        secret = team.change_password(
            db.session(),
            member().user.id,
            old=sent.get("old", ""),
            new=sent.get("new", ""),
            real=clock.real(),
        )
    except (team.WrongPassword, team.WeakPassword) as problem:
        return _again(problem)
    auth.admit(secret)
    session["profile_later"] = later
    flash(_("Your password is changed. Every other log-in of yours has ended."))
    return redirect(url_for("admin.account.show"), 303)


@bp.post("/language")
def language() -> ResponseReturnValue:
    """Keep the language in which she reads the studio."""
    team.speak(db.session(), member().user.id, request.form.get("language", ""))
    babel.speak(member().language)
    flash(_("The studio speaks English to you now."))
    return redirect(url_for("admin.account.show"), 303)


@bp.post("/end")
def end() -> ResponseReturnValue:
    """End every log-in of hers, also this one."""
    team.end_all(db.session(), member().user.id, real=clock.real())
    session.clear()
    return redirect(url_for("auth.login"), 303)


def _again(problem: Exception) -> ResponseReturnValue:
    if isinstance(problem, team.WrongPassword):
        problems = {"old": _("This is not your password now.")}
    else:
        problems = {
            "new": _(
                "Choose a longer or less guessable password: at least 12 characters, "
                "for example four words."
            )
        }
    return render_template("admin/account.html", problems=problems), 422
