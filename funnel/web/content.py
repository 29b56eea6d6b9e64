"""Long texts from funnel/content: front matter, names filled in, Markdown as HTML."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from funnel.models import Business

FOLDER = Path(__file__).resolve().parent.parent / "content"
FENCE = "+++\n"
HOLE = re.compile(r"\{\{ *(\w+) *\}\}")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")

markdown = MarkdownIt("commonmark", {"typographer": True}).enable("table")


@dataclass(frozen=True, slots=True)
class Text:
    """A page of reading: what its front matter says, and its body."""

    facts: Mapping[str, Any]
    body: str

    def html(self, names: Mapping[str, str]) -> Markup:
        """Return the body as safe HTML, with the business's names in it."""
        rendered = markdown.render(fill(self.body, names))
        return Markup(nh3.clean(rendered, link_rel="noopener"))  # noqa: S704 - cleaned


def read(folder: str, slug: str, language: str) -> Text:
    """Return the text `folder/slug`, in that language when there is one; else 404."""
    if not SLUG.fullmatch(slug):
        raise NotFound
    for name in (f"{slug}.{language}.md", f"{slug}.md"):
        path = FOLDER / folder / name
        if path.is_file():
            return _parse(path)
    raise NotFound


def names(business: Business) -> dict[str, str]:
    """Return the names that texts may hold, out of the business profile."""
    return {
        "brand": business.name,
        "host": business.host_name,
        "name": business.name,
        "postal_address": business.postal_address,
        "company_number": business.company_number,
        "reply_to": business.reply_to,
    }


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put names in their holes; a hole without a name stays as it is."""
    return HOLE.sub(lambda hole: values.get(hole[1], hole[0]), text)


def filled(data: Any, values: Mapping[str, str]) -> Any:
    """Fill every text of a landing page's data."""
    if isinstance(data, str):
        return fill(data, values)
    if isinstance(data, dict):
        return {name: filled(part, values) for name, part in data.items()}
    if isinstance(data, list):
        return [filled(part, values) for part in data]
    return data


@lru_cache(maxsize=64)
def _parse(path: Path) -> Text:
    text = path.read_text(encoding="utf-8")
    if not text.startswith(FENCE):
        return Text({}, text)
    head, _, body = text.removeprefix(FENCE).partition(FENCE)
    return Text(tomllib.loads(head), body)
