"""“We are live” to everybody at once: `python benchmarks/live.py` prints three tables.

    python benchmarks/live.py --people 50000 --connections 50 --depth 4 --processes 2
    python benchmarks/live.py --people 6000 --per-second 100 --deliveries 200000

1. Mail 8d to so many registrants, two minutes after the start, over a relay that is
   20 ms away: how long after its due moment the last one has been accepted and written
   down. Real workers, real beat: the scan that makes the deliveries is in it.
2. The same through a relay that allows so many a second, beside people ÷ rate.
3. So many deliveries in one worker process, and what it has in memory meanwhile.

A part with 0 is left out. Each stops after --minutes at the latest, with what it has.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import delay
import stage
import transport
from sqlalchemy import text
from sqlalchemy.orm import Session
from stage import Stage
from throughput import CELERY, QUIET

from funnel import clock
from funnel.domain.status import Kind
from funnel.flow import travel

LEAD = 20  # seconds between the start of the workers and the due moment
AFTER_THE_START = timedelta(minutes=2)
NOTE_EVERY = 10.0  # seconds
MEMORY_AT = (0.1, 0.25, 0.5, 0.75, 1.0)

EVERYBODY_WAITS = """
DELETE FROM delivery;
UPDATE revision SET timing = 'start + 2 minutes', condition = '';
UPDATE occurrence SET starts_at = '{start}', ends_at = '{start}'::timestamptz + '1 hour';
UPDATE registration SET occurrence_id = (SELECT min(id) FROM occurrence);
UPDATE enrollment SET due_at = '{due}', next_step_id = (SELECT min(id) FROM step);
"""  # noqa: E501 - a statement is a line


def main() -> None:
    """Measure what was asked for."""
    wants = arguments()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start")
    with stage.stage() as on:
        if wants.people:
            live(on, wants, wants.people, per_second=0)
        if wants.per_second and wants.limited_people:
            live(on, wants, wants.limited_people, per_second=wants.per_second)
        if wants.deliveries:
            memory(on, wants)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--round-trip", type=int, default=20, help="milliseconds")
    parser.add_argument("--connections", type=int, default=20, help="of each process")
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--per-second", type=int, default=50, help="the relay's limit")
    parser.add_argument("--limited-people", type=int, default=1_000)
    parser.add_argument("--deliveries", type=int, default=10_000, help="for the memory")
    parser.add_argument("--minutes", type=float, default=10, help="for each part")
    return parser.parse_args()


def live(on: Stage, wants: argparse.Namespace, people: int, *, per_second: int) -> None:
    """Have everybody's mail fall due at one moment, and wait for the last one."""
    on.fill(people, Kind.SERVICE)
    with relay(wants) as port, working(on, wants, port, per_second):
        due_at = fall_due(on)
        done = watch(on, people, wants.minutes)
        last, skipped = outcome(on, due_at)
    print(f"\nmail 8d to {people:,} people, relay {wants.round_trip} ms away,")
    print(f"{wants.processes} x {wants.connections} connections, {wants.depth} deep")
    print(f"| {'accepted':>9} | {'skipped':>7} | {'last one after':>14} | per second |")
    print(f"|{'-' * 10}:|{'-' * 8}:|{'-' * 15}:|{'-' * 11}:|")
    print(f"| {done:9,} | {skipped:7,} | {last:12.1f} s | {done / last:10,.0f} |")
    if per_second:
        least = people / per_second
        print(f"{per_second} a second allow {least:.1f} s: {last / least:.3f} of it")
    sys.stdout.flush()


def fall_due(on: Stage) -> float:
    """Put the due moment a little ahead; return it as seconds of real time."""
    with Session(on.engine) as session:
        travel.shift(session, stage.NOW, real=clock.real())
        due_at = stage.NOW + timedelta(seconds=LEAD)
        moments = {"due": due_at, "start": due_at - AFTER_THE_START}
        session.execute(text(EVERYBODY_WAITS.format(**moments)))
        session.commit()
        return (due_at - travel.now(session)()).total_seconds() + time.time()


def outcome(on: Stage, due_at: float) -> tuple[float, int]:
    """Return when the last answer was written down, after the moment; and the skips."""
    query = text(
        "SELECT extract(epoch FROM max(settled_at) FILTER (WHERE state = 'sent')),"
        " count(*) FILTER (WHERE state = 'skipped') FROM delivery"
    )
    with on.engine.connect() as connection:
        last, skipped = connection.execute(query).one()
    return float(last or due_at) - due_at, int(skipped)


def memory(on: Stage, wants: argparse.Namespace) -> None:
    """Look at a process while it sends: what it keeps must not grow."""
    count = wants.deliveries
    on.fill(count, Kind.MARKETING)
    seen = list[tuple[int, float]]()
    alone = argparse.Namespace(**{**vars(wants), "processes": 1, "round_trip": 0})
    with relay(alone) as port, working(on, alone, port, per_second=0) as worker:
        with Session(on.engine) as session:
            travel.shift(session, stage.NOW, real=clock.real())
            session.commit()
        until, marks = time.monotonic() + 60 * wants.minutes, list(MEMORY_AT)
        while marks and time.monotonic() < until:
            done = on.count("sent")
            if done >= marks[0] * count:
                seen.append((done, resident_megabytes(worker)))
                marks.pop(0)
            time.sleep(0.5)
    print(f"\nmemory of the largest process during {count:,} deliveries")
    print(f"| {'deliveries':>10} | {'MB':>6} |")
    print(f"|{'-' * 11}:|{'-' * 7}:|")
    for done, megabytes in seen:
        print(f"| {done:10,} | {megabytes:6.1f} |")


def resident_megabytes(pid: int) -> float:
    """Return what the largest process of a family has in memory now."""
    sizes = [0]
    for one in stage.family(pid):
        with contextlib.suppress(OSError):
            status = (stage.PROC / str(one) / "status").read_text()
            sizes.append(int(status.partition("VmRSS:")[2].split()[0]))
    return max(sizes) / 1024


@contextlib.contextmanager
def relay(wants: argparse.Namespace) -> Iterator[int]:
    """Run a sink at a distance; a deep connection needs one that offers CHUNKING."""
    sink = transport.chunking_sink() if wants.depth > 1 else stage.smtp_sink()
    with sink as port:
        if not wants.round_trip:
            yield port
            return
        there = stage.free_port()
        with delay.road(there, ("127.0.0.1", port), wants.round_trip / 1000):
            yield there


@contextlib.contextmanager
def working(
    on: Stage, wants: argparse.Namespace, port: int, per_second: int
) -> Iterator[int]:
    """Run a Celery worker and beat; yield the worker's process."""
    on.forget_wake_ups()
    settings = on.settings(
        f"smtp://127.0.0.1:{port}",
        smtp_connections=wants.connections,
        smtp_depth=wants.depth,
        smtp_per_second=per_second,
    )
    environment = stage.celery.variables(settings)
    work = ["-A", "tasks.worker", "worker", f"-c{wants.processes}", *QUIET]
    beat = ["-A", "tasks.beat", "beat", "-l", "ERROR"]
    with contextlib.ExitStack() as running:
        said = running.enter_context((on.folder / "workers.log").open("ab"))
        for command in (work, beat):
            process = subprocess.Popen(
                [*CELERY, *command],
                cwd=stage.ROOT,
                env=environment,
                stdout=said,
                stderr=said,
            )
            running.callback(process.wait)
            running.callback(process.terminate)
            if command is work:
                worker = process.pid
        yield worker


@dataclass
class _Note:
    """Says now and then how far it is."""

    of: int
    at: float = 0.0
    before: int = 0

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if now - self.at < NOTE_EVERY:
            return
        speed = (done - self.before) / (now - self.at) if self.at else 0
        print(f"  {done:,} of {self.of:,}, {speed:,.0f} a second", flush=True)
        self.at, self.before = now, done


def watch(on: Stage, people: int, minutes: float) -> int:
    """Wait until everybody has her mail, or the time is up; return how many have."""
    until, note, done = time.monotonic() + 60 * minutes, _Note(people), 0
    while done < people and time.monotonic() < until:
        time.sleep(0.5)
        done = on.count("sent")
        note(done)
        if on.count("skipped") + done >= people:
            break
    return done


if __name__ == "__main__":
    main()
