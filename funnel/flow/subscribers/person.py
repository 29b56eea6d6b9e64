"""One subscriber as a marketer may correct her: name, zone and language.

Not her address: the click in a mail to it is the proof of her consent.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from funnel.domain import timing
from funnel.flow import enrollment
from funnel.models import Enrollment, Subscriber

LANGUAGES = ("nl", "en")
LONGEST_NAME = 80


class BadEdit(ValueError):  # noqa: N818 - it names what was found
    """A field cannot stay as it was typed; `field` says which."""

    def __init__(self, field: str) -> None:
        """Keep the field."""
        super().__init__(field)
        self.field = field


def edit(
    session: Session,
    subscriber_id: int,
    *,
    first_name: str,
    zone: str,
    language: str,
    now: datetime,
) -> None:
    """Keep what was corrected; raises BadEdit. A new zone plans her mails anew."""
    name = " ".join(first_name.split())
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise BadEdit("first_name")
    if zone not in timing.zones():
        raise BadEdit("zone")
    if language not in LANGUAGES:
        raise BadEdit("language")
    her = Subscriber.held(session, subscriber_id)
    if her.address is not None:
        her.first_name, her.zone, her.language = name, zone, language
        hers = Enrollment.subscriber_id == subscriber_id
        enrollment.look_again(session, hers, now=now)
    session.commit()
