"""What the columns of a file are: its separator, its heading, and a first guess."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from funnel.domain import address as addresses
from funnel.domain.address import BadAddress
from funnel.domain.status import Column
from funnel.flow.imports import source
from funnel.flow.imports.source import BadFile
from funnel.mail.problem import N_

SEPARATORS = (",", ";", "\t", "|")
SHOWN = 5
LOOKED_AT = 20
MOST_SHOWN = 200  # characters of a cell that are kept as an example
LETTERS_OF_EACH = {
    Column.ADDRESS: ("address", "email", "emailaddress", "emailadres", "mail", "adres"),
    Column.FIRST_NAME: ("firstname", "voornaam", "name", "naam", "givenname"),
    Column.ZONE: ("zone", "timezone", "tijdzone"),
    Column.LANGUAGE: ("language", "taal", "locale", "lang"),
    Column.STATE: ("state", "status", "staat", "toestand"),
    Column.TAGS: ("tags", "tag", "labels", "label"),
    Column.AGREED: ("agreed", "consent", "consents", "toestemming"),
}
"""How other programs head a column, without spaces and signs."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is cut, whether its first row is a heading, and its first rows."""

    separator: str
    has_header: bool
    sample: list[list[str]]


def read(head: bytes, encoding: str, *, is_whole: bool) -> Layout:
    """Look at the beginning of a file, or at all of it; raises BadFile."""
    found = {one: _rows(head, encoding, one) for one in SEPARATORS}
    separator = max(SEPARATORS, key=lambda one: _fitness(found[one][0]))
    rows, problem = found[separator]
    if problem and (is_whole or not rows):
        raise problem
    if not rows:
        raise BadFile(N_("This file is empty."))
    sample = [[cell[:MOST_SHOWN] for cell in row] for row in rows[: SHOWN + 1]]
    return Layout(separator, not any(map(is_address, rows[0])), sample)


def guess(sample: Sequence[Sequence[str]], *, has_header: bool) -> list[str]:
    """Return a Column, or "", for each column: by its heading, else by its cells."""
    width = max(map(len, sample))
    found = [""] * width
    if has_header:
        for place, heading in enumerate(sample[0]):
            column = _by_heading(heading)
            if column and column not in found:
                found[place] = column
    likely = _with_addresses(sample[has_header:], width)
    if Column.ADDRESS not in found and likely is not None:
        found[likely] = Column.ADDRESS
    return found


def is_address(text: str) -> bool:
    try:
        addresses.normalise(text)
    except BadAddress:
        return False
    return True


def _rows(
    head: bytes, encoding: str, separator: str
) -> tuple[list[list[str]], BadFile | None]:
    """Return the first rows as this separator cuts them, and where marks stop it.

    A separator that is not this file's finds marks in the middle of cells.
    """
    rows: list[list[str]] = []
    try:
        for _, cells in islice(
            source.rows(io.BytesIO(head), encoding, separator), LOOKED_AT
        ):
            rows.append(cells)
    except BadFile as problem:
        if problem.sentence != source.UNCLOSED:
            raise
        return rows, problem
    return rows, None


def _fitness(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Prefer what gives many rows the same number of cells, and more than one."""
    if not rows:
        return (0, 0)
    width = len(rows[0])
    same = sum(len(row) == width for row in rows)
    return (same if width > 1 else 0, width)


def _by_heading(heading: str) -> Column | None:
    plain = "".join(letter for letter in heading.lower() if letter.isalnum())
    return next((one for one, known in LETTERS_OF_EACH.items() if plain in known), None)


def _with_addresses(rows: Sequence[Sequence[str]], width: int) -> int | None:
    counts = [
        sum(len(row) > place and is_address(row[place]) for row in rows)
        for place in range(width)
    ]
    best = max(range(width), key=lambda place: counts[place], default=None)
    return best if best is not None and counts[best] else None
