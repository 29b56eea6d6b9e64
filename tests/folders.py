"""A small sequence as a folder of files, and planted in the database."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from funnel.flow import publishing
from funnel.models import Sequence, Step

FILES = {
    "sequence.toml": 'name = "Rust & ruimte"\nlanguage = "nl"\n\n'
    '[rules]\nhour = "08:30"\n\n[rules.hold]\nbefore = "48 hours"\n'
    'after = "96 hours"\n',
    "01-welkom.md": '+++\nkind = "service"\ntiming = "at once"\n'
    'subject = "Zeg \\"hoi\\" \\\\ dag é"\npreheader = ""\n+++\n\nHoi daar.\n',
    "02-rust.md": '+++\nkind = "marketing"\npurpose = "series"\n'
    'timing = "1 day at 08:30"\ncondition = "not joined"\nis_on = false\n'
    'source = "S1"\nsubject = "Rust"\npreheader = "Een begin"\n+++\n\n'
    "Hoi{% if first_name %} {{ first_name }}{% endif %},\n\nTot gauw.\n",
    "20-verplaatst.md": '+++\nrole = "moved"\nkind = "service"\ntiming = "at once"\n'
    'subject = "Nieuwe tijd"\npreheader = ""\n+++\n\nHet is verzet.\n',
}


TWO_MAILS = {
    "sequence.toml": 'name = "Rust & ruimte"\nlanguage = "nl"\n',
    "01-welkom.md": '+++\nkind = "service"\ntiming = "at once"\n'
    'subject = "Welkom"\npreheader = "Fijn"\n+++\n\nHoi daar.\n',
    "02-rust.md": '+++\nkind = "marketing"\npurpose = "series"\n'
    'timing = "1 day at 08:30"\nsubject = "Rust"\npreheader = ""\n+++\n\n'
    "Hoi{% if first_name %} {{ first_name }}{% endif %},\n\nTot gauw.\n",
}


def written(path: Path, files: Mapping[str, str] = FILES) -> Path:
    """Write the files into a new folder there."""
    path.mkdir()
    for name, text in files.items():
        (path / name).write_bytes(text.encode())
    return path


def planted(session: Session, folder: Path, now: datetime) -> Sequence:
    """Return the folder, published as version 1."""
    return publishing.import_folder(
        session, folder, now=now, author="tests", publish=True
    )


def step(sequence: Sequence, slug: str) -> Step:
    return next(step for step in sequence.steps if step.slug == slug)
