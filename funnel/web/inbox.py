"""The inbox of the embedded mode: what the local SMTP server got, and the clock."""

from datetime import timedelta
from http import HTTPStatus

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as Answer

from funnel import clock
from funnel.db import db
from funnel.flow import travel
from funnel.flow.travel import Trip
from funnel.mail import mailbox
from funnel.mail.mailbox import Mailbox, NoSuchMessage, Received
from funnel.web import funnel, headers, now

bp = Blueprint("inbox", __name__)

PARTS = ("html", "text", "source")
JUMPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
NEW_TAB = '<base target="_blank">'  # a link in a mail opens beside the inbox


@bp.before_request
def only_here() -> None:
    """Let nobody read mail outside the embedded mode."""
    if not funnel().settings.embedded:
        abort(404)


@bp.get("/inbox")
def index() -> str:
    return _page(None, "html")


@bp.post("/inbox/clock")
def go() -> Answer:
    """Move the clock; the workers send, this waits for them."""
    try:
        flash(_arrived(_trips(request.form.get("to", "next"))))
    except travel.NoWorker:
        flash(_("No worker takes up the work, so nothing leaves. Is it running?"))
    except travel.Stuck:
        flash(_("The workers live, but what is due does not get done. See their log."))
    return redirect(url_for("inbox.index"), HTTPStatus.SEE_OTHER)


@bp.get("/inbox/messages/<number>")
def message(number: str) -> str:
    part = request.args.get("part", "html")
    return _page(_find(number), part if part in PARTS else "html")


@bp.get("/inbox/messages/<number>/letter")
def letter(number: str) -> Response:
    """Show the HTML part, for a frame: nothing in it runs."""
    html = mailbox.part(mailbox.parse(_read(number)), "html")
    return headers.letter(make_response(html.replace("<head>", f"<head>{NEW_TAB}", 1)))


@bp.get("/inbox/messages/<number>.eml")
def source(number: str) -> Response:
    response = make_response(_read(number))
    response.headers["Content-Type"] = "message/rfc822"
    return response


@bp.get("/inbox/messages.json")
def messages() -> Response:
    """List what came, the oldest first."""
    return jsonify([_facts(received) for received in _box().messages()])


def _trips(to: str) -> list[Trip]:
    redis_url = funnel().settings.redis_url
    session = db.session()
    if to in JUMPS:
        by = JUMPS[to]
        return travel.advance(session, by, redis_url=redis_url, real=clock.real)
    trip = travel.go_on(session, redis_url=redis_url, real=clock.real)
    return [trip] if trip else []


def _arrived(trips: list[Trip]) -> str:
    number = sum(len(trip.arrivals) for trip in trips)
    if not trips:
        return str(_("Nothing was due: no mail arrived."))
    return str(ngettext("%(num)d mail arrived.", "%(num)d mails arrived.", number))


def _page(received: Received | None, part: str) -> str:
    shown = mailbox.parse(_read(received.id)) if received else None
    return render_template(
        "inbox/inbox.html",
        messages=list(reversed(_box().messages())),
        received=received,
        part=part,
        shown=shown,
        text=mailbox.part(shown, "plain") if shown else "",
        now=now(),
        zone=funnel().settings.zone,
    )


def _facts(received: Received) -> dict[str, str]:
    return {
        "id": received.id,
        "from": received.address,
        "to": received.recipient,
        "subject": received.subject,
        "date": received.date.isoformat(),
    }


def _box() -> Mailbox:
    return Mailbox(funnel().settings.data_dir / "mail")


def _find(number: str) -> Received:
    try:
        return _box().find(number)
    except NoSuchMessage:
        abort(404)


def _read(number: str) -> bytes:
    try:
        return _box().read(number)
    except NoSuchMessage:
        abort(404)
