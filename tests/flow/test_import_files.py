"""Files that cannot be brought in as they are, and what is said of them."""

from datetime import datetime

import pytest
from importing import (
    brought_in,
    checked,
    person,
    upload,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import ImportState
from funnel.flow.imports import BadFile
from funnel.models import (
    Subscriber,
    SubscriberImport,
)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_is_understood_however_it_was_saved(
    session: Session, now: datetime, encoding: str, separator: str
) -> None:
    text = "E-mail;Voornaam\r\nzoe@example.nl;Zoë\r\nbo@example.nl;Bo\r\n"
    data = text.replace(";", separator).encode(encoding)

    brought_in(session, data, now)

    assert person(session, "zoe@example.nl").first_name == "Zoë"
    assert person(session, "bo@example.nl").first_name == "Bo"


def test_columns_are_guessed_by_heading_and_without_one_by_what_is_in_them(
    session: Session, now: datetime
) -> None:
    headed = upload(session, "Naam,Email Address,Tags\nBo,bo@example.nl,rust", now)
    bare = upload(session, "Bo;bo@example.nl\nAn;an@example.nl", now)

    assert headed.columns == ["first_name", "address", "tags"]
    assert (bare.has_header, bare.columns) == (False, ["", "address"])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04" + b"\0" * 100, "no CSV file"),
        (b"\xd0\xcf\x11\xe0rest", "no CSV file"),
        (b"", "empty"),
        (b"\n\n\n", "empty"),
        (b"email\nbo@example.nl\0x\n", "characters that no text has"),
        (b'email\n"' + b"a@example.nl\n" * 5000, "quotation mark"),
        (b",".join([b"c"] * 10_000) + b"\n", "more than 100 columns"),
        (b"email\n" + b"bo@example.nl\n" * 500_000, "larger than 5 MB"),
    ],
    ids=("zip", "xls", "nothing", "blank", "nul", "quote", "wide", "large"),
)
def test_a_file_that_is_none_is_refused_with_what_to_do(
    session: Session, now: datetime, data: bytes, says: str
) -> None:
    with pytest.raises(BadFile, match=says):
        upload(session, data, now)

    assert session.scalars(select(SubscriberImport)).all() == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('email,voornaam\na@example.nl,"Bo\nb@example.nl,Bo\nc@example.nl,Bo\n', 2),
        ('email;voornaam\na@example.nl;A\nb@example.nl;"Bo\nc@example.nl;Bo', 3),
        ('email,naam,x\na@example.nl,"één\ntwee","drie\nb@example.nl,B,y\n', 3),
        ('email,voornaam\na@example.nl,"Bo\nb@example.nl,"Cas"\n', 2),
        ('"a@example.nl\n"b@example.nl"\n', 1),
    ],
)
def test_a_quotation_mark_that_nobody_closed_swallows_no_row(
    session: Session, now: datetime, text: str, line: int
) -> None:
    with pytest.raises(BadFile, match="quotation mark") as refused:
        upload(session, text, now)

    assert refused.value.details["line"] == str(line)
    assert session.scalars(select(SubscriberImport)).all() == []


def test_one_that_stands_far_down_the_file_is_found_by_the_check(
    session: Session, now: datetime
) -> None:
    good = "".join(f"r{n}@example.nl,R\n" for n in range(1500))

    row = checked(session, f'email,name\n{good}a@example.nl,"A\nb@example.nl,B\n', now)

    assert row.state is ImportState.REFUSED
    assert row.problem["details"]["line"] == "1502"


def test_marks_in_the_middle_of_a_cell_and_cells_of_many_lines_are_read(
    session: Session, now: datetime
) -> None:
    note = "n" * 20_000  # the look at the beginning ends inside one of these
    rows = "".join(f'"r{n}@example.nl";"Bo";"{note}\n""ja"""\n' for n in range(30))

    row = brought_in(session, f'"email";"naam";"x"\n{rows}q@example.nl;B"o;x', now)

    assert (row.separator, row.tally) == (";", {"new": 31})
    assert person(session, "q@example.nl").first_name == 'B"o'


@pytest.mark.parametrize("evil", ['"' + "x\n" * 400, "y" * 70_000, "a," * 200])
def test_what_is_hidden_far_down_a_file_stops_the_check_with_its_line(
    session: Session, now: datetime, evil: str
) -> None:
    good = "".join(f"r{n}@example.nl,R\n" for n in range(1500))

    row = checked(session, f"email,name\n{good}{evil}\nna@example.nl,N\n", now)

    assert row.state is ImportState.REFUSED
    assert row.problem["details"]["line"] == "1502"
    assert session.scalars(select(Subscriber)).all() == []
