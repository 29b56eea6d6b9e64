"""The links of a letter that are counted: led past our own door, each by a code."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from funnel.mail.blocks import BUTTON, PRODUCT
from funnel.mail.markdown import Document

DOOR = "{{ click_url }}"
CODE_BYTES = 3
CODE_LENGTH = 4
OURS = re.compile(r"\{\{\s*(article_url|landing_url)\s*\}\}(#\S*)?")
"""Our own pages that everybody may see. A link that is hers alone (her seat, her
confirmation, her calendar) is never rewritten: it must lead there by itself."""

_LIKE_AN_ADDRESS = re.compile(r"\s*(https?://|www\.)\S*\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads: `position` counts from 1, `code` stands in its address."""

    position: int
    code: str
    url: str


def rewrite(document: Document) -> tuple[Target, ...]:
    """Lead every link that may be counted past the door; return where they led."""
    found = list[Target]()
    for token in _links(document.tokens):
        url = document.guard.restore(str(token.attrs["href"]))
        if url.startswith("https://") or OURS.fullmatch(url):
            target = Target(len(found) + 1, code(len(found) + 1, url), url)
            token.attrs["href"] = document.guard.protect(DOOR) + target.code
            found.append(target)
    return tuple(found)


def code(position: int, url: str) -> str:
    """Return four letters for a link, the same each time the text is compiled.

    So sparse among 16 million that a changed letter names no link of the mail.
    """
    digest = hashlib.sha256(f"{position} {url}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:CODE_BYTES]).decode()


def _links(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield links and buttons in the order of the letter.

    Not a link whose words are an address: words that say one place while the link
    leads to another are what mail programs warn of.
    """
    for index, token in enumerate(tokens):
        is_link = token.type == "link_open" and not _shows_address(tokens, index)
        if is_link or token.type == BUTTON:
            yield token
        elif token.type in {"inline", PRODUCT}:
            yield from _links(token.children or [])


def _shows_address(tokens: Sequence[Token], index: int) -> bool:
    words = ""
    for token in tokens[index + 1 :]:
        if token.type == "link_close":
            break
        words += token.content
    return _LIKE_AN_ADDRESS.fullmatch(words) is not None
