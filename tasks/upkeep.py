"""The slow ticks: forgetting what nobody needs, and counting what is history."""

from celery import shared_task

from funnel import clock
from funnel.flow import counts, imports, preferences, signup, team, travel
from funnel.queue import TaskName
from tasks.sending import desk


@shared_task(name=TaskName.UPKEEP.value)  # type: ignore[untyped-decorator]  # Celery has no types
def tidy() -> None:
    """Forget who never confirmed."""
    with desk().session() as session:
        signup.purge(session, travel.now(session)())


@shared_task(name=TaskName.RETENTION.value)  # type: ignore[untyped-decorator]  # Celery has no types
def forget() -> None:
    """Forget, each night, what has outlived its reason; count what is over."""
    with desk().session() as session:
        preferences.forget_old(session, now=travel.now(session)())
        imports.forget_old(session, now=travel.now(session)())
        team.forget(session, real=clock.real())
        counts.fold(session, now=travel.now(session)())
