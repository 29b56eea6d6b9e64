"""People who gave an address, what they agreed to, and who gets no more mail."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    Text,
    UniqueConstraint,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.orm import Mapped, mapped_column, relationship

from funnel.domain.status import Purpose, Scope, SubscriberState
from funnel.models.base import Base, Id, Word


class Subscriber(Base):
    """A person with an address; `address` is normalised and unique."""

    __tablename__ = "subscriber"

    id: Mapped[Id]
    address: Mapped[str | None] = mapped_column(unique=True)  # None once erased
    address_key: Mapped[str | None] = mapped_column(index=True)  # dots, tags folded
    first_name: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="Europe/Amsterdam")
    language: Mapped[str] = mapped_column(default="nl")
    state: Mapped[SubscriberState] = mapped_column(
        Word(SubscriberState), default=SubscriberState.PENDING
    )
    tags: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]

    @staticmethod
    def is_nameless() -> ColumnElement[bool]:
        """Say in SQL that no first name is known, as an index says it."""
        return literal_column("subscriber.first_name = ''", Boolean)


class Signup(Base):
    """One sent form: what was asked and ticked, before the confirming click.

    Caps are counted from these rows by `received_at`, which is real time; the
    other times are domain time. `nonce` makes a double submit the same row.
    """

    __tablename__ = "signup"
    __table_args__ = (
        Index("ix_signup_network_received", "network", "received_at"),
        Index("ix_signup_received", "received_at"),
        Index("ix_signup_created", "created_at"),
    )

    id: Mapped[Id]
    nonce: Mapped[str] = mapped_column(unique=True)
    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), index=True
    )
    masterclass_id: Mapped[int] = mapped_column(ForeignKey("masterclass.id"))
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"))
    first_name: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="Europe/Amsterdam")
    language: Mapped[str] = mapped_column(default="nl")
    series: Mapped[bool] = mapped_column(default=False)  # ticked, or "stated" mode
    wording: Mapped[str]  # the exact text beside the box or the button
    wording_version: Mapped[str]
    page: Mapped[str]  # path of the form
    network: Mapped[str]  # /24 or /48
    user_agent: Mapped[str] = mapped_column(default="")
    source: Mapped[dict[str, Any]] = mapped_column(default=dict)  # utm_…
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    reached: Mapped[list[str]] = mapped_column(  # the stages she is counted at
        default=list, server_default=text("'[]'")
    )
    received_at: Mapped[datetime]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]

    subscriber: Mapped[Subscriber] = relationship()


class Consent(Base):
    """Proof of one yes or no; rows are only ever added."""

    __tablename__ = "consent"

    id: Mapped[Id]
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"), index=True)
    signup_id: Mapped[int | None] = mapped_column(
        ForeignKey("signup.id", ondelete="SET NULL")
    )
    purpose: Mapped[Purpose] = mapped_column(Word(Purpose))
    granted: Mapped[bool]
    wording: Mapped[str]
    wording_version: Mapped[str]
    language: Mapped[str]
    place: Mapped[str]  # "form", "confirmation", "preferences", "unsubscribe" …
    network: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]

    @classmethod
    def last_word(
        cls,
        subscriber_id: SQLColumnExpression[Any],
        purpose: SQLColumnExpression[Any] | Purpose,
    ) -> ScalarSelect[bool]:
        """Return, as SQL, whether her last row for the purpose is a yes; null: none.

        The order of the rows decides, which are added under a lock, and no clock.
        """
        return (
            select(cls.granted)
            .where(cls.subscriber_id == subscriber_id, cls.purpose == purpose)
            .order_by(cls.id.desc())
            .limit(1)
            .scalar_subquery()
        )

    @classmethod
    def in_force(cls, *where: ColumnElement[bool]) -> Select[int, Purpose]:
        """Select subscriber and purpose of every last word that is a yes."""
        last = (
            select(cls.subscriber_id, cls.purpose, cls.granted)
            .ext(distinct_on(cls.subscriber_id, cls.purpose))
            .where(*where)
            .order_by(cls.subscriber_id, cls.purpose, cls.id.desc())
            .subquery()
        )
        return select(last.c.subscriber_id, last.c.purpose).where(last.c.granted)


class Suppression(Base):
    """An address that gets no more mail; kept as a hash, so erasure can keep it."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("address_hash", "scope"),)

    id: Mapped[Id]
    address_hash: Mapped[str]
    scope: Mapped[Scope] = mapped_column(Word(Scope))
    reason: Mapped[str]
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]  # she confirmed a new consent herself


Index(
    "ix_suppression_in_force",
    Suppression.address_hash,
    postgresql_where=text("lifted_at IS NULL"),
)


def letters(
    address: SQLColumnExpression[Any], first_name: SQLColumnExpression[Any]
) -> ColumnElement[list[str]]:
    """Return, as SQL, every three letters in a row of her address and first name.

    Two spaces stand before each, so that a group also knows where one begins.
    Functions of the migration and an index over them find a part of a word among a
    million people, on any PostgreSQL: no extension is needed.
    """
    return func.subscriber_letters(address, first_name, type_=ARRAY(Text))


Index(
    "ix_subscriber_letters",
    letters(Subscriber.address, Subscriber.first_name),
    postgresql_using="gin",
)
Index(
    "ix_subscriber_nameless",
    Subscriber.id,
    postgresql_where=text("first_name = ''"),
)
Index("ix_subscriber_state", Subscriber.state, Subscriber.id)
Index(
    "ix_subscriber_tags",
    Subscriber.tags,
    postgresql_using="gin",
    postgresql_ops={"tags": "jsonb_path_ops"},
)
