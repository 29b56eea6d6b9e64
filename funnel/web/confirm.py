"""The confirming click: the link shows, the button acts."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from funnel.db import db
from funnel.domain import tokens
from funnel.domain.status import Purpose
from funnel.domain.tokens import TokenKind
from funnel.flow import preferences, signup
from funnel.flow.preferences import Wording
from funnel.flow.signup import Expired, Unknown
from funnel.models import Masterclass, Occurrence, Registration, Signup
from funnel.web import babel, content, csrf, entry, funnel, now, visitor

bp = Blueprint("confirm", __name__)
csrf.exempt(bp)  # the token in the address is the proof; no cookie is read
bp.after_request(visitor.private)


@bp.get("/confirm/<token>")
def show(token: str) -> ResponseReturnValue:
    """Show the seat, and the button or two; or that it is done."""
    sent = _signup(token)
    if sent.confirmed_at is not None:
        return _done(sent, token)
    return render_template(
        "confirm.html",
        token=token,
        signup=sent,
        occurrence=_occurrence(sent),
        replaced=_replaced(sent),
        masterclass=_masterclass(sent),
        ask=_ask(_masterclass(sent)),
    )


@bp.post("/confirm/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """Make the seat, and the consent that the pressed button names, true."""
    sent = _signup(token)
    signup.confirm(
        db.session(),
        sent.id,
        series=sent.series or request.form.get("series") == "yes",
        now=now(),
        wording=_wording(sent),
    )
    return redirect(url_for("confirm.show", token=token), 303)


@bp.post("/confirm/<token>/offers")
def offers(token: str) -> ResponseReturnValue:
    """Add the yes to offers, which "stated" words do not speak of."""
    sent = _signup(token)
    if sent.confirmed_at is not None and "offers" in request.form:
        wording = _offers(sent)
        preferences.agree(
            db.session(), sent.subscriber_id, Purpose.OFFERS, wording=wording, now=now()
        )
    return redirect(url_for("confirm.show", token=token), 303)


@bp.errorhandler(Expired)
def expired(error: Expired) -> ResponseReturnValue:
    """Offer a new mail with one click."""
    sent = error.signup
    masterclass = _masterclass(sent)
    babel.speak(sent.language)
    page = render_template(
        "expired.html",
        masterclass=masterclass,
        thanks=tokens.issue(funnel().keys, TokenKind.THANKS, sent.id),
        stamp=entry.stamp(masterclass),
    )
    return page, 410


@bp.errorhandler(Unknown)
def unknown(_: Unknown) -> ResponseReturnValue:
    """Say that the sign-up has been forgotten, and where to start again."""
    return render_template("expired.html", masterclass=None), 410


def _signup(token: str) -> Signup:
    signup_id = visitor.numbers(TokenKind.CONFIRM, token)[0]
    sent = signup.find(db.session(), signup_id, now=now())
    babel.speak(sent.language)
    return sent


def _masterclass(sent: Signup) -> Masterclass:
    return visitor.row(Masterclass, sent.masterclass_id)


def _occurrence(sent: Signup) -> Occurrence | None:
    return signup.date(db.session(), sent, now=now())


def _replaced(sent: Signup) -> Occurrence | None:
    """Return the date of the seat that this one would take the place of."""
    seat, date = signup.registration(db.session(), sent), _occurrence(sent)
    if seat is None or seat.cancelled_at or date in {None, seat.occurrence}:
        return None
    return seat.occurrence


def _done(sent: Signup, token: str) -> str:
    seat = signup.registration(db.session(), sent)
    return render_template(
        "confirmed.html",
        token=token,
        seat=seat,
        masterclass=_masterclass(sent),
        zone=sent.subscriber.zone,
        links=funnel().links,
        add=_calendars(seat) if seat else {},
        is_stated=_masterclass(sent).consent_mode == "stated",
        agreed=preferences.in_force(db.session(), sent.subscriber_id),
        offers=_offers(sent).text,
    )


def _calendars(seat: Registration) -> dict[str, str]:
    """Return the links that offer the date to the calendars of others."""
    date, links = seat.occurrence, funnel().links
    if date is None:
        return {}
    join = links.join(seat.id)
    about = (seat.masterclass.title, date.starts_at, date.ends_at, join, join)
    return {"google": links.google(*about), "outlook": links.outlook(*about)}


def _ask(masterclass: Masterclass) -> dict[str, str]:
    """Return how she is asked once more; empty texts have their own in the page."""
    names = content.names(visitor.business())
    ask = masterclass.page.get("consent", {}).get("ask", {})
    return {name: content.fill(ask[name], names) for name in ask if name != "purposes"}


def _offers(sent: Signup) -> Wording:
    """Return the words at the box for offers."""
    consent = _masterclass(sent).page.get("consent", {})
    text = consent.get("offers", {}).get("text") or entry.offers()
    return Wording(
        content.fill(text, content.names(visitor.business())),
        sent.language,
        "confirmation",
        visitor.origin(),
        consent.get("wording_version", ""),
    )


def _wording(sent: Signup) -> Wording:
    masterclass = _masterclass(sent)
    ask = _ask(masterclass)
    said = " ".join(ask.get(part, "") for part in ("heading", "text", "yes")).strip()
    return Wording(
        said or sent.wording,
        sent.language,
        "confirmation",
        visitor.origin(),
        masterclass.page.get("consent", {}).get("wording_version", ""),
    )
