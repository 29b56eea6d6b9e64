"""Blocks of a letter: ready-made ones, products, and the list of them all."""

import re
from typing import Any

import pytest
from letters import compiled, html, problem, text

from funnel.domain.status import Kind, Purpose
from funnel.mail import blocks, personalize
from funnel.mail.compile import Source, Use, compile_step
from funnel.mail.names import SAMPLES
from funnel.mail.problem import TemplateProblem

PRODUCT = '[Merk X](https://winkel.nl/x "product")'


def bare(body: str) -> str:
    """Return the words of the letter's cell."""
    return " ".join(re.sub(r"<[^>]+>", " ", html(body)).split())


def test_the_signature_is_the_host_with_her_line() -> None:
    body = "Groet,\n{{ signature }}"

    assert bare(body) == "Groet, Marieke Geeft al jaren les over rust en slaap."
    assert text(body) == "Groet,\n\nMarieke\nGeeft al jaren les over rust en slaap."
    assert text(body, host_line="") == "Groet,\n\nMarieke"
    assert 'class="line"' not in html(body, host_line="")


def test_the_calendar_card_says_when_and_leads_to_her_calendar() -> None:
    shown, typed = html("{{ calendar_card }}"), text("{{ calendar_card }}")

    for part in (shown, typed):
        assert "Rust in je lijf" in part
        assert "dinsdag 1 december, 20.00 uur (Amsterdam)" in part
        assert "ongeveer 60 minuten" in part
        for name in ("calendar_url", "google_url", "outlook_url"):
            assert str(SAMPLES[name]) in part
    assert 'role="presentation"' in shown
    assert '<td class="quiet" bgcolor="#fffdfa">' in shown


@pytest.mark.parametrize(
    "gone",
    [{"is_before": False}, {"occurrence_open": False}, {"calendar_url": ""}],
    ids=["begun", "called off", "no seat"],
)
def test_without_a_date_to_come_the_card_leaves_nothing_behind(
    gone: dict[str, str | bool],
) -> None:
    body = "Boven\n\n{{ calendar_card }}\n\nOnder"

    assert text(body, **gone) == "Boven\n\nOnder"
    assert "<table" not in html(body, **gone)
    assert "<td" in html(body)


def test_a_product_never_comes_without_its_mark() -> None:
    body = f"Boven\n\n{PRODUCT}\n120 **milligram** per dag.\n\nOnder"

    for language, mark in (("nl", "Advertentie"), ("en", "Advertisement")):
        found = compiled(body, language=language)
        assert f">{mark}</p>" in found.html
        assert f"[{mark}] Merk X:\nhttps://winkel.nl/x\n120 *milligram*" in found.text
    assert html(PRODUCT).index("Advertentie") < html(PRODUCT).index("winkel.nl")
    assert bare(body) == "Boven Advertentie Merk X 120 milligram per dag. Onder"
    assert bare(PRODUCT) == "Advertentie Merk X"


def test_the_link_of_a_product_is_counted_as_others_are() -> None:
    body = f"[een](https://a.nl)\n\n{PRODUCT}\nZie [het etiket](https://winkel.nl/e)."
    source = Source(
        subject="x",
        preheader="",
        body=body,
        kind=Kind.MARKETING,
        language="nl",
        purpose=Purpose.OFFERS,
    )

    found = compile_step(source, Use.SENDING)

    targets = ["https://a.nl", "https://winkel.nl/x", "https://winkel.nl/e"]
    assert [one.url for one in found.links] == targets
    assert "winkel.nl" not in found.html + found.text
    for link in found.links:
        assert f"{{{{ click_url }}}}{link.code}" in found.html
        assert f"{{{{ click_url }}}}{link.code}" in found.text


@pytest.mark.parametrize(
    ("body", "line", "advice"),
    [
        ("a\n\nGroet, {{ signature }}", 3, "alone on a line"),
        ("{{ signature }} en {{ host }}", 1, "alone on a line"),
        ("{{ signature }}{{ calendar_card }}", 1, "alone on a line"),
        ("a\n\n- {{ signature }}", 3, "alone on a line"),
        ("# {{ calendar_card }}", 1, "{{ calendar_card }}"),
        ("a\n\n{{ signature|upper }}", 3, "alone on a line"),
        ('{{ calendar_card|default("x") }}', 1, "alone on a line"),
        ("a\n\n{% if signature %}\nx\n{% endif %}", 3, "alone on a line"),
        ("{% if host == signature %}x{% endif %}", 1, "alone on a line"),
        ("[a]({{ calendar_card }})", 1, "cannot lead to"),
        ("[{{ signature }}](https://a.nl)", 1, "alone on a line"),
        ("![{{ signature }}](https://a.nl/x.png)", 1, "alone on a line"),
        ("{{ sgnature }}", 1, "Did you mean “signature”?"),
        (f"a\n\nKijk: {PRODUCT}", 3, "begins its own paragraph"),
        (f"a\n\n{PRODUCT} is goed", 3, "begins its own paragraph"),
        (f"- {PRODUCT}", 1, "begins its own paragraph"),
        ('[x]({{ article_url }} "product")', 1, "begins with https://"),
        ('[x](mailto:a@b.nl "product")', 1, "begins with https://"),
        ('[x](http://winkel.nl "product")', 1, "begins with https://"),
        ('a\n\n[](https://winkel.nl "product")', 3, "a name"),
    ],
)
def test_a_block_in_a_wrong_place_says_where_and_what_to_write(
    body: str, line: int, advice: str
) -> None:
    found = problem(body)

    assert advice in found.message
    assert found.line == line


@pytest.mark.parametrize("field", ["subject", "preheader"])
@pytest.mark.parametrize("name", sorted(blocks.READY))
def test_a_subject_has_no_blocks(field: str, name: str) -> None:
    lines: dict[str, Any] = {field: f"{{{{ {name} }}}}"}

    with pytest.raises(TemplateProblem) as caught:
        compiled("x", **lines)

    assert caught.value.field == field


def test_a_block_may_stand_in_a_case_and_more_than_once() -> None:
    body = "{% if joined %}{{ signature }}{% else %}\n{{ signature }}\n{% endif %}"

    assert text(body, joined=True) == text(body, joined=False)
    assert text(body, joined=True).startswith("Marieke")


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("key", [*blocks.BLOCKS])
def test_every_form_of_the_list_can_be_inserted_as_it_stands(
    key: str, language: str
) -> None:
    written = blocks.BLOCKS[key].written(language)
    name = "0123456789abcdef0123-640x400.png"
    whole = written.replace("media:…", f"media:{name}").replace("…", "voorbeeld.nl")

    found = compiled(f"Hoi\n\n{whole}\n\nGroet", language=language)

    filled = personalize.fill(found.text, SAMPLES, html=False)
    assert len(filled.partition("-- ")[0].split("\n\n")) > 2
    if key in {*blocks.READY, blocks.PRODUCT, blocks.BUTTON}:
        assert found.html != compiled("Hoi\n\nGroet", language=language).html


def test_more_blocks_than_a_mail_can_be_filled_with_are_refused_at_once() -> None:
    found = problem("{{ calendar_card }}\n\n" * 90)

    assert "too many braces" in found.message or "too long" in found.message
