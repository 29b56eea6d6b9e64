"""A real Celery worker on a real Redis, for the tests of one file."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cluster
from running import descendants

from funnel.config import Settings
from funnel.embedded import valkey

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Worker:
    """The processes, and where they are reached."""

    redis_url: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "tasks.worker", "worker"]
        options = ["--concurrency=2", "--without-gossip", "--without-mingle"]
        self.process = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=self.environment
        )

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """End it as Compose does: politely, and after a while the hard way.

        A worker whose Redis was taken away can wait for it for ever.
        """
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            for pid in (self.process.pid, *descendants(self.process.pid)):
                with contextlib.suppress(ProcessLookupError):  # its parent was first
                    os.kill(pid, signal.SIGKILL)
            self.process.wait(30)
        self.process = None


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Run a server in a folder with a short name: a socket's path must be."""
    folder = Path(tempfile.mkdtemp(prefix="funnel-redis-"))
    socket = folder / "s"
    command = valkey.command(folder, socket)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        wait_until(lambda: valkey.answers(valkey.url(socket)), "Redis")
        try:
            yield valkey.url(socket)
        finally:
            server.kill()
            shutil.rmtree(folder, ignore_errors=True)


def environment(database_url: str, redis_url: str, smtp_url: str) -> dict[str, str]:
    """Return what a worker finds in its environment."""
    settings = cluster.settings(
        database_url, redis_url=redis_url, smtp_url=smtp_url, smtp_connections=2
    )
    return variables(settings)


def variables(settings: Settings) -> dict[str, str]:
    """Return the environment that says what the settings say."""
    known = settings.model_dump(mode="json", exclude={"previous_secret_keys"})
    ours = {f"FUNNEL_{name.upper()}": str(value) for name, value in known.items()}
    return os.environ | ours


def wait_until(is_true: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)
