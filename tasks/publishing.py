"""The tick for long work that a marketer asked for."""

from celery import shared_task

from funnel.flow import publishing, travel
from funnel.queue import TaskName
from tasks.sending import desk


@shared_task(name=TaskName.JOBS.value)  # type: ignore[untyped-decorator]  # Celery has no types
def work() -> None:
    """Do some pieces of what is open; the next tick does the rest."""
    with desk().session() as session:
        publishing.work(session, now=travel.now(session)())
