"""Links that are counted: which ones, and what a letter then looks like."""

import re

from funnel.domain.status import Kind
from funnel.mail import personalize, tracked
from funnel.mail.compile import Compiled, Source, Use, compile_step
from funnel.mail.names import SAMPLES

DOOR = "https://masterclass.example/c/TOKEN"
VALUES = {**SAMPLES, "click_url": DOOR}


def compiled(body: str, *, use: Use = Use.SENDING) -> Compiled:
    source = Source(
        subject="Rust",
        preheader="Een begin",
        body=body,
        kind=Kind.MARKETING,
        language="nl",
    )
    return compile_step(source, use)


def test_links_and_buttons_lead_past_the_door_in_both_parts() -> None:
    found = compiled(
        "Lees [dit stuk](https://voorbeeld.nl/a?b=1&c=2#d).\n\n"
        '[Lees het artikel]({{ article_url }}#slaap "button")'
    )

    html = personalize.fill(found.html, VALUES, html=True)
    plain = personalize.fill(found.text, VALUES, html=False)

    assert [(one.position, one.url) for one in found.links] == [
        (1, "https://voorbeeld.nl/a?b=1&c=2#d"),
        (2, "{{ article_url }}#slaap"),
    ]
    for link in found.links:
        assert f'href="{DOOR}{link.code}"' in html
        assert f"{DOOR}{link.code}" in plain
    assert "voorbeeld.nl/a?" not in html + plain


def test_a_link_that_is_hers_alone_leads_there_by_itself() -> None:
    personal = (
        *("join_url", "replay_url", "confirm_url", "calendar_url", "google_url"),
        *("outlook_url", "preferences_url", "unsubscribe_url", "data_url"),
    )

    found = compiled("\n\n".join(f"[hier]({{{{ {name} }}}})" for name in personal))

    assert found.links == ()
    assert "click_url" not in found.html + found.text


def test_neither_an_address_to_write_to_nor_one_that_is_shown_is_rewritten() -> None:
    found = compiled(
        "[Schrijf me](mailto:anna@voorbeeld.nl) of kijk op "
        "[https://voorbeeld.nl](https://voorbeeld.nl), "
        "[www.voorbeeld.nl](https://voorbeeld.nl/x)."
    )

    assert found.links == ()
    assert 'href="https://voorbeeld.nl"' in found.html


def test_the_same_place_twice_is_two_links() -> None:
    found = compiled("[hier](https://voorbeeld.nl/a) en [daar](https://voorbeeld.nl/a)")

    assert len({one.code for one in found.links}) == 2


def test_links_in_lists_and_notes_are_counted_too() -> None:
    found = compiled(
        "- [a](https://a.nl/1)\n- **[b](https://b.nl/2)**\n\n> [c](https://c.nl/3)"
    )

    assert [one.url for one in found.links] == [
        "https://a.nl/1",
        "https://b.nl/2",
        "https://c.nl/3",
    ]


def test_a_preview_and_a_test_lead_straight_on() -> None:
    found = compiled("[hier](https://voorbeeld.nl/a)", use=Use.SHOWING)

    assert found.links == ()
    assert 'href="https://voorbeeld.nl/a"' in found.html


def test_compiled_again_a_text_has_the_same_codes() -> None:
    body = "[hier](https://voorbeeld.nl/a)"

    assert compiled(body).links == compiled(body).links
    assert re.fullmatch(r"[\w-]{4}", tracked.code(1, "https://voorbeeld.nl/a"))
