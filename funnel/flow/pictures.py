"""Pictures that mails show: taken in, made small, kept in the database."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from funnel.mail import picture
from funnel.mail.picture import BadPicture
from funnel.models import Picture, Revision, Step

LONGEST_ALT = 300
_LOUD = re.compile(r"[\\\[\]{}%#*_<&`]")
_QUIET = re.compile(r"\\([\\\[\]{}%#*_<&`])")
_NAME = re.compile(rf"media:(?P<name>{picture.NAME.pattern})")
_LINE = re.compile(rf"!\[(?P<alt>(?:[^\]\\]|\\.){{1,600}})\]\({_NAME.pattern}\)")

__all__ = [
    "BadPicture",
    "Shown",
    "add",
    "find",
    "keep",
    "known",
    "markdown",
    "recent",
    "remove",
    "shown",
]


class Shown(Exception):  # noqa: N818 - it says what is in the way
    """Mails show this picture."""

    def __init__(self, subjects: Sequence[str]) -> None:
        """Keep the subjects of the mails."""
        super().__init__(", ".join(subjects))
        self.subjects = subjects


def add(session: Session, data: bytes, alt: str, *, now: datetime) -> Picture:
    """Take a file in; the same one twice is one picture.

    Raises:
        BadPicture: It cannot be shown, or nobody says what it shows ("alt").
    """
    words = " ".join(alt.split())
    if not words or len(words) > LONGEST_ALT:
        raise BadPicture("alt")
    found = keep(session, picture.finished(data), words, now=now)
    session.commit()
    return found


def keep(
    session: Session, made: picture.Picture, alt: str, *, now: datetime
) -> Picture:
    """Keep a finished picture, unless it is there. Not committed."""
    row = {
        "name": made.name,
        "alt": alt[:LONGEST_ALT],
        "width": made.width,
        "height": made.height,
        "size": len(made.data),
        "added_at": now,
        "data": made.data,
    }
    session.execute(insert(Picture).values(row).on_conflict_do_nothing())
    return session.get_one(Picture, made.name)


def find(session: Session, name: str) -> Picture | None:
    """Return a picture with its bytes."""
    return session.get(Picture, name, options=[undefer(Picture.data)])


def known(session: Session, names: Collection[str]) -> set[str]:
    """Return those of the names that there are pictures of."""
    if not names:
        return set()
    return {*session.scalars(select(Picture.name).where(Picture.name.in_(names)))}


def recent(session: Session, *, most: int, before: str = "") -> list[Picture]:
    """Return the newest pictures, or those that came before the one of that name."""
    query = select(Picture).order_by(Picture.added_at.desc(), Picture.name.desc())
    edge = session.get(Picture, before) if before else None
    if edge is not None:
        place = tuple_(Picture.added_at, Picture.name)
        query = query.where(place < tuple_(edge.added_at, edge.name))
    return list(session.scalars(query.limit(most)))


def remove(session: Session, name: str) -> None:
    """Take a picture away for good; mails of the past then show its words instead.

    Raises:
        Shown: A mail as it is sent now, or a draft, shows it.
    """
    row = Picture.held_or_none(session, name)
    if row is None:
        return
    mails = _mails_with(session, name)
    if mails:
        raise Shown(mails)
    session.delete(row)
    session.commit()


def markdown(name: str, alt: str) -> str:
    """Return what a marketer writes to show it."""
    quiet = _LOUD.sub(lambda sign: f"\\{sign[0]}", alt)
    return f"![{quiet}](media:{name})"


def shown(body: str) -> dict[str, str]:
    """Return the names of the pictures that a text shows, with what it says of each."""
    said = {
        line["name"]: _QUIET.sub(r"\1", line["alt"]) for line in _LINE.finditer(body)
    }
    names = [one["name"] for one in _NAME.finditer(body)]
    return {name: said.get(name, name) for name in names}


def _mails_with(session: Session, name: str) -> list[str]:
    """Return the subjects of the mails, sent now or drafted, that show a picture."""
    drafted = Step.draft["body"].astext.contains(f"media:{name}", autoescape=True)
    sent = Revision.body.contains(f"media:{name}", autoescape=True)
    rows = session.execute(
        select(Revision.subject, Step.draft["subject"].astext, Step.slug)
        .select_from(Step)
        .outerjoin(Revision, Revision.id == Step.revision_id)
        .where(Step.deleted_at.is_(None), or_(drafted, sent))
        .order_by(Step.sequence_id, Step.rank)
    )
    return [draft or subject or slug for subject, draft, slug in rows]
