"""The web process, nothing else."""

from funnel import config
from funnel.app import create_app

app = create_app(config.load())
