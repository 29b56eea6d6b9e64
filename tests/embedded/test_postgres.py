"""Our own PostgreSQL: started where it is put, closed to everybody else."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from funnel.embedded import places, postgres
from funnel.embedded.places import LONGEST_SOCKET
from funnel.embedded.postgres import Postgres

pytestmark = pytest.mark.system


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    """A server in a folder that only its owner may enter: for root's too."""
    closed = tmp_path / ("closed " + "and deep " * 12)
    closed.mkdir(mode=0o700)
    home = places.of(closed / "var")
    home.make()
    found = postgres.at(home.postgres, home.sockets("postgres"))
    found.start()
    yield found
    found.stop()


def test_it_works_in_a_closed_folder_with_a_long_name(server: Postgres) -> None:
    server.make_database("ours")
    server.start()  # it runs: nothing happens

    with psycopg.connect(server.url("ours")) as connection:
        row = connection.execute("SELECT current_database()").fetchone()

    assert row == ("ours",)
    assert len(str(server.sockets)) < LONGEST_SOCKET


def test_it_listens_on_no_port_and_asks_for_the_password(server: Postgres) -> None:
    with psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute("SHOW listen_addresses").fetchone()

    assert row == ("",)
    assert server.sockets.stat().st_mode & 0o777 == 0o700
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=str(server.sockets), user="funnel", password="guess")


def test_what_was_committed_is_there_after_a_restart(server: Postgres) -> None:
    with psycopg.connect(server.url("postgres")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS it")

    server.stop()
    stopped = server.answers()
    server.start()

    with psycopg.connect(server.url("postgres")) as connection:
        assert connection.execute("SELECT it FROM kept").fetchone() == (42,)
    assert not stopped
