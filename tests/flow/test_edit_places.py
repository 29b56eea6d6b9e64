"""A live sequence is edited at its ends, and in its words.

Everybody lives on the same Monday, as in `test_editing`.
"""

from datetime import timedelta

import factories
import pytest
import sink
from sending import at, desk
from sqlalchemy.orm import Session
from walking import (
    DAY,
    NOW,
    gets,
    got,
    move,
    publish,
    put_in,
    remove,
    save,
    sequence,
    walker,
)

from funnel.domain.status import EnrollmentState
from funnel.flow import due, reports

MORNING = NOW + DAY - timedelta(hours=1.5)  # when b is due for who got a


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, ["new Tue 08:30", "a Wed 08:30", "b Thu 08:30", "c Fri 08:30"]),
        (1, ["b Tue 08:30", "c Wed 08:30", "d Thu 08:30"]),
        (3, ["d Tue 08:30"]),
        (4, []),
    ],
)
def test_a_new_first_mail_is_only_for_who_got_none_yet(
    session: Session, days: int, expected: list[str]
) -> None:
    row = sequence(session)
    her = walker(session, row, days=days)

    put_in(session, row, "new", after="")
    publish(session, row)

    assert gets(session, her)[:4] == expected


@pytest.mark.parametrize(
    ("letter", "days", "expected"),
    [
        ("a", 0, ["a skipped: switched-off", "b Wed 08:30", "c Thu 08:30"]),
        ("b", 0, ["a Tue 08:30", "b skipped: switched-off", "c Thu 08:30"]),
        ("d", 3, ["d skipped: switched-off"]),
        ("d", 4, []),
    ],
)
def test_a_mail_that_is_switched_off_leaves_the_others_their_moments(
    session: Session, letter: str, days: int, expected: list[str]
) -> None:
    row = sequence(session)
    her = walker(session, row, days=days)

    save(session, row, letter, is_on=False)
    publish(session, row)

    assert gets(session, her)[:3] == expected
    assert her.state is EnrollmentState.COMPLETED


def test_a_new_text_is_for_who_waits_and_not_for_who_had_it(
    commit_session: Session, database_url: str
) -> None:
    session = commit_session
    factories.business(session)
    row = sequence(session)
    waits, past = (walker(session, row, days=days) for days in (1, 2))
    due.scan(session, now=MORNING)  # b is planned for her, and nobody took it yet

    save(session, row, "b", subject="beter")
    publish(session, row)
    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at(MORNING))

    session.expire_all()
    subjects = {str(mail["Subject"]) for mail in relay.messages}
    assert subjects == {"beter", "c"}
    assert got(session, waits) == ["a", "b"]
    assert got(session, past) == ["a", "b", "c"]


def test_the_numbers_of_a_mail_outlive_what_is_done_to_it(session: Session) -> None:
    row = sequence(session)
    for days in (2, 3, 4):
        walker(session, row, days=days)
    before = reports.head(session, row.id, now=NOW).steps

    save(session, row, "b", subject="beter", timing="3 days at 08:30")
    save(session, row, "c", is_on=False)
    move(session, row, "d", after="")
    remove(session, row, "a")
    publish(session, row)

    after = reports.head(session, row.id, now=NOW).steps
    sent = {one: (numbers.sent, after[one].sent) for one, numbers in before.items()}
    assert sorted(sent.values()) == [(1, 1), (2, 2), (3, 3), (3, 3)]
