"""Pictures for mails: sent up by a marketer, shown to everybody's mail program."""

import io
import re

import factories
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from studio import Colleague, colleague

from funnel.domain.status import TeamRole
from funnel.flow import pictures, publishing
from funnel.mail import markdown
from funnel.models import AuditEntry, Picture


@pytest.fixture(autouse=True)
def profile(session: Session) -> None:
    factories.business(session, is_sample=False)


def file(data: bytes) -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), "../../etc/thee.svg"


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Picture)) or 0


def test_the_editor_gets_what_to_write_and_the_picture_is_there(
    mara: Colleague, session: Session
) -> None:
    mara.client.environ_base["HTTP_ACCEPT"] = "application/json"
    sent = {"file": file(factories.drawing()), "alt": " een  [kom] noten "}

    answer = mara.post("/admin/media", **sent)

    assert answer.status_code == 201
    told = answer.get_json()
    row = session.scalars(select(Picture)).one()
    assert told["src"] == f"media:{row.name}"
    assert told["url"] == f"/media/{row.name}"
    assert told["alt"] == row.alt == "een [kom] noten"
    assert told["markdown"] == rf"![een \[kom\] noten](media:{row.name})"
    assert mara.get(told["url"]).status_code == 200
    deeds = session.scalars(select(AuditEntry.deed)).all()
    assert "media.add" in deeds


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"alt": "thee"}, "Choose a picture first"),
        ({"alt": "thee", "file": file(b"")}, "Choose a picture first"),
        ({"alt": " ", "file": file(factories.drawing())}, "what the picture shows"),
        ({"alt": "x" * 301, "file": file(factories.drawing())}, "what the picture"),
        ({"alt": "thee", "file": file(b"<svg/>")}, "no picture we can use"),
    ],
    ids=["no file", "empty", "no alt", "long alt", "svg"],
)
def test_what_cannot_be_used_says_what_to_do_and_keeps_nothing(
    mara: Colleague, session: Session, sent: dict[str, object], said: str
) -> None:
    as_page = mara.post("/admin/media", **copied(sent))
    mara.client.environ_base["HTTP_ACCEPT"] = "application/json"
    as_json = mara.post("/admin/media", **copied(sent))

    assert as_page.status_code == as_json.status_code == 422
    assert said in as_page.text
    assert said in as_json.get_json()["error"]
    assert as_json.get_json().keys() == {"error"}
    assert count(session) == 0


def copied(sent: dict[str, object]) -> dict[str, object]:
    """Return a form to send: a file can be read only once."""
    found = dict(sent)
    if isinstance(found.get("file"), tuple):
        data = found["file"][0].getvalue()  # type: ignore[index]  # a file
        found["file"] = file(data)
    return found


def test_without_a_script_a_page_takes_the_picture_and_gives_its_line(
    mara: Colleague, session: Session
) -> None:
    answer = mara.post("/admin/media", file=file(factories.drawing()), alt="<b>thee")
    page = mara.get("/admin/media").text
    row = session.scalars(select(Picture)).one()

    assert answer.status_code == 303
    assert "<b>thee" not in page
    assert f'src="/media/{row.name}"' in page
    assert f"![\\&lt;b&gt;thee](media:{row.name})" in page


def test_the_same_picture_twice_is_kept_once_with_its_first_words(
    mara: Colleague, session: Session
) -> None:
    data = factories.drawing()

    for alt in ("thee", "koffie"):
        assert mara.post("/admin/media", file=file(data), alt=alt).status_code == 303

    assert [one.alt for one in session.scalars(select(Picture))] == ["thee"]


def test_many_pictures_come_page_after_page(mara: Colleague, session: Session) -> None:
    names = {factories.picture(session).name for _ in range(30)}

    first = mara.get("/admin/media").text
    older = re.search(r'href="(/admin/media\?before=[^"]+)"', first)
    assert older
    second = mara.get(older[1]).text

    shown = [set(re.findall(r'src="/media/([^"]+)"', page)) for page in (first, second)]
    assert shown[0] | shown[1] == names
    assert not shown[0] & shown[1]
    assert "before=" not in second


def test_a_picture_goes_only_when_no_mail_shows_it(
    mara: Colleague, session: Session
) -> None:
    row = factories.picture(session)
    name = row.name
    body = f"Hoi\n\n![thee](media:{name})"
    sent = factories.step(session, subject="Rust & thee", body=body)
    path = f"/admin/media/{name}/remove"

    assert mara.post(path).status_code == 303
    assert "as “Rust &amp; thee” shows it" in mara.get("/admin/media").text
    publishing.save_draft(session, sent.id, {"body": "Hoi"}, seen=None)
    mara.post(path)
    assert count(session) == 1  # until that is published, it is sent as before
    version, now = sent.sequence.version, factories.NOW
    publishing.publish(
        session, sent.sequence_id, base_version=version, author="t", now=now
    )
    assert mara.post(path).status_code == 303

    assert count(session) == 0
    assert "The picture is gone." in mara.get("/admin/media").text
    assert mara.get(f"/media/{name}").status_code == 404


def test_a_draft_holds_a_picture_too(mara: Colleague, session: Session) -> None:
    name = factories.picture(session).name
    step = factories.step(session, body="Hoi")
    fields = {"subject": "Later", "body": f"Hoi\n\n![thee](media:{name})"}
    publishing.save_draft(session, step.id, fields, seen=None)

    mara.post(f"/admin/media/{name}/remove")

    assert count(session) == 1
    assert "as “Later” shows it" in mara.get("/admin/media").text


def test_a_form_without_its_token_keeps_nothing(
    mara: Colleague, session: Session
) -> None:
    sent = {"file": file(factories.drawing()), "alt": "thee"}

    answer = mara.client.post("/admin/media", data=sent)

    assert answer.status_code == 400
    assert count(session) == 0


def test_a_script_is_told_in_json_what_went_wrong_outside_the_form(
    mara: Colleague,
) -> None:
    asks = {"Accept": "application/json", "Accept-Language": "en"}
    type_ = "multipart/form-data; boundary=x"

    stale = mara.client.post("/admin/media", data={"alt": "thee"}, headers=asks)
    announced = {"CONTENT_LENGTH": "12000000"}
    large = mara.client.post(
        "/admin/media", headers=asks, content_type=type_, environ_overrides=announced
    )

    assert (stale.status_code, large.status_code) == (400, 413)
    assert "You are logged out" in stale.get_json()["error"]
    assert "at most 10 MB" in large.get_json()["error"]
    assert large.headers["Cache-Control"] == "no-store"


def test_a_viewer_sends_nothing_up(app: Flask, session: Session) -> None:
    viewer = colleague(app, session, TeamRole.VIEWER)

    answer = viewer.post("/admin/media", file=file(factories.drawing()), alt="thee")

    assert answer.status_code == 403
    assert count(session) == 0


def test_a_mail_program_gets_the_picture_for_good_and_nobody_is_followed(
    client: FlaskClient, session: Session
) -> None:
    row = factories.picture(session)
    session.flush()

    answer = client.get(f"/media/{row.name}")

    assert answer.status_code == 200
    assert answer.mimetype == "image/png"
    assert Image.open(io.BytesIO(answer.data)).size == (row.width, row.height)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    again = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(f"/media/{row.name}", headers=again).status_code == 304


@pytest.mark.parametrize(
    "name",
    [
        "0123456789abcdef0123-640x400.png",
        "thee.jpg",
        "..%2f..%2fetc%2fpasswd",
        "%00.png",
        "0123456789abcdef0123-640x400.png%0a",
    ],
)
def test_no_picture_is_no_answer_that_is_kept(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/media/{name}")

    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_line_of_a_picture_reads_back_as_its_words() -> None:
    name = "0123456789abcdef0123-640x400.png"
    for alt in ("a ] b", "*a* [b](c)", "{{ host }}", "<b>", "a \\ b", "`x` & {% if"):
        read = markdown.read(pictures.markdown(name, alt))
        image = (read.tokens[1].children or [])[0]
        assert (
            read.guard.restore(markdown.words(image)).replace('{{ "{" }}', "{") == alt
        )
        assert read.pictures == {name: 1}
