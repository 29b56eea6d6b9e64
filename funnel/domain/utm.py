"""Where a visitor came from, as the link that she followed says it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 40
UNFIT = "other"
"""What stands for a word that is too long, or that could name somebody."""

_WORD = re.compile(rf"\w[\w .+/|-]{{0,{LONGEST - 1}}}")


@dataclass(frozen=True, slots=True)
class Utm:
    """The three words of a link that numbers are counted under; "" is not said."""

    source: str = ""
    medium: str = ""
    campaign: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Utm":
        """Read utm_source, utm_medium and utm_campaign; spelling makes no difference.

        Whoever makes a link may write anything into it, so no word is kept that is
        longer than 40 characters or could be an address.
        """
        return cls(
            *(
                _clean(given.get(f"utm_{name}"))
                for name in ("source", "medium", "campaign")
            )
        )

    @property
    def is_silent(self) -> bool:
        """Say that the link names no source, whatever else it says."""
        return not self.source


OTHERS = Utm(UNFIT)
"""Who comes from a source beyond those that a day may bring anew."""


def _clean(given: object) -> str:
    word = str(given or "").strip().lower()
    return word if not word or _WORD.fullmatch(word) else UNFIT
