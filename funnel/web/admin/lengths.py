"""Lengths of time as the settings keep them ("48 hours"), in the words of the page."""

import re

from flask_babel import ngettext

KEPT = re.compile(r"(\d{1,5}) (hour|minute)s?")
TYPED = re.compile(r"\s*(\d{1,5})\s*([^\W\d]+)\.?\s*")
NOUNS = {
    "hour": ("h", "u", "hour", "hours", "uur", "uren"),
    "minute": ("m", "min", "minute", "minutes", "minuut", "minuten"),
}
"""What somebody may type for each, in either language."""


def shown(kept: str) -> str:
    """Return a length as the page says it; what is none stays as it is."""
    found = KEPT.fullmatch(kept)
    if found is None:
        return kept
    number = int(found[1])
    if found[2] == "hour":
        return str(ngettext("%(num)d hour", "%(num)d hours", number))
    return str(ngettext("%(num)d minute", "%(num)d minutes", number))


def kept(typed: str) -> str:
    """Return a length as settings keep it; what is none stays as it was typed."""
    found = TYPED.fullmatch(typed)
    noun = found and next(
        (noun for noun, words in NOUNS.items() if found[2].lower() in words), None
    )
    if not found or not noun:
        return typed
    return f"{int(found[1])} {noun}" + ("" if int(found[1]) == 1 else "s")
