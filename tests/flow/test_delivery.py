"""The drain: each mail once, to who still wants it, and every end written down."""

from collections import Counter
from datetime import timedelta
from typing import Any

import factories
import pytest
import sink
from sending import agree, at, desk, fresh, later, mails
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.domain.status import (
    DeliveryState,
    Kind,
    Purpose,
    Reason,
    Role,
    Scope,
    SequenceState,
    SubscriberState,
)
from funnel.flow import delivery, events, preferences, render
from funnel.mail.smtp import Outcome
from funnel.models import (
    Delivery,
    Enrollment,
    Event,
    EventKind,
    Heartbeat,
    Occurrence,
    Registration,
    Revision,
    Sender,
    Sequence,
    Signup,
    Step,
    Subscriber,
    Suppression,
)

NOW = factories.NOW
MARKETING, SERVICE = Kind.MARKETING, Kind.SERVICE


def told(session: Session, delivery_id: int) -> list[EventKind]:
    rows = select(Event.kind).where(Event.delivery_id == delivery_id)
    return list(session.scalars(rows.order_by(Event.id)))


def answering(phase: str, answer: str) -> sink.Script:
    return lambda turn: answer if turn.phase == phase else None


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


def unsubscribes(session: Session, row: Delivery) -> None:
    person = session.get_one(Subscriber, row.subscriber_id)
    agree(session, person, granted=False)


def is_unsubscribed(session: Session, row: Delivery) -> None:
    session.get_one(Subscriber, row.subscriber_id).state = SubscriberState.UNSUBSCRIBED


def is_erased(session: Session, row: Delivery) -> None:
    session.get_one(Subscriber, row.subscriber_id).state = SubscriberState.ERASED


def complains(session: Session, row: Delivery) -> None:
    session.get_one(Subscriber, row.subscriber_id).state = SubscriberState.COMPLAINED


def is_suppressed(session: Session, row: Delivery) -> None:
    scope = Scope.MARKETING if row.kind is MARKETING else Scope.ALL
    digest = addresses.digest(row.address)
    session.add(Suppression(address_hash=digest, scope=scope, reason="x", at=NOW))


def seat(session: Session, row: Delivery) -> Registration:
    enrollment = session.get_one(Enrollment, row.enrollment_id)
    return session.get_one(Registration, enrollment.registration_id)


def gives_her_seat_back(session: Session, row: Delivery) -> None:
    seat(session, row).cancelled_at = NOW


def takes_another_date(session: Session, row: Delivery) -> None:
    other = factories.occurrence(session, masterclass=seat(session, row).masterclass)
    seat(session, row).occurrence_id = other.id


def date_is_cancelled(session: Session, row: Delivery) -> None:
    session.get_one(Occurrence, row.occurrence_id).cancelled_at = NOW


def step_is_switched_off(session: Session, row: Delivery) -> None:
    step = session.get_one(Step, row.step_id)
    step.revision = factories.revision(session, step, kind=row.kind, is_on=False)


def time_runs_out(session: Session, row: Delivery) -> None:
    del session
    row.not_after = NOW - timedelta(seconds=1)


FORBIDDEN = [
    (MARKETING, unsubscribes, Reason.NO_CONSENT),
    (MARKETING, is_unsubscribed, Reason.UNSUBSCRIBED),
    (MARKETING, is_suppressed, Reason.SUPPRESSED),
    (SERVICE, is_suppressed, Reason.SUPPRESSED),
    (SERVICE, is_erased, Reason.ERASED),
    (SERVICE, complains, Reason.SUPPRESSED),
    (SERVICE, gives_her_seat_back, Reason.SEAT_CANCELLED),
    (SERVICE, takes_another_date, Reason.REPLACED),
    (SERVICE, date_is_cancelled, Reason.OCCURRENCE_CANCELLED),
    (SERVICE, step_is_switched_off, Reason.SWITCHED_OFF),
    (MARKETING, time_runs_out, Reason.TOO_LATE),
]
NAMES = [f"{kind}-{change.__name__}" for kind, change, _ in FORBIDDEN]


@pytest.mark.parametrize(("kind", "change", "reason"), FORBIDDEN, ids=NAMES)
def test_what_became_wrong_before_the_claim_is_skipped(
    commit_session: Session, database_url: str, kind: Kind, change: Any, reason: Reason
) -> None:
    [mail] = mails(commit_session, 1, kind)
    change(commit_session, commit_session.get_one(Delivery, mail))
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    row = fresh(commit_session, mail)
    assert relay.kept == []
    assert (row.state, row.reason) == (DeliveryState.SKIPPED, reason)
    assert told(commit_session, mail) == [EventKind.SKIPPED]


@pytest.mark.parametrize(("kind", "change", "reason"), FORBIDDEN, ids=NAMES)
def test_what_becomes_wrong_between_claim_and_fence_is_skipped(
    commit_session: Session, database_url: str, kind: Kind, change: Any, reason: Reason
) -> None:
    [mail] = mails(commit_session, 1, kind)

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "data":
            change(commit_session, commit_session.get_one(Delivery, mail))
            commit_session.commit()
        return None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        done = mine.drain(at())
        mine.drain(later(hours=1))

    row = fresh(commit_session, mail)
    assert done.ends == {Outcome.FENCED: 1}
    assert relay.kept == []
    assert (row.state, row.reason) == (DeliveryState.SKIPPED, reason)
    assert told(commit_session, mail) == [EventKind.SKIPPED]


@pytest.mark.parametrize("change", [is_unsubscribed, unsubscribes])
def test_service_mail_still_goes_to_who_left_the_series(
    commit_session: Session, database_url: str, change: Any
) -> None:
    [mail] = mails(commit_session, 1, SERVICE)
    change(commit_session, commit_session.get_one(Delivery, mail))
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert len(relay.kept) == 1


def test_a_pause_between_claim_and_fence_puts_the_mail_back(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1)

    def pause(state: SequenceState) -> None:
        commit_session.scalars(select(Sequence)).one().state = state
        commit_session.commit()

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "data":
            pause(SequenceState.PAUSED)
        return None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())
        held = fresh(commit_session, mail)
        relay.script = sink.usual
        mine.drain(later(minutes=1))
        paused = list(relay.kept)
        pause(SequenceState.LIVE)
        mine.drain(later(minutes=2))

    assert (held.state, held.reason) == (DeliveryState.SCHEDULED, None)
    assert paused == []
    assert len(relay.kept) == 1


def test_a_confirmation_is_not_asked_for_twice_once_given(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1, SERVICE)
    row = commit_session.get_one(Delivery, mail)
    commit_session.get_one(Step, row.step_id).role = Role.CONFIRMATION_AGAIN
    signup = Signup(
        nonce="n",
        subscriber_id=row.subscriber_id,
        masterclass_id=seat(commit_session, row).masterclass_id,
        wording="",
        wording_version="",
        page="/",
        network="",
        received_at=NOW,
        created_at=NOW,
        expires_at=NOW + timedelta(days=7),
        confirmed_at=NOW,
    )
    commit_session.add(signup)
    commit_session.flush()
    row.signup_id, row.enrollment_id = signup.id, None
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert relay.kept == []
    assert fresh(commit_session, mail).reason is Reason.CONFIRMED


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


def test_a_worker_that_slept_past_its_lease_does_not_send(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1)
    others = Counter[str]()

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "data" and not others["took"]:
            others["took"] += 1
            commit_session.execute(
                text("UPDATE delivery SET attempt = attempt + 1, worker = 'other'")
            )
            commit_session.commit()
        return None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert relay.kept == []
    row = fresh(commit_session, mail)
    assert (row.state, row.worker) == (DeliveryState.CLAIMED, "other")


def test_a_lease_that_is_over_forbids_the_dot_even_if_nobody_took_the_row(
    commit_session: Session, database_url: str
) -> None:
    mails(commit_session, 1)

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "data":
            commit_session.execute(text("UPDATE delivery SET lease_until = now()"))
            commit_session.commit()
        return None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert relay.kept == []


def test_consent_for_one_purpose_sends_nothing_of_another(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1)
    commit_session.scalars(select(Revision)).one().purpose = Purpose.OFFERS
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert relay.kept == []
    assert fresh(commit_session, mail).reason is Reason.NO_CONSENT


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


def test_a_whole_batch_of_people_who_left_does_not_end_the_drain(
    commit_session: Session, database_url: str
) -> None:
    ids = mails(commit_session, 30)
    for mail in ids[:29]:
        is_unsubscribed(commit_session, commit_session.get_one(Delivery, mail))
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert relay.recipients == [fresh(commit_session, ids[29]).address]


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
