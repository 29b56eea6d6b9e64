"""Parts of the running system die or hang; nothing is lost, nothing comes twice."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from ledger import Account, Ledger
from pages import Page
from reader import Reader, inbox
from running import Running, wait_for

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def system() -> Iterator[Running]:
    # What a killed worker had claimed is free again well within our patience.
    with Running.started("outages", FUNNEL_LEASE_SECONDS="20") as system:
        yield system


def sign_up(system: Running, *names: str) -> list[Reader]:
    readers = [Reader(system, f"{name}@lezer.example") for name in names]
    for reader in readers:
        assert "/bedankt" in send(reader).url
    return readers


def send(reader: Reader) -> Page:
    form = reader.visitor.get("/").form("/signup")
    return reader.visitor.submit(form, address=reader.address)


def subjects(reader: Reader) -> list[str]:
    return [mail.subject for mail in reader.mails()]


@pytest.mark.fault("R1", "Redis hangs")
def test_sign_up_does_not_notice_that_redis_hangs(
    system: Running, ledger: Ledger
) -> None:
    system.hold("Redis")

    readers = sign_up(system, "hangt-een", "hangt-twee")
    assert [subjects(reader) for reader in readers] == [[], []]

    system.let_go("Redis")
    wait_for(lambda: all(map(subjects, readers)), "the mails that waited")
    ledger(Account(crashes=1, mails=len(readers)))


@pytest.mark.fault("R2", "Redis is killed")
def test_mails_go_on_after_redis_was_killed(system: Running, ledger: Ledger) -> None:
    system.kill("Redis")

    readers = sign_up(system, "weg-een", "weg-twee")

    wait_for(lambda: all(map(subjects, readers)), "the mails that waited")
    system.settle()
    assert [len(subjects(reader)) for reader in readers] == [1, 1]
    ledger(Account(crashes=1, mails=len(readers)))


@pytest.mark.fault("R3", "the Celery worker of a running system is killed")
def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    system: Running, ledger: Ledger
) -> None:
    names = [f"lezer-{number}" for number in range(12)]
    readers = sign_up(system, *names[:6])
    system.kill("Worker")
    readers += sign_up(system, *names[6:])

    wait_for(lambda: all(map(subjects, readers)), "every confirmation mail")
    system.settle()

    got = Counter(mail.to for mail in inbox(system) if mail.to.startswith("lezer-"))
    assert got == Counter(reader.address for reader in readers)
    ledger(Account(crashes=1, mails=len(readers)))


@pytest.mark.fault("R4", "the web process is killed after it answered")
def test_what_a_killed_web_process_answered_is_kept(
    system: Running, ledger: Ledger
) -> None:
    (reader,) = sign_up(system, "web-weg")
    system.kill("Web")
    wait_for(system.is_up, "the pages to be back")

    wait_for(reader.mails, "her confirmation mail")
    assert reader.confirm().status == 200
    wait_for(lambda: len(reader.mails()) == 2, "her seat by mail")
    ledger(Account(crashes=1, mails=len([reader])))


def test_after_all_that_no_log_holds_a_secret_or_a_reader(system: Running) -> None:
    """Logs are copied, mailed and kept by others; the last test, with the most said."""
    (reader,) = sign_up(system, "geheim")
    wait_for(reader.mails, "her confirmation mail")
    reader.confirm()
    wait_for(lambda: len(reader.mails()) == 2, "her seat by mail")
    database = urlsplit(system.settings["FUNNEL_DATABASE_URL"])
    links = [link for mail in reader.mails() for link in mail.links]
    tokens = [link.rpartition("/")[2] for link in links if system.url in link]
    secrets = [system.settings["FUNNEL_SECRET_KEY"], database.password, "lezer.example"]

    logs = [*(system.folder / "var" / "logs").iterdir(), system.log]
    said = "\n".join(log.read_text("utf-8", "replace") for log in logs)

    assert len(said) > 1000
    assert len(tokens) > 3
    found = [word for word in [*secrets, *tokens] if word and word in said]
    assert found == []
    assert said.count(system.password) == 1  # the launcher told it, once
