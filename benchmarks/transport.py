"""What handing over costs: `python benchmarks/transport.py` prints two tables.

The first is about speed without distance, to Postfix's smtp-sink: messages a second
and CPU a message of this client, of the standard library's smtplib on one kept
connection, and of Postfix's smtp-source (C, no database either). The second puts 20
and 50 ms between client and relay, and compares with a client of five round trips a
message (MAIL, RCPT, DATA, body, RSET) on as many connections.

Every row is the best of three, all in one run; the message has 18 kB.
"""

import asyncio
import contextlib
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from delay import delayed

from funnel.mail.smtp import Outcome, Pool, SmtpUrl, Terms

HERE = Path(__file__).resolve().parent
HEAD = b"From: a@b.nl\r\nTo: c@d.nl\r\nSubject: x\r\nMessage-ID: <%d@b.nl>\r\n\r\n"
BODY = (
    b"A line of text as quoted-printable makes it, seventy-four octets wide.=20..\r\n"
) * 230
ROUNDS = 3
Result = tuple[float, float]  # messages a second, microseconds of CPU a message
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"


def main() -> None:
    """Print both tables."""
    quick = "--quick" in sys.argv
    loop = _loop_factory()
    print(f"event loop: {loop.__module__ if loop else 'asyncio'}")
    with _smtp_sink() as port:
        _near(port, 1_000 if quick else 4_000)
    with chunking_sink() as port:
        _far(port, 300 if quick else 1_000)


def _near(port: int, count: int) -> None:
    print("\nno distance      connections    per second   µs CPU    of smtplib's")
    kept = _best(partial(_smtplib, port, count // 2))
    _row("smtplib, kept", 1, kept, kept)
    for connections in (1, 4, 10, 20):
        terms = Terms(connections)
        _row(
            "this client", connections, _best(partial(_ours, port, count, terms)), kept
        )
        source = _best(partial(_smtp_source, port, count, connections))
        _row("smtp-source", connections, source, kept)


def _row(name: str, connections: int, result: Result, kept: Result) -> None:
    speed, cpu = result
    print(
        f"{name:15}  {connections:11}  {speed:12.0f}  {cpu:7.0f}  {cpu / kept[1]:16.2f}"
    )


def _far(port: int, count: int) -> None:
    print("\ndistance  client              per second   times as fast")
    for milliseconds in (20, 50):
        asyncio.run(_at(port, milliseconds, count))


async def _at(port: int, milliseconds: int, count: int) -> None:
    async with delayed(("127.0.0.1", port), milliseconds / 1000) as far:
        five = await _five_round_trips(far, count // 5, 10)
        print(f"{milliseconds:5} ms  five round trips    {five:10.0f}")
        for depth in (1, 4):
            terms = Terms(10, depth=depth)
            speed = await _hand_over(far, count * depth, terms)
            name = f"this client, {depth} deep"
            print(f"{milliseconds:5} ms  {name} {speed:10.0f}   {speed / five:13.1f}")


def _best(measure: Callable[[], Result]) -> Result:
    results = [measure() for _ in range(ROUNDS)]
    return max(speed for speed, _ in results), min(cpu for _, cpu in results)


# The clients -----------------------------------------------------------------------


def _ours(port: int, count: int, terms: Terms) -> Result:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        cpu = time.process_time()
        speed = runner.run(_hand_over(port, count, terms))
        return speed, (time.process_time() - cpu) / count * 1e6


async def _hand_over(port: int, count: int, terms: Terms) -> float:
    pool, numbers = Pool(SmtpUrl("127.0.0.1", port), terms), iter(range(count))

    async def lane() -> None:
        for number in numbers:
            data = HEAD % number + BODY
            receipt = await pool.send("b@b.nl", f"{number}@d.nl", data, _yes)
            if receipt.outcome is not Outcome.ACCEPTED:
                raise SystemExit(f"not accepted: {receipt}")

    started = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(terms.width)))
    took = time.perf_counter() - started
    await pool.close()
    return count / took


async def _yes() -> bool:
    return True


def _smtplib(port: int, count: int) -> Result:
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.ehlo()
        started, cpu = time.perf_counter(), time.process_time()
        for number in range(count):
            server.sendmail("b@b.nl", [f"{number}@d.nl"], HEAD % number + BODY)
        cpu, took = time.process_time() - cpu, time.perf_counter() - started
    return count / took, cpu / count * 1e6


def _smtp_source(port: int, count: int, connections: int) -> Result:
    command = [_program("smtp-source"), "-s", str(connections), "-m", str(count)]
    command += ["-d", "-l", str(len(BODY)), "-f", "b@b.nl", "-t", "c@d.nl"]
    started, before = time.perf_counter(), os.times()
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True)
    took, after = time.perf_counter() - started, os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])  # of children
    return count / took, cpu / count * 1e6


async def _five_round_trips(port: int, count: int, connections: int) -> float:
    numbers = iter(range(count))

    async def lane() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        for number in numbers:
            for octets in (
                b"MAIL FROM:<b@b.nl>\r\n",
                b"RCPT TO:<%d@d.nl>\r\n" % number,
                b"DATA\r\n",
                HEAD % number + BODY + b".\r\n",
                b"RSET\r\n",
            ):
                writer.write(octets)
                await reader.readline()
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(connections)))
    return count / (time.perf_counter() - started)


# The relays ------------------------------------------------------------------------


@contextlib.contextmanager
def _smtp_sink() -> Iterator[int]:
    user = pwd.getpwuid(os.getuid()).pw_name
    as_root = ["-u", user] if os.getuid() == 0 else []
    port = _free_port()
    with _running([_program("smtp-sink"), *as_root, f"127.0.0.1:{port}", "200"], port):
        yield port


@contextlib.contextmanager
def chunking_sink() -> Iterator[int]:
    port = _free_port()
    with _running([sys.executable, str(HERE / "chunking.py"), str(port)], port):
        yield port


@contextlib.contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, cwd="/tmp", stderr=subprocess.DEVNULL)  # noqa: S108
    try:
        _wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port)),
        ):
            return
        time.sleep(0.05)
    raise SystemExit("the relay does not start")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _program(name: str) -> str:
    found = shutil.which(name, path=PATH)
    if found is None:
        raise SystemExit(f"{name} is missing: on Debian, apt-get install postfix")
    return found


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    main()
