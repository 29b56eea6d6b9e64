"""What has outlived its reason is forgotten, and nothing before that."""

from datetime import datetime, timedelta

import factories
import pytest
from sending import agree
from sqlalchemy import select
from sqlalchemy.orm import Session
from visitors import form, stage

from funnel.clock import real
from funnel.config import Settings
from funnel.domain.status import Scope, SubscriberState
from funnel.flow import events, preferences, signup, team
from funnel.flow.preferences import consent
from funnel.models import (
    Consent,
    EventKind,
    Login,
    LoginAttempt,
    Registration,
    Signup,
    Subscriber,
)

NOW = factories.NOW
DAY = timedelta(days=1)
CLOSED = factories.START + 7 * DAY  # the recording of the factories' date


@pytest.fixture
def seat(session: Session) -> Registration:
    """Somebody with a seat and no mail series, who signed up just now."""
    found = factories.registration(session)
    events.record(
        session, EventKind.SIGNED_UP, at=NOW, subscriber_id=found.subscriber_id
    )
    return found


def holder(session: Session, seat: Registration) -> Subscriber:
    return session.get_one(Subscriber, seat.subscriber_id, populate_existing=True)


def is_forgotten(session: Session, seat: Registration, now: datetime) -> bool:
    preferences.forget_old(session, now=now)
    return holder(session, seat).state is SubscriberState.ERASED


def test_from_where_a_form_came_is_known_for_thirty_days(
    session: Session, settings: Settings
) -> None:
    made = form(stage(session), user_agent="Firefox")
    signup_id = signup.submit(session, made, now=NOW, real=NOW, limits=settings)
    signup.confirm(session, signup_id, series=True, now=NOW)
    row = session.get_one(Signup, signup_id)

    preferences.forget_old(session, now=NOW + 30 * DAY - timedelta(seconds=1))
    session.refresh(row)
    assert (row.network, row.user_agent) == ("203.0.113.0/24", "Firefox")
    preferences.forget_old(session, now=NOW + 30 * DAY)

    session.refresh(row)
    assert (row.network, row.user_agent) == ("", "")
    assert row.subscriber.address == "sanne@example.nl"
    assert {proof.network for proof in session.scalars(select(Consent))} == {
        "203.0.113.0/24"
    }


def test_who_has_only_a_seat_is_forgotten_ninety_days_after_the_recording(
    session: Session, seat: Registration
) -> None:
    address = holder(session, seat).address or ""

    assert not is_forgotten(session, seat, CLOSED + 90 * DAY - timedelta(seconds=1))
    assert is_forgotten(session, seat, CLOSED + 90 * DAY)

    assert not consent.is_suppressed(session, address, Scope.MARKETING)


def test_who_gave_her_seat_back_is_forgotten_ninety_days_later(
    session: Session, seat: Registration
) -> None:
    seat.cancelled_at = NOW
    session.flush()

    assert not is_forgotten(session, seat, NOW + 89 * DAY)
    assert is_forgotten(session, seat, NOW + 90 * DAY)


def test_who_waits_for_a_date_is_not_forgotten(
    session: Session, seat: Registration
) -> None:
    seat.occurrence = None
    session.flush()

    assert not is_forgotten(session, seat, CLOSED + 200 * DAY)


def test_who_reads_along_is_kept_for_two_years_after_her_last_sign(
    session: Session, seat: Registration
) -> None:
    agree(session, holder(session, seat))
    seen = NOW + 300 * DAY
    events.record(
        session, EventKind.PREFERENCES, at=seen, subscriber_id=seat.subscriber_id
    )
    events.record(
        session, EventKind.SENT, at=seen + DAY, subscriber_id=seat.subscriber_id
    )

    assert not is_forgotten(session, seat, seen + 729 * DAY)
    assert is_forgotten(session, seat, seen + 730 * DAY)


def test_who_left_the_series_is_forgotten_like_who_never_had_it(
    session: Session, seat: Registration
) -> None:
    agree(session, holder(session, seat))
    agree(session, holder(session, seat), granted=False, at=NOW + DAY)

    assert is_forgotten(session, seat, CLOSED + 90 * DAY)


def test_the_proof_of_consent_outlives_her_by_five_years(
    session: Session, seat: Registration
) -> None:
    agree(session, holder(session, seat))
    preferences.erase(session, seat.subscriber_id, now=NOW)
    five_years = NOW + 5 * 365 * DAY

    preferences.forget_old(session, now=five_years - timedelta(seconds=1))
    assert len(session.scalars(select(Consent)).all()) == 2
    preferences.forget_old(session, now=five_years)

    assert session.scalars(select(Consent)).all() == []


def test_old_log_ins_and_tries_are_dropped(session: Session) -> None:
    moment = real()
    person = factories.user(session)
    for age in (61, 1):
        at = moment - age * DAY
        session.add(Login(user_id=person.id, token_hash=str(age), created_at=at))
        session.add(LoginAttempt(address_hash="a", network="n", succeeded=False, at=at))
    session.flush()

    team.forget(session, real=moment)

    assert [row.token_hash for row in session.scalars(select(Login))] == ["1"]
    assert len(session.scalars(select(LoginAttempt)).all()) == 1
