"""Sign-up limits: so many mails for a mailbox, so many forms for a network."""

from datetime import timedelta

import pytest
import visitors
from sqlalchemy import select
from sqlalchemy.orm import Session
from visitors import ASKED, DAY, NOW, REAL, count, form, mails, stage, submit

from funnel.config import Settings
from funnel.domain.status import (
    Role,
)
from funnel.flow import signup
from funnel.flow.preferences import Wording
from funnel.flow.signup import Doubt, TooMany
from funnel.models import (
    Event,
    EventKind,
    Signup,
    Subscriber,
)


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
