"""A sequence goes out as a zip file and comes in as drafts; a bad file does nothing."""

import io
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import factories
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from studio import Colleague, colleague

from funnel.domain.status import Role, SequenceState
from funnel.flow import publishing
from funnel.flow.publishing import bundle
from funnel.models import AuditEntry, Sequence, Step

HEAD = 'name = "Rust"\nlanguage = "nl"\n'
TEXT = (
    '+++\nkind = "marketing"\npurpose = "series"\ntiming = "1 day at 08:30"\n'
    'subject = "Een"\npreheader = ""\n+++\n\nDag {{ first_name }},\n\n'
    "Tot morgen. [Meer](https://voorbeeld.nl)\n"
)
GOOD: dict[str, str | bytes] = {"rust/sequence.toml": HEAD, "rust/01-een.md": TEXT}
PATH = "/admin/sequences/add/folder"


@pytest.fixture
def mara(app: Flask, session: Session) -> Colleague:
    factories.business(session, is_sample=False)
    return colleague(app, session)


def zipped(files: Mapping[Any, Any], way: int = 8) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w", way) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


def send(mara: Colleague, data: bytes) -> tuple[int, str]:
    answer = mara.post(PATH, folder=(io.BytesIO(data), "rust.zip"))
    answer.request.input_stream.close()  # the test client's own copy
    return answer.status_code, answer.text


def special(name: str, kind: int) -> ZipInfo:
    info = ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


def test_what_goes_out_comes_in_as_the_same_sequence_and_both_are_in_the_trail(
    mara: Colleague, session: Session
) -> None:
    assert send(mara, zipped(GOOD))[0] == 303
    sent = session.scalars(select(Sequence)).one()
    out = mara.post("/admin/sequences/rust/folder")

    assert (sent.state, sent.version) == (SequenceState.DRAFT, 0)
    assert out.headers["Content-Disposition"] == 'attachment; filename="rust.zip"'
    with ZipFile(io.BytesIO(out.data)) as packed:
        found = {name: packed.read(name).decode() for name in packed.namelist()}
    assert found == GOOD
    assert mara.post("/admin/sequences/rust/folder").data == out.data
    code, said = send(mara, out.data)  # somebody may be writing in it by now
    assert (code, "is there already" in said) == (422, True)
    assert session.scalars(select(func.count(Sequence.id))).one() == 1
    deeds = session.execute(select(AuditEntry.deed, AuditEntry.about)).all()
    assert {tuple(one.about.items()) for one in deeds} == {(("slug", "rust"),)}
    assert {one.deed for one in deeds} == {"exchange.bring_in", "exchange.write_out"}


def test_over_a_live_sequence_what_differs_is_a_draft(
    mara: Colleague, session: Session
) -> None:
    live = factories.sequence(session, slug="rust", name="Rust")
    step = factories.step(session, sequence=live, slug="01-een", subject="Oud")
    session.commit()

    code, _ = send(mara, zipped(GOOD))

    session.refresh(step)
    assert code == 303
    assert (live.state, live.version) == (SequenceState.LIVE, 1)
    assert step.revision is not None
    assert step.revision.subject == "Oud"
    assert publishing.contents(step).latest.subject == "Een"


def test_what_a_colleague_writes_is_not_replaced_by_a_file(
    mara: Colleague, session: Session
) -> None:
    live = factories.sequence(session, slug="rust", name="Rust")
    step = factories.step(session, sequence=live, slug="01-een", subject="Oud")
    publishing.save_draft(session, step.id, {"subject": "Van Anna"}, seen=None)

    code, said = send(mara, zipped(GOOD))

    assert (code, "not published" in said) == (422, True)
    assert publishing.contents(step).latest.subject == "Van Anna"


def test_what_a_published_mail_is_for_is_not_changed_by_a_file(
    mara: Colleague, session: Session
) -> None:
    live = factories.sequence(session, slug="rust", name="Rust")
    step = factories.step(session, sequence=live, slug="01-een")
    session.commit()
    other = TEXT.replace("+++\nkind", '+++\nrole = "moved"\nkind', 1)

    code, page = send(mara, zipped({**GOOD, "rust/01-een.md": other}))

    session.refresh(step)
    assert (code, step.role) == (422, Role.LISTED)
    assert "01-een.md" in page


@pytest.mark.parametrize(
    "name",
    [
        *("../evil.md", "rust/../../evil.md", "rust/../evil.md", "/etc/evil.md"),
        *("rust\\..\\evil.md", "C:/evil.md", "rust//evil.md", "rust/./evil.md"),
        *("rust/media/..", "rust/media/kom.jpg", "rust/media/../../x.md"),
        *("ander/02-twee.md", "rust/sub/02-twee.md", "rust/run.sh", "evil.md"),
        *("rust/É.md", "rust/02-twee.md\n", "RUST/02-twee.md", "rust/.htaccess"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_and_nothing_is_written(
    mara: Colleague, session: Session, tmp_path: Path, name: str
) -> None:
    before = set(Path("/tmp").glob("evil*")) | set(tmp_path.parent.glob("evil*"))

    code, page = send(mara, zipped({**GOOD, name: "x"}))

    assert code == 422
    assert "has no place in the folder" in page
    assert session.scalars(select(Sequence)).all() == []
    assert session.scalars(select(AuditEntry)).all() == []
    after = set(Path("/tmp").glob("evil*")) | set(tmp_path.parent.glob("evil*"))
    assert after == before


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK, stat.S_IFDIR]
)
def test_what_is_no_plain_file_is_refused(
    mara: Colleague, session: Session, kind: int
) -> None:
    link = special("rust/02-twee.md", kind)

    code, page = send(mara, zipped({**GOOD, link: "/etc/passwd"}))

    assert code == 422
    assert "is no plain file" in page
    assert session.scalars(select(Sequence)).all() == []


def bombs() -> dict[str, bytes]:
    text, steps = "a" * bundle.MOST_TEXT, bundle.MOST_UNPACKED // bundle.MOST_TEXT + 2
    liar = bytearray(zipped({**GOOD, "rust/02-x.md": text * 50}))
    at = liar.rfind(b"PK\x01\x02")  # it says of itself that it is small
    liar[at + 24 : at + 28] = (100).to_bytes(4, "little")
    one = {f"rust/{n:03}-x.md": text for n in range(steps)}
    return {
        "one text": zipped({**GOOD, "rust/02-x.md": text + "a"}),
        "all texts": zipped({**GOOD, **one}),
        "many files": zipped({f"rust/{n:04}-x.md": "" for n in range(400)}),
        "a liar": bytes(liar),
        "lzma": zipped({**GOOD, "rust/02-x.md": text * 50}, zipfile.ZIP_LZMA),
        "more than a form": zipped({**GOOD, "rust/02-x.md": text * 25}, 0),
    }


@pytest.mark.parametrize("name", sorted(bombs()))
def test_a_bomb_is_put_out_before_it_fills_anything(
    mara: Colleague, session: Session, name: str
) -> None:
    code, page = send(mara, bombs()[name])

    assert code == 422
    assert "too large" in page or "no zip file" in page or "no plain file" in page
    assert session.scalars(select(Sequence)).all() == []


def encrypted() -> bytes:
    data = bytearray(zipped(GOOD))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        data[at + place] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no zip file"),
        (b"PK\x03\x04rest", "no zip file"),
        (zipped({}), "no zip file"),
        (zipped(GOOD)[:-30], "no zip file"),
        (encrypted(), "no zip file"),
        (zipped({"rust/01-een.md": TEXT}), "sequence.toml is missing"),
        (zipped({"rust/sequence.toml": HEAD}), "no mails"),
        (zipped({"add/sequence.toml": HEAD, "add/01-een.md": TEXT}), "cannot be"),
        (zipped({**GOOD, "rust/01-een.md": TEXT + "\0"}), "no text has"),
        (zipped({**GOOD, "rust/sequence.toml": HEAD + r'x = "\u0000"'}), "no text has"),
        (zipped({**GOOD, "rust/sequence.toml": HEAD + "order = 5"}), "not in the form"),
        (zipped({**GOOD, "rust/sequence.toml": HEAD + "rules = 5"}), "sequence.toml"),
        (
            zipped({**GOOD, "rust/sequence.toml": f"x = {'[' * 9999}"}),
            "not in the form",
        ),
        (zipped({**GOOD, "rust/sequence.toml": 'name = "R"\nlanguage = "../x"'}), "nl"),
        (
            zipped({**GOOD, "rust/sequence.toml": f'name = "{"n" * 200}"'}),
            "120 letters",
        ),
        (zipped({**GOOD, "rust/01-een.md": TEXT.replace("first", "x(")}), "01-een.md"),
        (
            zipped({**GOOD, "rust/01-een.md": TEXT.replace("1 day", "ooit")}),
            "01-een.md",
        ),
        (zipped({**GOOD, "rust/02-<b>.md": TEXT}), "02-&lt;b&gt;.md"),
    ],
)
def test_a_file_that_is_no_folder_is_told_and_changes_nothing(
    mara: Colleague, session: Session, data: bytes, says: str
) -> None:
    code, page = send(mara, data)

    assert code == 422
    assert 'id="folder-error"' in page
    assert says in page
    assert session.scalars(select(Sequence)).all() == []
    assert session.scalars(select(Step)).all() == []
    assert session.scalars(select(AuditEntry)).all() == []


def test_what_a_mac_adds_to_every_zip_is_left_out(
    mara: Colleague, session: Session
) -> None:
    more = {"rust/": "", "__MACOSX/rust/._01-een.md": "x", "rust/.DS_Store": "x"}

    assert send(mara, zipped({**more, **GOOD}))[0] == 303
    assert [one.slug for one in session.scalars(select(Step))] == ["01-een"]


def test_more_than_a_request_may_bring_is_not_read_at_all(
    mara: Colleague, session: Session
) -> None:
    code, _ = send(mara, b"PK\x03\x04" + b"\0" * (bundle.MOST_IN + 2_000_000))

    assert code == 413
    assert session.scalars(select(Sequence)).all() == []
