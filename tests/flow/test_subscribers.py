"""Tags, corrections and files of a selection."""

import csv
import io
from datetime import datetime

import factories
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain import cells
from funnel.domain import tag as tags
from funnel.domain.status import SubscriberState
from funnel.domain.tag import BadTag
from funnel.flow import reports, subscribers
from funnel.flow.reports import Order, Selection
from funnel.flow.subscribers import BadEdit, Mark, Miscounted
from funnel.models import Enrollment, Subscriber, Tagging

ON, OFF = (Mark("lente", is_added=is_added) for is_added in (True, False))


@pytest.mark.parametrize(
    ("typed", "tag"),
    [(" Lente ", "lente"), ("Rustig  aan", "rustig-aan"), ("2026_q1", "2026_q1")],
)
def test_a_tag_is_one_word_in_small_letters(typed: str, tag: str) -> None:
    assert tags.name(typed) == tag


@pytest.mark.parametrize("typed", ["", "a,b", "=1+1", "x" * 41, "\0", "-", "a'b"])
def test_what_a_condition_could_not_name_is_no_tag(typed: str) -> None:
    with pytest.raises(BadTag):
        tags.name(typed)


@given(st.text(max_size=30))
def test_a_guarded_cell_starts_no_formula_and_comes_back_as_it_was(text: str) -> None:
    guarded = cells.guard(text)

    assert guarded.lstrip("\ufeff \"',;")[:1] not in tuple("=+-@") or guarded[0] == "'"
    assert cells.unguard(guarded) == text


@pytest.mark.parametrize(
    "risky",
    [*"=+-@\t\r", "\ufeff=1", ' "=1', ";=1", "'=1", "\uff1d1", "+31 6 1234", " -1"],
)
def test_what_a_spreadsheet_would_run_is_guarded(risky: str) -> None:
    assert cells.guard(risky) == f"'{risky}"


def test_a_tag_is_given_once_and_taken_off_and_her_mails_are_planned_anew(
    session: Session, now: datetime
) -> None:
    inside = factories.enrollment(session, due_at=None)

    for _ in range(2):
        subscribers.mark(session, inside.subscriber_id, ON, now=now)
    session.expire_all()
    after = session.get_one(Subscriber, inside.subscriber_id).tags
    assert after == ["lente"]
    assert session.get_one(Enrollment, inside.id).due_at == now
    subscribers.mark(session, inside.subscriber_id, OFF, now=now)
    session.expire_all()

    assert session.get_one(Subscriber, inside.subscriber_id).tags == []


def test_a_whole_selection_is_tagged_batch_by_batch_and_nobody_who_came_later(
    session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("funnel.flow.subscribers.tags.BATCH", 3)
    meant = [factories.subscriber(session, first_name="Anna").id for _ in range(8)]
    other = factories.subscriber(session, first_name="Bo").id
    selection = Selection(words="anna")

    subscribers.tag_selection(
        session,
        selection,
        ON,
        counted=8,
        user_id=None,
        now=now,
    )
    later = factories.subscriber(session, first_name="Anna").id
    done = subscribers.work(session, now=now)
    again = subscribers.work(session, now=now)

    session.expire_all()
    tagged = session.scalars(select(Subscriber.id).where(Subscriber.tags != []))
    assert sorted(tagged) == meant
    assert session.scalars(select(Tagging.selection)).all() == [{}]  # no address stays
    assert other not in meant
    assert later not in meant
    assert (done, again) == (8, 0)
    assert session.scalars(select(Tagging)).one().done == 8


def test_a_tag_is_taken_off_everybody_who_has_it(
    session: Session, now: datetime
) -> None:
    for _ in range(4):
        factories.subscriber(session, tags=["oud", "x"])
    mark = Mark("oud", False)

    subscribers.tag_selection(
        session, Selection(tag="oud"), mark, counted=4, user_id=None, now=now
    )
    subscribers.work(session, now=now)

    session.expire_all()
    assert {tuple(t) for t in session.scalars(select(Subscriber.tags))} == {("x",)}


def test_a_selection_that_grew_since_she_confirmed_its_number_is_asked_again(
    session: Session, now: datetime
) -> None:
    factories.subscriber(session)

    with pytest.raises(Miscounted):
        subscribers.tag_selection(
            session, Selection(), Mark("x", True), counted=0, user_id=None, now=now
        )

    assert session.scalars(select(Tagging)).all() == []


@pytest.mark.parametrize("order", list(Order))
def test_every_order_turns_over_everybody_once(session: Session, order: Order) -> None:
    everybody = {factories.subscriber(session).id for _ in range(60)}
    factories.subscriber(session, address=None, state=SubscriberState.ERASED)

    seen: list[int] = []
    after = None
    while True:
        page = reports.page(session, order=order, after=after)
        seen += [person.id for person in page.people if person.address]
        after = page.after
        if after is None:
            break

    assert len(seen) == 60
    assert set(seen) == everybody


def test_people_are_found_by_tag_and_by_sequence(session: Session) -> None:
    tagged = factories.subscriber(session, tags=["lente"])
    factories.subscriber(session, tags=["lentes"])
    inside = factories.enrollment(session)
    sequence_id = inside.sequence_id

    by_tag = reports.page(session, Selection(tag="lente")).people
    by_sequence = reports.page(session, Selection(sequence_id=sequence_id)).people

    assert [one.id for one in by_tag] == [tagged.id]
    assert [one.id for one in by_sequence] == [inside.subscriber_id]


def test_a_file_of_a_selection_holds_them_and_nobody_else(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("funnel.flow.subscribers.export.MANY", 2)
    for number in range(5):
        factories.subscriber(session, address=f"r{number}@example.nl", tags=["x"])
    factories.subscriber(session)
    session.commit()

    parts = list(subscribers.lines(session, Selection(tag="x"), separator=";"))

    rows = list(csv.DictReader(io.StringIO("".join(parts)[1:]), delimiter=";"))
    assert [row["address"] for row in rows] == [f"r{n}@example.nl" for n in range(5)]
    assert len(parts) == 4


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "x" * 81),
        ("first_name", "a\0b"),
        ("zone", "Mars"),
        ("language", "fr"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(
    session: Session, now: datetime, field: str, value: str
) -> None:
    her = factories.subscriber(session)
    fields = {"first_name": "An", "zone": "Europe/Paris", "language": "nl"}

    with pytest.raises(BadEdit) as refused:
        subscribers.edit(session, her.id, **fields | {field: value}, now=now)

    assert refused.value.field == field
