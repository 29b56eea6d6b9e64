"""The letter's own style: readable in light and dark, in every mail program."""

import re

import pytest
from letters import compiled

from funnel.domain.status import Kind
from funnel.mail import layout

SHEET = "".join(
    re.findall(
        r"<style>(.*?)</style>",
        (layout.FOLDER / "letter.html").read_text(encoding="utf-8"),
        re.DOTALL,
    )
)
LIGHT, _, REST = SHEET.partition("@media (max-width")
DARK = REST.partition("@media (prefers-color-scheme: dark)")[2]
AA = 4.5
PAIRS = [
    (".letter", ".paper"),
    (".letter a", ".paper"),
    (".letter h1", ".paper"),
    (".letter h3", ".paper"),
    (".letter img", ".paper"),
    (".letter .who", ".paper"),
    (".letter .line", ".paper"),
    (".brand", ".paper"),
    (".rule", ".paper"),
    (".rule a", ".paper"),
    (".letter .note", ".letter .note"),
    (".letter a", ".letter .note"),
    (".letter .line", ".letter .note"),
    (".letter .quiet", ".letter .quiet"),
    (".letter a", ".letter .quiet"),
    (".letter .name", ".letter .quiet"),
    (".letter .quiet .mark", ".letter .quiet"),
    (".letter .button a", ".letter .button"),
]
"""What is written, and what it is written on."""

SHOWN = {
    *("background-color", "color", "display", "height", "width", "overflow"),
    *("border", "border-collapse", "border-color", "border-left", "border-radius"),
    *("border-left-color", "border-spacing", "border-top", "border-top-color"),
    *("font-family", "font-size", "font-weight", "letter-spacing", "line-height"),
    *("margin", "margin-bottom", "max-height", "max-width", "padding", "opacity"),
    *("text-align", "text-decoration", "text-transform", "text-underline-offset"),
    *("mso-hide", "mso-padding-alt", "overflow-wrap", "word-break"),
    *("-ms-text-size-adjust", "-webkit-text-size-adjust"),
}
"""Properties that mail programs know, or whose lack changes nothing that matters."""


def rules(sheet: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        lines = body.replace("!important", "").split(";")
        split = [line.partition(":") for line in lines if line.strip()]
        pairs = {name.strip(): value.strip() for name, _, value in split}
        for selector in selectors.split(","):
            found.setdefault(selector.strip(), {}).update(pairs)
    return found


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("words", "ground"), PAIRS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_written_can_be_read(words: str, ground: str, scheme: str) -> None:
    sheet = rules(LIGHT)
    if scheme == "dark":
        for selector, changes in rules(DARK).items():
            sheet.setdefault(selector, {}).update(changes)

    seen = contrast(sheet[words]["color"], sheet[ground]["background-color"])

    assert seen >= AA, f"{words} on {ground}: {seen:.2f}"


def test_every_colour_of_the_light_sheet_has_its_dark_one() -> None:
    light, dark = rules(LIGHT), rules(DARK)

    coloured = {
        (selector, name)
        for selector, pairs in light.items()
        for name, value in pairs.items()
        if "#" in value and name in {"color", "background-color"}
    }
    missing = {
        (selector, name)
        for selector, name in coloured
        if name not in dark.get(selector, {})
    }
    assert missing == set()


def test_the_letter_uses_only_what_mail_programs_show() -> None:
    body = (
        "## Kop\n\n> nota\n\n- punt\n\n{{ calendar_card }}\n\n---\n\n"
        '[x](https://a.nl "product")\nwat\n\n[y]({{ join_url }} "button")\n\n'
        "![z](media:0123456789abcdef0123-640x400.png)\n\n{{ signature }}"
    )
    html = compiled(body, Kind.MARKETING).html
    inline = "; ".join(re.findall(r'style="([^"]*)"', html))

    written = rules(f"inline {{{inline}}} {DARK}")
    used = {name for pairs in written.values() for name in pairs}
    assert used - SHOWN == set()
    assert "display" in used
    assert not re.search(r"\b(flex|grid|var|calc|url)\b|\d(rem|vw|vh)\b", inline)


def test_tables_are_for_looks_only_and_have_their_colours_for_outlook() -> None:
    html = compiled("> nota\n\n{{ calendar_card }}\n\n[x](https://a.nl)").html

    for table in re.findall(r"<table[^>]*>", html):
        assert 'role="presentation"' in table
    for cell in re.findall(r"<td[^>]*background-color[^>]*>", html):
        assert "bgcolor=" in cell
