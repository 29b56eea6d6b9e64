"""Many people at once: rows copied by the database, as many as one can want."""

from typing import Any

from sending import mails
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    cast,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Session, aliased

from funnel.domain.status import Kind
from funnel.models import (
    Base,
    Consent,
    Delivery,
    Enrollment,
    Registration,
    Subscriber,
)


def crowd(session: Session, count: int, kind: Kind = Kind.MARKETING) -> None:
    """Commit so many due deliveries, each to a reader with a seat and a yes."""
    [first] = mails(session, 1, kind)
    delivery = session.get_one(Delivery, first)
    enrollment = session.get_one(Enrollment, delivery.enrollment_id)
    person = session.get_one(Subscriber, delivery.subscriber_id)
    seat = session.get_one(Registration, enrollment.registration_id)
    consent = session.scalars(select(Consent).filter_by(subscriber_id=person.id)).one()

    number = (
        func.generate_series(2, count).table_valued("n").render_derived(name="number")
    )
    address = literal("r") + cast(number.c.n, Text) + "@example.org"
    _copies(session, person, number, address=address, address_key=address)

    her = aliased(Subscriber)
    people = select(her.id, her.address).where(her.address.like("r%@example.org"))
    hers = people.subquery("hers")
    _copies(session, seat, hers, subscriber_id=hers.c.id)
    _copies(session, consent, hers, subscriber_id=hers.c.id)
    seats = (
        select(hers, Registration.id.label("seat"))
        .join_from(hers, Registration, Registration.subscriber_id == hers.c.id)
        .subquery("seats")
    )
    _copies(
        session,
        enrollment,
        seats,
        subscriber_id=seats.c.id,
        registration_id=seats.c.seat,
    )
    places = (
        select(hers, Enrollment.id.label("place"))
        .join_from(hers, Enrollment, Enrollment.subscriber_id == hers.c.id)
        .subquery("places")
    )
    _copies(
        session,
        delivery,
        places,
        subscriber_id=places.c.id,
        enrollment_id=places.c.place,
        address=places.c.address,
    )
    session.commit()
    session.execute(text("ANALYZE"))
    session.commit()


def _copies(
    session: Session, row: Base, source: FromClause, **hers: ColumnElement[Any]
) -> None:
    """Insert a copy of a row for each row of the source, with what is hers."""
    columns = [column for column in row.__table__.columns if column.name != "id"]
    values = [
        hers.get(column.name, literal(getattr(row, column.key), column.type))
        for column in columns
    ]
    copies = select(*values).select_from(source)
    names = [column.name for column in columns]
    session.execute(insert(row.__table__).from_select(names, copies))  # type: ignore[arg-type]  # a Table, as Core takes it
