"""A sequence's folder as one zip file: packed, and unpacked with care.

Whoever sends one may be mistaken or mean harm, so nothing of the file decides where
or how much is written: names must be those of the folder format, and are counted;
every byte that comes out is counted, whatever the file says of itself.
"""

import io
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.flow.publishing import exchange, folder
from funnel.flow.publishing.folder import HEAD, BadFolder
from funnel.flow.publishing.shelf import LANGUAGES, LONGEST, RESERVED
from funnel.mail.picture import MOST_OUT, NAME
from funnel.mail.problem import N_
from funnel.models import Sequence

MOST_IN = 10_000_000  # bytes of the zip file
MOST_UNPACKED = 30_000_000  # bytes
MOST_FILES = 300
MOST_TEXT = 200_000  # bytes of one text
BORN = (1980, 1, 1, 0, 0, 0)  # the same sequence is the same file
SLUG = r"[a-z0-9][a-z0-9-]{0,79}"
INSIDE = re.compile(
    rf"(?P<folder>{SLUG})/(?P<file>{re.escape(HEAD)}|{SLUG}\.md|media/{NAME.pattern})"
)
MACS = re.compile(r"__MACOSX/.*|(.*/)?\.DS_Store")
"""What a Mac adds to every zip file; left out."""

ZERO = re.compile(rb"\0|\\u0000|\\U00000000")
WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError),
    *(NotImplementedError, RuntimeError),
)
"""What zipfile raises for a file that is broken, or closed with a password."""

NO_ZIP = N_("This is no zip file that we can open. Send one as the studio makes it.")
TOO_LARGE = N_("This file is too large, packed or unpacked, for one sequence.")
STRANGE = N_(
    "“%(name)s” has no place in the folder of a sequence: there is one folder, with "
    "sequence.toml, texts such as 01-welcome.md, and in media pictures under the names "
    "that they got here."
)
NO_FILE = N_("“%(name)s” is no plain file.")
TAKEN = N_("A sequence cannot be called “%(name)s”. Give the folder another name.")
UNREADABLE = N_("“%(name)s” holds a character that no text has.")
BAD_HEAD = N_(
    "sequence.toml: write a name of at most 120 letters, and language nl or en."
)
THERE = N_(
    "A draft called “%(name)s” is there already. Give the folder another name, or "
    "publish the draft first."
)
UNPUBLISHED = N_(
    "“%(name)s” has changes that are not published. Publish or drop them first, or "
    "give the folder another name."
)
NO_FOLDER = N_("The folder is not in the format of a sequence.")


def pack(session: Session, slug: str) -> bytes:
    """Return the folder of a sequence, as it is published, as a zip file; BadFolder."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as place, ZipFile(out, "w") as packed:
        root = Path(place, slug)
        exchange.export_folder(session, slug, root)
        for file in sorted(root.rglob("*")):
            if file.is_file():
                info = ZipInfo(f"{slug}/{file.relative_to(root).as_posix()}", BORN)
                info.external_attr = 0o644 << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(info, file.read_bytes())
    return out.getvalue()


@contextmanager
def unpacked(data: bytes) -> Iterator[Path]:
    """Give the folder of a zip file, for as long as it is looked at; BadFolder."""
    files = _files(data)
    with tempfile.TemporaryDirectory() as place:
        for name, content in files.items():
            file = Path(place, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        yield Path(place, next(iter(files)).partition("/")[0])


def bring_in(session: Session, path: Path, *, now: datetime, author: str) -> Sequence:
    """Make drafts of a folder that somebody sent; nothing of it goes live.

    Raises BadFolder or BadDraft, and has changed nothing then.
    """
    try:
        found = folder.read(path)
        if found.language not in LANGUAGES or len(found.name) > LONGEST:
            raise BadFolder(BAD_HEAD)
        _keep_drafts(session, found.slug)
        return exchange.import_folder(
            session, path, now=now, author=author, publish=False
        )
    except (TypeError, AttributeError, RecursionError):  # a list where a word belongs
        session.rollback()
        raise BadFolder(NO_FOLDER) from None
    except ValueError:
        session.rollback()
        raise


def _keep_drafts(session: Session, slug: str) -> None:
    """Refuse a folder whose texts would take the place of what somebody writes."""
    found = session.scalar(select(Sequence.id).where(Sequence.slug == slug))
    if found is None:
        return
    sequence = Sequence.held(session, found)
    if not sequence.version:
        raise BadFolder(THERE, name=slug)
    alive = [step for step in sequence.steps if step.deleted_at is None]
    if sequence.draft or any(step.draft for step in alive):
        raise BadFolder(UNPUBLISHED, name=slug)


def _files(data: bytes) -> dict[str, bytes]:
    """Return what is in it, by names that are known to be good."""
    if len(data) > MOST_IN:
        raise BadFolder(TOO_LARGE)
    try:
        with ZipFile(io.BytesIO(data)) as packed:
            return _read(packed)
    except BadFolder:
        raise
    except _BROKEN:
        raise BadFolder(NO_ZIP) from None


def _read(packed: ZipFile) -> dict[str, bytes]:
    infos = packed.infolist()
    if len(infos) > MOST_FILES:
        raise BadFolder(TOO_LARGE)
    found: dict[str, bytes] = {}
    left = MOST_UNPACKED
    for info in infos:
        if MACS.fullmatch(info.filename) or _is_folder(info):
            continue
        if info.filename in found:
            raise BadFolder(STRANGE, name=_shown(info.filename))
        content = _content(packed, info, min(left, _most(_checked(info, found))))
        left -= len(content)
        found[info.filename] = content
    if not found:
        raise BadFolder(NO_ZIP)
    return found


def _checked(info: ZipInfo, found: dict[str, bytes]) -> str:
    """Return the name inside its folder, which is the one of all others."""
    name = INSIDE.fullmatch(info.filename)
    root = next(iter(found), info.filename).partition("/")[0]
    if name is None or name["folder"] != root:
        raise BadFolder(STRANGE, name=_shown(info.filename))
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG} or info.compress_type not in WAYS:
        raise BadFolder(NO_FILE, name=_shown(info.filename))
    if root in RESERVED:
        raise BadFolder(TAKEN, name=root)
    return name["file"]


def _content(packed: ZipFile, info: ZipInfo, most: int) -> bytes:
    with packed.open(info) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise BadFolder(TOO_LARGE)
    if not info.filename.endswith(_PICTURES) and ZERO.search(content):
        raise BadFolder(UNREADABLE, name=info.filename)
    return content


_PICTURES = (".jpg", ".png")


def _most(name: str) -> int:
    return MOST_OUT if name.startswith("media/") else MOST_TEXT


def _is_folder(info: ZipInfo) -> bool:
    return info.is_dir() and not info.file_size


def _shown(name: str) -> str:
    return "".join(one if one.isprintable() else " " for one in name)[:80]
