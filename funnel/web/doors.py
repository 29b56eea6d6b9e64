"""The other doors of the studio: a code, a forgotten password, a mailed link."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from funnel import clock
from funnel.db import db
from funnel.domain.tokens import TokenKind
from funnel.flow import team
from funnel.models import UserLink
from funnel.web import auth, babel, funnel, now, visitor

bp = Blueprint("doors", __name__, url_prefix="/admin")
bp.after_request(auth.private)

WEAK = lazy_gettext(
    "Choose a longer or less guessable password: at least 12 characters, "
    "for example four words."
)


@bp.get("/code")
def ask_code() -> ResponseReturnValue:
    """Ask for the second step of a log-in that has its first."""
    if "half" not in session:
        return redirect(url_for("auth.login"))
    babel.speak(session.get("language", babel.language()))
    return render_template("admin/code.html")


@bp.post("/code")
def enter_code() -> ResponseReturnValue:
    """Open the log-in if the code fits; each code opens once."""
    babel.speak(session.get("language", babel.language()))
    try:
        secret = team.prove(
            db.session(),
            session.get("half", ""),
            request.form.get("code", "")[:100],
            seal=funnel().seal,
            network=visitor.origin(),
            real=clock.real(),
        )
    except (team.WrongCode, team.TooSoon) as problem:
        return auth.refused("admin/code.html", problem)
    target = session.get("next")
    auth.admit(secret)
    return redirect(auth.safe(target), 303)


@bp.get("/forgotten")
def ask_forgotten() -> ResponseReturnValue:
    """Ask for the address of who forgot her password."""
    babel.speak(auth.language())
    return render_template("admin/forgotten.html", is_sent=False)


@bp.post("/forgotten")
def forgotten() -> ResponseReturnValue:
    """Mail her a link; the answer is the same for who is nobody here."""
    babel.speak(auth.language())
    address = request.form.get("address", "").replace("\0", "")[:300]
    team.ask_password(db.session(), address, now=now(), real=clock.real())
    return render_template("admin/forgotten.html", is_sent=True)


@bp.get("/choose/<token>")
def ask_password(token: str) -> ResponseReturnValue:
    """Ask for the password that she wants from now on."""
    return _choose(_link(token))


@bp.post("/choose/<token>")
def choose(token: str) -> ResponseReturnValue:
    """Keep it; the link has done its work, and she logs in with it."""
    link = _link(token)
    password = request.form.get("password", "")
    try:
        team.choose_password(db.session(), link.id, password, real=clock.real())
    except team.WeakPassword:
        return _choose(link, str(WEAK))
    except team.DeadLink:
        raise visitor.DeadLink from None
    return redirect(url_for("auth.login", welcome=1), 303)


def _link(token: str) -> UserLink:
    (link_id,) = visitor.numbers(TokenKind.ACCOUNT, token)
    try:
        link = team.link(db.session(), link_id, real=clock.real())
    except team.DeadLink:
        raise visitor.DeadLink from None
    babel.speak(link.user.language)
    return link


def _choose(link: UserLink, problem: str = "") -> ResponseReturnValue:
    title = _("Choose a new password")
    if link.user.is_invited:
        title = _("Welcome to the studio")
    page = render_template(
        "admin/choose.html", user=link.user, title=title, problem=problem
    )
    return page, 422 if problem else 200
