"""The pages before the confirming click: landing, form, thanks, reading, privacy."""

from dataclasses import replace
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from funnel import clock
from funnel.db import db
from funnel.domain import address as addresses
from funnel.domain import tokens
from funnel.domain.status import Page
from funnel.domain.tokens import TokenKind
from funnel.flow import signup
from funnel.flow.signup import Form, TooMany, Unknown
from funnel.models import Masterclass, Signup
from funnel.web import babel, content, csrf, entry, funnel, mailboxes, now, visitor
from funnel.web.entry import Entry
from funnel.web.visitor import DeadLink

bp = Blueprint("pages", __name__)
csrf.exempt(bp)  # no cookie, no session: the form brings its own signed token


@bp.app_context_processor
def names() -> dict[str, Any]:
    return {"business": visitor.business}


@bp.app_errorhandler(DeadLink)
def dead_link(_: DeadLink) -> ResponseReturnValue:
    """Say of a link from a mail that it does not work (any more)."""
    return visitor.private(Response(render_template("dead_link.html"), 404))


@bp.get("/")
def home() -> ResponseReturnValue:
    """Show the masterclass of the house."""
    found = db.session.scalar(select(Masterclass).where(Masterclass.is_home))
    if found is None:
        abort(404)
    babel.speak(found.language)
    page = _landing(found, entry.blank(found))
    return visitor.counted(page, Page.LANDING, found.slug)


@bp.get("/<slug>")
def landing(slug: str) -> ResponseReturnValue:
    """Show one masterclass and its form."""
    found = visitor.masterclass(slug)
    page = _landing(found, entry.blank(found))
    return visitor.counted(page, Page.LANDING, slug)


@bp.post("/<slug>/signup")
def sign_up(slug: str) -> ResponseReturnValue:
    """Take the form: 303 for every good one, 422 with the page for the others."""
    found = visitor.masterclass(slug)
    typed = entry.typed(found)
    if typed.errors or typed.notice:
        return _landing(found, typed), 422
    try:
        return _submit(entry.form(typed, found, entry.wording(found)))
    except TooMany:
        db.session.rollback()
        return _landing(found, entry.too_many(typed)), 429


@bp.get("/<slug>/bedankt")
def thanks(slug: str) -> ResponseReturnValue:
    """Say what happens next, and offer the mail once more."""
    found = visitor.masterclass(slug)
    token = request.args.get("t", "")
    sent = _signup(visitor.numbers(TokenKind.THANKS, token)[0])
    return _thanks(found, sent, Entry(token=entry.stamp(found)), token)


@bp.post("/<slug>/opnieuw")
def again(slug: str) -> ResponseReturnValue:
    """Send the confirmation once more, or to the address that was meant."""
    found = visitor.masterclass(slug)
    token = request.form.get("t", "")
    sent = _signup(visitor.numbers(TokenKind.THANKS, token)[0])
    typed = entry.typed_again(found)
    if typed.errors or typed.notice:
        return _thanks(found, sent, typed, token), 422
    if sent is None:
        return _to_thanks(slug, 0)
    try:
        return _submit(_form_again(sent, typed, found))
    except (TooMany, Unknown):
        db.session.rollback()
        return _thanks(found, sent, entry.too_many(typed), token), 429


@bp.get("/artikel/<slug>")
def article(slug: str) -> ResponseReturnValue:
    """Show an article, with the way to its masterclass at the end."""
    text = content.read("articles", slug, funnel().settings.language)
    about = db.session.scalar(
        select(Masterclass).where(Masterclass.slug == text.facts.get("masterclass"))
    )
    return visitor.counted(_article(text, about), Page.ARTICLE, slug)


@bp.get("/blad/<slug>")
def sheet(slug: str) -> ResponseReturnValue:
    """Show a list or worksheet, made for printing."""
    text = content.read("pages", slug, funnel().settings.language)
    html = text.html(content.names(visitor.business()))
    page = render_template("sheet.html", facts=text.facts, html=html)
    return visitor.counted(page, Page.SHEET, slug)


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    """Say what is kept and why, in the business's own name."""
    text = content.read("", "privacy", babel.language())
    html = text.html(content.names(visitor.business()))
    return render_template("privacy.html", facts=text.facts, html=html)


@bp.get("/host.jpg")
def host() -> ResponseReturnValue:
    """Show the host's picture, out of the business profile."""
    picture = visitor.business().host_picture
    if not picture:
        abort(404)
    response = Response(picture, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _landing(masterclass: Masterclass, typed: Entry) -> str:
    page = content.filled(masterclass.page, content.names(visitor.business()))
    return render_template(
        "landing.html",
        masterclass=masterclass,
        page=page,
        consent=page.get("consent", {}),
        dates=visitor.upcoming(masterclass),
        is_open=signup.is_open(db.session(), masterclass),
        closed=entry.closed(),
        entry=typed,
        wording=entry.wording(masterclass).text,
    )


def _article(text: content.Text, about: Masterclass | None) -> str:
    if about is not None:
        babel.speak(about.language)
    return render_template(
        "article.html",
        facts=text.facts,
        html=text.html(content.names(visitor.business())),
        masterclass=about,
        dates=visitor.upcoming(about) if about else [],
        source=entry.source(),
    )


def _submit(form: Form) -> ResponseReturnValue:
    signup_id = signup.submit(
        db.session(), form, now=now(), real=clock.real(), limits=funnel().settings
    )
    return _to_thanks(form.masterclass.slug, signup_id)


def _to_thanks(slug: str, signup_id: int) -> ResponseReturnValue:
    token = tokens.issue(funnel().keys, TokenKind.THANKS, signup_id)
    return redirect(url_for("pages.thanks", slug=slug, t=token), 303)


def _signup(signup_id: int) -> Signup | None:
    """Return the sign-up, of which there is none for a bot or a forgotten one."""
    found = db.session.get(Signup, signup_id) if signup_id else None
    return found if found and found.subscriber.address else None


def _form_again(sent: Signup, typed: Entry, masterclass: Masterclass) -> Form:
    address, _ = entry.read_address(typed.address)
    form = signup.again(
        db.session(), sent.id, network=visitor.origin(), address=address, now=now()
    )
    mark = entry.stamped(masterclass, typed.token, is_first=False)
    return replace(form, nonce=mark.nonce, doubt=mark.doubt)


def _thanks(
    masterclass: Masterclass, sent: Signup | None, typed: Entry, token: str
) -> Response:
    # In lower case: the stored spelling would tell that the address was known.
    address = (sent.subscriber.address or "").lower() if sent else ""
    hint = addresses.hint(addresses.normalise(address)) if address else None
    page = render_template(
        "thanks.html",
        masterclass=masterclass,
        address=address,
        hint=hint,
        has_date=sent is None or sent.occurrence_id is not None,
        mailbox=mailboxes.of(address, visitor.business().sender_address),
        entry=typed,
        token=token,
    )
    return visitor.private(Response(page))
