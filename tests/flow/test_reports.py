"""The numbers of a sequence, and the story of one person."""

from datetime import datetime, timedelta

import factories
import pytest
from sqlalchemy.orm import Session

from funnel.domain.status import (
    DeliveryState,
    EnrollmentState,
    Purpose,
    Reason,
    SubscriberState,
)
from funnel.flow import events, reports
from funnel.flow.reports import Selection
from funnel.models import Consent, EventKind


def test_each_step_counts_who_waits_and_what_became_of_its_mails(
    session: Session,
) -> None:
    step = factories.step(session)
    for state in (
        DeliveryState.SENT,
        DeliveryState.BOUNCED,
        DeliveryState.SKIPPED,
        DeliveryState.FAILED,
        DeliveryState.UNCERTAIN,
        DeliveryState.SCHEDULED,
    ):
        factories.delivery(session, step_id=step.id, state=state)
    factories.delivery(session, step_id=step.id, state=DeliveryState.SENT, is_test=True)
    inside = {"sequence": step.sequence, "next_step_id": step.id}
    factories.enrollment(session, **inside)
    factories.enrollment(session, **inside, state=EnrollmentState.EXITED)

    found = reports.per_step(session, step.sequence_id)[step.id]

    assert (found.waiting, found.sent, found.skipped, found.troubled) == (1, 2, 1, 2)


def test_the_head_says_how_many_are_inside_and_since_when_mail_is_late(
    session: Session, now: datetime
) -> None:
    step = factories.step(session)
    for state in EnrollmentState:
        factories.enrollment(session, sequence=step.sequence, state=state)
    late = now - timedelta(hours=1)
    factories.delivery(session, step_id=step.id, due_at=late)
    factories.delivery(session, step_id=step.id, due_at=now + timedelta(hours=1))

    found = reports.head(session, step.sequence_id, now=now)

    assert (found.inside, found.finished, found.left) == (1, 1, 1)
    assert found.late_since == late


def test_people_are_turned_over_page_by_page_and_nobody_is_missed(
    session: Session,
) -> None:
    everybody = {factories.subscriber(session).id for _ in range(120)}

    seen: list[int] = []
    after = None
    while True:
        page = reports.page(session, after=after)
        seen += [person.id for person in page.people]
        after = page.after
        if after is None:
            break

    assert seen == sorted(everybody, reverse=True)
    assert page.total == 120


@pytest.mark.parametrize(
    ("words", "count"),
    [("ANNA", 2), ("anna@", 1), ("%", 0), ("r_s", 1), ("", 3), ("a", 1), ("jo", 1)],
)
def test_a_search_takes_every_letter_as_it_is(
    session: Session, words: str, count: int
) -> None:
    factories.subscriber(session, address="anna@example.nl", first_name="")
    factories.subscriber(session, address="x@example.nl", first_name="Joanna")
    factories.subscriber(session, address="under_score@example.nl", first_name="Bo")

    assert len(reports.page(session, Selection(words=words)).people) == count


def test_people_can_be_found_by_state_by_step_and_by_date(session: Session) -> None:
    step = factories.step(session)
    waiting = factories.enrollment(
        session, sequence=step.sequence, next_step_id=step.id
    )
    left = factories.subscriber(session, state=SubscriberState.UNSUBSCRIBED)
    seat = waiting.registration
    assert seat is not None

    by_step = reports.page(session, Selection(waiting_for=step.id)).people
    by_state = reports.page(
        session, Selection(state=SubscriberState.UNSUBSCRIBED)
    ).people
    by_date = reports.page(session, Selection(occurrence_id=seat.occurrence_id)).people

    assert [person.id for person in by_step] == [waiting.subscriber_id]
    assert [person.id for person in by_state] == [left.id]
    assert [person.id for person in by_date] == [waiting.subscriber_id]


def test_a_persons_page_says_why_she_did_not_get_a_mail(
    session: Session, now: datetime
) -> None:
    inside = factories.enrollment(session)
    got = factories.step(session, sequence=inside.sequence)
    missed = factories.step(session, sequence=inside.sequence)
    ahead = factories.step(session, sequence=inside.sequence)
    about = {"enrollment_id": inside.id, "subscriber_id": inside.subscriber_id}
    factories.delivery(session, **about, step_id=got.id, state=DeliveryState.SENT)
    factories.delivery(
        session,
        **about,
        step_id=missed.id,
        state=DeliveryState.SKIPPED,
        reason=Reason.TOO_LATE,
    )
    events.record(session, EventKind.SENT, at=now, step_id=got.id, **about)

    found = reports.person(session, inside.subscriber_id)

    assert found is not None
    told = {
        story.step.id: story.delivery and (story.delivery.state, story.delivery.reason)
        for story in found.stories
    }
    assert told == {
        got.id: (DeliveryState.SENT, None),
        missed.id: (DeliveryState.SKIPPED, Reason.TOO_LATE),
        ahead.id: None,
    }
    assert [(event.kind, step) for event, step in found.events] == [
        (EventKind.SENT, got)
    ]


def test_the_last_word_on_a_consent_counts(session: Session, now: datetime) -> None:
    her = factories.subscriber(session)
    for granted in (True, False):
        session.add(
            Consent(
                subscriber_id=her.id,
                purpose=Purpose.SERIES,
                granted=granted,
                wording="ja",
                wording_version="1",
                language="nl",
                place="form",
                at=now,
            )
        )
        session.flush()

    found = reports.person(session, her.id)

    assert found is not None
    assert found.agreed == []


def test_deliveries_in_trouble_come_with_their_reasons_page_by_page(
    session: Session,
) -> None:
    step = factories.step(session)
    for _ in range(60):
        factories.delivery(
            session, step_id=step.id, state=DeliveryState.FAILED, reply="550 no"
        )
    factories.delivery(session, step_id=step.id, state=DeliveryState.SENT)

    states = (DeliveryState.FAILED, DeliveryState.PARKED)
    first, after = reports.mails(session, states=states, step_id=step.id)
    second, end = reports.mails(session, states=states, step_id=step.id, after=after)

    assert (len(first), len(second), end) == (50, 10, None)
    assert {mail.delivery.reply for mail in first} == {"550 no"}
    assert first[0].subject == "Rust in je dag"
