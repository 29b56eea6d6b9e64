"""What a mail says: the right facts at its moment, frozen, and the same bytes again."""

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import factories
import pytest
from sending import agree, course
from sqlalchemy.orm import Session

from funnel.domain.links import Links
from funnel.domain.status import Kind, Purpose, Role
from funnel.domain.tokens import Keys
from funnel.flow import render
from funnel.mail.compile import Source, Use, compile_step
from funnel.mail.names import NAMES
from funnel.models import Delivery, Step, Subscriber

NOW, START = factories.NOW, factories.START
LINKS = Links("https://x.nl", Keys.of("secret"))
OFFICE = render.Office(LINKS)


def mail(session: Session, **overrides: Any) -> Delivery:
    """Add a due delivery of an enrollment; `step` and `occurrence` are changes."""
    kind = overrides.pop("kind", Kind.SERVICE)
    sequence = course(session, {"kind": kind, **overrides.pop("step", {})})
    person = factories.subscriber(session, **overrides.pop("person", {}))
    date = overrides.pop("occurrence", factories.occurrence(session))
    seat = factories.registration(session, subscriber=person)
    seat.occurrence = date
    enrollment = factories.enrollment(session, sequence=sequence, registration=seat)
    return factories.delivery(
        session,
        kind=kind,
        subscriber_id=person.id,
        enrollment_id=enrollment.id,
        step_id=sequence.steps[0].id,
        occurrence_id=date.id if date and kind is Kind.SERVICE else None,
        address=person.address,
        **overrides,
    )


def frozen(session: Session, delivery: Delivery, now: Any = NOW) -> render.Frozen:
    factories.business(session)
    session.flush()
    row = session.execute(render.NEEDED.where(Delivery.id == delivery.id)).one()
    for text in session.execute(render.CONTENT, {"ids": [row.revision_id]}):
        OFFICE.keep(text)
    business = session.execute(render.BUSINESS).one()
    return render.freeze(row, business, OFFICE.texts.get(row.revision_id), now)


def says(session: Session, delivery: Delivery, now: Any = NOW) -> dict[str, Any]:
    step = session.get_one(Step, delivery.step_id)
    every_name = " ".join(f"{{{{ {name} }}}}" for name in NAMES)
    assert step.revision is not None
    step.revision.text = every_name
    found: dict[str, Any] = frozen(session, delivery, now).values["says"]
    return found


def read(letter: render.Frozen) -> EmailMessage:
    data = render.message(OFFICE, letter)[2]
    found = message_from_bytes(data, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_her_date_is_told_in_its_zone_and_in_hers(session: Session) -> None:
    told = says(session, mail(session, person={"zone": "America/Curacao"}))

    assert told["start"] == "dinsdag 1 december, 20.00 uur (Amsterdam)"
    assert told["start_day"] == "dinsdag 1 december"
    assert told["start_time"] == "20.00"
    assert told["start_both"].startswith(told["start"])
    assert "15.00" in told["start_both"]
    assert told["replay_until"] == "dinsdag 8 december, 20.00 uur (Amsterdam)"


@pytest.mark.parametrize(
    ("now", "truth"),
    [
        (START - timedelta(hours=1), (True, False, True, True)),
        (START + timedelta(minutes=5), (False, True, True, True)),
        (START + timedelta(days=1), (False, True, True, False)),
        (START + timedelta(days=8), (False, True, False, False)),
    ],
)
def test_before_during_and_after_are_told_apart(
    session: Session, now: Any, truth: tuple[bool, ...]
) -> None:
    told = says(session, mail(session), now)

    names = ("is_before", "is_after", "has_replay", "occurrence_open")
    assert tuple(told[name] for name in names) == truth


def test_who_waits_for_a_date_has_everything_ahead(session: Session) -> None:
    told = says(session, mail(session, occurrence=None))

    assert told["is_before"]
    assert not told["occurrence_open"]
    assert "start" not in told


def test_she_is_told_whether_she_has_the_series(session: Session) -> None:
    without, with_it = mail(session), mail(session)
    agree(session, session.get_one(Subscriber, with_it.subscriber_id))

    assert not says(session, without)["has_series"]
    assert says(session, with_it)["has_series"]


def test_what_an_attempt_froze_is_not_decided_again(session: Session) -> None:
    delivery = mail(session)
    first = frozen(session, delivery)
    delivery.values, delivery.dated_at = first.values, first.dated_at
    session.get_one(Subscriber, delivery.subscriber_id).first_name = "Later"
    factories.business(session, name="Later")

    second = frozen(session, delivery, NOW + timedelta(days=1))

    assert render.message(OFFICE, second) == render.message(OFFICE, first)


def test_links_are_hers(session: Session) -> None:
    body = (
        "{{ join_url }} {{ replay_url }} {{ preferences_url }} {{ calendar_url }} "
        "{{ landing_url }} {{ google_url }} {{ unsubscribe_url }} {{ data_url }}"
    )
    delivery = mail(session, step={"text": body})
    letter = frozen(session, delivery)
    seat_id = letter.values["links"]["registration"]

    plain = read(letter).get_body(("plain",))

    assert plain is not None
    words = plain.get_content().split()
    slug = letter.values["links"]["masterclass"]
    assert words[:5] == [
        LINKS.join(seat_id),
        LINKS.replay(seat_id),
        LINKS.preferences(delivery.subscriber_id or 0),
        LINKS.calendar(slug, seat_id),
        f"https://x.nl/{slug}",
    ]
    assert words[5].startswith("https://calendar.google.com/")
    assert words[6] == LINKS.unsubscribe(delivery.id)
    expires = letter.dated_at + timedelta(days=1)
    assert words[7] == LINKS.personal_data(delivery.subscriber_id or 0, expires)


def test_a_picture_has_the_address_of_the_service_and_nobody_in_it(
    session: Session,
) -> None:
    name = "0123456789abcdef0123-640x400.png"
    html = f'<img src="{{{{ pictures }}}}/{name}" alt="thee">'
    letters = [frozen(session, mail(session, step={"html": html})) for _ in "ab"]

    shown = [read(letter).get_body(("html",)) for letter in letters]

    for part in shown:
        assert part is not None
        assert f'src="https://x.nl/media/{name}"' in part.get_content()


def test_ready_made_blocks_know_her_date_and_the_host(session: Session) -> None:
    source = Source(
        subject="x",
        preheader="",
        body="{{ calendar_card }}\n\nGroet,\n{{ signature }}",
        kind=Kind.SERVICE,
        language="nl",
    )
    made = compile_step(source, Use.SENDING)
    text = {"html": made.html, "text": made.text}
    dated, waiting = mail(session, step=text), mail(session, step=text, occurrence=None)
    with_date, without = frozen(session, dated), frozen(session, waiting)

    seat_id, slug = (with_date.values["links"][one] for one in SEAT)
    for kind in ("html", "plain"):
        shown, bare = (body(one, kind) for one in (with_date, without))
        assert LINKS.calendar(slug, seat_id) in shown
        assert "dinsdag 1 december, 20.00 uur (Amsterdam)" in shown
        assert "agenda" not in bare
        for part in (shown, bare):
            assert "Anna geeft al jaren les over rust en slaap." in part
    later = frozen(session, dated, START + timedelta(minutes=1))
    assert "agenda" not in body(later, "plain")


SEAT = ("registration", "masterclass")


def body(letter: render.Frozen, kind: str) -> str:
    part = read(letter).get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_marketing_mail_has_what_providers_ask_for(session: Session) -> None:
    delivery = mail(session, kind=Kind.MARKETING)

    message = read(frozen(session, delivery))

    step = session.get_one(Step, delivery.step_id)
    slug = step.sequence.slug
    one_click = f"<{LINKS.unsubscribe(delivery.id)}>"
    assert message["List-Unsubscribe"] == one_click
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-ID"] == f"<{slug}.stilleavond.example>"
    assert message["Message-ID"].startswith(f"<{delivery.id}.")
    assert message["From"] == "Anna van Stille Avond <anna@stilleavond.example>"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "text/html"]


def test_a_name_is_text_and_never_a_template(session: Session) -> None:
    name = "{{ 7*7 }}<b>"

    message = read(frozen(session, mail(session, person={"first_name": name})))

    html, plain = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert plain is not None
    assert "{{ 7*7 }}&lt;b&gt;" in html.get_content()
    assert name in plain.get_content()


@pytest.mark.parametrize(
    ("role", "purpose", "words"),
    [
        (Role.CONFIRMATION, None, "ingevuld op het formulier van “Magnesium"),
        (Role.PERSONAL_DATA, None, "om je gegevens"),
        (Role.LISTED, None, "hebt aangemeld voor “Magnesium en je hormonen”"),
        (Role.LISTED, Purpose.SERIES, "mailserie bij “Magnesium en je hormonen”"),
        (Role.LISTED, Purpose.OFFERS, "soms een aanbod mogen sturen"),
    ],
)
def test_the_footer_says_why_she_gets_this_mail(
    session: Session, role: Role, purpose: Purpose | None, words: str
) -> None:
    kind = Kind.MARKETING if purpose else Kind.SERVICE
    step = {"role": role, "purpose": purpose}

    told = says(session, mail(session, kind=kind, step=step))

    assert words in told["reason_text"]
    assert ("mailserie" in told["reason_text"]) is (purpose is Purpose.SERIES)


def test_without_text_or_sender_nothing_is_written(session: Session) -> None:
    delivery = mail(session)
    letter = frozen(session, delivery)
    row = session.execute(render.NEEDED.where(Delivery.id == delivery.id)).one()
    business = session.execute(render.BUSINESS).one()

    with pytest.raises(render.NotWritten):
        render.freeze(row, business, None, NOW)
    with pytest.raises(render.NotWritten):
        render.freeze(row, None, letter.content, NOW)
