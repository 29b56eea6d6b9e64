"""How fast mail goes out: `make bench-sending` prints one table, made in one run.

    python benchmarks/throughput.py --mails 5000 --baseline-mails 400 --connections 20

Due rows in, accepted by Postfix's smtp-sink and recorded in PostgreSQL (fsync on) out,
through real Celery workers. What each way costs is read from the kernel's accounts of
its processes. The ways are measured after each other on the same machine: whatever
else it does at the time touches all of them, so the ratios say more than the rates.
"""

import argparse
import binascii
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from operator import attrgetter

import baselines
import delay
import stage
import transport
from sqlalchemy import text
from stage import Stage

from funnel import queue
from funnel.flow.delivery.desk import Desk
from funnel.queue import TaskName

CELERY = [sys.executable, "-m", "celery"]
BEAT = 2.0  # seconds, as in production
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "ERROR"]


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    name: str
    mails: int
    seconds: float
    worker_us: float = 0
    database_us: float = 0
    peak_mb: float = 0

    @property
    def rate(self) -> float:
        return self.mails / self.seconds


def main() -> None:
    """Measure, and print."""
    wants = arguments()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start")
    with stage.stage() as on, stage.smtp_sink() as port:
        size = message_octets(on)
        print(f"each message: {size:,} octets; yardstick: {yardstick():.0f} µs to")
        print("encode 15 kB as quoted-printable (a quiet machine needs about 190)")
        lines = near(on, port, wants, size)
        table("relay beside us", lines)
        for milliseconds in wants.round_trips:
            lines = far(on, port, wants, milliseconds)
            table(f"relay {milliseconds} ms away, 10 connections", lines)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=5_000)
    parser.add_argument("--baseline-mails", type=int, default=400)
    parser.add_argument("--far-mails", type=int, default=2_000)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--round-trips", type=int, nargs="*", default=[20, 50])
    return parser.parse_args()


def near(on: Stage, port: int, wants: argparse.Namespace, size: int) -> list[Result]:
    """Measure against a relay on this machine."""
    return [
        ours(on, port, wants.mails, wants.connections, processes=1),
        ours(on, port, wants.mails, wants.connections, processes=2),
        baseline(on, port, "naive", wants.baseline_mails),
        baseline(on, port, "best", wants.baseline_mails),
        smtp_source(port, wants.mails, wants.connections, size),
    ]


def far(
    on: Stage, port: int, wants: argparse.Namespace, milliseconds: int
) -> list[Result]:
    """Measure against a relay at a distance, and one that offers CHUNKING as well."""
    lines = []
    with transport.chunking_sink() as chunking:
        for depth, relay in ((1, port), (4, chunking)):
            there = stage.free_port()
            with delay.road(there, ("127.0.0.1", relay), milliseconds / 1000):
                mails = wants.far_mails * depth
                lines.append(ours(on, there, mails, 10, processes=1, depth=depth))
    return [*lines, five_round_trips(milliseconds, 10)]


def ours(
    on: Stage,
    port: int,
    mails: int,
    connections: int,
    *,
    processes: int,
    depth: int = 1,
) -> Result:
    """Have a Celery worker send a crowd's mail; the clock starts with the wake-up."""
    on.fill(mails)
    on.forget_wake_ups()
    settings = on.settings(
        f"smtp://127.0.0.1:{port}", smtp_connections=connections, smtp_depth=depth
    )
    environment = stage.celery.variables(settings)
    command = [*CELERY, "-A", "tasks.worker", "worker", f"-c{processes}", *QUIET]
    with subprocess.Popen(command, cwd=stage.ROOT, env=environment) as worker:
        stage.wait_until(lambda: len(stage.family(worker.pid)) > processes, "a worker")
        time.sleep(3)  # imports
        if on.count("scheduled") != mails:
            raise RuntimeError("it began before the clock was started")
        before = stage.cpu_seconds(worker.pid), stage.cpu_seconds(on.postmaster)
        started, beats = time.monotonic(), 0
        while on.is_busy():
            if time.monotonic() - started >= BEAT * beats:
                queue.wake(on.redis_url, TaskName.DRAIN)
                beats += 1
            time.sleep(0.2)
        seconds = time.monotonic() - started
        after = stage.cpu_seconds(worker.pid), stage.cpu_seconds(on.postmaster)
        peak = stage.peak_megabytes(worker.pid)
        worker.terminate()
    if on.count("sent") != mails:
        raise RuntimeError(f"{on.count('sent')} of {mails} were sent")
    worker_us, database_us = (
        (late - early) / mails * 1e6 for early, late in zip(before, after, strict=True)
    )
    name = f"Funnel, {processes} x {connections} connections"
    name += f", {depth} deep" if depth > 1 else ""
    return Result(name, mails, seconds, worker_us, database_us, peak)


def baseline(on: Stage, port: int, name: str, mails: int) -> Result:
    """Measure from the first to the last mail, without enqueueing and without start."""
    on.fill(mails)
    environment = os.environ | {
        "BENCH_BROKER": on.redis_url.replace("unix://", "redis+socket://"),
        "BENCH_DATABASE": on.database_url,
        "BENCH_SMTP": str(port),
        "PYTHONPATH": f"{stage.ROOT}:{stage.ROOT / 'benchmarks'}",
    }
    baselines.app.conf.broker_url = environment["BENCH_BROKER"]
    for delivery_id in range(1, mails + 1):
        baselines.app.send_task(name, [delivery_id])
    before = stage.cpu_seconds(on.postmaster)
    command = [*CELERY, "-A", "baselines", "worker", "-c2", *QUIET]
    with subprocess.Popen(command, cwd=stage.ROOT, env=environment) as worker:
        stage.wait_until(lambda: on.count("sent") >= mails // 10, "a start")
        cpu, base = stage.cpu_seconds(worker.pid), on.count("sent")
        stage.wait_until(lambda: on.count("sent") == mails, name)
        used = stage.cpu_seconds(worker.pid) - cpu
        peak = stage.peak_megabytes(worker.pid)
        worker.terminate()
    database = (stage.cpu_seconds(on.postmaster) - before) / mails * 1e6
    with on.engine.connect() as connection:
        span = text(
            "SELECT extract(epoch FROM max(settled_at) - min(settled_at)) FROM delivery"
        )
        seconds = float(connection.scalar(span) or 0) * mails / (mails - 1)
    name = f"one Celery task a mail, {name}"
    return Result(name, mails, seconds, used / (mails - base) * 1e6, database, peak)


def smtp_source(port: int, mails: int, connections: int, size: int) -> Result:
    """Measure the limit: C, no rendering, no database, no answer kept."""
    options = ["-s", str(connections), "-m", str(mails), "-l", str(size)]
    command = ["/usr/sbin/smtp-source", *options, f"127.0.0.1:{port}"]
    started, before = time.monotonic(), os.times()
    subprocess.run(command, check=True)
    seconds, after = time.monotonic() - started, os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return Result("smtp-source (C)", mails, seconds, used / mails * 1e6)


def five_round_trips(milliseconds: int, connections: int) -> Result:
    """Know what a client that waits for each answer reaches at best: no CPU at all.

    MAIL, RCPT, DATA, the body, RSET: the arithmetic of its waiting, not a run.
    """
    seconds = 5 * milliseconds / 1000 / connections
    return Result("five round trips a mail (arithmetic)", 1, seconds)


def message_octets(on: Stage) -> int:
    """Send one message of the crowd to a sink that keeps it, and weigh it."""
    on.fill(1)
    with stage.sink.running() as relay:
        desk = Desk(on.settings(relay.url), "bench:size")
        desk.drain(lambda: stage.NOW)
        desk.close()
    return len(relay.kept[0][1])


def yardstick() -> float:
    """Return what a known piece of work costs now, in microseconds of this process."""
    part = ("Een regel met een accent: één. " * 500).encode()[:15_000]
    started = time.process_time()
    for _ in range(300):
        binascii.b2a_qp(part, istext=True)
    return (time.process_time() - started) / 300 * 1e6


def table(title: str, lines: list[Result]) -> None:
    print(f"\n{title}\n")
    heads = ("mails", "mails/s", "ours ÷ it", "worker µs", "database µs", "peak MB")
    print(f"| {'way':38} |" + "".join(f" {head:>11} |" for head in heads))
    print(f"|{'-' * 40}|" + f"{'-' * 12}:|" * len(heads))
    best = max(
        (line for line in lines if line.name.startswith("Funnel")),
        key=attrgetter("rate"),
    )
    for line in lines:
        numbers = (
            f"{line.mails:,}",
            f"{line.rate:,.0f}",
            f"{best.rate / line.rate:.2f}",
            f"{line.worker_us:,.0f}",
            f"{line.database_us:,.0f}",
            f"{line.peak_mb:,.0f}",
        )
        print(f"| {line.name:38} |" + "".join(f" {one:>11} |" for one in numbers))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
