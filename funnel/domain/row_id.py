"""The number of a row, as a text brings it."""

from typing import Final

DIGITS: Final = 18
"""A bigint has room for every number of so many."""


def row_id(text: object) -> int | None:
    """Return the number that a text says; None for what no row can have."""
    said = str(text)
    is_id = said.isascii() and said.isdecimal() and len(said) <= DIGITS
    return int(said) or None if is_id else None
