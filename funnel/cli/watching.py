"""A bar in the terminal: how far the mail that is due has come. It only looks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.text import Text
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel import clock
from funnel.clock import Clock
from funnel.flow import reports
from funnel.flow.reports import Sending
from funnel.models import Event, EventKind

GLANCE = 1.0
"""Seconds between two looks at the rows."""

LATELY = 10
"""The rate is that of so many looks."""


class Pace(ProgressColumn):
    """Mails a second, and how much longer it takes."""

    def render(self, task: Task) -> Text:
        """Say it as somebody reads it."""
        rate = task.fields["rate"]
        if not rate:
            return Text("nothing was sent lately", style="yellow")
        left = int((task.total or 0) - task.completed) / rate
        return Text(f"{rate:,.0f} a second, {left:,.0f} s to go")


def show(session: Session, now: Clock, *, stays: bool) -> None:
    """Draw what is due until nothing is; `stays` waits for what falls due next."""
    console = Console()
    with _bar(console) as (bar, task):
        for done, waiting, rate in _looks(session, now, stays=stays):
            bar.update(task, total=done + waiting, completed=done, rate=rate)
    last = reports.sending(session, now=now(), real=clock.real())
    console.print(_ending(last), highlight=False)


@contextmanager
def _bar(console: Console) -> Iterator[tuple[Progress, TaskID]]:
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), Pace())
    with Progress(*columns, console=console) as bar:
        yield bar, bar.add_task("sending", total=None, rate=0.0)


def _looks(
    session: Session, now: Clock, *, stays: bool
) -> Iterator[tuple[int, int, float]]:
    """Yield how many are done since we look, how many wait, and the rate."""
    mark = session.scalar(select(func.max(Event.id))) or 0
    history = [(time.monotonic(), 0)]
    while True:
        seen = reports.sending(session, now=now(), real=clock.real())
        done = _ended(session, mark)
        session.rollback()  # hold no snapshot while we sleep
        waiting = seen.at_hand
        history = [*history[-LATELY:], (time.monotonic(), done)]
        yield done, waiting, _rate(history)
        if not waiting and not stays:
            return
        time.sleep(GLANCE)


def _rate(history: list[tuple[float, int]]) -> float:
    (since, before), (until, after) = history[0], history[-1]
    return (after - before) / (until - since) if until > since else 0.0


def _ended(session: Session, mark: int) -> int:
    """Count what came to an end since the event that was the last one then."""
    ends = (EventKind.SENT, EventKind.FAILED, EventKind.UNCERTAIN)
    count = select(func.count()).where(Event.id > mark, Event.kind.in_(ends))
    return session.scalar(count.select_from(Event)) or 0


def _ending(seen: Sending) -> str:
    troubled = seen.waits_for_a_person
    if not troubled:
        return "Nothing is due."
    return (
        f"Nothing is due. {troubled} wait for a person: "
        "funnel deliveries list --state uncertain --state parked"
    )
