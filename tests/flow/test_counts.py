"""Numbers that name nobody: each visit, and each person once at each stage."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier
from typing import Any

import factories
import pytest
import tracking
import visitors
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session
from visitors import form

from funnel import clock
from funnel.config import Settings
from funnel.domain.status import DeliveryState, Page, Purpose, Reason, Stage
from funnel.domain.utm import Utm
from funnel.flow import counts, enrollment, preferences, signup
from funnel.flow.counts import Visit, sources
from funnel.flow.preferences import Wording, consent
from funnel.models import (
    Click,
    Delivery,
    Link,
    MailCount,
    Registration,
    Signup,
    Source,
    StageCount,
    Subscriber,
    System,
    VisitCount,
)

NOW = factories.NOW
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
NOBODY = Utm()
INSTAGRAM = {"utm_source": "Instagram", "utm_medium": "bio", "utm_campaign": "herfst"}
WORDS = Wording("Ja", "nl", "preferences")


def visit(session: Session, utm: Utm = NOBODY, now: datetime = NOW) -> bool:
    return counts.visited(session, Visit(Page.LANDING, "magnesium", utm), now=now)


def visits(session: Session) -> list[tuple[Any, ...]]:
    rows = session.execute(
        select(
            *(VisitCount.day, VisitCount.page, Source.name),
            func.sum(VisitCount.visits),
        )
        .outerjoin(Source, Source.id == VisitCount.source_id)
        .group_by(VisitCount.day, VisitCount.page, Source.name)
        .order_by(VisitCount.day, VisitCount.page.desc(), Source.name.nulls_first())
    )
    return [tuple(row) for row in rows]


def people(session: Session) -> dict[Stage, int]:
    """Return how many people there are at each stage."""
    total = func.sum(StageCount.people)
    rows = session.execute(select(StageCount.stage, total).group_by(StageCount.stage))
    return {stage: int(count) for stage, count in rows}


@pytest.fixture
def on(session: Session) -> visitors.Stage:
    return visitors.stage(session)


def sign_up(
    session: Session, on: visitors.Stage, limits: Settings, **about: Any
) -> Signup:
    now, real = about.pop("now", NOW), clock.real()
    made = form(on, **about)
    sent = signup.submit(session, made, now=now, real=real, limits=limits)
    return session.get_one(Signup, sent)


def confirm(session: Session, sent: Signup) -> Registration:
    return signup.confirm(session, sent.id, series=True, now=NOW)


def test_visits_add_up_by_day_page_and_source(session: Session) -> None:
    factories.business(session)
    for utm in (NOBODY, NOBODY, Utm.of(INSTAGRAM)):
        assert visit(session, utm)
    counts.visited(session, Visit(Page.ARTICLE, "magnesium", NOBODY), now=NOW)
    visit(session, now=NOW + DAY)

    assert visits(session) == [
        (TODAY, Page.LANDING, None, 2),
        (TODAY, Page.LANDING, "instagram", 1),
        (TODAY, Page.ARTICLE, None, 1),
        (TODAY + DAY, Page.LANDING, None, 1),
    ]


def test_a_day_is_one_on_the_calendar_of_the_business(session: Session) -> None:
    factories.business(session, zone="Europe/Amsterdam")
    visit(session, now=datetime.fromisoformat("2026-11-23T23:30:00+00:00"))

    assert [row[0] for row in visits(session)] == [TODAY + DAY]


def test_made_up_sources_fill_no_table(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_NEW", 3)
    visit(session, Utm("nieuwsbrief"))

    for number in range(20):
        visit(session, Utm(f"x{number}"))
    visit(session, Utm("nieuwsbrief"))
    visit(session, Utm("morgen"), now=NOW + DAY)

    assert [(name, count) for _, _, name, count in visits(session)] == [
        ("nieuwsbrief", 2),
        ("other", 18),
        ("x0", 1),
        ("x1", 1),
        ("morgen", 1),
    ]


def test_a_count_that_fails_says_so_and_breaks_nothing(
    commit_session: Session, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    visit(commit_session)
    with engine.begin() as other:
        other.execute(text("LOCK TABLE visit_count"))

        assert not visit(commit_session)

    assert "was not counted" in caplog.text
    assert visit(commit_session)
    assert [row[-1] for row in visits(commit_session)] == [2]


def test_many_visits_at_the_same_moment_are_all_counted(
    engine: Engine, clean_database: None
) -> None:
    del clean_database
    together = Barrier(8)

    def ten_times() -> list[bool]:
        with Session(engine) as session:
            together.wait()
            return [visit(session, Utm.of(INSTAGRAM)) for _ in range(10)]

    with ThreadPoolExecutor(8) as pool:
        kept = [pool.submit(ten_times) for _ in range(8)]

    with Session(engine) as session:
        written = sum(sum(one.result()) for one in kept)
        assert [row[2:] for row in visits(session)] == [("instagram", written)]
        assert written == 80


def test_a_person_counts_once_at_each_stage_on_the_day_of_her_first_form(
    session: Session, settings: Settings, on: visitors.Stage
) -> None:
    first = sign_up(session, on, settings, source=INSTAGRAM)
    sunday = {"occurrence_id": on.sunday.id, "now": NOW + DAY}
    again = sign_up(session, on, settings, **sunday)
    for sent in (again, again, first):
        seat = confirm(session, sent)
    for _ in range(2):
        enrollment.join(session, seat, now=NOW + 2 * DAY)
        enrollment.replay(session, seat, now=NOW + 3 * DAY)
        enrollment.purchased(session, seat.subscriber_id, "boek", now=NOW + 4 * DAY)

    rows = session.scalars(select(StageCount)).all()

    assert people(session) == dict.fromkeys(
        (
            *(Stage.SIGNED_UP, Stage.CONFIRMED, Stage.JOINED, Stage.REPLAYED),
            Stage.BOUGHT,
        ),
        1,
    )
    assert {row.day for row in rows} == {TODAY}
    assert {row.occurrence_id for row in rows} == {on.tuesday.id}
    assert {row.source_id for row in rows} == {session.scalar(select(Source.id))}


def test_a_recording_seen_again_after_another_date_is_counted_once(
    session: Session, settings: Settings, on: visitors.Stage
) -> None:
    seat = confirm(session, sign_up(session, on, settings))
    enrollment.replay(session, seat, now=NOW)
    confirm(session, sign_up(session, on, settings, occurrence_id=on.sunday.id))
    session.refresh(seat)
    assert seat.replayed_at is None

    enrollment.replay(session, seat, now=NOW + DAY)

    assert people(session)[Stage.REPLAYED] == 1


def test_a_form_of_a_bot_and_a_person_from_a_file_are_not_in_the_funnel(
    session: Session, settings: Settings, on: visitors.Stage
) -> None:
    made = form(on, doubt=signup.Doubt.HONEYPOT)
    signup.submit(session, made, now=NOW, real=clock.real(), limits=settings)
    person = factories.subscriber(session)

    enrollment.purchased(session, person.id, "boek", now=NOW)

    assert people(session) == {}


def test_who_lets_us_see_her_clicks_counts_as_one_who_clicked(
    session: Session, settings: Settings, on: visitors.Stage
) -> None:
    her = confirm(session, sign_up(session, on, settings)).subscriber_id
    mail = tracking.mail(session, tracking.step(session), subscriber_id=her)
    other = tracking.mail(session, tracking.step(session))
    consent.grant(
        session, session.get_one(Subscriber, her), {Purpose.CLICKS}, WORDS, NOW
    )
    for one in (mail, other):
        session.add_all(clicks(session, one))
    session.flush()

    tracking.count(session)

    assert people(session)[Stage.AGREED] == people(session)[Stage.CLICKED] == 1


def clicks(session: Session, mail: Delivery) -> list[Click]:
    """Return a click on each link of a mail."""
    found = select(Link.id).where(Link.revision_id == mail.revision_id)
    seen = {"at": NOW, "seen_at": clock.real()}
    return [
        Click(link_id=link, delivery_id=mail.id, **seen)
        for link in session.scalars(found)
    ]


def test_taking_back_the_consent_to_be_seen_clicking_leaves_no_mark_but_the_number(
    session: Session, settings: Settings, on: visitors.Stage
) -> None:
    sent = sign_up(session, on, settings)
    her = confirm(session, sent).subscriber_id
    person = session.get_one(Subscriber, her)
    consent.grant(session, person, {Purpose.CLICKS}, WORDS, NOW)
    counts.reached(session, Stage.CLICKED, her)
    session.flush()
    assert Stage.CLICKED in sent.reached

    consent.withdraw(session, person, {Purpose.CLICKS}, WORDS, NOW)

    session.refresh(sent)
    assert Stage.CLICKED not in sent.reached
    assert people(session)[Stage.CLICKED] == 1


def test_erasing_a_person_leaves_the_numbers(
    session: Session, settings: Settings, on: visitors.Stage
) -> None:
    sent = sign_up(session, on, settings, source=INSTAGRAM)
    her = confirm(session, sent).subscriber_id
    before = people(session)

    preferences.erase(session, her, now=NOW + DAY)

    assert people(session) == before


def mails(session: Session) -> dict[tuple[Any, ...], int]:
    rows = session.scalars(select(MailCount))
    return {(row.day, row.step_id, row.state, row.reason): row.mails for row in rows}


def test_what_is_over_becomes_history_and_is_counted_again_while_it_may_change(
    session: Session,
) -> None:
    step = factories.step(session)
    old = {"step_id": step.id, "planned_at": NOW - 10 * DAY}
    uncertain = DeliveryState.UNCERTAIN
    doubt = factories.delivery(session, **old, state=uncertain)
    reason = {"state": DeliveryState.SKIPPED, "reason": Reason.NO_CONSENT}
    factories.delivery(session, **old, **reason)
    factories.delivery(session, **old, state=DeliveryState.SENT, is_test=True)
    factories.delivery(session, **old, state=DeliveryState.SCHEDULED)
    factories.delivery(session, step_id=step.id, state=DeliveryState.SENT)

    until = counts.fold(session, now=NOW)

    day = TODAY - 10 * DAY
    assert until == TODAY - DAY
    assert mails(session) == {
        (day, step.id, uncertain, None): 1,
        (day, step.id, DeliveryState.SKIPPED, Reason.NO_CONSENT): 1,
    }
    doubt.state = DeliveryState.SENT
    counts.fold(session, now=NOW + DAY)
    session.expire_all()
    assert mails(session)[day, step.id, DeliveryState.SENT, None] == 1
    assert len(mails(session)) == 2
    assert session.get_one(System, 1).counted_until == TODAY
