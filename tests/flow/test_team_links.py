"""Colleagues: invited by mail, a forgotten password, roles, the second step."""

from datetime import datetime, timedelta

import cluster
import factories
import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from studio import HASH, PASSWORD

from funnel.domain.address import BadAddress
from funnel.domain.seal import Broken, Seal
from funnel.domain.status import TeamRole, UserLinkKind
from funnel.flow import team
from funnel.flow.team import letters
from funnel.models import Delivery, Login, RecoveryCode, User, UserLink

NEW = "vier heel andere woorden"
HOME = "192.0.2.0/24"
SEAL = Seal.of(cluster.settings("postgresql://x/x").secret_key)


def user(session: Session, **overrides: object) -> User:
    return factories.user(session, password_hash=HASH, **overrides)


def invited(session: Session, now: datetime) -> User:
    return team.invite(
        session, "Bo@Example.nl", name="Bo", role=TeamRole.VIEWER, now=now, real=now
    )


def link_of(session: Session, her: User) -> UserLink:
    hers = select(UserLink).where(UserLink.user_id == her.id)
    return session.scalars(hers.order_by(UserLink.id.desc()).limit(1)).one()


def log_in(session: Session, her: User, password: str, real: datetime) -> str:
    return team.log_in(
        session, address=her.address, password=password, network=HOME, real=real
    )


def test_an_invitation_is_a_delivery_whose_link_lets_her_choose_a_password_once(
    session: Session, now: datetime
) -> None:
    bo = invited(session, now)
    link = link_of(session, bo)

    mail = session.scalars(select(Delivery)).one()
    assert (mail.user_id, mail.address) == (bo.id, "bo@example.nl")
    assert mail.draft is not None
    assert mail.draft["link"] == link.id
    team.choose_password(session, link.id, NEW, real=now)
    assert team.current(session, log_in(session, bo, NEW, now), real=now)
    with pytest.raises(team.DeadLink):
        team.choose_password(session, link.id, PASSWORD, real=now)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("kind", list(UserLinkKind))
def test_every_letter_to_the_team_can_be_compiled(
    kind: UserLinkKind, language: str
) -> None:
    found = letters.letter(kind, language)

    assert "confirm_url" in found.html
    assert "confirm_url" in found.text
    assert "preferences_url" not in found.html


def test_who_is_only_invited_cannot_log_in_with_anything(
    session: Session, now: datetime
) -> None:
    bo = invited(session, now)

    for guess in ("", "-", "the password of nobody at all"):
        with pytest.raises(team.WrongPassword):
            log_in(session, bo, guess, now)


@pytest.mark.parametrize(
    ("kind", "lives"),
    [("invitation", timedelta(days=7)), ("password", timedelta(hours=1))],
)
def test_a_link_ends_after_its_time(
    session: Session, now: datetime, kind: str, lives: timedelta
) -> None:
    her = user(session) if kind == "password" else invited(session, now)
    if kind == "password":
        team.ask_password(session, her.address, now=now, real=now)
    link = link_of(session, her)

    team.link(session, link.id, real=now + lives - timedelta(seconds=1))
    with pytest.raises(team.DeadLink):
        team.link(session, link.id, real=now + lives)


def test_a_second_invitation_ends_the_first_and_a_disabled_one_opens_nothing(
    session: Session, now: datetime
) -> None:
    bo = invited(session, now)
    first = link_of(session, bo)
    team.invite_again(session, bo.id, now=now, real=now)
    second = link_of(session, bo)

    with pytest.raises(team.DeadLink):
        team.link(session, first.id, real=now)
    team.disable(session, bo.id, real=now)
    with pytest.raises(team.DeadLink):
        team.link(session, second.id, real=now)


def test_nobody_is_invited_twice_or_without_an_address(
    session: Session, now: datetime
) -> None:
    invited(session, now)

    with pytest.raises(team.BadUser):
        invited(session, now)
    with pytest.raises(BadAddress):
        team.invite(
            session, "nothing", name="", role=TeamRole.VIEWER, now=now, real=now
        )


def test_a_forgotten_password_is_mailed_once_in_ten_minutes_and_only_to_who_is_in(
    session: Session, now: datetime
) -> None:
    her = user(session)
    gone = user(session, disabled_at=now)
    only_invited = invited(session, now)
    asked = (her.address, her.address.upper(), gone.address, only_invited.address, "x")

    for address in asked:
        team.ask_password(session, address, now=now, real=now)

    mails = session.scalars(select(Delivery).where(Delivery.user_id == her.id)).all()
    assert len(mails) == 1
    assert len(session.scalars(select(Delivery)).all()) == 2  # and one invitation


def test_a_chosen_password_ends_every_log_in_and_every_other_link(
    session: Session, now: datetime
) -> None:
    her = user(session)
    secret = log_in(session, her, PASSWORD, now)
    team.ask_password(session, her.address, now=now, real=now)
    first = link_of(session, her)
    later = now + timedelta(minutes=11)
    team.ask_password(session, her.address, now=later, real=later)
    second = link_of(session, her)

    team.choose_password(session, second.id, NEW, real=later)

    assert team.current(session, secret, real=later) is None
    with pytest.raises(team.DeadLink):
        team.link(session, first.id, real=later)


def test_another_role_ends_her_log_ins_and_the_last_owner_stays(
    session: Session, now: datetime
) -> None:
    owner = user(session, role=TeamRole.OWNER)
    her = user(session)
    secret = log_in(session, her, PASSWORD, now)

    team.change(session, her.id, name="Mara", role=TeamRole.VIEWER, real=now)
    with pytest.raises(team.LastOwner):
        team.change(session, owner.id, name="", role=TeamRole.VIEWER, real=now)
    with pytest.raises(team.LastOwner):
        team.disable(session, owner.id, real=now)

    assert team.current(session, secret, real=now) is None
    assert session.get_one(User, owner.id).role is TeamRole.OWNER


def turned_on(session: Session, her: User, now: datetime) -> tuple[str, list[str]]:
    secret = team.new_secret()
    proof = team.Proof(PASSWORD, secret, pyotp.TOTP(secret).at(now))
    _, codes = team.turn_on(session, her.id, proof, seal=SEAL, real=now)
    return secret, codes


def prove(session: Session, half: str, code: str, real: datetime) -> str:
    return team.prove(session, half, code, seal=SEAL, network=HOME, real=real)


def test_with_a_second_step_the_password_alone_opens_nothing(
    session: Session, now: datetime
) -> None:
    her = user(session)
    secret, _ = turned_on(session, her, now)
    later = now + timedelta(minutes=5)

    half = log_in(session, her, PASSWORD, later)

    assert team.current(session, half, real=later) is None
    whole = prove(session, half, pyotp.TOTP(secret).at(later), later)
    assert whole != half
    assert team.current(session, whole, real=later)
    assert team.awaiting(session, half, real=later) is None


def test_a_code_opens_once_also_for_who_saw_it_over_her_shoulder(
    session: Session, now: datetime
) -> None:
    her = user(session)
    secret, _ = turned_on(session, her, now)
    later = now + timedelta(minutes=5)
    code = pyotp.TOTP(secret).at(later)
    prove(session, log_in(session, her, PASSWORD, later), code, later)

    thief = log_in(session, her, PASSWORD, later)

    for used in (code, pyotp.TOTP(secret).at(later - timedelta(seconds=30))):
        with pytest.raises(team.WrongCode):
            prove(session, thief, used, later)


def test_a_code_on_paper_opens_once_and_is_kept_as_a_hash(
    session: Session, now: datetime
) -> None:
    her = user(session)
    _, codes = turned_on(session, her, now)

    whole = prove(session, log_in(session, her, PASSWORD, now), codes[0].upper(), now)
    again = log_in(session, her, PASSWORD, now)

    assert team.current(session, whole, real=now)
    with pytest.raises(team.WrongCode):
        prove(session, again, codes[0], now)
    kept = session.scalars(select(RecoveryCode.code_hash)).all()
    assert len(kept) == len(set(codes)) == 10
    assert not set(kept) & set(codes)


def test_codes_cannot_be_guessed_and_a_half_log_in_ends_soon(
    session: Session, now: datetime
) -> None:
    her = user(session)
    secret, _ = turned_on(session, her, now)
    later = now + timedelta(minutes=5)
    half = log_in(session, her, PASSWORD, later)

    def guess() -> str:
        try:
            return prove(session, half, "000000", later)
        except team.WrongCode:
            return "wrong"
        except team.TooSoon:
            return "too soon"

    answers = [guess() for _ in range(8)]

    assert answers == ["wrong"] * 4 + ["too soon"] * 4
    much_later = later + timedelta(minutes=10)
    with pytest.raises(team.WrongCode):
        prove(session, half, pyotp.TOTP(secret).at(much_later), much_later)


def test_turning_it_on_needs_password_and_code_and_ends_the_other_log_ins(
    session: Session, now: datetime
) -> None:
    her = user(session)
    other = log_in(session, her, PASSWORD, now)
    secret = team.new_secret()
    code = pyotp.TOTP(secret).at(now)

    for proof, refusal in (
        (team.Proof("nee", secret, code), team.WrongPassword),
        (team.Proof(PASSWORD, secret, "12"), team.WrongCode),
    ):
        with pytest.raises(refusal):
            team.turn_on(session, her.id, proof, seal=SEAL, real=now)
    assert not her.has_code
    turned_on(session, her, now)

    assert team.current(session, other, real=now) is None
    assert her.code_secret is not None
    assert secret.encode() not in her.code_secret
    with pytest.raises(Broken):
        Seal.of("another key, as long as it must be 0123456789").open(her.code_secret)


def test_a_new_password_by_mail_does_not_take_the_second_step_away(
    session: Session, now: datetime
) -> None:
    her = user(session)
    turned_on(session, her, now)
    team.ask_password(session, her.address, now=now, real=now)

    team.choose_password(session, link_of(session, her).id, NEW, real=now)

    half = log_in(session, her, NEW, now)
    assert team.current(session, half, real=now) is None


def test_an_owner_can_reset_it_and_she_can_turn_it_off_with_her_password(
    session: Session, now: datetime
) -> None:
    for act in ("reset", "off"):
        her = user(session)
        turned_on(session, her, now)
        if act == "reset":
            team.reset(session, her.id, real=now)
        else:
            with pytest.raises(team.WrongPassword):
                team.turn_off(session, her.id, password="nee", real=now)
            team.turn_off(session, her.id, password=PASSWORD, real=now)

        assert team.current(session, log_in(session, her, PASSWORD, now), real=now)
        hers = select(Login).where(Login.user_id == her.id, Login.awaits_code)
        assert session.scalars(hers).all() == []
