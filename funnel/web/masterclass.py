"""The way into the masterclass and its recording: the link shows, the button acts."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from funnel.db import db
from funnel.domain.tokens import TokenKind
from funnel.flow import enrollment
from funnel.models import Occurrence, Registration
from funnel.web import babel, csrf, funnel, headers, now, visitor

DOORS = timedelta(minutes=30)
"""How long before the start the button is there."""

bp = Blueprint("masterclass", __name__)
csrf.exempt(bp)  # the token in the address is the proof; no cookie is read
bp.after_request(visitor.private)


@bp.get("/join/<token>")
def join(token: str) -> ResponseReturnValue:
    """Show the date, how long still, and the door when it is open."""
    seat = visitor.seat(TokenKind.JOIN, token)
    page = render_template("join.html", token=token, **_about(seat))
    return _leads_to(page, seat.occurrence.room_url if seat.occurrence else "")


@bp.post("/join/<token>")
def enter(token: str) -> ResponseReturnValue:
    """Write down that she joined, and send her into the room."""
    seat = visitor.seat(TokenKind.JOIN, token)
    if _phase(seat) != "open" or not seat.occurrence or not seat.occurrence.room_url:
        return redirect(url_for("masterclass.join", token=token), 303)
    enrollment.join(db.session(), seat, now=now())
    return redirect(seat.occurrence.room_url, 303)


@bp.get("/replay/<token>")
def replay(token: str) -> ResponseReturnValue:
    """Show the recording's deadline, and the button until then."""
    seat = visitor.seat(TokenKind.REPLAY, token)
    page = render_template("replay.html", token=token, **_about(seat))
    return _leads_to(page, seat.occurrence.replay_url if seat.occurrence else "")


@bp.post("/replay/<token>")
def watch(token: str) -> ResponseReturnValue:
    """Write down that she opened the recording, and send her to it."""
    seat = visitor.seat(TokenKind.REPLAY, token)
    if not _has_replay(seat.occurrence) or not seat.occurrence:
        return redirect(url_for("masterclass.replay", token=token), 303)
    enrollment.replay(db.session(), seat, now=now())
    return redirect(seat.occurrence.replay_url, 303)


@bp.get("/voorbeeld/zaal")
def sample_room() -> ResponseReturnValue:
    """Stand in for the room, on one's own machine only."""
    return _sample(is_replay=False)


@bp.get("/voorbeeld/opname")
def sample_replay() -> ResponseReturnValue:
    """Stand in for the recording, on one's own machine only."""
    return _sample(is_replay=True)


def _sample(*, is_replay: bool) -> str:
    if not funnel().settings.embedded:
        abort(404)
    babel.speak(funnel().settings.language)
    return render_template("sample_room.html", is_replay=is_replay)


def _leads_to(page: str, target: str) -> Response:
    """Let the page's button end up elsewhere: browsers check where a form leads."""
    response, parts = Response(page), urlsplit(target)
    if parts.netloc:
        allowed = f"'self' {parts.scheme}://{parts.netloc}"
        rules = headers.policy(form_action=allowed)
        response.headers["Content-Security-Policy"] = rules
    return response


def _about(seat: Registration) -> dict[str, object]:
    date = seat.occurrence
    return {
        "seat": seat,
        "occurrence": date,
        "masterclass": seat.masterclass,
        "phase": _phase(seat),
        "has_replay": _has_replay(date),
        "wait": date.starts_at - DOORS - now() if date else timedelta(),
        "links": funnel().links,
        "zone": visitor.subscriber(seat.subscriber_id).zone,
    }


def _phase(seat: Registration) -> str:
    """Return where the seat stands: returned, dateless, off, early, open or over."""
    date = seat.occurrence
    if seat.cancelled_at is not None:
        return "returned"
    if date is None:
        return "dateless"
    if date.cancelled_at is not None:
        return "off"
    if now() >= date.ends_at:
        return "over"
    return "open" if now() >= date.starts_at - DOORS else "early"


def _has_replay(date: Occurrence | None) -> bool:
    if date is None or not date.replay_url or date.cancelled_at is not None:
        return False
    is_in_time = date.replay_until is None or now() < date.replay_until
    return is_in_time and now() >= date.ends_at
