"""docker-compose.yml: what a machine without an engine can prove of it."""

import os
import shutil
import subprocess
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import composed
import pytest
import yaml  # type: ignore[import-untyped]  # its types are one more package
from composed import COMPOSE, STAYING, Composed
from marketer import Marketer
from reader import Mail, Reader
from running import wait_for

from funnel.config import Settings

PROFILE = {
    "name": "Rustpunt",
    "postal_address": "Kerkstraat 1, 1234 AB Utrecht",
    "company_number": "KvK 12345678",
    "sender_name": "Noor van Rustpunt",
    "sender_address": "noor@rustpunt.example",
    "reply_to": "hallo@rustpunt.example",
    "host_name": "Noor Jansen",
    "zone": "Europe/Amsterdam",
}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services as they stand in the file."""
    return composed.services()


def test_docker_compose_understands_the_file(tmp_path: Path) -> None:
    tool = shutil.which("docker-compose")
    if tool is None:
        assert not os.environ.get("CI"), "the build installs docker-compose"
        pytest.skip("docker-compose is not installed")
    (tmp_path / COMPOSE.name).write_bytes(COMPOSE.read_bytes())

    done = subprocess.run(
        [tool, "-f", COMPOSE.name, "config", "--quiet"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_only_the_web_port_is_published(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items()
                 if "ports" in service}  # fmt: skip

    assert published == {"web": ["127.0.0.1:8000:8000"]}


def test_every_service_that_stays_has_a_health_check(services: dict[str, Any]) -> None:
    unchecked = [name for name in services if "healthcheck" not in services[name]]

    assert unchecked == ["migrate"]


def test_redis_keeps_what_it_has_and_asks_for_a_password(
    services: dict[str, Any],
) -> None:
    command = " ".join(services["redis"]["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert "--requirepass" in command


def test_secrets_come_from_files_and_none_is_in_the_file(
    services: dict[str, Any],
) -> None:
    settings = services["web"]["environment"]

    secret = [name for name, field in Settings.model_fields.items() if not field.repr]
    assert len(secret) == 7
    for name in map(str.upper, secret):
        assert f"FUNNEL_{name}" not in settings
        assert settings[f"FUNNEL_{name}_FILE"].startswith("/run/secrets/")
    assert "POSTGRES_PASSWORD" not in services["postgres"]["environment"]


def test_one_command_makes_every_secret_and_never_makes_one_anew(
    tmp_path: Path,
) -> None:
    named = yaml.safe_load(COMPOSE.read_text("utf-8"))["secrets"]

    for _ in range(2):
        done = composed.make_secrets(tmp_path)
        made = {file.name: file.read_bytes() for file in done.iterdir()}
        (done / "smtp_url").write_text("smtp://relay.example.nl")

    assert {secret["file"] for secret in named.values()} == {
        f"secrets/{name}" for name in made
    }
    assert made["smtp_url"] == b"smtp://relay.example.nl"
    assert len(made["key"].strip()) == 64
    assert done.stat().st_mode & 0o777 == 0o700


@pytest.mark.system
def test_an_operator_goes_live_and_a_reader_gets_her_seat() -> None:
    with Composed.up("compose") as system:
        reader = Subscriber(system, "lezer@example.nl")
        _go_live(system)

        _sign_up(reader)
        wait_for(lambda: len(reader.mails()) == 1, "the confirmation mail")
        reader.confirm()
        wait_for(lambda: len(reader.mails()) == 2, "her seat by mail")

        confirmation, seat = reader.mails()
        assert confirmation.subject == "Nog één klik: bevestig je plek"
        assert seat.subject == "Je plek staat vast"
        assert seat.message["From"] == "Noor van Rustpunt <noor@rustpunt.example>"
        assert PROFILE["postal_address"] in seat.text
        assert reader.visitor.get(seat.link("/join/")).status == 200
        assert system.spilled() == []
        assert system.stop_services() == dict.fromkeys(STAYING, 0)


class Subscriber(Reader):
    """A reader whose mail is on disk: only the embedded mode shows an inbox."""

    def mails(self) -> list[Mail]:
        assert isinstance(self.system, Composed)
        mailbox = self.system.mailbox
        found = [
            (one, message_from_bytes(mailbox.read(one.id), policy=policy.default))
            for one in mailbox.messages()
            if one.recipient == self.address
        ]
        return [
            Mail(f"{one.date}", one.recipient, one.subject, message)
            for one, message in found
            if isinstance(message, EmailMessage)
        ]


def _go_live(system: Composed) -> None:
    """Fill in the profile, publish, and go live: by forms, with the first log-in."""
    marketer = Marketer(system)
    marketer.log_in()
    studio = marketer.visitor
    form = studio.get("/admin/business").form("/business")
    assert studio.submit(form, **PROFILE).status == 200
    marketer.publish()
    form = studio.get("/admin/sequences/magnesium").form("/live")
    assert studio.submit(form).status == 200


def _sign_up(reader: Reader) -> None:
    """Do as the reader does who needs a while for the form."""
    form = reader.visitor.get("/").form("/signup")
    shown = time.monotonic()
    wait_for(lambda: time.monotonic() - shown > 2.1, "a form that is no bot's")
    page = reader.visitor.submit(form, address=reader.address)
    assert "/bedankt" in page.url
