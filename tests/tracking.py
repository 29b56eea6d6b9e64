"""What tests of clicks share: mails with links that were sent, and who follows them."""

from datetime import datetime, timedelta
from typing import Any

import cluster
import factories
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel import clock
from funnel.domain.links import Links
from funnel.domain.status import DeliveryState
from funnel.domain.tokens import Keys
from funnel.flow import clicks
from funnel.mail import tracked
from funnel.models import Click, ClickCount, Delivery, Event, EventKind, Link, Step

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
TARGETS = ("https://voorbeeld.nl/een", "https://voorbeeld.nl/twee#b")
SETTINGS = cluster.settings("postgresql://nobody@localhost/nothing")
LINKS = Links(SETTINGS.base_url, Keys.of(SETTINGS.secret_key))


def step(session: Session, *targets: str, **fields: Any) -> Step:
    """Return a published step whose text has these links."""
    found = factories.step(session, **fields)
    assert found.revision is not None
    for position, target in enumerate(targets or TARGETS, start=1):
        code = tracked.code(position, target)
        link = Link(position=position, code=code, target=target)
        found.revision.links.append(link)
    session.flush()
    return found


def mail(session: Session, of: Step, **fields: Any) -> Delivery:
    """Return a mail of the step that was handed over an hour ago, to a reader."""
    if "subscriber_id" not in fields:
        fields["subscriber_id"] = factories.subscriber(session).id
    handed = {"handed_at": clock.real() - timedelta(hours=1)}
    sent = {"state": DeliveryState.SENT, "revision_id": of.revision_id}
    return factories.delivery(session, step_id=of.id, **{**handed, **sent, **fields})


def path(delivery: Delivery, position: int = 1, target: str = TARGETS[0]) -> str:
    """Return the path that the mail's link has."""
    whole = LINKS.click(delivery.id) + tracked.code(position, target)
    return whole.removeprefix(SETTINGS.base_url)


def both(delivery: Delivery) -> list[str]:
    """Return the paths of both links."""
    return [path(delivery, n, target) for n, target in enumerate(TARGETS, start=1)]


def count(session: Session, real: datetime | None = None) -> int:
    """Count what was clicked, as the worker does a little later."""
    return clicks.count(session, real=real or clock.real() + timedelta(minutes=2))


def counts(session: Session) -> list[tuple[int, int]]:
    """Return clicks of people and of machines, by link."""
    session.expire_all()
    rows = session.scalars(select(ClickCount).order_by(ClickCount.link_id))
    return [(row.clicks, row.machines) for row in rows]


def seen(session: Session) -> list[Event]:
    """Return what is known of who clicked."""
    session.expire_all()
    clicked = select(Event).where(Event.kind == EventKind.CLICKED)
    return list(session.scalars(clicked.order_by(Event.id)))


def waiting(session: Session) -> int:
    """Return how many clicks have not been judged."""
    session.expire_all()
    return len(session.scalars(select(Click.id)).all())
