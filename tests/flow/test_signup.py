"""Sign-up: a form asks for one confirmation, however often it is sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import visitors
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from visitors import DAY, NOW, REAL, confirmed, count, form, mails, stage, submit

from funnel.config import Settings
from funnel.domain import address as addresses
from funnel.domain.status import (
    DeliveryState,
    Purpose,
    Reason,
    Role,
    Scope,
    SequenceState,
    SubscriberState,
)
from funnel.flow import preferences, signup
from funnel.flow.preferences import Wording
from funnel.flow.signup import Unknown
from funnel.models import (
    Consent,
    Registration,
    Signup,
    Subscriber,
    Suppression,
)


def test_a_form_asks_for_one_confirmation_and_one_reminder(
    session: Session, settings: Settings
) -> None:
    submit(session, form(stage(session)), settings)

    asked, again = mails(session)
    person = session.scalars(select(Subscriber)).one()
    assert (asked.due_at, again.due_at) == (NOW, NOW + DAY)
    assert asked.address == again.address == "sanne@example.nl"
    assert person.state is SubscriberState.PENDING
    assert person.first_name == ""
    assert count(session, Registration) == count(session, Consent) == 0


def test_the_same_form_sent_twice_is_one_sign_up(
    session: Session, settings: Settings
) -> None:
    made = form(stage(session))

    first = submit(session, made, settings)
    second = submit(session, made, settings)

    assert first == second
    assert count(session, Signup) == 1
    assert len(mails(session, Role.CONFIRMATION)) == 1


def test_the_same_page_can_be_sent_again_with_another_date(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    made = form(on, nonce="same")

    first = submit(session, made, settings)
    second = submit(
        session, form(on, nonce="same", occurrence_id=on.sunday.id), settings
    )

    assert first != second


def test_twenty_at_once_become_one_subscriber_and_one_mail(
    engine: Engine, commit_session: Session, settings: Settings
) -> None:
    with Session(engine, expire_on_commit=False) as session:
        on = stage(session)
        session.commit()
    forms = [form(on) for _ in range(20)]

    def send(made: signup.Form) -> int:
        with Session(engine) as session:
            return submit(session, made, settings)

    with ThreadPoolExecutor(20) as pool:
        ids = list(pool.map(send, forms))

    assert len(set(ids)) == 20
    assert count(commit_session, Subscriber) == 1
    assert len(mails(commit_session, Role.CONFIRMATION)) == 1


def test_a_second_form_has_one_reminder_and_not_two(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    submit(session, form(on), settings)

    submit(session, form(on), settings, real=REAL + DAY / 2)

    old, new = mails(session, Role.CONFIRMATION_AGAIN)
    assert (old.state, old.reason) == (DeliveryState.SKIPPED, Reason.REPLACED)
    assert new.state is DeliveryState.SCHEDULED


def test_a_suppressed_address_gets_nothing(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    hash_ = addresses.digest("sanne@example.nl")
    session.add(
        Suppression(address_hash=hash_, scope=Scope.ALL, reason="complained", at=NOW)
    )
    session.flush()

    assert submit(session, form(on), settings) > 0
    assert mails(session) == []


def test_who_has_the_seat_is_told_so_instead(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    confirmed(session, on, settings)

    submit(session, form(on), settings, real=REAL + timedelta(minutes=11))

    (known,) = mails(session, Role.KNOWN)
    assert known.occurrence_id == on.tuesday.id
    assert len(mails(session, Role.CONFIRMATION)) == 1


def test_who_asks_for_more_than_she_has_confirms_again(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    confirmed(session, on, settings)
    later = REAL + timedelta(minutes=11)

    submit(session, form(on, series=True), settings, real=later)

    assert mails(session, Role.KNOWN) == []
    assert len(mails(session, Role.CONFIRMATION)) == 2


def test_who_did_not_confirm_is_forgotten_after_seven_days(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    late = submit(session, form(on), settings)
    mails(session)[0].reply = "250 2.1.5 <sanne@example.nl>"
    kept = confirmed(session, on, settings, address="roos@example.nl")

    assert signup.purge(session, NOW + 7 * DAY - timedelta(seconds=1)) == 0
    assert signup.purge(session, NOW + 7 * DAY) == 1

    row = session.get_one(Signup, late)
    session.refresh(row.subscriber)
    assert row.subscriber.address is None
    assert "sanne" not in (row.subscriber.address_key or "")
    assert (row.first_name, row.network, row.user_agent) == ("", "", "")
    assert {mail.address for mail in mails(session)} == {"", "roos@example.nl"}
    assert {mail.reply for mail in mails(session)} == {""}
    assert kept.subscriber.address == "roos@example.nl"
    with pytest.raises(Unknown):
        signup.find(session, late, now=NOW)


def test_after_thirty_days_nothing_of_her_is_left(
    session: Session, settings: Settings
) -> None:
    signup_id = submit(session, form(stage(session)), settings)
    person = session.get_one(Signup, signup_id).subscriber
    box = Wording(visitors.WORDS, "nl", "preferences")
    preferences.agree(session, person.id, Purpose.SERIES, wording=box, now=NOW)

    signup.purge(session, NOW + 30 * DAY)

    assert count(session, Subscriber) == count(session, Signup) == 0
    assert count(session, Consent) == 0


def test_who_did_not_confirm_can_ask_for_her_data_too(
    session: Session, settings: Settings
) -> None:
    signup_id = submit(session, form(stage(session)), settings)
    person = session.get_one(Signup, signup_id).subscriber

    assert preferences.request_data(session, person.id, now=NOW)

    [mail] = mails(session, Role.PERSONAL_DATA)
    assert mail.address == "sanne@example.nl"


def test_a_sign_up_is_kept_when_the_sequence_lacks_its_mail(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    for step in on.sequence.steps:
        step.deleted_at = NOW
    session.flush()

    signup_id = submit(session, form(on), settings)

    assert session.get_one(Signup, signup_id).subscriber.address == "sanne@example.nl"
    assert mails(session) == []


@pytest.mark.parametrize(
    ("state", "is_open"),
    [
        (SequenceState.DRAFT, False),
        (SequenceState.LIVE, True),
        (SequenceState.PAUSED, True),
        (SequenceState.ARCHIVED, False),
    ],
)
def test_forms_are_taken_from_the_day_the_mails_go_out(
    session: Session, state: SequenceState, *, is_open: bool
) -> None:
    on = stage(session)
    on.sequence.state = state

    assert signup.is_open(session, on.masterclass) is is_open
