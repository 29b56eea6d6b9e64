"""Handing over to servers that others wrote: aiosmtpd, and Postfix's smtp-sink."""

import asyncio
import os
import pwd
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import foreign
import pytest
from foreign import Box, serving

from funnel.mail.smtp import Outcome, Patience, Phase, Pool, Receipt, SmtpUrl, Terms

SINK = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
SHORT = Patience(connect=5, command=5, body=5, dot=5)


async def yes() -> bool:
    return True


def message(number: int) -> bytes:
    lines = f"Message-ID: <{number}@voorbeeld.nl>\r\nSubject: x\r\n\r\n.dot\r\n"
    return lines.encode() + b"x" * 70 + b"\r\n"


def sent(
    url: str, *numbers: int, tls: ssl.SSLContext | None = None, **settings: Any
) -> list[Receipt]:
    async def story() -> list[Receipt]:
        pool = Pool(SmtpUrl.parse(url), Terms(patience=SHORT, **settings), tls=tls)
        sending = [
            pool.send("b@voorbeeld.nl", "anna@example.com", message(number), yes)
            for number in numbers
        ]
        receipts = await asyncio.gather(*sending)
        await pool.close()
        return receipts

    return asyncio.run(story())


# aiosmtpd ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return foreign.certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def client_tls(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def test_aiosmtpd_gets_each_message_once_and_unchanged() -> None:
    box = Box()
    with serving(box) as port:
        receipts = sent(f"smtp://127.0.0.1:{port}", *range(50))

    assert {one.reply for one in receipts} == {"250 2.0.0 kept"}
    assert sorted(box.contents) == sorted(message(number) for number in range(50))


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_mail_goes_out_encrypted_to_a_server_that_proves_who_it_is(
    way: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    box = Box()
    how = "ssl_context" if way == "tls" else "tls_context"
    with serving(box, **{how: server_tls}) as port:
        url = f"smtp://127.0.0.1:{port}?tls={way}"
        receipts = sent(url, 1, 2, 3, tls=client_tls)

    assert [one.reply for one in receipts] == ["250 2.0.0 kept"] * 3
    assert len(box.contents) == 3


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    way: str, server_tls: ssl.SSLContext
) -> None:
    box = Box()
    how = "ssl_context" if way == "tls" else "tls_context"
    with serving(box, **{how: server_tls}) as port:
        [receipt] = sent(f"smtp://127.0.0.1:{port}?tls={way}", 1)

    assert receipt.outcome is Outcome.UNREACHED
    assert "certificate" in receipt.text
    assert box.contents == []


def test_a_server_without_starttls_gets_nothing_when_it_is_asked_for() -> None:
    box = Box()
    with serving(box) as port:
        [receipt] = sent(f"smtp://127.0.0.1:{port}?tls=starttls", 1)

    assert (receipt.outcome, receipt.phase) == (Outcome.UNREACHED, Phase.STARTTLS)
    assert box.contents == []


@pytest.mark.parametrize("ways", [["PLAIN", "LOGIN"], ["LOGIN"]])
def test_logging_in_works_with_plain_and_with_login(
    ways: list[str], server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    box = Box()
    hidden = list({"PLAIN", "LOGIN"} - set(ways))
    with serving(
        box,
        tls_context=server_tls,
        authenticator=box.authenticate,
        auth_required=True,
        auth_exclude_mechanism=hidden,
    ) as port:
        good = f"smtp://anna%40x.nl:p%C3%A4ss%2Fword@127.0.0.1:{port}?tls=starttls"
        [accepted] = sent(good, 1, tls=client_tls)
        [refused] = sent(good.replace("ss%2F", "zz"), 2, tls=client_tls)

    assert accepted.outcome is Outcome.ACCEPTED
    assert box.logins[0] == (b"anna@x.nl", b"p\xc3\xa4ss/word")
    assert (refused.outcome, refused.phase) == (Outcome.UNREACHED, Phase.AUTH)
    assert refused.code == 535
    assert len(box.contents) == 1


# Postfix -------------------------------------------------------------------------


@contextmanager
def sinking(folder: Path, *options: str) -> Iterator[tuple[int, Path]]:
    """Run smtp-sink; it writes every message it accepts into one file."""
    if SINK is None:
        assert "CI" not in os.environ, "the build machine must have Postfix's smtp-sink"
        pytest.skip("smtp-sink is not installed (Debian: apt-get install postfix)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    dump = folder / "mail"
    process = subprocess.Popen(
        [SINK, *_user(), *options, "-D", str(dump), f"127.0.0.1:{port}", "100"],
        cwd=folder,
        stderr=subprocess.DEVNULL,
    )
    try:
        asyncio.run(_listening(port))
        yield port, dump
    finally:
        process.terminate()
        process.wait()


def _user() -> list[str]:
    """Return the option without which it refuses to run as root."""
    return ["-u", pwd.getpwuid(os.getuid()).pw_name] if os.getuid() == 0 else []


async def _listening(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return


@pytest.mark.parametrize("options", [(), ("-p",)], ids=["pipelined", "in steps"])
def test_postfix_gets_each_message_once(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    with sinking(tmp_path, *options) as (port, dump):
        receipts = sent(f"smtp://127.0.0.1:{port}", *range(300))

        arrived = dump.read_text().split("Message-ID: <")[1:]
    assert {one.outcome for one in receipts} == {Outcome.ACCEPTED}
    assert sorted(int(one.partition("@")[0]) for one in arrived) == list(range(300))
    assert all("\n.dot\n" in one for one in arrived)


@pytest.mark.parametrize(
    ("options", "outcome", "phase"),
    [
        (("-r", "mail"), Outcome.DEFERRED, Phase.MAIL),
        (("-f", "rcpt"), Outcome.REFUSED, Phase.RCPT),
        (("-f", "data"), Outcome.REFUSED, Phase.DATA),
        (("-r", "."), Outcome.DEFERRED, Phase.DOT),
        (("-f", "."), Outcome.REFUSED, Phase.DOT),
        (("-q", "rcpt"), Outcome.UNREACHED, Phase.RCPT),
        (("-q", "."), Outcome.UNKNOWN, Phase.DOT),
    ],
    ids=str,
)
def test_what_postfix_does_is_read_as_what_it_means(
    options: tuple[str, ...], outcome: Outcome, phase: Phase, tmp_path: Path
) -> None:
    with sinking(tmp_path, *options) as (port, _):
        receipts = sent(f"smtp://127.0.0.1:{port}", 1, 2, 3, connections=1)

    assert {(one.outcome, one.phase) for one in receipts} == {(outcome, phase)}
