"""Mails to colleagues leave as every other mail does."""

import cluster
import factories
import pytest
import sink
from sending import at, desk, fresh
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.links import Links
from funnel.domain.status import DeliveryState, TeamRole
from funnel.domain.tokens import Keys
from funnel.flow import team
from funnel.models import Delivery, UserLink

NOW = factories.NOW


@pytest.mark.parametrize("language", ["nl", "en"])
def test_an_invitation_is_sent_with_its_link_and_without_preferences(
    commit_session: Session, database_url: str, language: str
) -> None:
    factories.business(commit_session)
    bo = team.invite(
        commit_session,
        "bo@example.nl",
        name="Bo",
        role=TeamRole.VIEWER,
        now=NOW,
        real=NOW,
    )
    team.speak(commit_session, bo.id, language)
    team.invite_again(commit_session, bo.id, now=NOW, real=NOW)

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        done = mine.drain(at())

    assert done.sent == 2
    ids = commit_session.scalars(select(Delivery.id).order_by(Delivery.id)).all()
    assert fresh(commit_session, ids[1]).state is DeliveryState.SENT
    link = commit_session.scalars(select(UserLink.id).order_by(UserLink.id)).all()[1]
    keys = Keys.of(cluster.settings(database_url).secret_key)
    part = next(
        one
        for one in relay.messages[1].walk()
        if one.get_content_type() == "text/plain"
    )
    text = bytes(part.get_payload(decode=True)).decode()
    assert Links("http://localhost", keys).account(link) in text
    assert "Bo" in text
    assert "/preferences/" not in text
    assert ("studio hoort" if language == "nl" else "account in the") in text
