"""The entry point of workers: `celery -A tasks.worker worker`."""

from funnel import config
from tasks.app import create_celery

app = create_celery(config.load())
