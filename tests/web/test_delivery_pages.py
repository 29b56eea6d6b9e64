"""The operator's view: what is wrong, what it means, and deciding about it."""

from collections.abc import Callable
from datetime import timedelta

import factories
import pytest
import tracking
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from studio import Colleague, colleague

from funnel import clock
from funnel.domain.status import DeliveryState, Reason, TeamRole
from funnel.flow import events
from funnel.models import ClickCount, Delivery, Event, EventKind, Heartbeat

Desk = Callable[..., Colleague]
HOSTILE = "550 5.1.1 <script>alert(1)</script> %s {{ 7*7 }}"


@pytest.fixture
def desk(app: Flask, session: Session) -> Desk:
    factories.business(session, is_sample=False)

    def make(role: TeamRole = TeamRole.MARKETER) -> Colleague:
        return colleague(app, session, role)

    return make


def at_work(session: Session) -> None:
    for name in ("scan", "drain"):
        session.add(Heartbeat(name=name, at=clock.real()))
    session.flush()


def told(session: Session, delivery: Delivery) -> list[tuple[EventKind, object]]:
    rows = session.scalars(select(Event).where(Event.delivery_id == delivery.id))
    return [(row.kind, row.data.get("author")) for row in rows]


def test_each_kind_of_trouble_says_what_it_means(desk: Desk, session: Session) -> None:
    for state in (DeliveryState.UNCERTAIN, DeliveryState.PARKED, DeliveryState.FAILED):
        factories.delivery(session, state=state, reply="550 5.7.1 no")

    page = desk().get("/admin/deliveries").text

    assert "It probably arrived" in page
    assert "We could not write it ourselves" in page
    assert "Refused for good" in page


@pytest.mark.parametrize(
    ("view", "count"),
    [
        *(("trouble", 3), ("uncertain", 1), ("parked", 1), ("failed", 1)),
        *(("due", 2), ("late", 1), ("open", 3), ("skipped", 1), ("sent", 1)),
        *(("state", 3), ("'; DROP TABLE delivery; --", 3)),
    ],
)
def test_a_list_shows_what_it_says_and_knows_no_other_filters(
    desk: Desk, session: Session, view: str, count: int
) -> None:
    real = clock.real()
    for due_at in (real - timedelta(hours=1), real, real + timedelta(days=1)):
        factories.delivery(session, due_at=due_at)
    for state in (
        *(DeliveryState.UNCERTAIN, DeliveryState.PARKED, DeliveryState.FAILED),
        *(DeliveryState.SKIPPED, DeliveryState.SENT),
    ):
        factories.delivery(session, state=state)

    page = desk().get(f"/admin/deliveries?view={view}&reason=nonsense&after=x&step=-1")

    assert page.text.count("<tr>") == count + 1


def test_the_same_reasons_stand_together_and_open(desk: Desk, session: Session) -> None:
    for reason, count in ((Reason.TOO_LATE, 3), (Reason.NO_CONSENT, 1)):
        for _ in range(count):
            factories.delivery(session, state=DeliveryState.SKIPPED, reason=reason)
    marketer = desk()

    page = marketer.get("/admin/deliveries?view=skipped").text
    only = marketer.get("/admin/deliveries?view=skipped&reason=too-late").text

    assert 'id="groups"' in page
    assert "reason=too-late" in page
    assert only.count("<tr>") == 4


def test_a_mail_has_a_page_with_all_that_happened_to_it(
    desk: Desk, session: Session
) -> None:
    step = factories.step(session)
    mail = factories.delivery(
        session, step_id=step.id, state=DeliveryState.FAILED, reply=HOSTILE, attempt=2
    )
    events.record(
        session, EventKind.POSTPONED, at=factories.NOW, delivery_id=mail.id, code=451
    )

    page = desk().get(f"/admin/deliveries/{mail.id}").text

    assert "Rust in je dag" in page
    assert "Will get later (451)" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("act", "state", "after", "kind"),
    [
        ("retry", "parked", "scheduled", EventKind.POSTPONED),
        ("retry", "failed", "scheduled", EventKind.POSTPONED),
        ("retry", "uncertain", "scheduled", EventKind.POSTPONED),
        ("arrived", "uncertain", "sent", EventKind.DELIVERED),
        ("give-up", "uncertain", "failed", EventKind.FAILED),
        ("give-up", "parked", "failed", EventKind.FAILED),
    ],
)
def test_a_decision_is_asked_for_taken_and_signed(
    desk: Desk,
    session: Session,
    act: str,
    state: str,
    after: str,
    kind: EventKind,
) -> None:
    mail = factories.delivery(session, state=DeliveryState(state))
    marketer = desk()
    path = f"/admin/deliveries/{mail.id}/{act}"

    asked = marketer.get(path)
    before = mail.state
    answer = marketer.post(path)

    assert (asked.status_code, before) == (200, state)
    assert answer.status_code == 303
    assert mail.state == after
    assert told(session, mail) == [(kind, "Mara")]


@pytest.mark.parametrize("act", ["retry", "arrived", "give-up"])
def test_what_is_settled_stays_settled(desk: Desk, session: Session, act: str) -> None:
    mail = factories.delivery(session, state=DeliveryState.SENT)
    marketer = desk()

    asked = marketer.get(f"/admin/deliveries/{mail.id}/{act}")
    answer = marketer.post(f"/admin/deliveries/{mail.id}/{act}")

    assert (asked.status_code, answer.status_code) == (302, 303)
    assert mail.state is DeliveryState.SENT
    assert told(session, mail) == []


def test_an_act_that_we_do_not_know_is_not_there(desk: Desk, session: Session) -> None:
    mail = factories.delivery(session, state=DeliveryState.PARKED)
    marketer = desk()

    assert marketer.post(f"/admin/deliveries/{mail.id}/delete").status_code == 404
    assert marketer.post("/admin/deliveries/999999/retry").status_code == 404
    assert marketer.get("/admin/deliveries/999999").status_code == 404


def test_a_viewer_sees_a_mail_and_decides_nothing(desk: Desk, session: Session) -> None:
    mail = factories.delivery(session, state=DeliveryState.PARKED)
    viewer = desk(TeamRole.VIEWER)

    page = viewer.get(f"/admin/deliveries/{mail.id}")
    answer = viewer.post(f"/admin/deliveries/{mail.id}/retry")

    assert page.status_code == 200
    assert "/retry" not in page.text
    assert answer.status_code == 403
    assert mail.state is DeliveryState.PARKED


def test_one_line_says_that_all_is_well(desk: Desk, session: Session) -> None:
    at_work(session)

    page = desk().get("/admin/sequences").text

    assert "Sending is on time, and nothing is waiting." in page


def test_the_line_says_when_nobody_works(desk: Desk) -> None:
    assert "no worker has shown itself" in desk().get("/admin/sequences").text


def test_the_line_says_when_mail_is_late(desk: Desk, session: Session) -> None:
    at_work(session)
    factories.delivery(session, due_at=clock.real() - timedelta(hours=2))

    page = desk().get("/admin/sequences").text

    assert "the oldest has been waiting for 2 hours" in page
    assert "view=late" in page


def test_a_big_send_shows_its_progress_and_stops_asking_when_done(
    desk: Desk, session: Session
) -> None:
    step, real = factories.step(session), clock.real()
    mails = [
        factories.delivery(session, step_id=step.id, planned_at=real, due_at=real)
        for _ in range(30)
    ]
    for mail in mails[:12]:
        mail.state = DeliveryState.SENT
    marketer = desk()

    part = marketer.get(f"/admin/deliveries/progress?sequence={step.sequence.slug}")
    whole = marketer.get(f"/admin/sequences/{step.sequence.slug}")
    for mail in mails:
        mail.state = DeliveryState.SENT
    over = marketer.get("/admin/deliveries/progress")

    assert "12 of 30 done" in part.text
    assert 'max="30" value="12"' in " ".join(whole.text.split())
    assert "data-progress" in part.text
    assert "data-progress" not in over.text


def test_the_number_of_clicks_opens_down_to_days_and_people(
    desk: Desk, session: Session
) -> None:
    step = tracking.step(session)
    assert step.revision is not None
    link = step.revision.links[0]
    session.add(ClickCount(link_id=link.id, day=factories.NOW.date(), clicks=4))
    her = factories.subscriber(session, address="anna@voorbeeld.nl")
    facts = {"subscriber_id": her.id, "step_id": step.id, "link_id": link.id}
    events.record(session, EventKind.CLICKED, at=factories.NOW, **facts)
    marketer = desk()

    sequence = marketer.get(f"/admin/sequences/{step.sequence.slug}").text
    editor = marketer.get(f"/admin/steps/{step.id}").text
    page = marketer.get(f"/admin/links/{link.id}").text

    assert f'/admin/steps/{step.id}#clicks">4</a>' in sequence
    assert f"/admin/links/{link.id}" in editor
    assert tracking.TARGETS[0] in editor
    assert "4 clicks" in page
    assert "anna@voorbeeld.nl" in page
    assert marketer.get("/admin/links/999999").status_code == 404
