"""What a server says, cut into answers; bounded in every direction."""

import re
from collections.abc import Iterator
from functools import lru_cache

from funnel.mail.receipt import Reply

MOST_LINE, MOST_REPLY, MOST_TEXT = 4_096, 16_384, 500  # octets, octets, characters

_LINE = re.compile(rb"([2-5]\d\d)([ -]|$)(.*)", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: +|$)")


class Broken(Exception):  # noqa: N818 - it says what the connection is
    """The connection is lost, silent or speaks no SMTP."""


class Replies:
    """Takes octets as they come, and gives whole answers."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []

    @property
    def is_between(self) -> bool:
        """Say whether nothing of a next answer is there yet."""
        return not self._rest and not self._lines

    def feed(self, octets: bytes) -> Iterator[Reply]:
        """Give every answer that is now whole, in order.

        Raises:
            Broken: What came is not SMTP, or does not end. The answers before it
                have been given.
        """
        *whole, self._rest = (self._rest + octets).split(b"\n")
        for line in whole:
            self._lines.append(line)
            if line[3:4] != b"-":
                yield _parse(tuple(self._lines))
                self._lines.clear()
            elif not _LINE.match(line):
                raise Broken("the server does not speak SMTP")
        if len(self._rest) > MOST_LINE:
            raise Broken("the server does not speak SMTP")
        if self._lines and sum(map(len, self._lines)) > MOST_REPLY:
            raise Broken("the server's answer does not end")


@lru_cache(maxsize=256)
def _parse(lines: tuple[bytes, ...]) -> Reply:
    """Read one answer; most of them are the same few, again and again."""
    if max(map(len, lines)) > MOST_LINE or sum(map(len, lines)) > MOST_REPLY:
        raise Broken("the server's answer does not end")
    found = [_LINE.fullmatch(line.rstrip(b"\r")) for line in lines]
    parts = [(int(match[1]), _readable(match[3])) for match in found if match]
    if len(parts) < len(lines):
        raise Broken("the server does not speak SMTP")
    if len({code for code, _ in parts}) != 1:
        raise Broken("the server answers with two codes at once")
    enhanced = _ENHANCED.match(parts[-1][1])
    texts = tuple(_ENHANCED.sub("", text, count=1) for _, text in parts)
    text = " ".join(line for line in texts if line)[:MOST_TEXT]
    return Reply(parts[0][0], enhanced[1] if enhanced else "", text, texts)


def _readable(octets: bytes) -> str:
    text = octets.decode("utf-8", "replace")
    return "".join(one if one.isprintable() else "�" for one in text).strip()
