"""A letter cut once says to each reader what the plain language says."""

import quopri
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel.mail import personalize, quoted, stencil
from funnel.mail.names import SAMPLES
from funnel.mail.problem import TemplateProblem
from funnel.mail.quoted import Pieces

text = st.text(st.characters(exclude_categories=["Cs"]))
SOURCES = [
    "",
    "Hoi {{ first_name }},\n\ntot dinsdag.\n",
    "{{ first_name }}{{ masterclass }}",
    "{% if joined %}Fijn{% elif is_before %}Straks{% else %}Jammer{% endif %}.\n",
    "{% if first_name %}{{ first_name|capitalize }}{% endif %} einde ",
    "Hoi {{ first_name|default('daar & é') }}=\n",
    '{{ "{" }}{ geen gat }}\n',
    "é" * 100 + "{{ first_name }}" + "x" * 200 + "\n \n\t\n.\n{{ join_url }}",
    "<a href='{{ join_url }}'>" * 5,
]


def read(wire: Pieces) -> str:
    """Decode a part as a mail program does."""
    return quopri.decodestring(bytes(quoted.body(wire))).decode()


def lines(wire: Pieces) -> list[str]:
    return bytes(quoted.body(wire)).decode().split("\r\n")


@given(st.lists(text))
def test_pieces_put_together_say_what_they_say_apart(parts: list[str]) -> None:
    wire = Pieces("".join(map(quoted.piece, parts)))

    plain = re.sub("\r\n|\r|\n", "\r\n", "\0".join(parts)).split("\0")
    assert read(wire) == "".join(plain) or "\0" in "".join(parts)
    assert max(map(len, lines(wire))) <= 76
    assert wire.isascii()
    assert not any(line.endswith((" ", "\t")) for line in lines(wire))
    assert not any(line.startswith(".") for line in lines(wire))


@pytest.mark.parametrize(
    "dots", [".", "..", "a\r\n..\r\n.b", "é." + "." * 90, "." * 76]
)
def test_no_line_of_a_letter_begins_with_a_dot(dots: str) -> None:
    wire = quoted.piece(dots)

    assert read(wire) == dots
    assert not any(line.startswith(".") for line in lines(wire))
    assert max(map(len, lines(wire))) <= 76


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("html", [False, True])
@given(name=text)
def test_what_is_cut_once_reads_as_what_is_filled_in(
    source: str, html: bool, name: str
) -> None:
    values = {**SAMPLES, "first_name": name, "joined": len(name) % 2 == 0}

    wire = stencil.fill(source, personalize.plain(values), html=html)

    said = personalize.fill(source, values, html=html)
    assert read(wire) == re.sub("\r\n|\r|\n", "\r\n", said)
    assert max(map(len, lines(wire))) <= 76


def test_a_value_cannot_end_the_part_or_the_html() -> None:
    values = {"first_name": "<b>\r\n--=_letter_7--\r\n.\r\n=41"}

    wire = stencil.fill("Hoi {{ first_name }}\n", personalize.plain(values), html=True)

    assert "&lt;b&gt;" in read(wire)
    assert read(wire).endswith("=41\r\n")
    assert "\r\n--=_" not in wire


def test_what_was_never_checked_is_not_cut() -> None:
    with pytest.raises(TemplateProblem):
        stencil.fill("{{ 7*7 }}", personalize.plain({}), html=True)


def test_what_grows_too_long_is_not_sent() -> None:
    long = personalize.plain({"first_name": "x" * 10_000})

    with pytest.raises(TemplateProblem):
        stencil.fill("{{ first_name }}" * 100, long, html=False)


def test_only_what_is_asked_for_need_be_known() -> None:
    source = "{% if joined %}{{ first_name|default('x') }}{% endif %}"

    assert stencil.names(source) == {"joined", "first_name"}
