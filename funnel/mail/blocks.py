"""What a text can show: one list, for the editor's menu, its help and its tests.

A block stands alone in its paragraph, `inline` stands among words. What is ready-made
is written as a value that stands alone on a line, so that the template language knows
it, too: it cannot be mistaken for words, and no other value is shown in its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from funnel.mail.problem import N_

BUTTON, PRODUCT = "button", "product"
SIGNATURE, CALENDAR_CARD = "signature", "calendar_card"
READY = frozenset({SIGNATURE, CALENDAR_CARD})
"""The names of what is ready-made, as they stand between braces."""


@dataclass(frozen=True, slots=True)
class Block:
    """One form: what it is called, how it is written in each language, what it does.

    `label` and `help` are sentences of the catalogue.
    """

    label: str
    help: str
    nl: str
    en: str
    inline: bool = False

    def written(self, language: str) -> str:
        """Return an example to insert, in the language of the mail."""
        return self.en if language == "en" else self.nl


def _same(label: str, help_: str, written: str) -> Block:
    return Block(label, help_, written, written)


BLOCKS: Mapping[str, Block] = MappingProxyType(
    {
        "heading": Block(
            N_("Heading"), N_("a heading inside the mail"), "## Kop", "## Heading"
        ),
        "list": Block(
            N_("List"),
            N_("a list; 1. for a numbered one"),
            "- eerste punt\n- tweede punt",
            "- first point\n- second point",
        ),
        "note": Block(
            N_("Note"), N_("a coloured note"), "> Goed om te weten", "> Good to know"
        ),
        BUTTON: Block(
            N_("Button"),
            N_("a button, alone in its paragraph"),
            '[Open de masterclass]({{ join_url }} "button")',
            '[Open the masterclass]({{ join_url }} "button")',
        ),
        "divider": _same(N_("Divider"), N_("a thin line between two parts"), "---"),
        "picture": Block(
            N_("Picture"),
            N_("a picture that was sent up, and what it shows"),
            "![een kom noten](media:…)",
            "![a bowl of nuts](media:…)",
        ),
        SIGNATURE: _same(
            N_("Signature"),
            N_("the host's name and line, from the business profile"),
            "{{ signature }}",
        ),
        CALENDAR_CARD: _same(
            N_("Calendar card"),
            N_("her date in words, and links for her calendar; gone once it has begun"),
            "{{ calendar_card }}",
        ),
        PRODUCT: Block(
            N_("Product"),
            N_("a product, always marked as an advertisement; its description below"),
            '[Naam van het product](https://… "product")\nWat het is, in een zin.',
            '[Name of the product](https://… "product")\nWhat it is, in a sentence.',
        ),
        "bold": Block(N_("Bold"), N_("bold words"), "**vet**", "**bold**", inline=True),
        "italic": Block(
            N_("Italic"), N_("slanted words"), "*schuin*", "*slanted*", inline=True
        ),
        "link": Block(
            N_("Link"), N_("a link"), "[woorden](https://…)", "[words](https://…)", True
        ),
        "value": Block(
            N_("Value"),
            N_("a value, and what to say when it is missing"),
            '{{ first_name|default("daar") }}',
            '{{ first_name|default("there") }}',
            inline=True,
        ),
        "case": Block(
            N_("Text for some people"),
            N_("a text for one case, and for the other"),
            "{% if is_before %}\nTot dan.\n{% else %}\nDank je wel.\n{% endif %}",
            "{% if is_before %}\nSee you then.\n{% else %}\nThank you.\n{% endif %}",
        ),
    }
)
"""Every form by its key, in the order of a menu."""
