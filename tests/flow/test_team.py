"""People, passwords and log-ins."""

import io
from datetime import datetime, timedelta

import factories
import pytest
from argon2 import PasswordHasher
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.flow import team
from funnel.flow.team import passwords
from funnel.models import LoginAttempt

GOOD = "vier woorden die niemand raadt"
HOME, ELSEWHERE = "192.0.2.0/24", "198.51.100.0/24"


@pytest.fixture
def anna(session: Session, now: datetime) -> str:
    team.add_user(session, "Anna@Example.nl", GOOD, now=now)
    return "anna@example.nl"


def try_in(
    session: Session, address: str, password: str, real: datetime, network: str = HOME
) -> str | None:
    """Return the secret, "wrong" or None for too soon."""
    try:
        return team.log_in(
            session, address=address, password=password, network=network, real=real
        )
    except team.WrongPassword:
        return "wrong"
    except team.TooSoon:
        return None


def test_who_knows_the_password_gets_in_whatever_the_case_of_her_address(
    session: Session, anna: str, now: datetime
) -> None:
    secret = try_in(session, " ANNA@example.nl ", GOOD, now)

    assert secret not in {None, "wrong"}
    found = team.current(session, secret or "", real=now)
    assert found is not None
    assert found.user.address == anna


def test_an_accent_typed_in_another_way_is_the_same_password(
    session: Session, now: datetime
) -> None:
    composed, decomposed = "caf\u00e9 met vier stoelen", "cafe\u0301 met vier stoelen"
    team.add_user(session, "bo@example.nl", composed, now=now)

    assert try_in(session, "bo@example.nl", decomposed, now) != "wrong"


def test_passwords_are_kept_as_argon2id_of_at_least_nineteen_mebibytes() -> None:
    kept = passwords.encode(GOOD)

    assert kept.startswith("$argon2id$")
    assert "m=19456,t=2,p=1" in kept


def test_an_older_hash_is_renewed_at_the_next_log_in(
    session: Session, now: datetime
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
    user = factories.user(session, password_hash=weak.hash(GOOD))

    try_in(session, user.address, GOOD, now)

    assert not passwords.is_old(user.password_hash)
    assert passwords.verify(user.password_hash, GOOD)


@pytest.mark.parametrize(
    "password", ["short", "a" * 40, "anna@example en nog wat", "x1y2z" * 300]
)
def test_a_weak_password_is_refused(
    session: Session, now: datetime, password: str
) -> None:
    with pytest.raises(team.WeakPassword):
        team.add_user(session, "anna@example.nl", password, now=now)


def test_a_password_of_a_megabyte_is_refused_without_hashing_it() -> None:
    kept = passwords.encode(GOOD)

    assert not passwords.verify(kept, "x" * 1_000_000)


def test_an_unknown_address_is_refused_like_a_wrong_password(
    session: Session, anna: str, now: datetime
) -> None:
    assert try_in(session, anna, "niet dit wachtwoord", now) == "wrong"
    assert try_in(session, "nobody@example.nl", GOOD, now) == "wrong"


def test_after_a_few_wrong_tries_the_next_one_must_wait_and_longer_each_time(
    session: Session, anna: str, now: datetime
) -> None:
    for second in range(4):
        assert (
            try_in(session, anna, "wrong", now + timedelta(seconds=second)) == "wrong"
        )

    at = now + timedelta(seconds=3)
    waits = []
    for _ in range(4):
        with pytest.raises(team.TooSoon) as early:
            team.log_in(session, address=anna, password=GOOD, network=HOME, real=at)
        waits.append(early.value.wait)
        at += early.value.wait
        assert try_in(session, anna, "wrong", at) == "wrong"

    assert waits == sorted(set(waits))


def test_a_try_that_came_too_soon_is_not_counted(
    session: Session, anna: str, now: datetime
) -> None:
    for _ in range(4):
        try_in(session, anna, "wrong", now)

    for _ in range(20):
        assert try_in(session, anna, GOOD, now) is None

    assert session.scalar(select(func.count(LoginAttempt.id))) == 4
    assert try_in(session, anna, GOOD, now + timedelta(seconds=1)) != "wrong"


def test_nobody_waits_longer_than_a_quarter_of_an_hour(
    session: Session, anna: str, now: datetime
) -> None:
    for _ in range(40):
        attempt = LoginAttempt(
            address_hash=addresses.digest(anna), network=HOME, succeeded=False, at=now
        )
        session.add(attempt)
    session.flush()

    assert try_in(session, anna, GOOD, now + timedelta(minutes=14)) is None
    assert try_in(session, anna, GOOD, now + timedelta(minutes=15)) is not None


def test_a_stranger_elsewhere_cannot_keep_her_out(
    session: Session, anna: str, now: datetime
) -> None:
    assert try_in(session, anna, GOOD, now - timedelta(days=3)) != "wrong"

    for second in range(100):
        try_in(session, anna, "x", now + timedelta(seconds=second), ELSEWHERE)

    assert try_in(session, anna, GOOD, now + timedelta(seconds=100)) not in {
        None,
        "wrong",
    }


def test_one_network_cannot_try_many_accounts_quickly(
    session: Session, now: datetime
) -> None:
    answers = [
        try_in(session, f"somebody{number}@example.nl", "x", now)
        for number in range(25)
    ]

    assert answers[-1] is None
    assert try_in(session, "somebody@example.nl", "x", now, ELSEWHERE) == "wrong"


def test_a_new_password_ends_every_open_log_in_but_the_one_that_asked(
    session: Session, anna: str, now: datetime
) -> None:
    first, second = (try_in(session, anna, GOOD, now) or "" for _ in range(2))
    user = team.users(session)[0]

    fresh = team.change_password(
        session, user.id, old=GOOD, new="een heel ander wachtwoord", real=now
    )

    assert team.current(session, first, real=now) is None
    assert team.current(session, second, real=now) is None
    assert team.current(session, fresh, real=now) is not None
    assert try_in(session, anna, GOOD, now) == "wrong"


def test_a_reset_password_ends_every_log_in(
    session: Session, anna: str, now: datetime
) -> None:
    secret = try_in(session, anna, GOOD, now) or ""

    team.reset_password(session, anna, "een heel ander wachtwoord", real=now)

    assert team.current(session, secret, real=now) is None


def test_a_log_in_ends_after_two_weeks_and_when_somebody_is_disabled(
    session: Session, anna: str, now: datetime
) -> None:
    secret = try_in(session, anna, GOOD, now) or ""

    assert team.current(session, secret, real=now + timedelta(days=13)) is not None
    assert team.current(session, secret, real=now + timedelta(days=14)) is None
    team.users(session)[0].disabled_at = now
    assert team.current(session, secret, real=now) is None


def picture(kind: str, size: tuple[int, int] = (1600, 900), **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "olive").save(out, kind, **more)
    return out.getvalue()


def test_the_hosts_picture_is_made_anew_without_what_was_hidden_in_it() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    sent = picture("JPEG", exif=exif) + b"<script>alert(1)</script>"

    kept = team.host_picture(sent)

    with Image.open(io.BytesIO(kept)) as image:
        assert image.format == "JPEG"
        assert max(image.size) == 1200
        assert not image.getexif()
    assert b"secret" not in kept
    assert b"<script>" not in kept


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a nothing",
        b"",
        picture("JPEG")[:200],
        b"\0" * 10_000_001,
    ],
    ids=["svg", "broken gif", "empty", "cut off", "ten megabytes"],
)
def test_what_is_no_picture_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(team.BadPicture):
        team.host_picture(data)


def test_a_profile_says_which_fields_are_missing_or_wrong(session: Session) -> None:
    form = team.Profile.of({"name": "Rust", "reply_to": "nowhere", "zone": "Mars/Base"})

    with pytest.raises(team.BadProfile) as refused:
        team.save_profile(session, form)

    problems = refused.value.problems
    assert problems["postal_address"] == "missing"
    assert problems["reply_to"] == "address"
    assert problems["zone"] == "zone"
    assert "name" not in problems
    assert not team.is_ready(session)
