"""A signature that every receiver can check, the same on every attempt."""

from dataclasses import replace
from functools import cache

import dkim
import linter
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_message import ANNA, HOSTILE_NAMES, MARKETING

from funnel.mail import message, quoted
from funnel.mail.dkim import Signer, new_key, record


@cache
def signer() -> Signer:
    return Signer.of(new_key(), "funnel")


def is_valid(raw: bytes) -> bool:
    names = list[bytes]()

    def dns(name: bytes, timeout: int = 5) -> bytes:
        del timeout
        names.append(name)
        return record(signer()).encode()

    valid = bool(dkim.verify(raw, dnsfunc=dns))
    assert names in ([], [b"funnel._domainkey.voorbeeld.nl."])
    return valid


def signed(**changes: object) -> bytes:
    texts: dict[str, object] = {
        part: quoted.piece(str(changes[part]))
        for part in ("text", "html")
        if part in changes
    }
    letter = replace(ANNA, **{**MARKETING, **changes, **texts})
    return signer().sign(message.build(letter))


def test_a_signature_is_checked_and_found_good() -> None:
    assert is_valid(signed())


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_strange_name_is_signed_like_any_other(name: str) -> None:
    raw = signed(from_name=name, subject=name, text=f"{name}\n", html=f"<p>{name}</p>")

    assert is_valid(raw)
    assert linter.complaints(raw, marketing=True) == []


visible = st.text(st.characters(exclude_categories=["Cc", "Cs", "Co", "Zl", "Zp"]))


@given(name=visible, subject=visible, text=st.text())
def test_whatever_is_in_a_message_its_signature_holds(
    name: str, subject: str, text: str
) -> None:
    assert is_valid(signed(from_name=name, subject=subject, text=text, html=text))


def test_a_second_attempt_has_the_same_bytes() -> None:
    assert signed() == signed()


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (b"Tot dinsdag", b"Tot woensdag"),
        (b"Subject: Je plek", b"Subject: Uw plek"),
        (b"From: Marieke", b"From: Marijke"),
        (b"/u/abc", b"/u/xyz"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"3-stress:", b"4-stress:"),
        (b"\r\nSubject:", b"\r\nSubject: another\r\nSubject:"),
        (b"\r\nFrom:", b"\r\nFrom: somebody@else.nl\r\nFrom:"),
        (b"\r\nSubject: Je plek", b"\r\nX: y\r\nSubject: Mijn plek"),
    ],
    ids=str,
)
def test_a_message_that_was_changed_is_found_out(here: bytes, there: bytes) -> None:
    raw = signed()
    assert here in raw

    assert not is_valid(raw.replace(here, there, 1))


def test_what_receivers_look_for_is_signed() -> None:
    head = signed().partition(b"\r\nFrom:")[0].decode()
    unfolded = head.replace("\r\n ", "")
    names = unfolded.partition("h=")[2].partition(";")[0].split(":")

    assert {"list-unsubscribe", "list-unsubscribe-post", "feedback-id"} <= set(names)
    assert {"to", "date", "message-id", "mime-version", "content-type"} <= set(names)
    assert names.count("from") == names.count("subject") == 2
    assert not any(tag.strip().startswith("l=") for tag in unfolded.split(";"))
    assert f"t={int(ANNA.date.timestamp())};" in unfolded


@pytest.mark.parametrize(
    "body", [b"", b"\r\n", b"\r\n\r\n", b"a", b"a \t b  \r\n \r\n\r\n", b" \t \r\n"]
)
def test_white_space_counts_as_the_standard_says(body: bytes) -> None:
    head = b"From: a@voorbeeld.nl\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\n\r\n"

    assert is_valid(signer().sign(head + body))


def test_a_key_that_nobody_would_accept_is_refused() -> None:
    with pytest.raises(ValueError, match=r"RSA|PEM|deserialize"):
        Signer.of("no key", "funnel")
