"""A tag: one word in small letters, the same wherever it is typed."""

import re
import unicodedata

LONGEST = 40
GOOD = re.compile(r"[^\W_](?:[\w.+-]*\w)?")


class BadTag(ValueError):  # noqa: N818 - it names what was found
    """The text cannot be a tag."""


def name(text: str) -> str:
    """Return the tag that was typed, or raise BadTag.

    Spaces become hyphens: a condition of a step names tags without spaces.
    """
    words = unicodedata.normalize("NFC", text).casefold().split()
    found = "-".join(words)
    if len(found) > LONGEST or not GOOD.fullmatch(found):
        raise BadTag(text)
    return found


def names(text: str) -> list[str]:
    """Return the tags of a list with commas, each once; what is none is left out."""
    found = []
    for part in re.split(r"[,;|]", text):
        try:
            found.append(name(part))
        except BadTag:
            continue
    return list(dict.fromkeys(found))
