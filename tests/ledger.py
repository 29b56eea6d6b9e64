"""The table of faults: each test of a fault leaves a line, `make faults` prints it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pytest

COLUMNS = ("crashes", "mails", "lost", "doubled", "unwanted", "uncertain")


@dataclass(frozen=True)
class Account:
    """How many there were, and how many went wrong in which way."""

    crashes: int
    mails: int
    lost: int = 0
    doubled: int = 0
    unwanted: int = 0
    uncertain: int = 0


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults")
    group.addoption("--table", action="store_true", help="print what was survived")
    group.addoption("--mails", type=int, default=200, help="for the random kills")
    group.addoption("--kills", type=int, default=6, help="random kills at most")
    group.addoption("--due", type=int, default=300, help="due at once after an outage")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fault(id, what): a line of `make faults`")


Ledger = Callable[[Account], None]


@pytest.fixture
def ledger(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Ledger:
    """Take the accounts of a test: each adds to the line of its fault."""
    mark = request.node.get_closest_marker("fault")

    def note(account: Account) -> None:
        line = {"id": mark.args[0], "what": mark.args[1], **asdict(account)}
        record_property("fault", json.dumps(line))

    return note


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print one line for each fault, with the sums of its accounts."""
    if not config.getoption("--table"):
        return
    lines: dict[str, dict[str, Any]] = {}
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "fault" and report.when == "call":
                _add(lines, json.loads(value))
    write = terminalreporter.write_line
    write("")
    width = max((len(line["what"]) for line in lines.values()), default=5)
    write(f"{'id':4} {'fault':{width}} " + " ".join(f"{one:>9}" for one in COLUMNS))
    for line in sorted(lines.values(), key=lambda one: one["id"]):
        numbers = " ".join(f"{line[one]:9}" for one in COLUMNS)
        write(f"{line['id']:4} {line['what']:{width}} {numbers}")


def _add(lines: dict[str, dict[str, Any]], line: dict[str, Any]) -> None:
    known = lines.setdefault(line["id"], line)
    if known is not line:
        for one in COLUMNS:
            known[one] += line[one]
