"""What an address of the studio says; whatever cannot be read says nothing."""

from datetime import date

CENTURY = 20


def number(text: str) -> int | None:
    """Return an id; more digits than a row's id can have are none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None  # noqa: PLR2004 - below 2**63


def day(text: str | None) -> date | None:
    """Read a day of this century; any other is a slip."""
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.year // 100 == CENTURY else None
