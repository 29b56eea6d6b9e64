"""Leaving, and everything that somebody can decide about her mails and data."""

import json

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from funnel.db import db
from funnel.domain import timing
from funnel.domain.status import MAILINGS, Purpose
from funnel.domain.tokens import TokenKind
from funnel.flow import preferences
from funnel.flow.preferences import Wishes, Wording
from funnel.models import Delivery, Registration, Subscriber
from funnel.web import csrf, entry, funnel, now, visitor
from funnel.web.visitor import DeadLink

REGIONS = ("Europe", "Africa", "America", "Asia", "Atlantic", "Australia", "Pacific")

bp = Blueprint("preferences", __name__)
csrf.exempt(bp)  # RFC 8058: no cookie, no CSRF token; the address is the proof
bp.after_request(visitor.private)


@bp.get("/u/<token>")
def leave(token: str) -> ResponseReturnValue:
    """Show what stops and what stays; looking changes nothing."""
    mail = _mail(token)
    if mail is None or mail.subscriber_id is None:
        return render_template("left.html", seats=[], subscriber=None)
    reader = visitor.subscriber(mail.subscriber_id)
    has_left = not preferences.in_force(db.session(), reader.id) & MAILINGS
    return render_template(
        "left.html" if has_left else "unsubscribe.html",
        token=token,
        subscriber=reader,
        seats=_seats(reader.id),
        links=funnel().links,
    )


@bp.post("/u/<token>")
def left(token: str) -> ResponseReturnValue:
    """Stop marketing at once: one click of the mail program, or the page's button."""
    mail = _mail(token)
    from_page = "page" in request.form
    if mail is not None and mail.subscriber_id is not None:
        preferences.unsubscribe(
            db.session(),
            mail.subscriber_id,
            now=now(),
            wording=_leaving("page" if from_page else "one-click"),
            delivery_id=mail.id,
        )
    if from_page:
        return redirect(url_for("preferences.leave", token=token), 303)
    return Response("Afgemeld. Unsubscribed.\n", mimetype="text/plain")


@bp.get("/preferences/<token>")
def wishes(token: str) -> ResponseReturnValue:
    """Show what she gets, her name, her zone, her seats, her rights."""
    return _wishes(token, _reader(token))


@bp.post("/preferences/<token>")
def act(token: str) -> ResponseReturnValue:
    """Do the one thing that the pressed button says."""
    reader = _reader(token)
    action = ACTIONS.get(request.form.get("action", ""))
    if action is None:
        return _wishes(token, reader), 422
    done = action(reader)
    return redirect(url_for("preferences.wishes", token=token, done=done), 303)


@bp.get("/data/<token>")
def personal_data(token: str) -> ResponseReturnValue:
    """Show the two rights: to have everything, and to have it gone."""
    visitor.subscriber(_data_subject(token))
    return render_template("personal_data.html", token=token)


@bp.post("/data/<token>")
def use_data(token: str) -> ResponseReturnValue:
    """Download everything, or erase it; the second asks for a tick."""
    subscriber_id = _data_subject(token)
    visitor.subscriber(subscriber_id)
    if request.form.get("action") == "download":
        return _download(subscriber_id)
    if request.form.get("action") != "erase" or "sure" not in request.form:
        return render_template("personal_data.html", token=token, is_unsure=True), 422
    preferences.erase(db.session(), subscriber_id, now=now())
    return render_template("erased.html")


def _mail(token: str) -> Delivery | None:
    delivery_id = visitor.numbers(TokenKind.UNSUBSCRIBE, token)[0]
    return db.session.get(Delivery, delivery_id)


def _reader(token: str) -> Subscriber:
    return visitor.subscriber(visitor.numbers(TokenKind.PREFERENCES, token)[0])


def _data_subject(token: str) -> int:
    subscriber_id, until = visitor.numbers(TokenKind.PERSONAL_DATA, token, count=2)
    if until <= now().timestamp():
        raise DeadLink
    return subscriber_id


def _wishes(token: str, reader: Subscriber) -> str:
    return render_template(
        "preferences.html",
        token=token,
        reader=reader,
        agreed=preferences.in_force(db.session(), reader.id),
        seats=_seats(reader.id),
        regions=_regions(),
        wording=_words(),
        done=request.args.get("done", ""),
        links=funnel().links,
    )


def _seats(subscriber_id: int) -> list[Registration]:
    """Return her seats in what is still to come."""
    found = db.session.scalars(
        select(Registration).where(
            Registration.subscriber_id == subscriber_id,
            Registration.cancelled_at.is_(None),
        )
    )
    return [
        seat
        for seat in found
        if seat.occurrence is None or seat.occurrence.ends_at > now()
    ]


def _regions() -> dict[str, list[str]]:
    zones = sorted(timing.zones())
    return {
        region: [zone for zone in zones if zone.startswith(f"{region}/")]
        for region in REGIONS
    }


def _words() -> dict[Purpose, str]:
    """Return what stands at the boxes; it is kept as proof, word for word."""
    return {
        Purpose.SERIES: _(
            "Send me the mail series of %(brand)s that goes with my masterclass. "
            "Every mail lets you leave.",
            brand=visitor.business().name,
        ),
        Purpose.OFFERS: entry.offers(),
        Purpose.CLICKS: _(
            "%(brand)s may see which links I follow in its mails, to write me what "
            "suits me.",
            brand=visitor.business().name,
        ),
    }


def _save(reader: Subscriber) -> str:
    sent = request.form
    purposes = frozenset(purpose for purpose in Purpose if purpose.value in sent)
    preferences.change(
        db.session(),
        reader.id,
        Wishes(
            first_name=entry.clean_name(sent.get("first_name", "")),
            zone=entry.zone_or(sent.get("zone", ""), reader.zone),
            purposes=purposes,
        ),
        wordings={
            purpose: Wording(text, reader.language, "preferences", visitor.origin())
            for purpose, text in _words().items()
        },
        now=now(),
    )
    return "saved"


def _cancel_seat(reader: Subscriber) -> str:
    sent = request.form.get("seat", "")
    for seat in _seats(reader.id):
        if str(seat.id) == sent:
            preferences.cancel_seat(db.session(), seat.id, now=now())
    return "seat"


def _request_data(reader: Subscriber) -> str:
    preferences.request_data(db.session(), reader.id, now=now())
    return "data"


ACTIONS = {"save": _save, "cancel-seat": _cancel_seat, "request-data": _request_data}


def _leaving(place: str) -> Wording:
    text = _("Stop the mail series and offers; my seat stays.")
    return Wording(text, "nl", f"unsubscribe ({place})", visitor.origin())


def _download(subscriber_id: int) -> Response:
    data = preferences.export(db.session(), subscriber_id)
    text = json.dumps(data, ensure_ascii=False, indent=2)
    response = Response(text, mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response
