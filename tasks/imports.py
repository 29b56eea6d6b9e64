"""The tick for what marketers ask for many people at once: files, tags."""

from celery import shared_task

from funnel.flow import imports, subscribers, travel
from funnel.queue import TaskName
from tasks.sending import desk


@shared_task(name=TaskName.IMPORTS.value)  # type: ignore[untyped-decorator]  # Celery has no types
def work() -> None:
    """Go on with files and tags for a while; the next tick goes on from there."""
    with desk().session() as session:
        now = travel.now(session)()
        subscribers.work(session, now=now)
        imports.work(session, now=now)
