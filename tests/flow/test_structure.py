"""Structure: the list of a sequence, its order and names, what comes in and goes."""

from pathlib import Path

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from walking import (
    DAY,
    NOW,
    got,
    move,
    order,
    publish,
    put_in,
    remove,
    save,
    sequence,
    step,
    walk,
    walker,
)

from funnel.domain.status import DeliveryState, Role
from funnel.flow import publishing
from funnel.flow.publishing import structure
from funnel.models import Delivery, Revision, Sequence


def test_numbers_and_texts_survive_every_edit(session: Session) -> None:
    row = sequence(session)
    walker(session, row, days=4)
    ids = {one.slug: one.id for one in row.steps}
    texts = session.scalars(select(Revision.id)).all()

    remove(session, row, "a")
    move(session, row, "d", after="")
    put_in(session, row, "new", after="b")
    publish(session, row)

    assert {one.slug: one.id for one in row.steps}.items() >= ids.items()
    sent = select(Delivery.step_id).where(Delivery.state == DeliveryState.SENT)
    assert set(session.scalars(sent)) == set(ids.values())
    assert set(session.scalars(select(Revision.id))) >= set(texts)


def test_a_new_step_is_named_for_its_place_and_keeps_its_name(session: Session) -> None:
    row = sequence(session)

    between = put_in(session, row, "Één dag: rust!", after="a")
    again = put_in(session, row, "Één dag: rust!", after="a")
    last = put_in(session, row, "einde", after="d")
    move(session, row, "einde", after="")

    assert between.slug == "01b-een-dag-rust"
    assert again.slug == "01-een-dag-rust-2"  # sorts between the two
    assert last.slug == "05-einde"


def test_a_copy_has_the_words_of_the_other_step(session: Session) -> None:
    row = sequence(session)

    copy = publishing.add(
        session, row.id, after=step(row, "d").id, copy_of=step(row, "a").id
    )

    assert (
        publishing.contents(copy).latest == publishing.contents(step(row, "a")).latest
    )


def test_mails_that_an_act_calls_for_come_along_until_they_are_gone(
    session: Session,
) -> None:
    row = sequence(session, "ab")
    for slug, role, gone in (
        ("gezien", Role.CONFIRMATION, None),
        ("weg", Role.MOVED, NOW),
    ):
        factories.step(session, sequence=row, slug=slug, role=role, deleted_at=gone)
        session.refresh(row)
        publishing.save_draft(session, row.steps[-1].id, {"body": "{{"}, seen=None)

    copied = publishing.copy(session, row.id, "Nog een").steps

    assert {one.slug for one in copied} == {"01-a", "02-b", "gezien"}
    kept_back = {one.slug for one, _ in publishing.blocks(row)}
    assert kept_back == {"gezien"}
    changed = {one.step.slug for one in publishing.unpublished(row)}
    assert changed == {"gezien"}


def test_an_order_over_a_colleagues_newer_one_is_refused(session: Session) -> None:
    row = sequence(session)
    seen = structure.mark(row)
    move(session, row, "d", after="")

    with pytest.raises(publishing.ListConflict):
        publishing.move(session, step(row, "b").id, after=None, seen=seen)

    assert order(row) == "dabc"


def test_a_deletion_and_every_draft_can_be_taken_back(session: Session) -> None:
    row = sequence(session)
    remove(session, row, "b")
    publishing.put_back(session, step(row, "b").id)
    assert (order(row), row.draft) == ("abcd", None)

    new = put_in(session, row, "new", after="a")
    save(session, row, "c", subject="anders")
    publishing.discard_all(session, row.id, now=NOW)

    assert publishing.changes(session, row) == []
    assert new.deleted_at == NOW
    assert order(row) == "abcd"


def test_an_order_of_its_own_goes_out_and_comes_back(
    session: Session, tmp_path: Path
) -> None:
    row = sequence(session)
    move(session, row, "d", after="a")
    publish(session, row)
    folder = tmp_path / row.slug
    publishing.export_folder(session, row.slug, folder)
    head = (folder / "sequence.toml").read_text()
    assert 'order = ["01-a", "04-d", "02-b", "03-c"]' in head

    same = publishing.import_folder(
        session, folder, now=NOW, author="import", publish=False
    )
    copy = (tmp_path / "copy").absolute()
    folder.rename(copy)
    other = publishing.import_folder(
        session, copy, now=NOW, author="import", publish=True
    )

    assert (publishing.changes(session, same), same.draft) == ([], None)
    assert order(other) == "adbc"
    publishing.export_folder(session, "copy", tmp_path / "again")
    assert (tmp_path / "again/sequence.toml").read_text() == head


def test_a_folder_in_another_order_is_a_draft(session: Session, tmp_path: Path) -> None:
    row = sequence(session)
    folder = tmp_path / row.slug
    publishing.export_folder(session, row.slug, folder)
    move(session, row, "d", after="")
    publish(session, row)

    publishing.import_folder(session, folder, now=NOW, author="import", publish=True)

    assert order(row) == "abcd"
    assert [one.slug for one in sorted(row.steps, key=lambda one: one.rank)] == [
        "04-d",
        "01-a",
        "02-b",
        "03-c",
    ]


@pytest.mark.parametrize("wrong", ['["01-a"]', '["01-a", "01-a"]', '["nobody"]'])
def test_an_order_that_names_others_is_refused(
    session: Session, tmp_path: Path, wrong: str
) -> None:
    row = sequence(session, "ab")
    folder = tmp_path / row.slug
    publishing.export_folder(session, row.slug, folder)
    head = folder / "sequence.toml"
    head.write_text(f'name = "x"\norder = {wrong}\n')

    with pytest.raises(publishing.BadFolder, match="order must name"):
        publishing.import_folder(session, folder, now=NOW, author="i", publish=False)


def standing(row: Sequence) -> str:
    return "".join(one.slug[-1] for one in structure.standing(row))


@pytest.mark.parametrize("letter", "abcd")
def test_a_deleted_mail_stands_in_its_place_until_it_is_put_back_there(
    session: Session, letter: str
) -> None:
    row = sequence(session)
    move(session, row, "c", after="a")

    remove(session, row, letter)
    assert (order(row), standing(row)) == ("acbd".replace(letter, ""), "acbd")
    publishing.put_back(session, step(row, letter).id)

    assert order(row) == "acbd"


def test_a_deleted_mail_stays_where_it_is_when_its_neighbours_move(
    session: Session,
) -> None:
    row = sequence(session)

    remove(session, row, "b")
    move(session, row, "a", after="d")
    put_in(session, row, "x", after="c")
    assert (order(row), standing(row)) == ("cxda", "bcxda")
    publish(session, row)

    assert (order(row), standing(row)) == ("cxda", "cxda")
    assert [one.slug[-1] for one in structure.layout(row)] == [*"bcxda"]


@pytest.mark.parametrize(("letter", "after"), [("c", "a"), ("b", "c")])
def test_of_two_that_changed_places_the_one_that_was_moved_is_marked(
    session: Session, letter: str, after: str
) -> None:
    row = sequence(session)

    move(session, row, letter, after=after)
    remove(session, row, "d")

    assert order(row) == "acb"
    marked = [
        one.step.slug[-1] for one in publishing.changes(session, row) if one.is_moved
    ]
    assert marked == [letter]


@pytest.mark.parametrize("in_one_go", [True, False])
def test_who_waits_above_a_new_mail_gets_it_whatever_else_moved(
    session: Session, *, in_one_go: bool
) -> None:
    row = sequence(session)
    her = walker(session, row, days=1)  # had a, and waits for b

    move(session, row, "a", after="d" if not in_one_go else "b")
    if not in_one_go:
        publish(session, row)
    put_in(session, row, "x", after="b")
    publish(session, row)

    walk(session, NOW, NOW + 40 * DAY)
    assert got(session, her) == [*"abxcd"]


def test_a_mail_put_in_at_the_end_and_then_moved_up_still_comes(
    session: Session,
) -> None:
    row = sequence(session)
    her = walker(session, row, days=2)  # had a and b
    put_in(session, row, "x", after="d")
    publish(session, row)

    move(session, row, "x", after="a")
    publish(session, row)

    walk(session, NOW, NOW + 40 * DAY)
    assert got(session, her) == [*"abxcd"]
