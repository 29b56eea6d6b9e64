"""Celery as a set of alarm clocks: ticks without content, which may be lost."""

from collections.abc import Sequence
from functools import partial

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging

from funnel import logs
from funnel.config import Settings
from funnel.queue import TICK_QUEUE, TaskName

MODULES = (
    "tasks.sending",
    "tasks.feedback",
    "tasks.imports",
    "tasks.publishing",
    "tasks.upkeep",
)
TICK = 2.0  # seconds between two looks
FEEDBACK = 15.0
TIDY = 600.0
NIGHT = crontab(hour="2", minute="30")  # UTC
SPARE = 30  # seconds that a drain may take beyond its time and the last dot


def create_celery(settings: Settings, include: Sequence[str] = MODULES) -> Celery:
    """Return the application of workers, and without modules that of beat."""
    app = Celery("funnel", include=include)
    setup_logging.connect(partial(_speak, settings), weak=False)
    app.conf.update(_configuration(settings))
    app.conf.beat_schedule = {
        TaskName.SCAN.value: _every(TaskName.SCAN, TICK),
        TaskName.DRAIN.value: _every(TaskName.DRAIN, TICK),
        TaskName.CLICKS.value: _every(TaskName.CLICKS, FEEDBACK),
        TaskName.IMPORTS.value: _every(TaskName.IMPORTS, TICK),
        TaskName.JOBS.value: _every(TaskName.JOBS, TICK),
        TaskName.UPKEEP.value: _every(TaskName.UPKEEP, TIDY),
        TaskName.RETENTION.value: {
            "task": TaskName.RETENTION.value,
            "schedule": NIGHT,
            "options": {"queue": TICK_QUEUE, "expires": 3600},
        },
    }
    app.settings = settings
    return app


def _speak(settings: Settings, **_unused: object) -> None:
    """Log as the web does; Celery leaves logging alone when this is connected."""
    logs.configure(settings.log_format)


def _every(name: TaskName, seconds: float) -> dict[str, object]:
    """Return a tick that is thrown away when nobody took it in time."""
    return {
        "task": name.value,
        "schedule": seconds,
        "options": {"queue": TICK_QUEUE, "expires": 2 * seconds},
    }


def _configuration(settings: Settings) -> dict[str, object]:
    """Return what was measured to lose and double least (docs/decisions/0001)."""
    return {
        "broker_url": _broker(settings.redis_url),
        "task_default_queue": TICK_QUEUE,
        "task_ignore_result": True,
        "result_backend": None,  # nobody reads results, so none are left behind
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],  # a pickle in the queue is refused, not run
        "task_acks_late": False,  # a tick is no promise: the next one does the same
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,
        "worker_max_tasks_per_child": 1000,
        "worker_max_memory_per_child": 300_000,
        "task_time_limit": settings.drain_seconds + settings.dot_timeout + SPARE,
        "task_soft_time_limit": None,  # it would raise inside a commit
        "worker_soft_shutdown_timeout": settings.dot_timeout + 10,
        "worker_enable_soft_shutdown_on_idle": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # for ever
        "broker_pool_acquire_timeout": 2,
        "broker_transport_options": {
            "visibility_timeout": 300,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "unacked_restore_throttle": 1,
        },
        "task_publish_retry": True,
        "task_publish_retry_policy": {
            "max_retries": 1,
            "interval_start": 0,
            "interval_max": 0.2,
        },
        "beat_scheduler": "celery.beat:Scheduler",  # in memory: nothing to corrupt
        "beat_max_loop_interval": TICK,
        "timezone": "UTC",
    }


def _broker(redis_url: str) -> str:
    """Return the URL as Kombu writes it: it has its own word for a unix socket."""
    return redis_url.replace("unix://", "redis+socket://", 1)
