"""The shells around a letter: read from email_templates/layouts, filled once."""

import tomllib
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from funnel.domain.status import Kind, Purpose
from funnel.mail.guard import Guard

FOLDER = Path(__file__).resolve().parents[2] / "email_templates" / "layouts"
LANGUAGES = ("nl", "en")


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a shell: safe in HTML already, expressions as marks."""

    subject: str
    preheader: str
    html: str
    text: str
    kind: Kind
    language: str
    purpose: Purpose | None = None
    has_links: bool = True


def html(contents: Contents, guard: Guard) -> str:
    links = " · ".join(
        f'<a href="{{{{ {name} }}}}">{escape(label)}</a>'
        for name, label in _links(contents)
    )
    return _shell("letter.html", guard).substitute(
        language=spoken(contents.language),
        subject=contents.subject,
        preheader=contents.preheader,
        body=contents.html,
        links=guard.protect(links),
    )


def text(contents: Contents, guard: Guard) -> str:
    links = "\n".join(f"{label}: {{{{ {name} }}}}" for name, label in _links(contents))
    return _shell("letter.txt", guard).substitute(
        body=contents.text, links=guard.protect(links)
    )


def _links(contents: Contents) -> list[tuple[str, str]]:
    """Return what the footer links to: marketing can be stopped from every mail."""
    if not contents.has_links:
        return []
    words = words_in(contents.language)
    links = [("preferences_url", words["preferences"])]
    if contents.kind is Kind.MARKETING:
        is_offer = contents.purpose is Purpose.OFFERS
        label = words["unsubscribe_offers" if is_offer else "unsubscribe"]
        links.append(("unsubscribe_url", label))
    return links


def words_in(language: str) -> dict[str, str]:
    """Return the fixed words of a letter."""
    return _all_words()[spoken(language)]


def spoken(language: str) -> str:
    """Return the language, or the one that stands in for it."""
    return language if language in LANGUAGES else LANGUAGES[0]


@cache
def _all_words() -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8"))


def _shell(name: str, guard: Guard) -> Template:
    return Template(guard.protect((FOLDER / name).read_text(encoding="utf-8")))
