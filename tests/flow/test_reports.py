"""The numbers of a sequence, and the story of one person."""

from datetime import datetime, timedelta

import factories
import tracking
from sqlalchemy.orm import Session

from funnel.domain.status import (
    DeliveryState,
    EnrollmentState,
    Purpose,
    Reason,
)
from funnel.flow import counts, events, reports
from funnel.flow.reports import Group, Which
from funnel.models import ClickCount, Consent, EventKind, Heartbeat, Link


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

    found = reports.head(session, step.sequence_id, now=factories.NOW).steps[step.id]

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
    assert [(one.event.kind, one.text) for one in found.events] == [
        (EventKind.SENT, got.revision)
    ]


def test_a_story_has_the_words_that_were_sent_and_not_those_of_today(
    session: Session, now: datetime
) -> None:
    inside = factories.enrollment(session)
    step = factories.step(session, sequence=inside.sequence, subject="toen")
    sent = step.revision
    assert sent is not None
    about = {"enrollment_id": inside.id, "subscriber_id": inside.subscriber_id}
    mail = factories.delivery(
        session,
        **about,
        step_id=step.id,
        revision_id=sent.id,
        state=DeliveryState.SENT,
    )
    events.record(
        session,
        EventKind.SENT,
        at=now,
        step_id=step.id,
        delivery_id=mail.id,
        **about,
    )
    step.revision = factories.revision(session, step, subject="nu", version=2)
    session.flush()

    found = reports.person(session, inside.subscriber_id)

    assert found is not None
    assert [story.text.subject for story in found.stories] == ["toen"]
    assert [one.text and one.text.subject for one in found.events] == ["toen"]


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
    which = Which(states=states, step_id=step.id)
    first, after = reports.mails(session, which)
    second, end = reports.mails(session, which, after=after)

    assert (len(first), len(second), end) == (50, 10, None)
    assert {mail.delivery.reply for mail in first} == {"550 no"}
    assert first[0].subject == "Rust in je dag"


def test_reasons_are_grouped_with_what_the_relay_said(session: Session) -> None:
    for reply in ("550 5.1.1 no such user", "550 5.1.1 unknown", "550 5.7.1 policy"):
        factories.delivery(session, state=DeliveryState.FAILED, reply=reply)
    factories.delivery(
        session, state=DeliveryState.FAILED, reason=Reason.BY_HAND, reply=""
    )
    failed = Which(states=[DeliveryState.FAILED])

    groups = reports.grouped(session, failed)
    dead = Which(states=failed.states, reply="550 5.1.1")

    assert groups[0] == Group(None, "550 5.1.1", 2)
    assert {(one.reason, one.reply) for one in groups[1:]} == {
        (None, "550 5.7.1"),
        (Reason.BY_HAND, ""),
    }
    assert len(reports.mails(session, dead)[0]) == 2


def test_clicks_add_up_by_link_by_text_and_by_step(
    session: Session, now: datetime
) -> None:
    step = tracking.step(session)
    old = step.revision
    assert old is not None
    step.revision = factories.revision(session, step, version=2)
    link = Link(position=1, code="AAAA", target="https://voorbeeld.nl/nieuw")
    step.revision.links.append(link)
    session.flush()
    counts = [(old.links[0], 0, 3), (old.links[0], 1, 2), (old.links[1], 0, 5)]
    for one, days, clicks in [*counts, (link, 0, 7)]:
        day = (now + timedelta(days=days)).date()
        session.add(ClickCount(link_id=one.id, day=day, clicks=clicks, machines=1))
    her = factories.subscriber(session)
    events.record(
        session,
        EventKind.CLICKED,
        at=now,
        subscriber_id=her.id,
        step_id=step.id,
        link_id=old.links[0].id,
    )

    texts = reports.texts(session, step.id)
    page = reports.link_page(session, old.links[0].id)
    found = reports.head(session, step.sequence_id, now=factories.NOW)
    whole = found.steps[step.id].clicked

    assert [
        (text.revision and text.revision.version, text.clicks) for text in texts
    ] == [
        (2, 7),
        (1, 10),
    ]
    assert [one.clicks for one in texts[1].links] == [5, 5]
    assert [one.named for one in texts[1].links] == [1, 0]
    assert whole == sum(text.clicks for text in texts) == 17
    assert page is not None
    assert sum(day.clicks for day in page.days) == page.numbers.clicks == 5
    assert [person.id for _, person in page.people] == [her.id]


def test_what_became_of_a_steps_mails_adds_up_by_text_and_by_step(
    session: Session, now: datetime
) -> None:
    """Before the nightly count as after it; a mail may be skipped without a text."""
    step = factories.step(session)
    old, new = step.revision, factories.revision(session, step, version=2)
    assert old is not None
    step.revision = new
    sent, failed, skipped = (
        DeliveryState.SENT,
        DeliveryState.FAILED,
        DeliveryState.SKIPPED,
    )
    long_ago = now - timedelta(days=9)
    for text, state, planned_at in (
        (old, sent, long_ago),
        (old, sent, long_ago),
        (old, failed, long_ago),
        (new, sent, now),
        (new, skipped, now),
        (None, skipped, long_ago),
    ):
        factories.delivery(
            session,
            step_id=step.id,
            revision_id=text and text.id,
            state=state,
            reason=Reason.NO_CONSENT if state is skipped else None,
            planned_at=planned_at,
        )

    for count in (lambda: None, lambda: counts.fold(session, now=now)):
        count()
        texts = reports.texts(session, step.id)
        assert [
            (one.revision, one.outcome.sent, one.outcome.troubled, one.outcome.skipped)
            for one in texts
        ] == [(new, 1, 0, 1), (old, 2, 1, 0), (None, 0, 0, 1)]
        whole = reports.head(session, step.sequence_id, now=now).steps[step.id]
        assert (whole.sent, whole.troubled, whole.skipped) == (3, 1, 2)


def test_a_big_send_says_how_many_of_how_many_and_how_fast(
    session: Session, now: datetime
) -> None:
    step, other = factories.step(session), factories.step(session)
    for _ in range(15):
        factories.delivery(session, step_id=step.id)
        factories.delivery(session, step_id=step.id, state=DeliveryState.SENT)
        events.record(session, EventKind.SENT, at=now, step_id=step.id)
    factories.delivery(session, step_id=step.id, state=DeliveryState.HANDED)
    factories.delivery(session, step_id=step.id, state=DeliveryState.SKIPPED)
    long_ago = now - timedelta(days=7)
    factories.delivery(
        session, step_id=step.id, state=DeliveryState.SENT, planned_at=long_ago
    )
    factories.delivery(session, step_id=other.id)  # one mail is no big send

    found = reports.sends(session, now=now)
    elsewhere = reports.sends(session, now=now, sequence_id=other.sequence_id)

    assert [(one.step.id, one.done, one.total) for one in found] == [(step.id, 15, 31)]
    assert found[0].rate == 1.5
    assert found[0].left == timedelta(seconds=16 / 1.5)
    assert elsewhere == []


def test_how_sending_stands_says_who_is_silent_and_what_waits_for_a_person(
    session: Session, now: datetime
) -> None:
    factories.delivery(session, due_at=now - timedelta(minutes=6))
    for state in (DeliveryState.UNCERTAIN, DeliveryState.PARKED, DeliveryState.FAILED):
        factories.delivery(session, state=state)
    session.add(Heartbeat(name="scan", at=now - timedelta(seconds=5)))
    session.add(Heartbeat(name="drain", at=now - timedelta(minutes=5)))
    session.flush()

    found = reports.sending(session, now=now, real=now)

    assert found.is_late
    assert found.waits_for_a_person == 2
    assert found.silent == ["drain"]


def test_a_steps_mails_are_turned_over_page_by_page_and_none_is_missed(
    session: Session,
) -> None:
    step, other = factories.step(session), factories.step(session)
    states = (DeliveryState.SENT, DeliveryState.BOUNCED)
    sent = [
        factories.delivery(
            session,
            step_id=step.id,
            state=states[number % 2],
            planned_at=factories.NOW - timedelta(days=number % 3),
        )
        for number in range(120)
    ]
    factories.delivery(session, step_id=step.id, state=states[0], is_test=True)
    factories.delivery(session, step_id=other.id, state=states[0])

    seen, after = list[int](), None
    while True:
        page, after = reports.mails(
            session, Which(states=states, step_id=step.id), after=after
        )
        seen += [mail.delivery.id for mail in page]
        if after is None:
            break

    newest = sorted(sent, key=lambda one: (one.planned_at, one.id), reverse=True)
    assert seen == [one.id for one in newest]


"""With a second name, a beginning that some share, and one that comes late."""


def test_a_mail_tells_its_own_events_whosever_it_is(
    session: Session, now: datetime
) -> None:
    hers = factories.delivery(session, subscriber_id=factories.subscriber(session).id)
    nobodys = factories.delivery(session)
    for mail in (hers, nobodys, hers):
        about = {"delivery_id": mail.id, "subscriber_id": mail.subscriber_id}
        events.record(session, EventKind.POSTPONED, at=now, **about)
    session.flush()

    told = [reports.tale(session, mail.id) for mail in (hers, nobodys)]

    assert [len(one.events) for one in told if one] == [2, 1]
