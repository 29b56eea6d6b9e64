"""A key to sign with: made once, for its owner alone, and held against the DNS."""

import re
from pathlib import Path

import dns.resolver
import factories
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from funnel import cli, config
from funnel.config import Settings
from funnel.mail.dkim import Signer, record

NAME = "funnel._domainkey.voorbeeld.nl"


def run(app: Flask, *words: str) -> Result:
    command = cli.command(words[0])
    assert command is not None
    return app.test_cli_runner().invoke(command, list(words[1:]))


def test_a_new_key_is_for_its_owner_alone_and_says_what_to_publish(
    app: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "keys" / "mail.pem"

    result = run(app, "dkim", "new", "--domain", "voorbeeld.nl", "--out", str(path))

    assert result.exit_code == 0, result.output
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    signer = Signer.of(path.read_text(), "funnel")
    strings = re.findall(r'"([^"]*)"', result.output)
    assert "".join(strings) == record(signer)
    assert max(map(len, strings)) <= 255
    assert f"{NAME}. IN TXT" in result.output
    assert f"FUNNEL_DKIM_KEY_FILE={path}" in result.output
    assert "PRIVATE" not in result.output


def test_a_key_that_is_there_is_never_overwritten(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "mail.pem"
    path.write_text("precious")

    result = run(app, "dkim", "new", "--domain", "voorbeeld.nl", "--out", str(path))

    assert result.exit_code == 1
    assert "nothing was changed" in result.output
    assert path.read_text() == "precious"


def test_without_a_sender_the_domain_must_be_said(app: Flask, tmp_path: Path) -> None:
    result = run(app, "dkim", "new", "--out", str(tmp_path / "mail.pem"))

    assert result.exit_code == 1
    assert "--domain" in result.output


@pytest.mark.parametrize("pem", ["no key", "-----BEGIN PRIVATE KEY-----\nAAAA"])
def test_a_setting_that_is_no_key_is_refused(settings: Settings, pem: str) -> None:
    known = settings.model_dump() | {"dkim_key": pem}

    with pytest.raises(ValueError, match="funnel dkim new"):
        config.Settings(**known)


def test_the_doctor_says_that_the_relay_signs_when_there_is_no_key(app: Flask) -> None:
    result = run(app, "doctor", "dkim")

    assert result.exit_code == 0
    assert "the relay signs" in result.output


def test_the_doctor_names_the_record_that_is_missing(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.business(session, sender_address="hallo@voorbeeld.nl")
    path = tmp_path / "mail.pem"
    run(app, "dkim", "new", "--domain", "voorbeeld.nl", "--out", str(path))
    extension = app.extensions["funnel"]
    signing = extension.settings.model_copy(update={"dkim_key": path.read_text()})
    monkeypatch.setattr(cli, "settings", lambda: signing)
    nowhere = dns.resolver.Resolver(configure=False)
    nowhere.nameservers = ["127.0.0.1"]
    nowhere.port = 9
    monkeypatch.setattr(dns.resolver, "default_resolver", nowhere)

    result = run(app, "doctor", "dkim")

    assert result.exit_code == 1
    assert NAME in result.output
    assert "Publish there: v=DKIM1; k=rsa; p=" in result.output.replace("\n", " ")
