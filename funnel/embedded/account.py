"""Whom the servers run as: ourselves, or somebody unprivileged when we are root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from funnel.embedded import EmbeddedError

UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()

    def running(self) -> dict[str, Any]:
        """Return the arguments with which `subprocess` runs a program as them."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": ()}

    def own(self, path: Path) -> None:
        if self.is_other:
            os.chown(path, self.uid, self.gid)

    def barrier(self, path: Path) -> Path | None:
        """Return the first folder on the way to `path` that they cannot enter."""
        if not self.is_other:
            return None
        way = [*reversed(path.parents), path]
        return next((step for step in way if not self._may_enter(step)), None)

    def _may_enter(self, folder: Path) -> bool:
        """Judge by owner, group and mode: they have no other groups when they run."""
        if not folder.exists():
            return True
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)


def of(folder: Path) -> Account:
    """Return who owns the server's folder, or shall own it."""
    if os.geteuid() != 0:
        return Account("you", os.geteuid(), os.getegid())
    if folder.exists() and folder.stat().st_uid != 0:
        return _account(pwd.getpwuid(folder.stat().st_uid))
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in UNPRIVILEGED:
        if name in known:
            return _account(known[name])
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this machine has no user 'nobody': "
        "start Funnel as an ordinary user"
    )


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
