"""Confirming: a click makes the seat, the consent and the enrollment, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import visitors
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from visitors import DAY, NOW, REAL, confirmed, count, form, mails, stage, submit

from funnel.config import Settings
from funnel.domain import address as addresses
from funnel.domain.status import (
    MAILINGS,
    DeliveryState,
    EnrollmentState,
    Purpose,
    Reason,
    Role,
    SubscriberState,
)
from funnel.flow import preferences, signup
from funnel.flow.preferences import Wording
from funnel.flow.signup import Expired
from funnel.models import (
    Consent,
    Enrollment,
    Event,
    EventKind,
    Registration,
    Subscriber,
    Suppression,
)


def test_ten_clicks_at_once_confirm_once(
    engine: Engine, commit_session: Session, settings: Settings
) -> None:
    signup_id = submit(
        commit_session, form(stage(commit_session), series=True), settings
    )
    start = Barrier(10)

    def click(_: int) -> int:
        with Session(engine) as session:
            signup.find(session, signup_id, now=NOW)
            start.wait()
            return signup.confirm(session, signup_id, series=True, now=NOW).id

    with ThreadPoolExecutor(10) as pool:
        seats = set(pool.map(click, range(10)))

    assert len(seats) == count(commit_session, Registration) == 1
    assert count(commit_session, Enrollment) == 1
    assert count(commit_session, Consent) == 2
    clicks = select(Event).where(Event.kind == EventKind.CONFIRMED)
    assert len(commit_session.scalars(clicks).all()) == 1


def test_confirming_makes_the_seat_the_consent_and_the_enrollment(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    signup_id = submit(session, form(on, series=True), settings)

    seat = signup.confirm(session, signup_id, series=True, now=NOW + DAY / 2)

    person = session.scalars(select(Subscriber)).one()
    way = session.scalars(select(Enrollment)).one()
    proof = session.scalars(select(Consent).order_by(Consent.purpose)).all()
    (reminder,) = mails(session, Role.CONFIRMATION_AGAIN)
    assert (person.state, person.first_name) == (SubscriberState.ACTIVE, "Sanne")
    assert (seat.occurrence_id, seat.seated_at) == (on.tuesday.id, NOW + DAY / 2)
    assert (way.registration_id, way.due_at) == (seat.id, NOW + DAY / 2)
    assert [row.purpose for row in proof] == [Purpose.OFFERS, Purpose.SERIES]
    assert {row.wording for row in proof} == {visitors.WORDS}
    assert {row.place for row in proof} == {"form"}
    assert {row.network for row in proof} == {"203.0.113.0/24"}
    assert all(row.wording_version.startswith("2026-11-") for row in proof)
    assert reminder.state is DeliveryState.SKIPPED
    assert reminder.reason is Reason.CONFIRMED


def test_stated_words_speak_of_the_series_only(
    session: Session, settings: Settings
) -> None:
    on = stage(session, consent_mode="stated")

    confirmed(session, on, settings, series=True)

    person = session.scalars(select(Subscriber)).one()
    assert preferences.in_force(session, person.id) == {Purpose.SERIES}


def test_a_yes_at_the_button_is_kept_in_the_buttons_words(
    session: Session, settings: Settings
) -> None:
    signup_id = submit(session, form(stage(session)), settings)
    said = Wording("Bevestig en stuur me de mailserie", "nl", "confirmation")

    signup.confirm(session, signup_id, series=True, now=NOW, wording=said)

    proof = session.scalars(select(Consent)).all()
    assert {(row.wording, row.place) for row in proof} == {(said.text, "confirmation")}


def test_only_my_seat_gives_no_consent(session: Session, settings: Settings) -> None:
    signup_id = submit(session, form(stage(session)), settings)

    signup.confirm(session, signup_id, series=False, now=NOW)

    assert count(session, Consent) == 0
    assert count(session, Enrollment) == 1


def test_confirming_twice_changes_nothing_more(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    sent = confirmed(session, on, settings, series=True)
    before = [count(session, table) for table in (Consent, Event, Registration)]

    signup.confirm(session, sent.id, series=True, now=NOW + 30 * DAY)

    assert before == [count(session, table) for table in (Consent, Event, Registration)]
    assert session.scalars(select(Enrollment)).one().due_at == NOW


def test_a_link_works_for_seven_days(session: Session, settings: Settings) -> None:
    signup_id = submit(session, form(stage(session)), settings)
    last = NOW + 7 * DAY

    with pytest.raises(Expired):
        signup.confirm(session, signup_id, series=False, now=last)
    assert count(session, Registration) == 0
    assert signup.confirm(
        session, signup_id, series=False, now=last - timedelta(seconds=1)
    )


def test_another_date_moves_the_seat_and_keeps_the_enrollment(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    confirmed(session, on, settings)
    way = session.scalars(select(Enrollment)).one()
    way.state, way.due_at = EnrollmentState.COMPLETED, None
    other = form(on, occurrence_id=on.sunday.id)
    later = submit(session, other, settings, real=REAL + DAY / 2)
    assert session.scalars(select(Registration)).one().occurrence_id == on.tuesday.id

    seat = signup.confirm(session, later, series=False, now=NOW + DAY)

    assert (seat.occurrence_id, seat.seated_at) == (on.sunday.id, NOW + DAY)
    assert session.scalars(select(Enrollment)).one() is way
    session.refresh(way)
    assert way.state is EnrollmentState.ACTIVE
    assert way.due_at == NOW + DAY


def test_a_seat_that_was_used_stays(session: Session, settings: Settings) -> None:
    on = stage(session)
    confirmed(session, on, settings)
    session.scalars(select(Registration)).one().joined_at = on.tuesday.starts_at
    other = form(on, occurrence_id=on.sunday.id)
    later = submit(session, other, settings, real=REAL + DAY / 2)

    seat = signup.confirm(session, later, series=False, now=NOW + DAY)

    assert seat.occurrence_id == on.tuesday.id


def test_a_date_called_off_meanwhile_leaves_her_waiting(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    signup_id = submit(session, form(on), settings)
    on.tuesday.cancelled_at = NOW

    seat = signup.confirm(session, signup_id, series=False, now=NOW)

    assert seat.occurrence_id is None


def test_a_date_that_is_over_leaves_her_waiting(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    eve, end = on.tuesday.starts_at - DAY, on.tuesday.ends_at
    first = submit(session, form(on), settings, now=eve)
    second = submit(session, form(on, "roos@example.nl"), settings, now=eve)

    in_time = signup.confirm(session, first, series=False, now=end)
    on.tuesday.replay_url = ""
    late = signup.confirm(session, second, series=False, now=end)

    assert in_time.occurrence_id == on.tuesday.id
    assert late.occurrence_id is None


def test_an_old_link_does_not_take_a_good_seat_away(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    old = submit(session, form(on), settings)
    newer = form(on, occurrence_id=on.sunday.id)
    new = submit(session, newer, settings, real=REAL + DAY / 2)
    signup.confirm(session, new, series=False, now=NOW)
    on.tuesday.cancelled_at = NOW

    seat = signup.confirm(session, old, series=False, now=NOW)

    assert seat.occurrence_id == on.sunday.id


def test_consent_given_anew_lifts_the_suppression(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    sent = confirmed(session, on, settings, series=True)
    leaving = Wording("Stop", "nl", "unsubscribe")
    preferences.unsubscribe(session, sent.subscriber_id, now=NOW, wording=leaving)
    later = form(on, series=True)

    again = submit(session, later, settings, real=REAL + DAY / 2)
    assert preferences.in_force(session, sent.subscriber_id) == frozenset()
    signup.confirm(session, again, series=True, now=NOW + DAY)

    assert preferences.in_force(session, sent.subscriber_id) == MAILINGS
    assert session.scalars(select(Suppression)).one().lifted_at == NOW + DAY
    assert sent.subscriber.state is SubscriberState.ACTIVE


def test_another_address_gets_the_mail_and_the_wrong_one_no_reminder(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    wrong = submit(session, form(on, "sanne@gmial.com"), settings)
    right = addresses.normalise("sanne@gmail.com")

    made = signup.again(
        session, wrong, network="203.0.113.0/24", address=right, now=NOW
    )
    submit(session, made, settings)

    first, second = mails(session, Role.CONFIRMATION)
    old, new = mails(session, Role.CONFIRMATION_AGAIN)
    assert second.address == new.address == "sanne@gmail.com"
    assert old.state is DeliveryState.SKIPPED
    assert first.state is new.state is DeliveryState.SCHEDULED
