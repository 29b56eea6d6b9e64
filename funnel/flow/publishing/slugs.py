"""Names of new steps and sequences: stable, readable, and in the order of the list."""

import re
import unicodedata
from collections.abc import Collection, Iterator

LONGEST = 40
LETTERS = "bcdefghijklmnopqrstuvwxyz"
NUMBER = re.compile(r"\d+")
FALLBACK = "mail"


def slug(words: str) -> str:
    """Return words as small letters, digits and hyphens; "mail" when none are left."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    found = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\{[{%].*?[%}]\}", "", plain.lower()))
    return found[:LONGEST].strip("-") or FALLBACK


def between(above: str, below: str, words: str, taken: Collection[str]) -> str:
    """Return a free name for a step that, where possible, sorts between two others."""
    tail = slug(words)
    free = [name for name in _candidates(above, below, tail) if name not in taken]
    fitting = (name for name in free if above < name and (not below or name < below))
    return next(fitting, free[0])


def free(words: str, taken: Collection[str]) -> str:
    """Return a free name for a sequence."""
    first = slug(words)
    names = (first, *(f"{first}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _candidates(above: str, below: str, tail: str) -> Iterator[str]:
    found = NUMBER.match(above)
    number = int(found[0]) if found else 0
    if not below:
        yield f"{number + 1:02}-{tail}"
    for letter in LETTERS:
        yield f"{number:02}{letter}-{tail}"
    for count in range(2, 1000):
        yield f"{number:02}-{tail}-{count}"
