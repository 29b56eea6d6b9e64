"""The entry point of beat (`celery -A tasks.beat beat`): names of tasks, no tasks."""

from funnel import config
from tasks.app import create_celery

app = create_celery(config.load(), include=())
