"""Who and what the tests of pages share: a colleague, two mails, a Monday."""

from pathlib import Path

import factories
import folders
import pytest
import walking
from flask import Flask
from sqlalchemy.orm import Session
from studio import Colleague, colleague

from funnel import clock
from funnel.flow import publishing
from funnel.models import Sequence, Step, System


@pytest.fixture
def mara(app: Flask, session: Session) -> Colleague:
    return colleague(app, session)


@pytest.fixture
def sequence(session: Session, tmp_path: Path) -> Sequence:
    folder = folders.written(tmp_path / "rust", folders.TWO_MAILS)
    return folders.planted(session, folder, clock.real())


@pytest.fixture
def step(sequence: Sequence) -> Step:
    return next(step for step in sequence.steps if step.slug == "02-rust")


@pytest.fixture
def that_monday(session: Session) -> None:
    """Let it be the Monday of `walking` for the pages, too."""
    factories.business(session, is_sample=False)
    session.add(System(id=1, clock_offset=walking.NOW - clock.real()))


@pytest.fixture
def row(session: Session) -> Sequence:
    """A sequence of four mails, its version 1 written down, somebody everywhere."""
    row = walking.sequence(session, slug="rust", name="Rust")
    publishing.keep_version(session, row, author="Bo", now=walking.NOW)
    for days in (0, 1, 2, 4):
        walking.walker(session, row, days=days)
    return row
