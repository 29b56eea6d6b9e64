"""The ticks of what comes back: clicks are told apart from scanners, and counted."""

from celery import shared_task

from funnel import clock
from funnel.flow import clicks
from funnel.queue import TaskName
from tasks.sending import desk


@shared_task(name=TaskName.CLICKS.value)  # type: ignore[untyped-decorator]  # Celery has no types
def count_clicks() -> None:
    """Count the clicks that are old enough to be judged."""
    with desk().session() as session:
        clicks.count(session, real=clock.real())
