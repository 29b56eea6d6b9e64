"""What the pages of visitors and subscribers share."""

from typing import TypeVar, cast

from flask import Response, g, request
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from funnel.db import db
from funnel.domain import machines, network, tokens
from funnel.domain.status import Page
from funnel.domain.tokens import BadToken, TokenKind
from funnel.domain.utm import Utm
from funnel.flow import counts
from funnel.flow.counts import Visit
from funnel.models import (
    Base,
    Business,
    Masterclass,
    Occurrence,
    Registration,
    Subscriber,
)
from funnel.web import babel, funnel, now

PURPOSES = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")
Row = TypeVar("Row", bound=Base)


class DeadLink(NotFound):
    """A link that is not ours, or whose row is gone."""


def business() -> Business:
    """Return the sender's profile; empty while nobody has filled it in."""
    if "business" not in g:
        g.business = db.session.get(Business, 1) or Business(name="", is_sample=False)
    return cast("Business", g.business)


def numbers(kind: TokenKind, token: str, count: int = 1) -> tuple[int, ...]:
    """Return what a link's token carries; a link that is not ours is a 404."""
    try:
        return tokens.read(funnel().keys, kind, token, count)
    except BadToken:
        raise DeadLink from None


def row(table: type[Row], row_id: int) -> Row:
    """Return the row a token names, or say that the link is dead."""
    found = db.session.get(table, row_id)
    if found is None:
        raise DeadLink
    return found


def seat(kind: TokenKind, token: str) -> Registration:
    """Return the seat that a token names, and speak its holder's language."""
    found = row(Registration, numbers(kind, token)[0])
    subscriber(found.subscriber_id)
    return found


def subscriber(subscriber_id: int) -> Subscriber:
    """Return somebody who has not been erased, and speak her language."""
    found = row(Subscriber, subscriber_id)
    if found.address is None:
        raise DeadLink
    babel.speak(found.language)
    return found


def masterclass(slug: str) -> Masterclass:
    """Return a masterclass by its slug, and speak its language; else 404."""
    found = db.session.scalar(select(Masterclass).where(Masterclass.slug == slug))
    if found is None:
        raise NotFound
    babel.speak(found.language)
    return found


def upcoming(masterclass: Masterclass) -> list[Occurrence]:
    """Return the dates that still take sign-ups, soonest first."""
    moment = now()
    return [
        occurrence
        for occurrence in masterclass.occurrences
        if occurrence.cancelled_at is None and occurrence.starts_at > moment
    ]


def origin() -> str:
    """Return the network that the request comes from."""
    return network.network(request.remote_addr)


def is_machine() -> bool:
    """Say whether a program asks for the page, by what it says of itself."""
    said = [request.headers.get(name, "") for name in PURPOSES]
    return machines.is_machine(request.user_agent.string, said)


def wants_no_tracks() -> bool:
    """Say whether her browser asks not to be followed (DNT, Global Privacy Control)."""
    return "1" in {request.headers.get(name) for name in ("DNT", "Sec-GPC")}


def counted(page: str, kind: Page, slug: str) -> str:
    """Count a person's visit of a page that is made, and return the page."""
    if request.method == "GET" and not is_machine():  # a HEAD only asks what would come
        utm = Utm() if wants_no_tracks() else Utm.of(request.args)
        counts.visited(db.session(), Visit(kind, slug, utm), now=now())
    return page


def private(response: Response) -> Response:
    """Keep a page behind a token out of caches, and its token out of referrers."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
