"""Every publish is kept as a whole, can be read, and can be brought back."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from walking import NOW, gets, got, publish, put_in, sequence, step, walker

from funnel.flow import publishing
from funnel.flow.publishing import structure
from funnel.flow.publishing.versions import Edition
from funnel.models import Revision, Sequence, Version


@pytest.fixture
def row(session: Session) -> Sequence:
    """A sequence of four mails, with its version 1 written down."""
    row = sequence(session)
    publishing.keep_version(session, row, author="Bo", now=NOW)
    session.commit()
    return row


def save(session: Session, row: Sequence, letter: str, **fields: object) -> None:
    publishing.save_draft(session, step(row, letter).id, fields, seen=None)


def order(row: Sequence) -> str:
    return "".join(one.slug[-1] for one in structure.listed(row))


def said(edition: Edition) -> dict[str, str]:
    """Return what a version did to each step."""
    return {
        change.step.slug[-1]: (
            "gone"
            if change.is_gone
            else "back"
            if change.is_back
            else "new"
            if change.is_new
            else " ".join([*change.fields, *(["moved"] if change.is_moved else [])])
        )
        for change in edition.changes
    }


def test_each_publish_is_kept_with_its_author_and_what_it_changed(
    session: Session, row: Sequence
) -> None:
    save(session, row, "a", subject="beter", timing="at once")
    publish(session, row)
    put_in(session, row, "x", after="a")
    publishing.move(session, step(row, "d").id, after=None)
    publishing.remove(session, step(row, "b").id, now=NOW, seen=None)
    structure.set_rules(row, {"hour": "09:00"})
    publish(session, row)

    third, second, first = publishing.history(session, row)

    assert [one.version.number for one in (third, second, first)] == [3, 2, 1]
    assert (first.is_first, second.version.author) == (True, "Mara")
    assert said(second) == {"a": "timing subject"}
    assert said(third) == {"x": "new", "d": "moved", "b": "gone"}
    assert third.rules == [("hour", "08:30", "09:00")]


def test_an_older_version_comes_back_whole_and_is_published_like_any_other(
    session: Session, row: Sequence
) -> None:
    save(session, row, "a", subject="anders")
    put_in(session, row, "x", after="a")
    publishing.move(session, step(row, "d").id, after=None)
    publishing.remove(session, step(row, "b").id, now=NOW, seen=None)
    structure.set_rules(row, {"hour": "09:00"})
    publish(session, row)
    gone = step(row, "b").id
    assert order(row) == "daxc"

    publishing.restore(session, row.id, 1)
    assert step(row, "b").deleted_at is not None  # nobody gets anything yet
    publish(session, row)

    assert order(row) == "abcd"
    assert (step(row, "b").id, step(row, "b").deleted_at) == (gone, None)
    assert row.rules == {}
    assert publishing.contents(step(row, "a")).latest.subject == "a"
    newest = publishing.history(session, row)[0]
    assert (newest.version.number, newest.version.restores) == (3, 1)
    assert said(newest) == {"a": "subject", "b": "back", "d": "moved", "x": "gone"}


def test_old_texts_and_versions_are_never_changed(
    session: Session, row: Sequence
) -> None:
    texts = {one.id: one.subject for one in session.scalars(select(Revision))}
    save(session, row, "a", subject="anders")
    publish(session, row)
    publishing.restore(session, row.id, 1)
    publish(session, row)

    found = {one.id: one.subject for one in session.scalars(select(Revision))}
    versions = session.scalars(select(Version).order_by(Version.number)).all()

    assert found.items() >= texts.items()
    assert [one.number for one in versions] == [1, 2, 3]
    assert versions[0].texts[step(row, "a").id] in texts


def test_a_publish_taken_back_at_once_leaves_everybody_as_they_were(
    session: Session, row: Sequence
) -> None:
    people = [walker(session, row, days=days) for days in range(4)]
    publishing.remove(session, step(row, "b").id, now=NOW, seen=None)
    put_in(session, row, "x", after="c")
    publish(session, row)

    publishing.restore(session, row.id, 1)
    publish(session, row)

    for her in people:
        gets(session, her)
        assert got(session, her) == ["a", "b", "c", "d"]


def test_a_version_does_not_come_back_over_somebodys_drafts(
    session: Session, row: Sequence
) -> None:
    save(session, row, "a", subject="van mij")

    with pytest.raises(publishing.HasDrafts):
        publishing.restore(session, row.id, 1)

    assert publishing.contents(step(row, "a")).latest.subject == "van mij"


def test_the_present_version_brought_back_is_no_draft(
    session: Session, row: Sequence
) -> None:
    publishing.restore(session, row.id, 1)

    assert (row.draft, publishing.changes(session, row)) == (None, [])


@pytest.mark.parametrize(("letter", "after"), [("c", "a"), ("b", "c")])
def test_a_version_and_its_undo_name_the_mail_that_was_moved(
    session: Session, row: Sequence, letter: str, after: str
) -> None:
    publishing.move(session, step(row, letter).id, after=step(row, after).id)
    publish(session, row)
    assert order(row) == "acbd"

    publishing.restore(session, row.id, 1)
    publish(session, row)

    third, second, _first = publishing.history(session, row)
    assert order(row) == "abcd"
    assert (said(second), said(third)) == ({letter: "moved"}, {letter: "moved"})
