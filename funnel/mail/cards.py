"""The blocks of a letter that are drawn as tables, because Outlook draws no others.

Each is given as HTML and as the text that somebody would type; both still hold
template expressions, in the words of a language (`layouts/words.toml`).
"""

from collections.abc import Mapping
from html import escape

from funnel.mail.blocks import SIGNATURE

_TABLE = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'
_HAS_DATE = "{% if calendar_url and is_before and occurrence_open %}"
"""Only while there is a date of hers to come, and it goes on."""

_SIGNATURE_HTML = (
    '<p class="who">{{ host }}</p>\n'
    '{% if host_line %}<p class="line">{{ host_line }}</p>{% endif %}\n'
)
_SIGNATURE_TEXT = "{{ host }}{% if host_line %}\n{{ host_line }}{% endif %}"
_LINKS = {
    "calendar_url": "calendar",
    "google_url": "calendar_google",
    "outlook_url": "calendar_outlook",
}


def around(kind: str, colour: str) -> tuple[str, str]:
    """Return what opens and what closes a table of one cell, over the whole width."""
    opening = (
        f'<table {_TABLE} width="100%" class="card"><tbody><tr>'
        f'<td class="{kind}" bgcolor="{colour}">\n'
    )
    return opening, "</td></tr></tbody></table>\n"


NOTE = around("note", "#f8e9e1")
QUIET = around("quiet", "#fffdfa")


def button(label: str, href: str) -> str:
    return (
        f'<table {_TABLE} class="action"><tbody><tr><td class="button" '
        f'bgcolor="#2f5d4a"><a href="{href}">{label}</a>'
        "</td></tr></tbody></table>\n"
    )


def product(name: str, description: str, words: Mapping[str, str]) -> str:
    """Return a product, which never comes without its mark (art. 11 of the NRC)."""
    label = f'<p class="mark">{escape(words["advertisement"])}</p>\n'
    told = f"<p>{description}</p>\n" if description else ""
    return f'{label}<p class="name">{name}</p>\n{told}'.join(QUIET)


def ready(name: str, words: Mapping[str, str]) -> str:
    """Return the HTML of a ready-made block."""
    if name == SIGNATURE:
        return _SIGNATURE_HTML
    links = " · ".join(
        f'<a href="{{{{ {url} }}}}">{escape(words[label])}</a>'
        for url, label in _LINKS.items()
    )
    inside = (
        '<p class="name">{{ masterclass }}</p>\n'
        f"<p><strong>{{{{ start_both }}}}</strong><br>{words['online']}</p>\n"
        f"<p>{links}</p>\n"
    )
    return f"{_HAS_DATE}{inside.join(QUIET)}{{% endif %}}\n"


def ready_text(name: str, words: Mapping[str, str]) -> str:
    """Return the text of a ready-made block, with the empty line below it."""
    if name == SIGNATURE:
        return f"{_SIGNATURE_TEXT}\n\n"
    links = "\n".join(
        f"{words[label]}: {{{{ {url} }}}}" for url, label in _LINKS.items()
    )
    return (
        f"{_HAS_DATE}{{{{ masterclass }}}}\n{{{{ start_both }}}}\n{words['online']}\n\n"
        f"{links}\n\n{{% endif %}}"
    )


def product_text(name: str, target: str, description: str, mark: str) -> str:
    told = f"\n{description}" if description else ""
    return f"[{mark}] {name}:\n{target}{told}"
