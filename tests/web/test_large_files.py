"""What is larger than a form comes in only where a file may come, up to its limit."""

import io
import os

import factories
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from studio import Colleague, colleague


@pytest.fixture
def mara(app: Flask, session: Session) -> Colleague:
    factories.business(session, is_sample=False)
    return colleague(app, session)


@pytest.mark.parametrize(
    ("path", "field", "code"),
    [
        ("/admin/imports", "file", 303),
        ("/admin/media", "file", 422),  # looked at: it is no picture
        ("/admin/sequences/add/folder", "folder", 422),  # it is no zip file
        ("/admin/account/language", "file", 413),
    ],
)
def test_three_megabytes_come_in_where_files_do(
    mara: Colleague, path: str, field: str, code: int
) -> None:
    lines = b"".join(b"%s@example.nl,Bo\n" % os.urandom(8).hex().encode() for _ in "ab")
    data = b"email,name\n" + lines * (3_000_000 // len(lines))

    answer = mara.post(path, **{field: (io.BytesIO(data), "lijst.csv")})

    answer.request.input_stream.close()  # the test client's own copy
    assert answer.status_code == code


def test_who_is_not_logged_in_sends_no_large_file(client: FlaskClient) -> None:
    sent = {"file": (io.BytesIO(b"x" * 3_000_000), "lijst.csv")}

    answer = client.post("/admin/imports", data=sent)

    answer.request.input_stream.close()
    assert answer.status_code == 413
