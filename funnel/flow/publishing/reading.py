"""A real person to preview a mail with: who she is, and what it would say to her."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.flow import render, reports
from funnel.flow.publishing.content import Content
from funnel.flow.reports import Selection
from funnel.mail import names
from funnel.mail.readers import OF_A_DATE
from funnel.models import Step, Subscriber

MOST = 8
OF_HER_DATE = ("start", "start_both", "start_day", "start_time", "replay_until")


def readers(session: Session, words: str) -> Sequence[Subscriber]:
    """Return a few people by a part of an address or a first name."""
    found = reports.page(session, Selection(words=words.strip())).people
    return [one for one in found if one.address][:MOST]


def reader(session: Session, address: str) -> Subscriber | None:
    """Return who has this address."""
    try:
        wanted = addresses.normalise(address)
    except addresses.BadAddress:
        return None
    return session.scalar(select(Subscriber).where(Subscriber.address == str(wanted)))


def what_it_says(
    session: Session, step: Step, content: Content, her: Subscriber, *, now: datetime
) -> dict[str, names.Value]:
    """Return what is known of her for this mail, were it due now; the rest is empty.

    No links are among it: nobody in the studio gets one that acts in her name.
    """
    row = session.execute(render.for_reader(step, content.kind, her)).one()
    wanting = (*OF_HER_DATE, *(() if row.starts_at else OF_A_DATE))
    hers = render.about_her(row, now, content.purpose)
    return {**dict.fromkeys(wanting, ""), **hers}
