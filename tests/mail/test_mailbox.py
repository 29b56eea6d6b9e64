"""The folder of received messages."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from funnel.mail import mailbox
from funnel.mail.mailbox import Mailbox, NoSuchMessage

LETTER = (
    b"From: Noor <noor@example.nl>\r\n"
    b"To: sanne@example.nl\r\n"
    b"Subject: =?utf-8?q?E=C3=A9n?= klik\r\n"
    b"Date: Tue, 01 Dec 2026 20:00:00 +0100\r\n"
    b"\r\n"
    b"Dag,\r\n.\r\n"
)


def test_a_message_is_kept_byte_for_byte(tmp_path: Path) -> None:
    box = Mailbox(tmp_path)

    number = box.keep(LETTER, "bounces@example.nl", ["sanne@example.nl"])

    assert box.read(number) == LETTER


def test_what_a_message_says_of_itself_is_read_from_its_headers(
    tmp_path: Path,
) -> None:
    box = Mailbox(tmp_path)
    box.keep(LETTER, "bounces@example.nl", ["sanne@example.nl"])

    (found,) = box.messages()

    assert found.subject == "Eén klik"
    assert found.address == "noor@example.nl"
    assert found.recipient == "sanne@example.nl"
    assert found.date == datetime(2026, 12, 1, 19, 0, tzinfo=UTC)


def test_messages_come_in_the_order_in_which_they_arrived(tmp_path: Path) -> None:
    box = Mailbox(tmp_path)
    for number in range(12):
        box.keep(b"Subject: %d\r\n\r\n" % number, "a@example.nl", ["b@example.nl"])

    again = Mailbox(tmp_path).messages()

    assert [one.subject for one in again] == [str(number) for number in range(12)]


def test_a_message_without_readable_headers_is_shown_all_the_same(
    tmp_path: Path,
) -> None:
    box = Mailbox(tmp_path)
    box.keep(b"Date: yesterday\r\nFrom: \xff\xfe\r\n\r\n", "", ["b@example.nl"])

    (found,) = box.messages()

    assert found.date == mailbox.NEVER


def test_half_a_message_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "000001.eml.new").write_bytes(b"Subject: half")

    assert Mailbox(tmp_path).messages() == []


@pytest.mark.parametrize("number", ["7", "../../etc/passwd", "", "000001.json"])
def test_a_number_that_is_none_finds_nothing(tmp_path: Path, number: str) -> None:
    Mailbox(tmp_path).keep(LETTER, "a@example.nl", ["b@example.nl"])

    with pytest.raises(NoSuchMessage):
        Mailbox(tmp_path).read(number)
