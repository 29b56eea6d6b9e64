"""The worker's notebook: what the relay answered, before the database knows.

An append survives the death of the process (not of the machine: there is no fsync),
so that after a crash only those messages are in doubt whose answer nobody saw.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from funnel.flow.delivery.policy import Attempt
from funnel.mail.smtp import Outcome, Phase, Receipt

log = logging.getLogger(__name__)

FOLDER = "journal"
SUFFIX = ".jsonl"
MOST_NAME = 120
_quoted = json.encoder.encode_basestring_ascii


class NoJournal(Exception):  # noqa: N818 - it says what is the matter
    """The folder for journals cannot be written to."""


class Answer(NamedTuple):
    """What a relay said about an attempt; `digest` stands for the address."""

    attempt: Attempt
    digest: str
    receipt: Receipt


class Journal:
    """The file of one process, locked while it lives: that is how it is known dead."""

    def __init__(self, data_dir: Path, worker: str) -> None:
        """Begin a file that nobody else has ever had.

        Raises:
            NoJournal: With what the operator can do.
        """
        self.folder = data_dir / FOLDER
        name = quote(worker, safe="")[:MOST_NAME]  # a process number comes again
        self.path = self.folder / f"{name}.{os.urandom(4).hex()}{SUFFIX}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self.path, flags, mode=0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise NoJournal(
                f"the journal {self.path} cannot be kept ({error.strerror}): let this "
                "user write there, or set FUNNEL_DATA_DIR"
            ) from error

    def append(self, answer: Answer) -> None:
        """Write one line: handed to the system at once, in one piece.

        A disk that is full only widens the doubt of a crash: it stops nothing.
        """
        try:
            os.write(self._file, _line(answer))
        except OSError:
            log.exception("delivery %s: not in the journal", answer.attempt.id)

    @property
    def octets(self) -> int:
        """Return how much lies here that the database does not know."""
        return os.fstat(self._file).st_size

    def kept(self) -> list[Answer]:
        """Return what this file holds."""
        return list(_answers(_content(self._file), self.path))

    def clear(self) -> None:
        """Forget what the database knows by now."""
        os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Let go; an empty file leaves nothing behind."""
        if self.octets == 0:
            self.path.unlink(missing_ok=True)
        os.close(self._file)


@contextmanager
def of_the_dead(folder: Path) -> Iterator[list[Answer]]:
    """Yield what processes of this host wrote and nobody recorded, then forget it.

    A living process holds its lock, so its file is left alone. If the block fails,
    the files stay for the next try.
    """
    found: list[tuple[Path, int]] = []
    try:
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            file = _taken(path)
            if file is not None:
                found.append((path, file))
        yield [
            answer for path, file in found for answer in _answers(_content(file), path)
        ]
        for path, _ in found:
            path.unlink(missing_ok=True)
    finally:
        for _, file in found:
            os.close(file)


def _taken(path: Path) -> int | None:
    """Open and lock a file; None when its process lives or it has gone meanwhile."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def _content(file: int) -> bytes:
    size = os.fstat(file).st_size
    return os.pread(file, size, 0)


def _line(answer: Answer) -> bytes:
    """Return an answer as a list in JSON; only what the relay said can need quoting."""
    (id_, number, dated), digest, said = answer
    facts = (
        f'{id_},{number},"{dated.isoformat()}","{digest}","{said.outcome.value}",'
        f'"{said.phase.value}",{said.code},"{said.enhanced}",{_quoted(said.text)}'
    )
    # The first line end closes a line that a full disk has torn.
    return f"\n[{facts}]\n".encode("ascii")


def _answers(content: bytes, path: Path) -> Iterable[Answer]:
    """Read whole lines; the last one may be torn, and then it was never an answer."""
    *lines, torn = content.split(b"\n")
    if torn:
        log.warning("%s: the last line is torn: left out", path)
    for line in filter(None, lines):
        try:
            yield _answer(line)
        except (ValueError, TypeError) as error:
            log.error("%s: a line cannot be read: %s", path, error)  # noqa: TRY400


def _answer(line: bytes) -> Answer:
    id_, number, dated, digest, outcome, phase, code, enhanced, text = json.loads(line)
    receipt = Receipt(Outcome(outcome), code, enhanced, text, Phase(phase))
    return Answer(Attempt(id_, number, datetime.fromisoformat(dated)), digest, receipt)
