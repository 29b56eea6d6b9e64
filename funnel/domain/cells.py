"""Cells of a CSV file that a spreadsheet must not take for formulas (CWE-1236)."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

MARK = "\ufeff"
"""What a file begins with: without it a spreadsheet takes it for another alphabet."""

RISKY = re.compile(r"[\ufeff\s\"',;]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet may run, also behind a mark, a space, a quote, or full-width."""


def guard(text: str) -> str:
    """Return a cell that is read as text: with an apostrophe before it if need be."""
    return f"'{text}" if RISKY.match(text) else text


def unguard(text: str) -> str:
    """Return what `guard` was given; an apostrophe of her own stays."""
    return text[1:] if text[:1] == "'" and RISKY.match(text[1:]) else text


def lines(rows: Iterable[Sequence[str]], separator: str = ",") -> str:
    """Return rows as CSV, each cell guarded.

    Each is quoted, too: a separator of another country then splits nothing.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([guard(cell) for cell in row] for row in rows)
    return out.getvalue()
