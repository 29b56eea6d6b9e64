"""What the processes tell each other through the database."""

from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, Interval, func
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from funnel.models.base import Base


class System(Base):
    """One row: how far the domain clock was moved, until when mails were counted."""

    __tablename__ = "system"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    clock_offset: Mapped[timedelta] = mapped_column(Interval, default=timedelta())
    counted_until: Mapped[date | None]  # MailCount has every day before it

    @classmethod
    def locked(cls, session: Session) -> "System":
        """Return the row for changes; of two who ask at once, the second waits."""
        one = insert(cls).values(id=1, clock_offset=timedelta())
        session.execute(one.on_conflict_do_nothing())
        return cls.held(session, 1)


class Heartbeat(Base):
    """The last time something ran: "scan", "drain", "clicks", "upkeep"; real time."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    worker: Mapped[str] = mapped_column(default="")

    @classmethod
    def beat(cls, name: str, worker: str = "") -> Insert:
        """Return the statement that says of something that it runs, now."""
        row = insert(cls).values(name=name, at=func.now(), worker=worker)
        latest = {"at": row.excluded.at, "worker": row.excluded.worker}
        return row.on_conflict_do_update(index_elements=["name"], set_=latest)


class Sender(Base):
    """What a process that sends last said of itself, in real time.

    `circuit` is how it stands with the relay ("closed", "open", "half-open"), `journal`
    how many octets of answers lie there that the database does not know.
    """

    __tablename__ = "sender"

    worker: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    circuit: Mapped[str]
    journal: Mapped[int] = mapped_column(BigInteger)

    @classmethod
    def tell(cls, worker: str, circuit: str, journal: int) -> Insert:
        """Return the statement that writes it down, in place of the last word."""
        row = insert(cls).values(
            worker=worker, at=func.now(), circuit=circuit, journal=journal
        )
        latest = {name: row.excluded[name] for name in ("at", "circuit", "journal")}
        return row.on_conflict_do_update(index_elements=["worker"], set_=latest)
