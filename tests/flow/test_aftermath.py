"""What a step's mails led to: addresses that are none, people who left, who bought."""

from datetime import datetime, timedelta

import factories
import pytest
from flask import Flask
from sqlalchemy.orm import Session
from studio import colleague

from funnel.domain.status import DeliveryState
from funnel.flow import enrollment, events, reports
from funnel.flow.counts.credit import COUNTS_FOR
from funnel.flow.reports.aftermath import Aftermath
from funnel.models import EventKind, Step

MINUTE = timedelta(minutes=1)


def sent(session: Session, step: Step, her: int, at: datetime) -> int:
    """Send her a mail of this step; the id of its delivery."""
    mail = factories.delivery(
        session, step_id=step.id, subscriber_id=her, state=DeliveryState.SENT
    )
    about = {"subscriber_id": her, "delivery_id": mail.id, "step_id": step.id}
    events.record(session, EventKind.SENT, at=at, **about)
    return mail.id


def after(session: Session, step: Step) -> Aftermath:
    session.flush()
    head = reports.head(session, step.sequence_id, now=factories.NOW)
    return head.steps[step.id].after


@pytest.fixture
def two(session: Session) -> list[Step]:
    row = factories.sequence(session, slug="rust")
    return [factories.step(session, sequence=row) for _ in range(2)]


def test_who_leaves_or_has_no_mailbox_counts_for_the_mail_that_said_so(
    session: Session, now: datetime, two: list[Step]
) -> None:
    her = factories.subscriber(session).id
    for step in two:
        mail = sent(session, step, her, now)
    about = {"subscriber_id": her, "delivery_id": mail}
    events.record(session, EventKind.UNSUBSCRIBED, at=now, **about)
    events.record(session, EventKind.UNSUBSCRIBED, at=now, subscriber_id=her)
    events.record(session, EventKind.BOUNCED, at=now, step_id=two[0].id)

    assert after(session, two[0]) == Aftermath(bounced=1)
    assert after(session, two[1]) == Aftermath(left=1)


def test_a_purchase_counts_for_the_last_mail_before_it_if_that_is_not_too_old(
    session: Session, now: datetime, two: list[Step]
) -> None:
    her, late, early = (factories.subscriber(session).id for _ in range(3))
    for number, step in enumerate(two):
        sent(session, step, her, now + number * MINUTE)
    sent(session, two[0], late, now)
    sent(session, two[0], early, now + MINUTE)
    for who, at in (
        (her, now + 9 * MINUTE),
        (late, now + COUNTS_FOR),
        (early, now),
    ):
        enrollment.purchased(session, who, "boek", now=at)

    assert after(session, two[0]) == Aftermath()
    assert after(session, two[1]) == Aftermath(bought=1)


def test_the_page_of_a_sequence_says_it_where_it_is_not_nothing(
    app: Flask, session: Session, now: datetime, two: list[Step]
) -> None:
    factories.business(session, is_sample=False)
    session.commit()
    mara = colleague(app, session)
    before = mara.get("/admin/sequences/rust").text
    her = factories.subscriber(session).id
    mail = sent(session, two[0], her, now)
    enrollment.purchased(session, her, "boek", now=now)
    for kind in (EventKind.UNSUBSCRIBED, EventKind.BOUNCED):
        about = {"subscriber_id": her, "delivery_id": mail, "step_id": two[0].id}
        events.record(session, kind, at=now, **about)
    session.commit()

    page = mara.get("/admin/sequences/rust").text

    for label in ("<dt>unsubscribed</dt>", "<dt>bought</dt>", "<dt>bounced</dt>"):
        assert label not in before
        assert page.count(label) == 1
    assert 'title="Purchases by people whose last mail' in page
