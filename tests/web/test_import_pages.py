"""What a marketer reads of a file: its numbers in order, and every row that is odd."""

import io
from datetime import datetime

import factories
import pytest
from flask import Flask
from sqlalchemy.orm import Session
from studio import Colleague, colleague

from funnel.flow import imports

WORDING = "Ticked the mail series on our site."


@pytest.fixture
def mara(app: Flask, session: Session) -> Colleague:
    factories.business(session, is_sample=False)
    return colleague(app, session)


def checked(mara: Colleague, session: Session, now: datetime, data: str) -> str:
    """Send a file, let its rows be looked at, and return its address."""
    file = (io.BytesIO(data.encode()), "lijst.csv")
    path = str(mara.post("/admin/imports", file=file).location)
    heads = {"email": "address", "status": "state", "zone": "zone"}
    columns = {
        f"column-{place}": heads[one]
        for place, one in enumerate(data.split("\n", 1)[0].split(";"))
    }
    form = {"has_header": "yes", "purposes": "series", "wording": WORDING}
    mara.post(f"{path}/check", **columns, **form)
    imports.work(session, now=now)
    return path


def test_words_that_we_do_not_know_stand_in_the_report_with_their_line(
    mara: Colleague, session: Session, now: datetime
) -> None:
    rows = (
        *("an@x.example;active;", "bo@x.example;<b>banaan;", "cas@x.example;;"),
        "di@x.example;active;Mars/Phobos",
    )

    path = checked(mara, session, now, "email;status;zone\n" + "\n".join(rows))

    page = mara.get(path).text
    report = mara.get(f"{path}/left-out.csv").text
    assert page.index("<dt>new</dt>") < page.index("the state says nothing")
    assert "we do not know the state “&lt;b&gt;banaan”" in page
    assert '"3";"bo@x.example";"we do not know the state “<b>banaan”"' in report
    assert '"4";"cas@x.example";"the state is empty"' in report
    assert "“Mars/Phobos” is no time zone" in report


def test_the_report_says_that_the_strictest_of_two_rows_counts(
    mara: Colleague, session: Session, now: datetime
) -> None:
    rows = "bo@x.example;active\nbo@x.example;unsubscribed\nbo@x.example;active\n"

    path = checked(mara, session, now, "email;status\n" + rows)

    _, second, third = mara.get(f"{path}/left-out.csv").text.splitlines()
    assert "on line 2, too; this row says that she left, and the strictest" in second
    assert third.endswith('"the address stands on line 2, too"')


def test_a_file_with_a_heading_alone_says_so_and_offers_nothing(
    mara: Colleague, session: Session, now: datetime
) -> None:
    path = checked(mara, session, now, "email;status\n")

    page = mara.get(path).text
    assert "Nobody is in this file." in page
    assert "Bring them in" not in page
