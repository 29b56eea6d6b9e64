"""Folders: a sequence goes in and comes out as the same bytes."""

from datetime import datetime
from pathlib import Path

import factories
import folders
import pytest
from folders import FILES, step
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from funnel.domain.status import Role, SequenceState
from funnel.flow import pictures, publishing
from funnel.models import Picture, Revision, Sequence

REAL = Path(__file__).resolve().parents[2] / "email_templates/sequences/magnesium"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folders.written(tmp_path / "rust")


@pytest.fixture
def sequence(session: Session, folder: Path, now: datetime) -> Sequence:
    return folders.planted(session, folder, now)


def contents_of(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


@pytest.mark.parametrize("publish", [True, False])
def test_a_folder_comes_out_as_the_same_bytes(
    session: Session, folder: Path, tmp_path: Path, now: datetime, *, publish: bool
) -> None:
    publishing.import_folder(session, folder, now=now, author="t", publish=publish)
    session.expire_all()

    publishing.export_folder(session, "rust", tmp_path / "out")

    assert contents_of(tmp_path / "out") == contents_of(folder)


def test_the_magnesium_folder_comes_out_as_the_same_bytes(
    session: Session, tmp_path: Path, now: datetime
) -> None:
    publishing.import_folder(session, REAL, now=now, author="t", publish=True)
    session.expire_all()

    publishing.export_folder(session, "magnesium", tmp_path / "out")

    assert contents_of(tmp_path / "out") == contents_of(REAL)


def test_pictures_travel_with_their_folder_to_another_database(
    session: Session, folder: Path, tmp_path: Path, now: datetime
) -> None:
    row = factories.picture(session, alt="een [kom] noten")
    name, data = row.name, row.data
    body = f"{FILES['01-welkom.md']}\n{pictures.markdown(name, row.alt)}\n"
    (folder / "01-welkom.md").write_text(body)
    publishing.import_folder(session, folder, now=now, author="t", publish=True)

    publishing.export_folder(session, "rust", tmp_path / "out" / "rust2")
    session.execute(delete(Picture))
    session.expire_all()
    there = tmp_path / "out" / "rust2"
    publishing.import_folder(session, there, now=now, author="t", publish=True)
    session.expire_all()
    publishing.export_folder(session, "rust2", tmp_path / "again")

    again = pictures.find(session, name)
    assert again is not None
    assert (again.data, again.alt) == (data, "een [kom] noten")
    assert (again.width, again.height, again.size) == (640, 400, len(data))
    for one in (there, tmp_path / "again"):
        assert (one / "media" / name).read_bytes() == data
        assert (one / "01-welkom.md").read_text() == body


def test_a_picture_that_is_nowhere_or_not_itself_is_said_and_nothing_is_kept(
    session: Session, folder: Path, now: datetime
) -> None:
    name = factories.picture(session).name
    session.execute(delete(Picture))
    session.commit()
    (folder / "02-rust.md").write_text(FILES["02-rust.md"] + f"\n![x](media:{name})\n")

    with pytest.raises(publishing.BadDraft, match=name):
        publishing.import_folder(session, folder, now=now, author="t", publish=True)
    session.rollback()
    (folder / "media").mkdir()
    (folder / "media" / name).write_bytes(factories.drawing())
    with pytest.raises(publishing.BadFolder, match=f"media/{name}"):
        publishing.import_folder(session, folder, now=now, author="t", publish=True)
    session.rollback()

    assert session.scalars(select(Sequence)).all() == []
    assert session.scalars(select(Picture)).all() == []


def test_a_new_folder_is_live_when_published_and_only_drafts_otherwise(
    session: Session, folder: Path, now: datetime
) -> None:
    found = publishing.import_folder(
        session, folder, now=now, author="t", publish=False
    )

    assert found.state is SequenceState.DRAFT
    assert found.version == 0
    assert all(step.draft and step.revision is None for step in found.steps)
    assert step(found, "20-verplaatst").role is Role.MOVED


def test_the_same_folder_twice_changes_nothing(
    session: Session, sequence: Sequence, folder: Path, now: datetime
) -> None:
    revisions = session.scalars(select(Revision.id)).all()

    publishing.import_folder(session, folder, now=now, author="t", publish=True)

    assert session.scalars(select(Revision.id)).all() == revisions
    assert sequence.version == 1
    assert publishing.changes(session, sequence) == []


def test_a_changed_file_becomes_a_draft_and_nothing_else_changes(
    session: Session, sequence: Sequence, folder: Path, now: datetime
) -> None:
    text = FILES["02-rust.md"].replace('"Rust"', '"Meer rust"')
    (folder / "02-rust.md").write_text(text)

    publishing.import_folder(session, folder, now=now, author="t", publish=True)

    changed = publishing.changes(session, sequence)
    assert [(one.step.slug, one.fields) for one in changed] == [
        ("02-rust", ["subject"])
    ]
    published = step(sequence, "02-rust").revision
    assert published is not None
    assert published.subject == "Rust"


def test_a_new_file_between_two_takes_its_place_in_the_order(
    session: Session, sequence: Sequence, folder: Path, now: datetime
) -> None:
    (folder / "01b-tussen.md").write_text(FILES["02-rust.md"])

    publishing.import_folder(session, folder, now=now, author="t", publish=False)
    session.expire_all()

    slugs = [step.slug for step in sequence.steps]
    assert slugs == ["01-welkom", "01b-tussen", "02-rust", "20-verplaatst"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("02-rust.md", "no head", "02-rust.md"),
        ("02-rust.md", '+++\nkind = "spam"\nsubject = "x"\n+++\n\nx\n', "02-rust.md"),
        ("02-rust.md", '+++\ncolour = "red"\n+++\n\nx\n', "colour"),
        ("02-rust.md", "+++\nkind = \n+++\n\nx\n", "02-rust.md"),
        ("sequence.toml", 'language = "nl"\n', "name"),
        ("sequence.toml", 'name = "x"\n[rules]\nmoon = "full"\n', "moon"),
        ("Big Name.md", FILES["02-rust.md"], "Big Name.md"),
    ],
)
def test_a_mistake_in_a_folder_is_named_and_nothing_is_kept(
    session: Session, folder: Path, now: datetime, name: str, text: str, said: str
) -> None:
    (folder / name).write_text(text)

    with pytest.raises(publishing.BadFolder, match=said):
        publishing.import_folder(session, folder, now=now, author="t", publish=True)

    session.rollback()
    assert session.scalars(select(Sequence)).all() == []
