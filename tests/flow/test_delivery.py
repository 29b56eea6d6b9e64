"""Delivery: what is due is sent once, in turn, and written down."""

from datetime import timedelta

import factories
import pytest
import sink
from sending import answering, at, desk, fresh, later, mails, told
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.domain.status import (
    DeliveryState,
    Kind,
    Scope,
    SubscriberState,
)
from funnel.flow import events, render
from funnel.models import (
    Delivery,
    EventKind,
    Heartbeat,
    Revision,
    Sender,
    Step,
    Subscriber,
    Suppression,
)

NOW = factories.NOW
MARKETING, SERVICE = Kind.MARKETING, Kind.SERVICE


def test_what_is_due_is_sent_once_and_written_down(
    commit_session: Session, database_url: str
) -> None:
    ids = mails(commit_session, 5)

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        done = mine.drain(at())
        again = mine.drain(at())

    assert (done.sent, again.sent) == (5, 0)
    assert len(set(relay.recipients)) == 5
    row = fresh(commit_session, ids[0])
    assert row.state is DeliveryState.SENT
    assert (row.attempt, row.worker, row.dated_at) == (1, "tests:1", NOW)
    assert row.reply == "250 2.0.0 queued as 1"
    assert row.handed_at is not None
    assert row.settled_at is not None
    assert row.lease_until is None
    assert told(commit_session, ids[0]) == [EventKind.SENT]
    assert commit_session.get_one(Heartbeat, "drain").worker == "tests:1"


@pytest.mark.parametrize("kind", list(Kind))
def test_a_letter_says_the_same_whichever_way_its_row_was_read(
    commit_session: Session, database_url: str, kind: Kind
) -> None:
    """A claim reads past SQLAlchemy: words and moments must mean what they mean."""
    [mail] = mails(commit_session, 1, kind)
    revision = commit_session.scalars(select(Revision)).one()
    revision.text = "{{ reason_text }} {{ start }} {% if occurrence_open %}x{% endif %}"
    commit_session.commit()
    row = commit_session.execute(render.NEEDED.where(Delivery.id == mail)).one()
    business = commit_session.execute(render.BUSINESS).one()
    parts = (revision.subject, revision.html, revision.text, revision.purpose)
    content = render.Content(*parts)
    letter = render.freeze(row, business, content, NOW)
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert fresh(commit_session, mail).values == letter.values


def test_who_sends_says_how_it_stands_with_the_relay(
    commit_session: Session, database_url: str
) -> None:
    mails(commit_session, 6)

    with desk(database_url, "smtp://127.0.0.1:1") as mine:
        for minutes in range(10):
            mine.drain(later(minutes=minutes))

    said = commit_session.get_one(Sender, "tests:1")
    assert (said.circuit, said.journal) == ("open", 0)

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(later(hours=5))

    commit_session.refresh(said)
    assert (said.circuit, said.journal) == ("closed", 0)


def test_what_is_not_due_yet_stays(commit_session: Session, database_url: str) -> None:
    [mail] = mails(commit_session, 1)

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(later(seconds=-1))

    assert relay.kept == []
    assert fresh(commit_session, mail).state is DeliveryState.SCHEDULED


def test_service_mail_goes_before_marketing(
    commit_session: Session, database_url: str
) -> None:
    mails(commit_session, 4, MARKETING)
    [service] = mails(commit_session, 1, SERVICE)
    address = fresh(commit_session, service).address

    with (
        sink.running() as relay,
        desk(database_url, relay.url, smtp_connections=1) as mine,
    ):
        mine.drain(at())

    assert relay.recipients[0] == address
    assert len(relay.kept) == 5


def test_one_refusal_in_a_batch_fails_alone(
    commit_session: Session, database_url: str
) -> None:
    ids = mails(commit_session, 6)
    refused = fresh(commit_session, ids[2]).address

    def script(turn: sink.Turn) -> str | None:
        return "554 5.7.1 no" if turn == ("dot", refused) else None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())
        mine.drain(later(hours=1))

    assert len(relay.kept) == 5
    assert relay.doubles == []
    row = fresh(commit_session, ids[2])
    assert (row.state, row.attempt) == (DeliveryState.FAILED, 1)
    assert told(commit_session, ids[2]) == [EventKind.FAILED]
    person = commit_session.get_one(Subscriber, row.subscriber_id)
    assert person.state is SubscriberState.ACTIVE, "policy is not her fault"
    assert commit_session.scalar(select(func.count(Suppression.id))) == 0


def test_a_mailbox_that_does_not_exist_gets_no_more_mail(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1)
    unknown = answering("rcpt", "550 5.1.1 user unknown")

    with sink.running(unknown) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    row = fresh(commit_session, mail)
    assert row.state is DeliveryState.FAILED
    person = commit_session.get_one(Subscriber, row.subscriber_id)
    assert person.state is SubscriberState.BOUNCED
    suppression = commit_session.scalars(select(Suppression)).one()
    assert suppression.scope is Scope.ALL
    assert suppression.address_hash == addresses.digest(row.address)
    assert told(commit_session, mail) == [EventKind.FAILED, EventKind.BOUNCED]


@pytest.mark.parametrize("phase", ["connect", "mail", "rcpt", "data", "dot"])
def test_a_temporary_refusal_is_tried_again_later_and_then_sent(
    commit_session: Session, database_url: str, phase: str
) -> None:
    [mail] = mails(commit_session, 1)
    busy = iter(["451 4.3.0 not now"])

    def script(turn: sink.Turn) -> str | None:
        return next(busy, None) if turn.phase == phase else None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())
        waiting = fresh(commit_session, mail)
        mine.drain(later(seconds=5))
        early = len(relay.kept)
        mine.drain(later(minutes=2))

    assert waiting.due_at > NOW + timedelta(seconds=9)
    assert early == 0
    assert len(relay.kept) == 1
    assert fresh(commit_session, mail).state is DeliveryState.SENT


def test_after_three_days_of_refusals_it_is_given_up(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1)

    with (
        sink.running(answering("rcpt", "450 4.2.1 greylisted")) as relay,
        desk(database_url, relay.url) as mine,
    ):
        for hours in (0, 24, 48, 73):
            mine.drain(later(hours=hours))

    row = fresh(commit_session, mail)
    assert (row.state, row.attempt) == (DeliveryState.FAILED, 4)
    postponed = [EventKind.POSTPONED] * 3
    assert told(commit_session, mail) == [*postponed, EventKind.FAILED]


def test_a_relay_that_refuses_us_fails_nobodys_mail(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1)

    with (
        sink.running(answering("connect", "554 5.7.1 go away")) as relay,
        desk(database_url, relay.url) as mine,
    ):
        mine.drain(at())

    assert fresh(commit_session, mail).state is DeliveryState.SCHEDULED
    assert commit_session.scalar(select(func.count(Suppression.id))) == 0


def test_a_second_attempt_has_the_same_bytes_and_the_first_text(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1)
    bodies: list[str | None] = ["451 4.3.0 not now"]

    def script(turn: sink.Turn) -> str | None:
        return bodies.pop() if turn.phase == "dot" and bodies else None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())
        first = fresh(commit_session, mail)
        step = commit_session.get_one(Step, first.step_id)
        step.revision = factories.revision(commit_session, step, subject="Nieuw")
        factories.business(commit_session, name="Andere naam", sender_name="Ander")
        person = commit_session.get_one(Subscriber, first.subscriber_id)
        person.first_name = "Iemand anders"
        commit_session.commit()
        mine.drain(later(hours=2))

    second = fresh(commit_session, mail)
    assert second.revision_id == first.revision_id
    assert second.values == first.values
    [message] = relay.messages
    assert message["Subject"] == "Rust in je dag"
    assert "Sanne" in str(message.get_payload(0))
    assert message["Date"] == "Mon, 23 Nov 2026 09:00:00 +0000"


def test_a_test_mail_is_marked_and_its_links_do_nothing(
    commit_session: Session, database_url: str
) -> None:
    factories.business(commit_session)
    step = factories.step(commit_session)
    colleague = factories.user(commit_session)
    factories.delivery(
        commit_session,
        kind=SERVICE,
        address=colleague.address,
        user_id=colleague.id,
        step_id=step.id,
        is_test=True,
        draft={
            "subject": "Dag {{ first_name }}",
            "preheader": "",
            "html": "<a href='{{ unsubscribe_url }}'>weg</a>",
            "text": "{{ unsubscribe_url }} {{ brand }}",
        },
    )
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    [message] = relay.messages
    assert message["Subject"] == "[TEST] Dag Anna"
    assert message["To"] == colleague.address
    plain = str(message.get_payload(0))
    assert "/u/" not in plain
    assert "http://localhost/" in plain
    assert "Stille Avond" in plain


def test_marketing_can_be_left_with_one_click_and_service_cannot(
    commit_session: Session, database_url: str
) -> None:
    marketing, service = mails(commit_session, 1)[0], mails(commit_session, 1, SERVICE)
    assert service

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    by_address = {str(message["To"]): message for message in relay.messages}
    one = by_address.pop(fresh(commit_session, marketing).address)
    assert str(one["List-Unsubscribe"]).startswith("<http://localhost/u/")
    assert one["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [other] = by_address.values()
    assert other["List-Unsubscribe"] is None


def test_the_history_takes_ids_as_large_as_the_rows_have(session: Session) -> None:
    fact = events.record(
        session,
        EventKind.SENT,
        at=NOW,
        enrollment_id=2**40,
        delivery_id=2**40,
        step_id=2**40,
    )

    session.flush()

    session.refresh(fact)
    assert fact.delivery_id == 2**40
