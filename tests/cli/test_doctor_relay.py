"""`funnel doctor relay` speaks to the relay as a worker does."""

import ssl
from pathlib import Path

import cluster
import foreign
import pytest
import sink
from click.testing import Result
from foreign import Box, serving

from funnel import cli
from funnel.config import Settings


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate that this machine trusts."""
    path = foreign.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def doctor(settings: Settings, smtp_url: str) -> Result:
    given = settings.model_copy(update={"smtp_url": smtp_url})
    command = cli.command("doctor")
    assert command is not None
    with cluster.application(given) as app:
        return app.test_cli_runner().invoke(command, ["relay"])


def test_it_shows_what_the_relay_offers(settings: Settings) -> None:
    with sink.running(offers=("PIPELINING", "CHUNKING", "SIZE 1000")) as relay:
        result = doctor(settings, relay.url)

    assert result.exit_code == 0, result.output
    assert "answers; it offers PIPELINING, CHUNKING, SIZE 1000" in result.output
    assert relay.kept == []


def test_it_encrypts_and_logs_in_as_the_worker_does(
    settings: Settings, tls: ssl.SSLContext
) -> None:
    box = Box()
    with serving(
        box, tls_context=tls, require_starttls=True, authenticator=box.authenticate
    ) as port:
        url = f"smtp://us:p%C3%A4ss%2Fword@127.0.0.1:{port}?tls=starttls"
        result = doctor(settings, url)

    assert result.exit_code == 0, result.output
    assert "encrypted by STARTTLS, logged in as us; it offers" in result.output
    assert box.logins == [(b"us", b"p\xc3\xa4ss/word")]


def test_it_speaks_tls_from_the_first_octet(
    settings: Settings, tls: ssl.SSLContext
) -> None:
    with serving(Box(), ssl_context=tls) as port:
        result = doctor(settings, f"smtp://127.0.0.1:{port}?tls=tls")

    assert result.exit_code == 0, result.output
    assert "answers, encrypted; it offers" in result.output


def test_a_wrong_password_is_named_and_not_shown(
    settings: Settings, tls: ssl.SSLContext
) -> None:
    box = Box()
    with serving(
        box, tls_context=tls, require_starttls=True, authenticator=box.authenticate
    ) as port:
        url = f"smtp://us:geheim@127.0.0.1:{port}?tls=starttls"
        result = doctor(settings, url)

    assert result.exit_code == 1
    assert "at auth: 535" in result.output
    assert "geheim" not in result.output


def test_a_certificate_that_nobody_trusts_is_refused(
    settings: Settings, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with serving(Box(), ssl_context=tls) as port:
        result = doctor(settings, f"smtp://127.0.0.1:{port}?tls=tls")

    assert result.exit_code == 1
    assert "certificate" in result.output.lower()


@pytest.mark.parametrize(
    ("answer", "said"),
    [("421 4.3.2 not today", "at greeting: 421 4.3.2 not today"), (sink.HANG, "5 s")],
)
def test_a_relay_that_does_not_want_us_is_quoted(
    settings: Settings, answer: str, said: str
) -> None:
    def script(turn: sink.Turn) -> str | None:
        return answer if turn.phase == "connect" else None

    with sink.running(script) as relay:
        result = doctor(settings, relay.url)

    assert result.exit_code == 1
    assert said in result.output
