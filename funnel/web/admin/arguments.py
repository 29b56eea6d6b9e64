"""What an address of the studio says; whatever cannot be read says nothing."""

from datetime import date

CENTURY = 20


def day(text: str | None) -> date | None:
    """Read a day of this century; any other is a slip."""
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.year // 100 == CENTURY else None
