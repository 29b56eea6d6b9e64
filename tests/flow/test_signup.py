"""A form becomes a seat: once, only by the confirming click, and within limits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import factories
import pytest
import visitors
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from visitors import Stage, form, mails, stage

from funnel.config import Settings
from funnel.domain import address as addresses
from funnel.domain.status import (
    MAILINGS,
    DeliveryState,
    EnrollmentState,
    Purpose,
    Reason,
    Role,
    Scope,
    SequenceState,
    SubscriberState,
)
from funnel.flow import preferences, signup
from funnel.flow.preferences import Wording
from funnel.flow.signup import Doubt, Expired, TooMany, Unknown
from funnel.models import (
    Consent,
    Enrollment,
    Event,
    EventKind,
    Registration,
    Signup,
    Subscriber,
    Suppression,
)

NOW = factories.NOW
REAL = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ASKED = (Role.CONFIRMATION, Role.KNOWN)


def submit(
    session: Session,
    made: signup.Form,
    limits: Settings,
    *,
    now: datetime = NOW,
    real: datetime = REAL,
) -> int:
    return signup.submit(session, made, now=now, real=real, limits=limits)


def confirmed(session: Session, on: Stage, limits: Settings, **about: Any) -> Signup:
    """Return a sign-up that was sent and confirmed."""
    series = bool(about.get("series"))
    signup_id = submit(session, form(on, **about), limits)
    signup.confirm(session, signup_id, series=series, now=NOW)
    return session.get_one(Signup, signup_id)


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


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


def test_other_spellings_of_one_mailbox_share_its_limit(
    session: Session, settings: Settings
) -> None:
    on = stage(session)

    for spelling in ("sanne@example.nl", "s.anne@example.nl", "sanne+x@example.nl"):
        submit(session, form(on, spelling), settings)

    assert len(mails(session, Role.CONFIRMATION)) == 1


@pytest.mark.parametrize(
    ("every", "times", "most"),
    [
        (timedelta(minutes=9), 2, 1),
        (timedelta(minutes=11), 2, 2),
        (timedelta(minutes=11), 8, 3),
        (timedelta(hours=25), 8, 5),
        (timedelta(days=31), 3, 3),
    ],
)
def test_a_mailbox_gets_only_so_many_mails(
    session: Session, settings: Settings, every: timedelta, times: int, most: int
) -> None:
    on = stage(session)

    ids = [
        submit(session, form(on), settings, real=REAL + n * every) for n in range(times)
    ]

    assert len(mails(session, *ASKED)) == most
    assert len(set(ids)) == times


def test_limits_outlive_the_forgetting_of_who_did_not_confirm(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    for n in range(5):
        submit(session, form(on), settings, now=NOW, real=REAL + n * 2 * DAY)

    signup.purge(session, NOW + 8 * DAY)
    submit(session, form(on), settings, now=NOW + 8 * DAY, real=REAL + 12 * DAY)

    assert len(mails(session, Role.CONFIRMATION)) == 5


def test_a_network_and_the_service_have_their_limit_of_sign_ups(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    tight = settings.model_copy(
        update={"signups_per_network_per_hour": 3, "signups_per_hour": 5}
    )
    for n in range(3):
        submit(session, form(on, f"a{n}@example.nl"), tight)

    with pytest.raises(TooMany, match="network"):
        submit(session, form(on, "a4@example.nl"), tight)
    elsewhere = Wording(visitors.WORDS, "nl", "form", "198.51.100.0/24")
    for n in range(2):
        submit(session, form(on, f"b{n}@example.nl", wording=elsewhere), tight)
    with pytest.raises(TooMany, match="service"):
        submit(session, form(on, "b3@example.nl", wording=elsewhere), tight)
    later = REAL + timedelta(minutes=61)
    assert submit(session, form(on, "a5@example.nl"), tight, real=later)


@pytest.mark.parametrize("doubt", Doubt)
def test_what_looks_like_a_bot_is_counted_and_not_mailed(
    session: Session, settings: Settings, doubt: Doubt
) -> None:
    answer = submit(session, form(stage(session), doubt=doubt), settings)

    event = session.scalars(select(Event)).one()
    assert answer == 0
    assert event.kind is EventKind.SUSPECTED
    assert event.data["doubt"] == doubt
    assert count(session, Subscriber) == count(session, Signup) == 0
    assert mails(session) == []


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
