"""The services of docker-compose.yml, started on this machine without an engine.

Their own commands and environments, with what a container would be given in its
place: the files of the secrets, free ports, and loopback for the services' names.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # its types are one more package
from running import ROOT, Running, free_port, wait_for

from funnel.embedded import places, system, valkey
from funnel.embedded.processes import Child
from funnel.embedded.system import System
from funnel.mail.mailbox import Mailbox

COMPOSE = ROOT / "docker-compose.yml"
DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
SECRETS = "/run/secrets/"
STAYING = ("worker", "beat", "web")


def services() -> dict[str, Any]:
    """Return the services as they stand in the file."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    return found


def make_secrets(folder: Path) -> Path:
    """Make them with the command that operators use; return their folder."""
    command = ["make", "-s", "-f", str(ROOT / "Makefile"), "secrets"]
    made = {"PATH": os.environ["PATH"], "PYTHON": sys.executable}
    subprocess.run(command, cwd=folder, env=made, check=True)
    return folder / "secrets"


@dataclass
class Composed(Running):
    """The services on this machine; use `up`."""

    ports: dict[str, int] = field(default_factory=dict)
    servers: System | None = None
    started_services: dict[str, Child] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def up(cls, name: str) -> Iterator["Composed"]:
        """Start the servers, migrate, and start what stays; stop it all at the end."""
        folder = Path(os.environ["TEST_RUN_HOME"]) / name
        folder.mkdir(mode=0o711)
        ports = {name: free_port() for name in ("web", "redis")}
        composed = cls(folder, ports["web"], {}, ports=ports)
        try:
            composed.start_servers()
            composed.migrate()
            for service in STAYING:
                composed.start_service(service)
            wait_for(composed.has_ticked, "both ticks", composed.last_words)
            for service in STAYING:
                composed.wait_for_health(service)
            yield composed
        finally:
            composed.stop_servers()

    @property
    def url(self) -> str:
        """Pages answer only under the name in FUNNEL_BASE_URL."""
        return f"http://localhost:{self.port}"

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.folder / "var" / "mail")

    def start_servers(self) -> None:
        """Start PostgreSQL and an SMTP server of ours, and Redis as the file says."""
        make_secrets(self.folder)
        self.servers = system.at(places.of(self.folder / "var"), self.port)
        self.servers.claim()
        self.servers.start_database()
        self.servers.start_inbox()
        self.settings["FUNNEL_DATABASE_URL"] = self.servers.urls["database_url"]
        self._secret("database_url").write_text(self.servers.urls["database_url"])
        for name in ("redis_url", "smtp_url"):
            self._secret(name).write_text(self._here(self._read(name)))
        self._start_redis()

    def migrate(self) -> None:
        """Run the service that ends, and read the password that it prints once."""
        service = services()["migrate"]
        done = self.run(service["command"], self.surroundings("migrate"))
        assert done.returncode == 0, done.stdout + done.stderr
        said = re.search(r"Password\D*: (\S+)", done.stdout)
        assert said, done.stdout
        self.password = said[1]

    def start_service(self, name: str) -> None:
        command = self._command(services()[name]["command"])
        self._start(name, command, self.surroundings(name))

    def stop_services(self) -> dict[str, int]:
        """Ask each service to end as Docker does: its first process only."""
        processes = {
            name: child.process
            for name, child in self.started_services.items()
            if name in STAYING and child.process is not None
        }
        for process in processes.values():
            process.terminate()
        return {name: process.wait(100) for name, process in processes.items()}

    def stop_servers(self) -> None:
        self.hang_up()
        if self.servers is not None:
            self.servers.stop()

    def surroundings(self, service: str) -> dict[str, str]:
        """Return the service's own environment, as this machine can give it."""
        given = {
            name: self._here(DEFAULT.sub(r"\1", str(value)))
            for name, value in services()[service]["environment"].items()
        }
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ours = {"PATH": path, "PYTHONPATH": str(ROOT), "FUNNEL_PORT": str(self.port)}
        return given | ours | {"FUNNEL_DATA_DIR": str(self.folder / "data")}

    def has_ticked(self) -> bool:
        """Say whether a worker scanned and sent: cheaper than a health check."""
        ticks = "SELECT count(*) FROM heartbeat WHERE name IN ('scan', 'drain')"
        return self.execute(ticks) == [(2,)]

    def wait_for_health(self, service: str) -> None:
        """Run the service's own health check, in its own environment, until it is."""
        kind, *check = services()[service]["healthcheck"]["test"]
        assert kind == "CMD"
        around = self.surroundings(service)
        wait_for(
            lambda: self.run(check, around).returncode == 0,
            f"a healthy {service}",
            self.last_words,
        )

    def spilled(self) -> list[str]:
        """Return the secrets that stand in a log of a service."""
        logs = self.folder.glob("*.log")
        said = "".join(log.read_text("utf-8", "replace") for log in logs)
        assert said
        kept = ("postgres", "redis", "key", "database_url", "redis_url")
        return [name for name in kept if self._read(name) in said]

    def last_words(self) -> str:
        said = [child.last_words() for child in self.started_services.values()]
        return "\n".join(said)

    @staticmethod
    def run(
        command: list[str], surroundings: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def _start_redis(self) -> None:
        shell, option, line = services()["redis"]["command"]
        here = self._here(line.replace("$$", "$"))
        here += f" --bind 127.0.0.1 --port {self.ports['redis']} --dir {self.folder}"
        program = Path(valkey.program()).parent
        path = f"{program}{os.pathsep}{os.environ['PATH']}"
        self._start("redis", [shell, option, here], {"PATH": path})
        url = self._read("redis_url")
        wait_for(lambda: valkey.answers(url), "Redis", self.last_words)

    def _start(self, name: str, command: list[str], around: dict[str, str]) -> None:
        assert self.servers is not None
        log, is_server = self.folder / f"{name}.log", name == "redis"
        child = Child(name, command, around, log, is_server=is_server)
        self.started_services[name] = self.servers.family.start(child)

    def _command(self, command: list[str]) -> list[str]:
        """Put the web server where a test may listen."""
        here = {"8000": str(self.port), "0.0.0.0": "127.0.0.1"}
        return [here.get(word, word) for word in command]

    def _here(self, text: str) -> str:
        """Replace what only a container has: names of services, places of files."""
        for theirs, ours in self._substitutions().items():
            text = text.replace(theirs, ours)
        return text

    def _substitutions(self) -> dict[str, str]:
        smtp = self.servers.urls["smtp_url"] if self.servers else ""
        return {
            SECRETS: f"{self.folder}/secrets/",
            "smtp://mailpit:1025": smtp,
            "@redis:6379": f"@127.0.0.1:{self.ports['redis']}",
            "localhost:8000": f"localhost:{self.port}",
        }

    def _secret(self, name: str) -> Path:
        return self.folder / "secrets" / name

    def _read(self, name: str) -> str:
        return self._secret(name).read_text("utf-8").strip()
