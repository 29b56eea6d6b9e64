"""Log-in: who is at the door, what she may do, and the way out."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, cast
from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user

from funnel import clock
from funnel.db import db
from funnel.domain.status import TeamRole
from funnel.flow import team
from funnel.models import User
from funnel.web import babel, visitor

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]

RANKS = (TeamRole.VIEWER, TeamRole.MARKETER, TeamRole.OWNER)
INSIDE = re.compile(r"/admin(?:/[A-Za-z0-9_-]+)*/?(?:\?[A-Za-z0-9_=&.%+-]*)?")

bp = Blueprint("auth", __name__, url_prefix="/admin")
manager = LoginManager()


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody logged in; her cookie holds the secret of this log-in, not her id."""

    user: User
    secret: str
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        return self.secret

    @property
    def language(self) -> str:
        return self.user.language

    def may(self, role: TeamRole) -> bool:
        """Say whether she may do what this role may."""
        return RANKS.index(self.user.role) >= RANKS.index(role)

    @property
    def is_owner(self) -> bool:
        return self.may(TeamRole.OWNER)

    @property
    def may_write(self) -> bool:
        return self.may(TeamRole.MARKETER)


@bp.record_once
def setup(state: BlueprintSetupState) -> None:
    """Bind Flask-Login; forms of the studio live as long as the log-in."""
    manager.init_app(state.app)
    manager.session_protection = None  # the row decides; networks change on a train
    manager.user_loader(_member)
    state.app.config["WTF_CSRF_TIME_LIMIT"] = None


@bp.after_request
def keep_private(response: ResponseReturnValue) -> ResponseReturnValue:
    return private(response)


def private(response: ResponseReturnValue) -> ResponseReturnValue:
    """Keep the studio out of caches and indexes; its forms need a referrer."""
    headers = response.headers  # type: ignore[union-attr]  # Flask gives a Response
    headers["Cache-Control"] = "no-store"
    headers["Referrer-Policy"] = "same-origin"
    headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/login")
def login() -> ResponseReturnValue:
    """Ask for address and password, in the language of her choice."""
    babel.speak(language())
    if current_user.is_authenticated:
        return redirect(safe(request.args.get("next")))
    return render_template("admin/login.html", language=language())


@bp.post("/login")
def enter() -> ResponseReturnValue:
    """Open a log-in; the cookie's session starts anew."""
    babel.speak(language())
    try:
        secret = team.log_in(
            db.session(),
            address=request.form.get("address", ""),
            password=request.form.get("password", ""),
            network=visitor.origin(),
            real=clock.real(),
        )
    except (team.WrongPassword, team.TooSoon) as problem:
        return refused("admin/login.html", problem)
    return _let_in(secret, safe(request.form.get("next")))


@bp.post("/logout")
def leave() -> ResponseReturnValue:
    """End the log-in itself, so that a copied cookie opens nothing."""
    if current_user.is_authenticated:
        team.log_out(db.session(), member().secret, real=clock.real())
    logout_user()
    session.clear()
    return redirect(url_for("auth.login"), 303)


def member() -> Member:
    """Return who is logged in; only behind a page that asks for it."""
    return cast("Member", current_user._get_current_object())  # noqa: SLF001 - its way


def needs(role: TeamRole) -> Callable[[View[P]], View[P]]:
    """Let a view be used by this role and the ones above it."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if not member().may(role):
                abort(403)
            return view(*args, **kwargs)

        guarded.needed_role = role  # type: ignore[attr-defined]  # read by the test
        return guarded

    return decorate


def admit(secret: str) -> None:
    """Begin a new browser session for a log-in that was just opened."""
    session.clear()
    found = _member(secret)
    if found is not None:
        login_user(found)


def safe(target: str | None) -> str:
    """Return where to go next: a page of the studio, whatever was asked for."""
    if target and INSIDE.fullmatch(target):
        return target
    return url_for("admin.dashboard.show")


def came_from() -> str | None:
    """Return the path of the page that sent this form; `safe` judges it."""
    return urlsplit(request.referrer or "").path or None


def _let_in(secret: str, target: str) -> ResponseReturnValue:
    """Go where she wanted to be, or to the page for a code when this is half of it."""
    if _member(secret) is None:
        session.clear()
        session.update(half=secret, next=target, language=language())
        return redirect(url_for("doors.ask_code"), 303)
    admit(secret)
    return redirect(target, 303)


def _member(secret: str) -> Member | None:
    found = team.current(db.session(), secret, real=clock.real())
    return Member(found.user, secret) if found else None


def refused(template: str, problem: Exception) -> ResponseReturnValue:
    """Say that it does not fit, or that it was too often."""
    wait = 0
    if isinstance(problem, team.TooSoon):
        wait = int(problem.wait.total_seconds()) + 1
    page = render_template(template, language=language(), wait=wait, is_wrong=not wait)
    return page, 429 if wait else 422, {"Retry-After": str(wait)} if wait else {}


def language() -> str:
    """Return the language that she chose at the door."""
    chosen = request.values.get("language", "")
    return chosen if chosen in babel.LANGUAGES else babel.language()
