"""Who publishes after a colleague did reads all that the colleague changed."""

import json

import pytest
from sqlalchemy.orm import Session
from walking import NOW, publish, put_in, sequence, step

from funnel.flow import publishing
from funnel.flow.publishing import Since, structure
from funnel.models import Sequence


@pytest.fixture
def row(session: Session) -> Sequence:
    """A sequence of four mails in version 1, with a draft of hers of the last one."""
    row = sequence(session)
    publishing.keep_version(session, row, author="Bo", now=NOW)
    save(session, row, "d", subject="van haar")
    return row


def save(session: Session, row: Sequence, letter: str, **fields: object) -> None:
    publishing.save_draft(session, step(row, letter).id, fields, seen=None)


def said(since: Since) -> dict[str, str]:
    """Return what became of each mail, by letter."""
    return {
        one.step.slug[-1]: (
            "gone"
            if one.is_gone
            else "back"
            if one.is_back
            else "new"
            if one.is_new
            else " ".join([*one.fields, *(["moved"] if one.is_moved else [])])
        )
        for one in since.changes
    }


def test_what_a_colleague_published_is_read_even_where_nothing_of_hers_was(
    session: Session, row: Sequence
) -> None:
    looked = publishing.looked_at(row)
    save(session, row, "a", subject="van een ander")
    save(session, row, "b", timing="9 days at 08:30")
    publish(session, row)

    found = publishing.since(session, row, 1, looked)

    assert [one.number for one in found.versions] == [2]
    assert said(found) == {"a": "subject", "b": "timing"}
    assert found.changes[0].both.published is not None
    assert found.changes[0].both.published.subject == "a"


def test_steps_that_were_added_moved_and_removed_and_rules_are_read_too(
    session: Session, row: Sequence
) -> None:
    looked = publishing.looked_at(row)
    put_in(session, row, "x", after="a")
    publishing.move(session, step(row, "c").id, after=step(row, "a").id)
    publishing.remove(session, step(row, "d").id, now=NOW, seen=None)
    structure.set_rules(row, {"hour": "09:00"})
    publish(session, row)

    found = publishing.since(session, row, 1, looked)

    assert said(found) == {"c": "moved", "x": "new", "d": "gone"}
    assert found.rules == [("hour", "08:30", "09:00")]


def test_a_mail_that_came_back_is_not_called_new(
    session: Session, row: Sequence
) -> None:
    publishing.remove(session, step(row, "b").id, now=NOW, seen=None)
    publish(session, row)
    looked = publishing.looked_at(row)
    publishing.restore(session, row.id, 1)
    publish(session, row)

    assert said(publishing.since(session, row, 2, looked))["b"] == "back"


def test_what_she_had_drafted_herself_is_no_news(
    session: Session, row: Sequence
) -> None:
    put_in(session, row, "x", after="a")
    publishing.remove(session, step(row, "b").id, now=NOW, seen=None)
    structure.set_rules(row, {"hour": "09:00"})
    looked = publishing.looked_at(row)
    publish(session, row)

    found = publishing.since(session, row, 1, looked)

    assert (said(found), found.rules) == ({}, [])


def test_a_draft_of_hers_that_somebody_dropped_is_news(
    session: Session, row: Sequence
) -> None:
    looked = publishing.looked_at(row)
    publishing.discard_all(session, row.id, now=NOW)

    (change,) = publishing.since(session, row, 1, looked).changes

    assert change.both.published is not None
    assert (change.both.published.subject, change.both.latest.subject) == (
        "van haar",
        "d",
    )


@pytest.mark.parametrize("spoilt", ["drafts", "order", "rules"])
def test_what_the_form_garbled_is_read_from_the_version(
    session: Session, row: Sequence, spoilt: str
) -> None:
    looked = {**json.loads(publishing.looked_at(row)), spoilt: 3}

    found = publishing.since(session, row, 1, json.dumps(looked))

    assert said(found) == {"d": "subject"}
