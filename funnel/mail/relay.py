"""Where messages go out, and how long we wait there."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from funnel.mail.receipt import Phase

DEFAULT_PORT, TLS_PORT = 25, 465


@dataclass(frozen=True, slots=True)
class SmtpUrl:
    """Where the relay is: smtp://[user:password@]host[:port][?tls=starttls|tls]."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = ""

    @classmethod
    def parse(cls, url: str) -> "SmtpUrl":
        """Read a setting.

        Raises:
            ValueError: It is not such an address, or sends a password in the clear.
        """
        parts = urlsplit(url)
        tls = parse_qs(parts.query).get("tls", [""])[0]
        if parts.scheme != "smtp" or not parts.hostname:
            raise ValueError("write smtp://user:password@host:port?tls=starttls")
        if tls not in {"", "starttls", "tls"}:
            raise ValueError("tls is starttls or tls, or left out")
        port = parts.port or (TLS_PORT if tls == "tls" else DEFAULT_PORT)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if user and not tls and not _is_this_machine(parts.hostname):
            raise ValueError("a password needs ?tls=starttls or ?tls=tls")
        return cls(parts.hostname, port, user, password, tls)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each phase may take, in seconds."""

    connect: float = 15.0
    command: float = 60.0
    body: float = 120.0
    dot: float = 60.0
    kept: float = 30.0  # how long an idle connection is trusted

    @property
    def tick(self) -> float:
        """Return how often a deadline is looked at."""
        return min(1.0, *(each / 4 for each in (self.command, self.body, self.dot)))

    def after(self, phase: Phase) -> float:
        """Return how long the answer to a command may take."""
        if phase is Phase.DOT:
            return self.dot
        return self.body if phase is Phase.BODY else self.command


@dataclass(frozen=True, slots=True)
class Terms:
    """How one relay is used.

    `depth` is how many messages a connection has behind the fence at once: more than
    one only where the relay offers CHUNKING. `for_urgent` of the connections are
    kept for urgent messages. `per_second` and `per_day` are what the relay allows all
    workers together; 0 is no limit.
    """

    connections: int = 4
    for_urgent: int = 0
    messages_per_connection: int = 1000
    depth: int = 1
    per_second: int = 0
    per_day: int = 0
    patience: Patience = field(default_factory=Patience)

    @property
    def is_limited(self) -> bool:
        return bool(self.per_second or self.per_day)

    @property
    def width(self) -> int:
        """Return how many messages can be under way at once: more would only wait."""
        return self.connections * (self.depth + 1)


def _is_this_machine(host: str) -> bool:
    return (
        host == "localhost" or re.fullmatch(r"127\.\d+\.\d+\.\d+|::1", host) is not None
    )
