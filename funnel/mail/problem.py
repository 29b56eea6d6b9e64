"""What is wrong with a marketer's text: where, and what to write instead."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

N_ = str  # marks a sentence that the studio translates


@dataclass(eq=False)
class TemplateProblem(Exception):  # noqa: N818 - a word of the studio, not a crash
    """A mistake at a place, and what to write instead.

    Line and column count from 1. The sentence is English and in the catalogue, so
    that a page can translate it; where there are details it takes them by `%`.
    """

    line: int
    column: int
    sentence: str
    details: Mapping[str, str] = dataclasses.field(default_factory=dict)
    field: str = "body"

    @property
    def message(self) -> str:
        return self.sentence % self.details if self.details else self.sentence

    def __str__(self) -> str:
        return f"{self.field}, line {self.line}, column {self.column}: {self.message}"

    def in_field(self, field: str) -> "TemplateProblem":
        """Return the same problem, said of another field of the form."""
        return dataclasses.replace(self, field=field)
