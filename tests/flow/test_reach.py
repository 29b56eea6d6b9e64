"""The people behind a number of the funnel: as many as it says, and the right ones."""

import json
from datetime import datetime, timedelta
from typing import Any

import factories
import pytest
import visitors
from sqlalchemy import select
from sqlalchemy.orm import Session
from visitors import form

from funnel import clock
from funnel.config import Settings
from funnel.domain.status import Purpose, Stage, SubscriberState
from funnel.flow import counts, enrollment, preferences, reports, signup
from funnel.flow.counts import calendar
from funnel.flow.preferences import Wording, consent
from funnel.flow.reports import NO_DATE, Asked, Reach, Selection
from funnel.models import Registration, Signup, Subscriber

NOW = factories.NOW
DAY = timedelta(days=1)
BIO = {"utm_source": "Instagram", "utm_medium": "bio"}
STORY = {"utm_source": "Instagram", "utm_medium": "story", "utm_campaign": "herfst"}
WORDS = Wording("Ja", "nl", "preferences")


@pytest.fixture
def on(session: Session) -> visitors.Stage:
    return visitors.stage(session)


def sign_up(
    session: Session, on: visitors.Stage, limits: Settings, name: str, **about: Any
) -> Signup:
    now = about.pop("now", NOW)
    made = form(on, f"{name}@example.nl", first_name=name, **about)
    sent = signup.submit(session, made, now=now, real=clock.real(), limits=limits)
    return session.get_one(Signup, sent)


def confirm(session: Session, sent: Signup) -> Registration:
    return signup.confirm(session, sent.id, series=True, now=sent.created_at)


@pytest.fixture
def everybody(session: Session, on: visitors.Stage, settings: Settings) -> None:
    """Let six come, from here and there, and get as far as they like."""

    def came(name: str, **about: Any) -> Signup:
        return sign_up(session, on, settings, name, **about)

    came("aicha", source=BIO)
    seat = confirm(session, came("bea", source=BIO, now=NOW + DAY))
    enrollment.join(session, seat, now=NOW + 3 * DAY)
    seat = confirm(session, came("carla", source=STORY, occurrence_id=on.sunday.id))
    enrollment.replay(session, seat, now=NOW + 9 * DAY)
    enrollment.purchased(session, seat.subscriber_id, "boek", now=NOW + 9 * DAY)
    confirm(session, came("dina", now=NOW - 8 * DAY))
    again = came("dina", now=NOW, source=STORY, occurrence_id=on.sunday.id)
    enrollment.join(session, confirm(session, again), now=NOW + 5 * DAY)
    confirm(session, came("els", occurrence_id=None))
    factories.subscriber(session, first_name="uit-een-bestand")


def names(session: Session, **asked: Any) -> set[str]:
    selection = Selection(reach=Reach(**asked))
    found = reports.page(session, selection)
    many = select(Subscriber).where(*selection.conditions(is_rare=False))
    assert {*session.scalars(many)} == {*found.people}
    assert found.total == len(found.people) == reports.count(session, selection)
    return {str(one.address).partition("@")[0] for one in found.people}


@pytest.mark.usefixtures("everybody")
def test_each_stage_source_day_and_date_has_its_people(
    session: Session, on: visitors.Stage
) -> None:
    joined, confirmed = {"stage": Stage.JOINED}, {"stage": Stage.CONFIRMED}

    assert names(session) == {"aicha", "bea", "carla", "dina", "els"}
    assert names(session, **confirmed) == {"bea", "carla", "dina", "els"}
    assert names(session, **joined) == {"bea", "dina"}
    assert names(session, stage=Stage.REPLAYED) == {"carla"}
    assert names(session, stage=Stage.BOUGHT) == {"carla"}
    assert names(session, source="instagram") == {"aicha", "bea", "carla"}
    assert names(session, source="instagram", medium="story") == {"carla"}
    bio = {"source": "instagram", "medium": "bio", "campaign": ""}
    assert names(session, **bio) == {"aicha", "bea"}
    assert names(session, source="instagram", campaign="") == {"aicha", "bea"}
    assert names(session, source="instagram", campaign="lente") == set()
    assert names(session, source="", **joined) == {"dina"}  # her first form said none
    assert names(session, since=NOW + timedelta(hours=1)) == {"bea"}
    assert names(session, until=NOW) == {"dina"}
    assert names(session, chosen_id=on.sunday.id) == {"carla"}
    assert names(session, chosen_id=NO_DATE) == {"els"}
    assert names(session, source="instagram", **joined) == {"bea"}


@pytest.mark.usefixtures("everybody")
def test_while_everybody_is_here_a_number_has_exactly_as_many_people(
    session: Session, on: visitors.Stage
) -> None:
    zone, day = calendar.zone(session), NOW.date()
    asked = [
        Asked(first=first, last=last, source=source, occurrence_id=date)
        for first, last in ((day - 9 * DAY, day + DAY), (day, day), (day, day + DAY))
        for source in (None, "", "instagram")
        for date in (None, on.tuesday.id, on.sunday.id)
    ]

    for one in asked:
        about: dict[str, Any] = {
            "since": calendar.start(one.first, zone),
            "until": calendar.start(one.last + DAY, zone),
            "source": one.source,
            "chosen_id": one.occurrence_id,
        }
        for stage in Stage:
            reach = Reach(stage=stage, **about)
            number = reports.funnel(session, one).at(stage)
            assert number == reports.count(session, Selection(reach=reach)), reach


def test_who_is_forgotten_is_in_the_number_and_not_in_the_list(
    session: Session, on: visitors.Stage, settings: Settings
) -> None:
    """Erased, not confirmed in time, or not to be seen clicking any more."""
    erased = confirm(session, sign_up(session, on, settings, "aicha", source=BIO))
    shy = confirm(session, sign_up(session, on, settings, "bea"))
    person = session.get_one(Subscriber, shy.subscriber_id)
    consent.grant(session, person, {Purpose.CLICKS}, WORDS, NOW)
    counts.reached(session, Stage.CLICKED, shy.subscriber_id)
    sign_up(session, on, settings, "carla")
    assert names(session, stage=Stage.CLICKED) == {"bea"}

    preferences.erase(session, erased.subscriber_id, now=NOW)
    consent.withdraw(session, person, {Purpose.CLICKS}, WORDS, NOW)
    signup.purge(session, NOW + 30 * DAY)

    assert names(session) == {"bea"}
    assert names(session, source="") == {"bea"}  # whose source is forgotten had one
    assert names(session, stage=Stage.CLICKED) == set()
    day = NOW.date()
    numbers = reports.funnel(session, Asked(first=day, last=day))
    assert numbers.at(Stage.SIGNED_UP) == 3
    assert numbers.at(Stage.CLICKED) == 1


@pytest.mark.parametrize(
    "reach",
    [
        None,
        Reach(),
        Reach(stage=Stage.BOUGHT, source="", chosen_id=NO_DATE),
        Reach(source="instagram", medium="", campaign="herfst", chosen_id=3),
        Reach(since=NOW, until=datetime.fromisoformat("2026-12-01T00:00:00+01:00")),
    ],
)
def test_a_selection_can_be_kept_as_json(reach: Reach | None) -> None:
    selection = Selection(words="an", state=SubscriberState.ACTIVE, reach=reach)

    kept = json.loads(json.dumps(selection.as_json()))

    assert Selection.of(kept) == selection
    assert not Selection(reach=reach).is_everybody or reach is None
