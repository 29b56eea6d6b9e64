"""The funnel command, one file per noun."""

import importlib
from typing import cast

import click
from flask import current_app

from funnel.config import Settings

NOUNS = (
    "run",
    "seed",
    "clock",
    "doctor",
    "users",
    "sequences",
    "occurrences",
    "subscribers",
    "due",
    "deliveries",
    "dkim",
)
MIGRATIONS = "db"


def names() -> list[str]:
    return [*NOUNS, MIGRATIONS]


def command(name: str) -> click.Command | None:
    """Return one command; its module is only read when somebody asks for it."""
    if name not in names():
        return None
    file = "migrations" if name == MIGRATIONS else name
    module = importlib.import_module(f"funnel.cli.{file}")
    return cast("click.Command", getattr(module, name))


def settings() -> Settings:
    """Return the settings of the application that this command runs in."""
    return cast("Settings", current_app.extensions["funnel"].settings)
