"""What every table shares: names of constraints, and times that are always UTC."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self, TypedDict, TypeVar, Unpack

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Identity,
    MetaData,
    Select,
    String,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.types import TypeDecorator

S = TypeVar("S", bound=StrEnum)
Q = TypeVar("Q", bound=Select[*tuple[Any, ...]])


class Utc(TypeDecorator[datetime]):
    """A moment: aware going in, UTC coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Refuse a time without a zone: nobody knows which moment it means."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[datetime | None], datetime | None]:
        """Return UTC, whatever zone the database session speaks.

        The processor itself, as a scan reads ten thousands of moments: through
        `process_result_value` each takes three times as long.
        """
        return _utc


class Word(TypeDecorator[S]):
    """A StrEnum kept as its text, so that a new word needs no migration."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[S]) -> None:
        """Remember which words are allowed."""
        super().__init__()
        self.words = words

    def process_bind_param(self, value: S | None, dialect: Dialect) -> str | None:
        """Refuse a word that is not in the list."""
        return None if value is None else self.words(value).value

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[str | None], S | None]:
        """Return the word itself, looked up: to call an enum is slow."""
        words, known = self.words, {word.value: word for word in self.words}

        def read(value: str | None) -> S | None:
            return None if value is None else known.get(value) or words(value)

        return read


def _utc(value: datetime | None) -> datetime | None:
    return value and value.astimezone(UTC)


Id = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]


class Base(DeclarativeBase):
    """The tables of Funnel."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Utc(),
        dict[str, Any]: JSONB,
        list[str]: JSONB,
    }

    @classmethod
    def held(cls, session: Session, key: int, *, key_share: bool = False) -> Self:
        """Lock a row and return it as it is now; raises NoResultFound.

        Whoever waited for a colleague must see what she did: without being told,
        SQLAlchemy keeps what the session had read of the row before. With
        `key_share`, rows that point to it can be added meanwhile.
        """
        lock = {"key_share": key_share}
        return session.get_one(cls, key, with_for_update=lock, populate_existing=True)

    @classmethod
    def held_or_none(cls, session: Session, key: int | str) -> Self | None:
        """Return `held`, or None when there is no such row (any more)."""
        return session.get(cls, key, with_for_update=True, populate_existing=True)


class Lock(TypedDict, total=False):
    """Which rows of a query are locked, and what of others' locks it walks past."""

    skip_locked: bool
    key_share: bool
    of: Any


def held(query: Q, **lock: Unpack[Lock]) -> Q:
    """Let a query lock the rows that it selects, and read them as they are now."""
    anew = query.execution_options(populate_existing=True)
    return anew.with_for_update(**lock)
