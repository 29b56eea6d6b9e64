"""Our child processes: started, watched, restarted, and found again after a crash."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from funnel.embedded import EmbeddedError, places

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
CALM = 60.0  # seconds of life after which a crash counts as the first one again
GRACE = 15.0  # seconds that a leftover gets to end by itself


@dataclass
class Child:
    """One program of ours, in a process group of its own."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    grace: float = GRACE
    is_server: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    again_at: float | None = None

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the launcher alone
            )
        self.started, self.again_at = time.monotonic(), None

    def watch(self) -> str | None:
        """Restart it when it died, after a pause; return what there is to say."""
        if self.again_at is not None:
            if time.monotonic() < self.again_at:
                return None
            self.start()
            return f"{self.name} is running again"
        if self.process is None or self.process.poll() is None:
            return None
        return self._fallen(self.process.returncode)

    def ask_to_stop(self) -> None:
        self._signal(signal.SIGTERM)

    def wait_or_kill(self) -> None:
        """Wait for its end as long as it may take, then end its whole group."""
        if self.process is None:
            return
        begun = time.monotonic()
        while self.process.poll() is None:
            if time.monotonic() - begun > self.grace:
                self._signal(signal.SIGKILL)
            time.sleep(0.05)

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "it said nothing"

    @property
    def pid(self) -> int | None:
        alive = self.process is not None and self.process.poll() is None
        return self.process.pid if self.process is not None and alive else None

    def _fallen(self, code: int) -> str:
        if time.monotonic() - self.started > CALM:
            self.pause = FIRST_PAUSE
        self.again_at = time.monotonic() + self.pause
        sentence = f"{self.name} ended (status {code}); again in {self.pause:.0f} s"
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        return f"{sentence}. Last words: {self.last_words()}"

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            _kill_group(self.pid, number)


@dataclass
class Family:
    """All children, in the order in which they start."""

    record: Path
    children: list[Child] = field(default_factory=list)

    def start(self, child: Child) -> Child:
        """Start a child and write down who it is, for a launcher after a crash."""
        self.children.append(child)
        child.start()
        self.write()
        return child

    def watch(self) -> list[str]:
        """Restart whoever died; return the sentences to print."""
        said = [sentence for child in self.children if (sentence := child.watch())]
        if said:
            self.write()
        return said

    def stop(self) -> None:
        """End the programs together, then the servers that they needed to the end."""
        programs = [child for child in self.children if not child.is_server]
        servers = [child for child in self.children if child.is_server]
        for group in (programs, servers):
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.wait_or_kill()
        self.record.unlink(missing_ok=True)

    def hurry(self) -> None:
        """Let nobody take time any more: the second Ctrl-C."""
        for child in self.children:
            child.grace = 0

    def write(self) -> None:
        known = [
            {"pid": child.pid, "name": child.name, "identity": identity(child.pid)}
            for child in self.children
            if child.pid is not None
        ]
        places.write_private(self.record, json.dumps(known))


def end_leftovers(record: Path) -> list[str]:
    """End the children of a launcher that was killed; return their names."""
    if not record.exists():
        return []
    known = json.loads(record.read_text(encoding="utf-8"))
    mine = [one for one in reversed(known) if identity(one["pid"]) == one["identity"]]
    for child in mine:
        _end(child["pid"])
    record.unlink()
    return [child["name"] for child in mine]


def identity(pid: int) -> str | None:
    """Return when a process started: its number alone may be somebody else's by now."""
    if not Path("/proc/self/stat").exists():
        return _started(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    state, started = stat[0], stat[19]
    return None if state == "Z" else f"{started} {boot}"


def _started(pid: int) -> str | None:
    """Ask `ps`, where there is no /proc."""
    listed = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)],  # noqa: S607 - macOS has it
        capture_output=True,
        text=True,
        check=False,
    )
    return listed.stdout.strip() or None


def _end(pid: int) -> None:
    """End a process that is not our child: ask, wait, insist."""
    before = identity(pid)
    _kill_group(pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while identity(pid) == before:
        if time.monotonic() > deadline:
            _kill_group(pid, signal.SIGKILL)
            deadline += GRACE
        time.sleep(0.05)


def _kill_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise EmbeddedError(f"May not end process {pid} of ours: {error}") from None
