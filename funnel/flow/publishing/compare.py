"""What changed in a text, word by word, so that it can be read before publishing."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

WORDS = re.compile(r"\S+\s*|\s+")  # a space alone would be like every other one
MOST = 5000
"""Words that are compared one by one; of more, the whole is shown before and after."""


class Piece(NamedTuple):
    """Words that stayed ("same"), went ("gone") or came ("new"), or a "gap"."""

    what: str
    text: str


def whole(before: str, after: str) -> list[Piece]:
    """Return what went and what came, for a field that is read as one."""
    return [Piece("gone", before), Piece("same", " "), Piece("new", after)]


def words(before: str, after: str) -> list[Piece]:
    """Return the pieces of a line, or of a short text."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    if len(old) + len(new) > MOST:
        return whole(before, after)
    return list(_pieces(old, new))


def paragraphs(before: str, after: str) -> list[list[Piece]]:
    """Return the paragraphs that changed, with a gap for those that did not."""
    old, new = before.split("\n\n"), after.split("\n\n")
    found: list[list[Piece]] = []
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            found.append([Piece("gap", "")])
        else:
            found.append(words("\n\n".join(old[i1:i2]), "\n\n".join(new[j1:j2])))
    return found


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(old[i1:i2]))
            continue
        if i1 < i2:
            yield Piece("gone", "".join(old[i1:i2]))
        if j1 < j2:
            yield Piece("new", "".join(new[j1:j2]))
