"""Subscribers, found and turned over page by page."""

import factories
import pytest
from sqlalchemy.orm import Session

from funnel.domain.status import (
    SubscriberState,
)
from funnel.flow import reports
from funnel.flow.reports import Order, Selection, people
from funnel.models import Subscriber


def test_people_are_turned_over_page_by_page_and_nobody_is_missed(
    session: Session,
) -> None:
    everybody = {factories.subscriber(session).id for _ in range(120)}

    seen: list[int] = []
    after = None
    while True:
        page = reports.page(session, after=after)
        seen += [person.id for person in page.people]
        after = page.after
        if after is None:
            break

    assert seen == sorted(everybody, reverse=True)
    assert page.total == 120


@pytest.mark.parametrize(
    ("words", "count"),
    [("ANNA", 2), ("anna@", 1), ("%", 0), ("r_s", 1), ("", 3), ("a", 1), ("jo", 1)],
)
def test_a_search_takes_every_letter_as_it_is(
    session: Session, words: str, count: int
) -> None:
    factories.subscriber(session, address="anna@example.nl", first_name="")
    factories.subscriber(session, address="x@example.nl", first_name="Joanna")
    factories.subscriber(session, address="under_score@example.nl", first_name="Bo")

    assert len(reports.page(session, Selection(words=words)).people) == count


def test_people_can_be_found_by_state_by_step_and_by_date(session: Session) -> None:
    step = factories.step(session)
    waiting = factories.enrollment(
        session, sequence=step.sequence, next_step_id=step.id
    )
    left = factories.subscriber(session, state=SubscriberState.UNSUBSCRIBED)
    seat = waiting.registration
    assert seat is not None

    by_step = reports.page(session, Selection(waiting_for=step.id)).people
    by_state = reports.page(
        session, Selection(state=SubscriberState.UNSUBSCRIBED)
    ).people
    by_date = reports.page(session, Selection(occurrence_id=seat.occurrence_id)).people

    assert [person.id for person in by_step] == [waiting.subscriber_id]
    assert [person.id for person in by_state] == [left.id]
    assert [person.id for person in by_date] == [waiting.subscriber_id]


@pytest.mark.parametrize("order", list(Order))
def test_a_name_that_very_many_have_is_listed_and_counted_so_far(
    session: Session, monkeypatch: pytest.MonkeyPatch, order: Order
) -> None:
    monkeypatch.setattr(people, "MOST_COUNTED", 3)
    annas = [factories.subscriber(session, first_name="Joanna") for _ in range(5)]
    factories.subscriber(session, first_name="Bo")

    page = reports.page(session, Selection(words="anna"), order=order)
    rare = reports.page(session, Selection(words="bo"), order=order)

    assert {one.id for one in page.people} == {one.id for one in annas}
    assert (page.total, page.is_more) == (4, True)
    assert [one.first_name for one in rare.people] == ["Bo"]


NAMES = ("Anna", "Bo Fatima", "Zoë", "Fatou", "", "FAY")


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("words", ["", "fa", "f", "zoë", "A", "com", "qx", "qxq"])
@pytest.mark.parametrize("most", [2, 5, 100])
def test_whatever_is_asked_all_its_pages_hold_everybody_once_in_order(
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    order: Order,
    words: str,
    most: int,
) -> None:
    for name, value in {"SIZE": 3, "MOST_COUNTED": most, "MANY": 2 * most}.items():
        monkeypatch.setattr(people, name, value)
    everybody = [
        factories.subscriber(
            session,
            first_name=NAMES[n % 6],
            address=f"{NAMES[n * 7 % 6].lower().strip() or 'x'}{n}@example.com",
            state=SubscriberState.PENDING if n % 4 == 3 else SubscriberState.ACTIVE,
        )
        for n in range(32)
    ]
    state = SubscriberState.ACTIVE
    asked = [
        one for one in everybody if one.state is state and _has(one, words.lower())
    ]

    seen, after = _turned_over(session, Selection(words=words, state=state), order)

    assert after is None
    assert [one.id for one in seen] == [one.id for one in _in_order(asked, order)]


def _has(her: Subscriber, words: str) -> bool:
    texts = [str(her.address).lower(), her.first_name.lower()]
    if len(words) > 2:
        return any(words in text for text in texts)
    lead = " " * (3 - len(words)) if words else ""
    return any(lead + words in f"  {text}" for text in texts)


def _in_order(them: list[Subscriber], order: Order) -> list[Subscriber]:
    if order is Order.ADDRESS:
        return sorted(them, key=lambda one: str(one.address))
    return sorted(them, key=lambda one: one.id, reverse=order is Order.NEWEST)


def _turned_over(
    session: Session, selection: Selection, order: Order
) -> tuple[list[Subscriber], str | None]:
    """Return everybody on the pages of a selection."""
    page = reports.page(session, selection, order=order)
    seen = list(page.people)
    while page.after is not None and len(seen) < 100:
        page = reports.page(session, selection, order=order, after=page.after)
        seen += page.people
    return seen, page.after
