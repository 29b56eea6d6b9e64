"""HTTP: the only package that knows requests and pages."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app, g
from flask_wtf.csrf import CSRFProtect

from funnel import clock
from funnel.config import Settings
from funnel.db import db
from funnel.domain.links import Links
from funnel.domain.seal import Seal
from funnel.domain.tokens import Keys
from funnel.models import System

csrf = CSRFProtect()


@dataclass(frozen=True)
class Funnel:
    """What a request needs besides its own words."""

    settings: Settings
    keys: Keys
    links: Links
    seal: Seal

    @classmethod
    def of(cls, settings: Settings) -> "Funnel":
        keys = Keys.of(settings.secret_key, settings.previous_secret_keys)
        seal = Seal.of(settings.secret_key, settings.previous_secret_keys)
        return cls(settings, keys, Links(settings.base_url, keys), seal)


def funnel() -> Funnel:
    return cast("Funnel", current_app.extensions["funnel"])


def now() -> datetime:
    """Return domain time; the offset of time travel is read once a request."""
    if "clock" not in g:
        system = db.session.get(System, 1)
        g.clock = clock.shifted(system.clock_offset) if system else clock.real
    return cast("clock.Clock", g.clock)()
