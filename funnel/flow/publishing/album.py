"""The pictures of a folder: `media:NAME` in a text is the file media/NAME beside it."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from funnel.flow import pictures
from funnel.flow.pictures import BadPicture
from funnel.flow.publishing.folder import BadFolder, File
from funnel.mail import picture
from funnel.mail.problem import N_

FOLDER = "media"


def bring_in(
    session: Session, files: Iterable[File], path: Path, *, now: datetime
) -> None:
    """Keep the pictures that the texts show and the folder has. Not committed.

    Raises:
        BadFolder: A file is not the picture that its name says.
    """
    for name, alt in _shown(files).items():
        file = path / FOLDER / name
        if file.is_file():
            pictures.keep(session, _read(file), alt, now=now)


def write_out(session: Session, files: Iterable[File], path: Path) -> None:
    """Write the pictures that the texts show, as they are sent."""
    for name in _shown(files):
        row = pictures.find(session, name)
        if row is not None:
            (path / FOLDER).mkdir(exist_ok=True)
            (path / FOLDER / name).write_bytes(row.data)


def _shown(files: Iterable[File]) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in files:
        found = {**pictures.shown(file.content.body), **found}
    return found


def _read(file: Path) -> picture.Picture:
    try:
        return picture.kept(file.name, file.read_bytes())
    except (OSError, BadPicture):
        sentence = N_(
            "%(file)s: this is not the picture that its name says. Send yours up in "
            "the studio, and use the name that it gets"
        )
        raise BadFolder(sentence, file=f"{FOLDER}/{file.name}") from None
