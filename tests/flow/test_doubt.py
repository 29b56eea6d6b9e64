"""Doubt: no answer came, a worker died, or a text was missing; who decides then."""

import factories
import pytest
import sink
from sending import answering, at, desk, fresh, later, mails, told
from sqlalchemy import text
from sqlalchemy.orm import Session

from funnel.domain.status import (
    DeliveryState,
    Kind,
)
from funnel.flow import delivery, preferences
from funnel.models import (
    Delivery,
    EventKind,
    Step,
)

NOW = factories.NOW
MARKETING, SERVICE = Kind.MARKETING, Kind.SERVICE


def test_no_answer_after_the_dot_leaves_marketing_to_a_person(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1, MARKETING)

    with (
        sink.running(answering("accepted", sink.DROP)) as relay,
        desk(database_url, relay.url) as mine,
    ):
        mine.drain(at())
        mine.drain(later(days=2))

    assert len(relay.kept) == 1
    assert fresh(commit_session, mail).state is DeliveryState.UNCERTAIN
    assert told(commit_session, mail) == [EventKind.UNCERTAIN]


def test_no_answer_after_the_dot_sends_service_mail_once_more_with_its_id(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1, SERVICE)

    with (
        sink.running(answering("accepted", sink.DROP)) as relay,
        desk(database_url, relay.url) as mine,
    ):
        for hour in range(4):
            mine.drain(later(hours=hour))

    assert len(relay.kept) == 2
    first, second = relay.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert relay.kept[0] == relay.kept[1]
    assert fresh(commit_session, mail).state is DeliveryState.UNCERTAIN


def test_a_mail_that_cannot_be_written_does_not_stop_the_others(
    commit_session: Session, database_url: str
) -> None:
    ids = mails(commit_session, 3)
    poison = commit_session.get_one(Delivery, ids[1])
    poison.revision_id = factories.revision(
        commit_session, commit_session.get_one(Step, poison.step_id), html="{{ 7*7 }}"
    ).id
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        for day in range(10):
            mine.drain(later(days=day))

    assert len(relay.kept) == 2
    row = fresh(commit_session, ids[1])
    assert (row.state, row.attempt) == (DeliveryState.PARKED, 8)
    assert "TemplateProblem" in row.reply
    assert told(commit_session, ids[1])[-1] is EventKind.FAILED


def test_without_a_published_text_it_waits_and_is_parked(
    commit_session: Session, database_url: str
) -> None:
    ids = mails(commit_session, 1)
    commit_session.get_one(
        Step, commit_session.get_one(Delivery, ids[0]).step_id
    ).revision = None
    commit_session.get_one(Delivery, ids[0]).enrollment_id = None
    commit_session.get_one(Delivery, ids[0]).kind = SERVICE
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    row = fresh(commit_session, ids[0])
    assert relay.kept == []
    assert row.state is DeliveryState.SCHEDULED
    assert row.due_at > NOW


def test_a_person_can_send_an_uncertain_mail_again(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1)
    commit_session.get_one(Delivery, mail).state = DeliveryState.UNCERTAIN
    commit_session.commit()

    delivery.retry(commit_session, mail, now=NOW)
    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert len(relay.kept) == 1
    with pytest.raises(delivery.NotByHand):
        delivery.retry(commit_session, mail, now=NOW)


def test_a_lease_that_is_over_is_judged_by_the_next_drain(
    commit_session: Session, database_url: str
) -> None:
    claimed, handed, service, dead = (
        *mails(commit_session, 2),
        *mails(commit_session, 1, SERVICE),
        *mails(commit_session, 1),
    )
    for mail, state in (
        (claimed, "claimed"),
        (handed, "handed"),
        (service, "handed"),
        (dead, "claimed"),
    ):
        commit_session.execute(
            text(
                "UPDATE delivery SET state = CAST(:state AS text), attempt = 1,"
                " lease_until = now() - interval '1 second', deaths = :deaths,"
                " handed_at = CASE WHEN CAST(:state AS text) = 'handed' THEN now() END"
                " WHERE id = :id"
            ),
            {"id": mail, "state": state, "deaths": 2 if mail == dead else 0},
        )
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        done = mine.drain(at())

    states = {
        mail: fresh(commit_session, mail).state for mail in (claimed, handed, service)
    }
    assert done.recovered == 4
    assert states == {
        claimed: DeliveryState.SENT,
        handed: DeliveryState.UNCERTAIN,
        service: DeliveryState.SENT,
    }
    assert fresh(commit_session, dead).state is DeliveryState.PARKED
    assert len(relay.kept) == 2
    assert told(commit_session, service) == [EventKind.UNCERTAIN, EventKind.SENT]
    assert told(commit_session, claimed) == [EventKind.SENT]


def test_a_row_in_whose_hands_two_workers_died_is_tried_alone(
    commit_session: Session, database_url: str
) -> None:
    ids = mails(commit_session, 4)
    commit_session.get_one(Delivery, ids[2]).deaths = 2
    commit_session.commit()
    beside: list[DeliveryState] = []

    def script(turn: sink.Turn) -> str | None:
        if turn == ("rcpt", fresh(commit_session, ids[2]).address):
            beside.extend(fresh(commit_session, mail).state for mail in ids)
        return None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert beside.count(DeliveryState.CLAIMED) == 1
    assert len(relay.kept) == 4


def test_an_answer_that_comes_after_erasing_names_nobody(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1, SERVICE)
    row = fresh(commit_session, mail)

    def script(turn: sink.Turn) -> str | None:
        if turn.phase != "dot":
            return None
        preferences.erase(commit_session, row.subscriber_id or 0, now=NOW)
        return f"250 2.0.0 {row.address} queued"

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    kept = fresh(commit_session, mail)
    assert (kept.state, kept.address, kept.reply) == (DeliveryState.SENT, "", "")
