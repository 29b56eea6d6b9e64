"""A letter as bytes: by the standards, the same each time, whatever is in it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import linter
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel.mail import headers, message, quoted
from funnel.mail.envelope import refuse_bare
from funnel.mail.message import BadHeader, Letter

WHEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HTML = "<p>Hoi Anna,</p>\n<p>Tot dinsdag.</p>"
TEXT = "Hoi Anna,\n\nTot dinsdag.\n"
ANNA = Letter(
    from_name="Marieke van Jouw praktijk",
    from_address="hallo@voorbeeld.nl",
    to="anna@example.com",
    reply_to="hallo@voorbeeld.nl",
    subject="Je plek staat vast",
    html=quoted.piece(HTML),
    text=quoted.piece(TEXT),
    date=WHEN,
    message_id=message.message_id(7, WHEN, "hallo@voorbeeld.nl"),
    boundary=message.boundary(7),
)
MARKETING: dict[str, Any] = {
    "is_marketing": True,
    "unsubscribe_url": "https://voorbeeld.nl/u/abc-DEF_123",
    "list_id": "magnesium.voorbeeld.nl",
    "feedback_id": "3-stress:magnesium:marketing:voorbeeld",
}
HOSTILE_NAMES = [
    "Ánna Ünäl",
    "安娜",
    "👩‍👩‍👧‍👦" * 40,
    'Anna "de" \\ Boer',
    "Boer, Anna",
    "anna@example.com",
    "<script>",
    "=?utf-8?q?=0d=0aBcc:?=",
    "a" * 300,
    "é" * 300,
    "a " * 200,
    "  spaces  ",
    "مرحبا Anna",
    "()[]:;.",
    "",
]
BREAKERS = ["\r", "\n", "\r\n", "\0", "\v", "\x85", "\u2028", "\u2029"]


def body_of(raw: bytes, kind: str) -> str:
    part = linter.parsed(raw).get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def built(letter: Letter) -> bytes:
    return message.build(letter)


def test_service_mail_follows_the_standards_and_carries_both_parts() -> None:
    raw = built(ANNA)

    assert linter.complaints(raw, marketing=False) == []
    assert body_of(raw, "plain") == TEXT
    assert body_of(raw, "html") == HTML


def test_marketing_mail_can_be_left_with_one_click() -> None:
    raw = built(replace(ANNA, **MARKETING))

    assert linter.complaints(raw, marketing=True) == []
    assert b"\r\nList-Unsubscribe: <https://voorbeeld.nl/u/abc-DEF_123>\r\n" in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert b"\r\nList-ID: <magnesium.voorbeeld.nl>\r\n" in raw


def test_a_long_unsubscribe_link_is_neither_folded_nor_encoded() -> None:
    url = "https://voorbeeld.nl/u/" + "x" * 400

    raw = built(replace(ANNA, **{**MARKETING, "unsubscribe_url": url}))

    assert linter.complaints(raw, marketing=True) == []
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in raw


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_any_name_comes_through_whole(name: str) -> None:
    letter = replace(
        ANNA, from_name=name, subject=f"Voor {name}", text=quoted.piece(name + "\n")
    )

    raw = built(letter)

    parsed = linter.parsed(raw)
    assert linter.complaints(raw, marketing=False) == []
    assert linter.display_name(raw) == name
    assert parsed["From"].addresses[0].addr_spec == "hallo@voorbeeld.nl"
    assert parsed["Subject"] == letter.subject
    assert body_of(raw, "plain") == name + "\n"


@pytest.mark.parametrize("breaker", BREAKERS, ids=ascii)
@pytest.mark.parametrize(
    "where",
    [
        *("from_name", "from_address", "to", "reply_to", "subject", "message_id"),
        *("boundary", "list_id", "unsubscribe_url", "feedback_id"),
    ],
)
def test_nothing_breaks_out_of_a_header(where: str, breaker: str) -> None:
    good = getattr(replace(ANNA, **MARKETING), where)
    for attack in (f"{good}{breaker}Bcc: all@example.com", f"{breaker}{good}"):
        with pytest.raises(BadHeader):
            built(replace(ANNA, **{**MARKETING, where: attack}))


@pytest.mark.parametrize(
    "address",
    [
        *("", "anna", "@example.com", "anna@", "anna@@example.com", "a b@example.com"),
        *("<anna@example.com>", "anna@example.com,b@example.com", "a@b>c.com"),
        *("anna@example.com SIZE=1", '"a b"@example.com', "anna@-a.com", "a..b@c.nl"),
        *("anna@exa mple.com", "é@", "anna@é é.nl", "a" * 65 + "@example.com"),
        "anna@" + "a" * 64 + ".com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadHeader):
        built(replace(ANNA, to=address))


def test_an_international_domain_goes_out_as_ascii() -> None:
    raw = built(replace(ANNA, to="anna@bücher.example", from_name="Bücher"))

    assert b"\r\nTo: anna@xn--bcher-kva.example\r\n" in raw
    assert linter.complaints(raw, marketing=False) == []
    assert not message.needs_smtputf8(replace(ANNA, to="anna@bücher.example"))


def test_an_international_mailbox_says_that_it_needs_smtputf8() -> None:
    letter = replace(ANNA, to="änna@example.com")

    assert message.needs_smtputf8(letter)
    assert "\r\nTo: änna@example.com\r\n".encode() in built(letter)


@pytest.mark.parametrize(
    "change",
    [
        {"is_marketing": True},
        {"unsubscribe_url": "https://voorbeeld.nl/u/x"},
        {**MARKETING, "unsubscribe_url": "javascript:alert(1)"},
        {**MARKETING, "unsubscribe_url": "https://a/>,<mailto:b"},
        {**MARKETING, "list_id": "a b"},
        {**MARKETING, "feedback_id": "é"},
        {"boundary": "letter"},
        {"message_id": "7@voorbeeld.nl"},
    ],
)
def test_a_letter_that_is_not_right_is_not_built(change: dict[str, Any]) -> None:
    with pytest.raises(BadHeader):
        built(replace(ANNA, **change))


def test_the_same_letter_is_the_same_bytes_on_every_attempt() -> None:
    first = built(replace(ANNA, **MARKETING, from_name="Änna"))

    again = built(replace(ANNA, **MARKETING, from_name="Änna"))

    assert again == first


def test_the_message_id_is_ours_and_different_for_each_delivery() -> None:
    ids = {message.message_id(number, WHEN, "a@bücher.nl") for number in (1, 2)}

    assert len(ids) == 2
    assert all(one.endswith("@xn--bcher-kva.nl>") for one in ids)
    assert message.bounce_address("t0ken", "hallo@voorbeeld.nl") == (
        "b+t0ken@voorbeeld.nl"
    )


@pytest.mark.parametrize(
    "text",
    [
        *(".", "a\n.\nb", "a\r.\rb", "\r\n.\r\n", "..\n...", "From me\nFrom you"),
        *("x" * 5000, "é" * 5000, " " * 200, "\t" * 200, "a \nb\t\nc", "x" * 75 + "é"),
        "--=_letter_7\n\n--=_letter_7--\n",
        "\0\v\x85\u2028\ud7ff",
    ],
)
def test_any_text_is_carried_safely(text: str) -> None:
    raw = built(replace(ANNA, text=quoted.piece(text), html=quoted.piece(text)))

    assert linter.complaints(raw, marketing=False) == []
    assert_needs_no_second_look(raw)
    plain = linter.parsed(raw).get_body(("plain",))
    assert plain is not None
    wire = plain.get_payload(decode=True)
    assert isinstance(wire, bytes)
    assert wire.decode().replace("\r\n", "\n") == (
        text.replace("\r\n", "\n").replace("\r", "\n")
    )


visible = st.text(st.characters(exclude_categories=["Cc", "Cs", "Co", "Zl", "Zp"]))


@given(name=visible, subject=visible, text=st.text())
def test_every_letter_follows_the_standards(name: str, subject: str, text: str) -> None:
    letter = replace(
        ANNA,
        from_name=name,
        subject=subject,
        text=quoted.piece(text),
        html=quoted.piece(text),
    )

    raw = built(letter)

    assert linter.complaints(raw, marketing=False) == []
    assert linter.parsed(raw)["From"].addresses[0].domain == "voorbeeld.nl"
    assert_needs_no_second_look(raw)


def assert_needs_no_second_look(raw: bytes) -> None:
    """It is what Canonical promises, so that the envelope may believe it."""
    refuse_bare(raw)
    assert b"\r\n." not in raw
    assert not raw.startswith(b".")
    assert raw.endswith(b"\r\n")


@given(st.text(max_size=80))
def test_what_passes_as_an_address_cannot_leave_its_command(address: str) -> None:
    try:
        wire = headers.wire_address(address)
    except BadHeader:
        return

    assert not set(wire) & set("\r\n\0<> \t,;")
    assert wire.count("@") == 1
