"""Where the embedded system keeps its things: everything under one folder."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from funnel.embedded import EmbeddedError

LONGEST_SOCKET = 100  # macOS allows 104 bytes, Linux 108
LONGEST_NAME = "/postgres/s/.s.PGSQL.5432.lock"


@dataclass(frozen=True)
class Places:
    """The folders and files under FUNNEL_DATA_DIR."""

    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def mail(self) -> Path:
        return self.root / "mail"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def lock(self) -> Path:
        return self.run / "lock"

    @property
    def environment(self) -> Path:
        """What another terminal needs to talk to the running system; 0600."""
        return self.run / "env"

    @property
    def secret(self) -> Path:
        return self.root / "secret-key"

    def sockets(self, server: str) -> Path:
        """Return a folder whose socket has a name short enough for the system."""
        if len(f"{self.root}{LONGEST_NAME}".encode()) <= LONGEST_SOCKET:
            return self.root / server / "s"
        return temporary(self.root) / server

    def make(self) -> None:
        """Make the folders that are not there; leave the others as they are."""
        for folder in (self.root, self.run):
            make_folder(folder, 0o711)  # the servers' user passes through
        for folder in (self.mail, self.logs, self.valkey):
            make_folder(folder, 0o700)


def of(data_dir: Path) -> Places:
    """Return the places of one data folder, by its full name."""
    return Places(data_dir.expanduser().resolve())


def make_folder(folder: Path, mode: int) -> None:
    """Make a folder, or say in one line why it cannot be."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=mode)
        folder.chmod(mode)  # whatever the umask is; it is ours, we just made it
    except FileExistsError:
        if not folder.is_dir():
            raise EmbeddedError(f"{folder} is in the way: it is no folder") from None
    except OSError as error:
        raise refused("make", folder, error) from None


def refused(verb: str, path: Path, error: OSError) -> EmbeddedError:
    """Say what this machine does not allow, and the way round it."""
    return EmbeddedError(
        f"Cannot {verb} {path}: {error.strerror}. Choose a folder that is yours, "
        "such as FUNNEL_DATA_DIR=~/funnel make run"
    )


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    fresh = file.with_name(f"{file.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)


def temporary(of: Path) -> Path:
    """Return our own folder among the temporary ones, refusing somebody else's."""
    mark = hashlib.sha256(str(of).encode()).hexdigest()[:10]
    folder = Path(tempfile.gettempdir()) / f"funnel-{mark}"
    make_folder(folder, 0o711)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise EmbeddedError(f"{folder} belongs to somebody else: remove it first")
    return folder
