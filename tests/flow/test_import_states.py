"""Where somebody stands elsewhere, as a file says it."""

from datetime import datetime

import factories
import pytest
from importing import (
    brought_in,
    person,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.status import Scope, SubscriberState, Verdict
from funnel.flow import imports
from funnel.models import (
    Consent,
    Subscriber,
    Suppression,
)


def test_who_left_another_program_is_kept_as_somebody_who_left(
    session: Session, now: datetime
) -> None:
    text = (
        "email,status\nweg@example.nl,Unsubscribed\ndood@example.nl,cleaned\n"
        "nooit@example.nl,pending\nblij@example.nl,subscribed\n"
    )

    row = brought_in(session, text, now)

    assert row.tally == {"stopped": 2, "not-confirmed": 1, "new": 1}
    assert person(session, "weg@example.nl").state is SubscriberState.UNSUBSCRIBED
    assert person(session, "dood@example.nl").state is SubscriberState.BOUNCED
    scopes = session.scalars(select(Suppression.scope).order_by(Suppression.id))
    assert list(scopes) == [Scope.MARKETING, Scope.ALL]
    assert len(session.scalars(select(Consent)).all()) == 1


@pytest.mark.parametrize("between", [0, 1500])  # in one batch, and over two
def test_who_left_by_one_of_two_rows_has_left(
    session: Session, now: datetime, between: int
) -> None:
    others = "".join(f"r{number}@example.nl;active\n" for number in range(between))
    rows = f"bo@example.nl;active\n{others}Bo@example.nl;unsubscribed\n"

    row = brought_in(session, "E-mail;State\n" + rows, now)

    assert person(session, "bo@example.nl").state is SubscriberState.UNSUBSCRIBED
    counted = {"stopped": 1, "duplicate": 1}
    assert {name: row.tally[name] for name in counted} == counted


@pytest.mark.parametrize("between", [0, 1500])
@pytest.mark.parametrize(
    ("states", "strictest"),
    [
        (("bounced", "unsubscribed"), "bounced"),
        (("active", "complained", "unsubscribed"), "complained"),
        (("unsubscribed", "bounced"), "bounced"),
        (("pending", "unsubscribed"), "unsubscribed"),
        (("banaan", "bounced"), "bounced"),
        (("unsubscribed", "active"), "unsubscribed"),
        (("unsubscribed", "banaan"), "unsubscribed"),
    ],
)
def test_of_several_rows_about_her_the_strictest_counts(
    session: Session,
    now: datetime,
    between: int,
    states: tuple[str, ...],
    strictest: str,
) -> None:
    others = "".join(f"r{number}@example.nl;active\n" for number in range(between))
    rows = others.join(f"bo@example.nl;{state}\n" for state in states)

    row = brought_in(session, "E-mail;State\n" + rows, now)

    assert person(session, "bo@example.nl").state is SubscriberState(strictest)
    scope = Scope.MARKETING if strictest == "unsubscribed" else Scope.ALL
    assert session.scalars(select(Suppression.scope)).all() == [scope]
    assert row.tally["stopped"] == 1


def test_a_row_about_somebody_who_unsubscribed_here_never_makes_her_active(
    session: Session, now: datetime
) -> None:
    her = factories.subscriber(
        session, address="bo@example.nl", state=SubscriberState.UNSUBSCRIBED
    )
    rows = "bo@example.nl;active\nbo@example.nl;bounced\nbo@example.nl;active\n"

    row = brought_in(session, "E-mail;State\n" + rows, now)

    session.refresh(her)
    assert her.state is SubscriberState.UNSUBSCRIBED
    assert row.tally == {"left": 1, "duplicate": 2}


def test_a_second_row_whose_state_says_nothing_keeps_her_out(
    session: Session, now: datetime
) -> None:
    rows = "bo@example.nl;active\nbo@example.nl;banaan\n"

    row = brought_in(session, "E-mail;State\n" + rows, now)

    assert row.tally == {"unknown-state": 1, "duplicate": 1}
    found = next(iter(imports.left_out(session, row.id)))
    assert (found.line, found.values["odd_state"]) == (2, "banaan")
    assert session.scalar(select(func.count(Subscriber.id))) == 0


def test_who_left_elsewhere_and_is_subscribed_here_stays_and_is_reported(
    session: Session, now: datetime
) -> None:
    for name in ("an", "bo"):
        factories.subscriber(session, address=f"{name}@example.nl")
    rows = "an@example.nl;afgemeld\nbo@example.nl;active\nbo@example.nl;bounced\n"

    row = brought_in(session, "E-mail;State\n" + rows, now)

    assert person(session, "an@example.nl").state is SubscriberState.ACTIVE
    assert row.tally == {"contradicted": 2, "duplicate": 1}
    found = imports.left_out(session, row.id)
    assert [one.line for one in found if one.verdict is Verdict.CONTRADICTED] == [2, 3]


@pytest.mark.parametrize(
    "word",
    ["banaan", "nee", "ja", "", " ", "1", "actief?niet", "archived", "soft bounced"],
)
def test_a_state_that_we_do_not_know_makes_nobody_active(
    session: Session, now: datetime, word: str
) -> None:
    here = factories.subscriber(session, address="hier@example.nl", first_name="")
    text = f"email,status,tags\nbo@example.nl,{word},\nhier@example.nl,{word},oud\n"

    row = brought_in(session, text, now)

    assert row.tally == {"unknown-state": 2}
    session.refresh(here)
    assert here.tags == []
    assert session.scalar(select(func.count(Subscriber.id))) == 1
    assert session.scalars(select(Consent)).all() == []
    found = list(imports.left_out(session, row.id))
    assert [(one.line, one.address) for one in found] == [
        (2, "bo@example.nl"),
        (3, "hier@example.nl"),
    ]
    assert {one.values["odd_state"] for one in found} == {word.strip()}


@pytest.mark.parametrize(
    ("word", "state"),
    [
        *((one, "active") for one in ("active", "Subscribed", "CONFIRMED", "enabled")),
        *((one, "active") for one in ("actief", "Ingeschreven", "opted-in")),
        *((one, "unsubscribed") for one in ("Unsubscribed", "blocked", "cancelled")),
        *((one, "unsubscribed") for one in ("suppressed", "blocklisted", "Afgemeld")),
        *((one, "bounced") for one in ("cleaned", "hard bounced", "Opgeschoond")),
        *((one, "complained") for one in ("complained", "junk", "spam complaint")),
        *((one, None) for one in ("nonsubscribed", "Unconfirmed", "transactional")),
    ],
)
def test_the_words_of_other_programs_go_where_they_belong(
    session: Session, now: datetime, word: str, state: str | None
) -> None:
    row = brought_in(session, f"email,status\nbo@example.nl,{word}\n", now)

    found = session.scalar(select(Subscriber.state))
    assert found == (SubscriberState(state) if state else None)
    agreed = session.scalars(select(Consent)).all()
    assert bool(agreed) is (state == "active")
    assert row.tally.get("not-confirmed", 0) == (state is None)
