"""A test mail says the date that is planned, not one of a made-up calendar."""

from datetime import datetime, timedelta

import factories
from sqlalchemy.orm import Session

from funnel.domain import dates
from funnel.domain.status import Kind
from funnel.flow import publishing, render


def test_a_test_mail_names_the_next_date_of_its_masterclass(
    session: Session, now: datetime
) -> None:
    factories.business(session, is_sample=False)
    row = factories.sequence(session)
    step = factories.step(session, sequence=row, kind=Kind.SERVICE)
    masterclass = factories.masterclass(session, sequence_id=row.id)
    start = now + timedelta(days=17)
    factories.occurrence(session, masterclass=masterclass, starts_at=start)
    words = {"subject": "Tot {{ start_day }}"}
    publishing.save_draft(session, step.id, words, seen=None)

    sent = publishing.test_send(session, step.id, factories.user(session), now=now)

    facts = session.execute(render.NEEDED, {"ids": [sent.id]}).one()
    business = session.execute(render.BUSINESS).one()
    frozen = render.freeze(facts, business, render.draft(facts), now)
    said = frozen.values["says"]["start_day"]
    assert said == dates.day(start, "Europe/Amsterdam", "nl")
