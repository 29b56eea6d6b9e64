"""Bytes of a file as rows of cells: one at a time, and none too long."""

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

from funnel.mail.problem import N_

LONGEST_LINE = 64_000  # characters of one row, also when it has many lines
MOST_LINES = 100  # of one row: a quote that nobody closed swallows the file
MOST_COLUMNS = 100
UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
NOT_TEXT = (
    b"PK\x03\x04",  # zip, and so xlsx and ods
    b"\xd0\xcf\x11\xe0",  # the old Excel
    b"\x1f\x8b",  # gzip
    b"%PDF",
)
WRONG_KIND = N_(
    "This is no CSV file. In your spreadsheet, choose “Save as” and then “CSV”."
)
NUL = N_("This file holds characters that no text has. Save it once more as CSV.")
TOO_LONG = N_(
    "Row %(line)s is too long. Look there for a quotation mark that is not closed."
)
UNCLOSED = N_(
    "A quotation mark that opens on row %(line)s is not closed, or not where its cell"
    " ends. Put it right and send the file again."
)
TOO_WIDE = N_("Row %(line)s has more than %(most)s columns.")
UNREADABLE = N_("Row %(line)s cannot be read. Save the file once more as CSV.")


class BadFile(ValueError):  # noqa: N818 - it names what was found
    """The file cannot be imported: a sentence for the marketer, and its details."""

    def __init__(self, sentence: str, **details: Any) -> None:
        """Keep both, to be said in her language."""
        super().__init__(sentence % details if details else sentence)
        self.sentence = sentence
        self.details = {name: str(value) for name, value in details.items()}


class Encoding:
    """Finds out how a file is written, while its bytes pass by once."""

    def __init__(self) -> None:
        """Begin with what most files are."""
        self.fixed: str | None = None
        self.is_utf8 = True
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._is_first = True

    def feed(self, data: bytes, *, is_last: bool = False) -> None:
        """Look at the next bytes; raises BadFile for what is no text."""
        if self._is_first:
            self._begin(data)
        if self.fixed is None:
            if b"\0" in data:
                raise BadFile(NUL)
            self._try_utf8(data, is_last)

    @property
    def name(self) -> str:
        """Return the codec: UTF-8 unless that is impossible."""
        return self.fixed or ("utf-8-sig" if self.is_utf8 else "cp1252")

    def _begin(self, data: bytes) -> None:
        self._is_first = False
        if data.startswith(NOT_TEXT):
            raise BadFile(WRONG_KIND)
        self.fixed = next(
            ("utf-16" for mark in UTF16 if data.startswith(mark)), None
        ) or _utf16_without_mark(data)

    def _try_utf8(self, data: bytes, is_last: bool) -> None:
        if not self.is_utf8:
            return
        try:
            self._utf8.decode(data, is_last)
        except UnicodeDecodeError:
            self.is_utf8 = False


def rows(
    raw: io.RawIOBase | io.BytesIO, encoding: str, separator: str, *, behind: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line a row ends at, and its cells; empty rows are passed over.

    The first `behind` lines were read before, to the end of a row. Raises BadFile at
    the first row that cannot be one.
    """
    # What cp1252 leaves open is no reason to refuse a file; in UTF it is.
    errors = "replace" if encoding == "cp1252" else "strict"
    buffered = io.BufferedReader(raw, 1 << 16)
    text = io.TextIOWrapper(buffered, encoding, errors, newline="")
    next(islice(text, behind, behind), None)
    feed = _Lines(text, behind)
    reader = csv.reader(feed, delimiter=separator, strict=True)
    while True:
        feed.begin()
        try:
            cells = next(reader, None)
        except csv.Error:
            raise BadFile(UNCLOSED, line=feed.opened()) from None
        except UnicodeError:
            raise BadFile(UNREADABLE, line=feed.number + 1) from None
        if cells is None:
            return
        if len(cells) > MOST_COLUMNS:
            raise BadFile(TOO_WIDE, line=feed.number, most=MOST_COLUMNS)
        if any(cell.strip() for cell in cells):
            yield feed.number, cells


class _Lines:
    """The lines of a text, for csv, with a limit on what becomes one row."""

    def __init__(self, text: io.TextIOWrapper, number: int) -> None:
        self.text, self.number, self.is_over = text, number, False
        self.row: list[str] = []
        self.begin()

    def begin(self) -> None:
        """Count anew: a row begins."""
        self.row, self.length = [], 0

    def opened(self) -> int:
        """Return the line with the mark that this row is still, or was, inside of.

        Where a line ends inside a cell, the last mark before its end opened it.
        """
        whole = self.row if self.is_over or len(self.row) == 1 else self.row[:-1]
        opening = [
            place for place, text in enumerate(whole) if '"' in text.replace('""', "")
        ]
        return self.number - len(self.row) + 1 + (opening[-1] if opening else 0)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.text.readline(LONGEST_LINE + 1)
        if not line:
            self.is_over = True
            raise StopIteration
        self.number += 1
        self.row.append(line)
        self.length += len(line)
        if self.length > LONGEST_LINE or len(self.row) > MOST_LINES:
            raise BadFile(TOO_LONG, line=self.number - len(self.row) + 1)
        if "\0" in line:
            raise BadFile(NUL)
        return line


def _utf16_without_mark(data: bytes) -> str | None:
    """Tell it by the zeros that Latin letters have in every second place."""
    head = data[:1000]
    if len(head) < 4:  # noqa: PLR2004 - two letters
        return None
    half = len(head) // 2 * 0.7
    if head[1::2].count(0) > half:
        return "utf-16-le"
    return "utf-16-be" if head[0::2].count(0) > half else None
