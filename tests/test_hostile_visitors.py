"""A form is public: whatever is typed into it, one proper mail leaves or none."""

import socket
from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest
from pages import Page, Visitor
from reader import Mail, Reader, inbox
from running import Running

pytestmark = pytest.mark.system

BREAKERS = ["\r", "\n", "\r\n", "\0", "\v", "\x85", "\u2028", "\u2029", "\r\n\r\n"]
ATTACKS = [f"Noor{breaker}Bcc: all@evil.example" for breaker in BREAKERS] + [
    "=?utf-8?q?=0d=0aBcc:_all@evil.example?=",
    "Noor\r\n.\r\nMAIL FROM:<x@evil.example>",
    "Noor\n.\nQUIT",
    "{{7*7}}",
    "{% for a in range(9) %}evil.example{% endfor %}",
    "<img src=https://evil.example/x>",
    "Noor" * 3000,
]
ADDRESSES = [
    "a@lezer.example{}",
    "a{}@lezer.example",
    '"a{}"@lezer.example',
    "a@lezer.example>{}",
    "a@lezer.example, {}",
    "a@lezer.example SIZE=1{}",
    "<a@lezer.example{}",
    "a@lezer.example\r\nRCPT TO:<x@evil.example{}",
]


@pytest.fixture(scope="module")
def system() -> Iterator[Running]:
    with Running.started("hostile") as system:
        yield system


def sign_up(reader: Reader, **typed: str) -> Page:
    form = reader.visitor.get("/").form("/signup")
    return reader.visitor.submit(form, **{"address": reader.address} | typed)


def confirm(reader: Reader, mail: Mail) -> Page:
    form = reader.visitor.get(mail.link("/confirm/")).form("/confirm/")
    return reader.visitor.submit(form, **dict(form.buttons[:1]))


def test_whatever_is_typed_as_a_name_leaves_the_mails_as_they_are(
    system: Running,
) -> None:
    typed = ["Noor", *ATTACKS]
    readers = [
        Reader(system, f"naam{number}@lezer.example") for number in range(len(typed))
    ]

    for reader, name in zip(readers, typed, strict=True):
        assert sign_up(reader, first_name=name, utm_source=name).status == 200
    system.settle()
    asked = {mail.to: mail for mail in inbox(system)}
    for reader in readers:
        assert confirm(reader, asked[reader.address]).status == 200
    system.settle()

    box = inbox(system)
    got = Counter((mail.to, mail.subject, *mail.message) for mail in box)
    usual = [key[1:] for key in got if key[0] == readers[0].address]
    assert len(usual) == 2
    assert got == Counter(
        (reader.address, *headers) for reader in readers for headers in usual
    )
    for mail in box:
        assert "evil.example" not in str(mail.message.items())
        assert not mail.text.startswith("Hoi 49")


def test_no_address_brings_a_second_reader_or_a_second_command(
    system: Running,
) -> None:
    before = len(inbox(system))
    visitor = Visitor(system.url)
    form = visitor.get("/").form("/signup")

    pages = [
        visitor.submit(form, address=address.format(attack))
        for address, attack in product(ADDRESSES, ["\r\nDATA", "\0", "x@evil.example"])
    ]
    system.settle()

    assert {page.status for page in pages} == {422}
    assert len(inbox(system)) == before


def test_a_header_of_a_megabyte_is_refused_and_the_next_visitor_served(
    system: Running,
) -> None:
    with socket.create_connection(("127.0.0.1", system.port), timeout=20) as visitor:
        visitor.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: ")
        try:
            visitor.sendall(b"x" * 1_000_000 + b"\r\n\r\n")
            answer = visitor.recv(100)
        except ConnectionError:
            answer = b"HTTP/1.1 4"  # it hung up before it had heard everything

    assert answer.startswith(b"HTTP/1.1 4")
    assert Visitor(system.url).get("/").status == 200
