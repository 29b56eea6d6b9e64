"""What goes wrong in a conversation with a relay, and what is certain then."""

import asyncio

import pytest
from conversation import BODY, PLAIN, SHORT, Story, eventually, pool_for, run, told, yes
from relay import OFFERS, Act, Drip, Drop, Hang, Relay

from funnel.mail.smtp import Outcome, Patience, Phase, Pool, Receipt, SmtpUrl, Terms

BEFORE_THE_DOT = ["greeting", "EHLO", "MAIL", "RCPT", "DATA"]
GIANT = b"250-" + b"x" * 5_000_000
BAD: dict[str, Act] = {
    "drop": Drop(),
    "hang": Hang(),
    "half an answer": Drop(b"25"),
    "half an answer, then silence": Hang(b"250-fi"),
    "garbage": b"\x16\x03\x01\x02 this is no SMTP\r\n",
    "a web server": Drop(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "an answer of 5 MB": GIANT,
    "a line of 5 MB": b"2" * 5_000_000,
    "many lines without an end": b"250-x\r\n" * 50_000,
    "two codes at once": b"250-fine\r\n550 not fine\r\n",
    "a code that does not exist": b"999 x\r\n",
    "a code that means wait": b"150 wait\r\n",
}


@pytest.mark.parametrize("act", BAD.values(), ids=BAD)
@pytest.mark.parametrize("when", BEFORE_THE_DOT)
def test_what_fails_before_the_dot_is_known_not_to_be_delivered(
    when: str, act: Act
) -> None:
    receipt, relay = told({when: act})

    assert receipt.outcome is Outcome.UNREACHED
    assert receipt.text
    assert relay.messages == []


@pytest.mark.parametrize("when", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("act", [Drop(), Hang(), b"garbage\r\n"], ids=str)
def test_the_same_is_known_where_commands_go_one_by_one(when: str, act: Act) -> None:
    receipt, relay = told({when: act}, offers=PLAIN)

    assert (receipt.outcome, receipt.phase) == (Outcome.UNREACHED, Phase(when.lower()))
    assert relay.messages == []


@pytest.mark.parametrize("act", BAD.values(), ids=BAD)
def test_what_fails_within_the_body_is_noticed_before_the_dot(act: Act) -> None:
    async def story() -> tuple[Receipt, Relay]:
        async with Relay([{"body": act}]) as relay:

            async def fence() -> bool:
                await eventually(lambda: relay.sessions[0].acted)
                for _ in range(20):  # both ends share this loop: now it has heard
                    await asyncio.sleep(0)
                return True

            pool = pool_for(relay)
            receipt = await pool.send("b@c.nl", "a@b.nl", BODY, fence)
            await pool.close()
            return receipt, relay

    receipt, relay = run(story())

    is_only_silent = act == Hang()
    assert receipt.outcome is (Outcome.UNKNOWN if is_only_silent else Outcome.UNREACHED)
    assert relay.messages == []


@pytest.mark.parametrize("act", BAD.values(), ids=BAD)
def test_silence_after_the_dot_leaves_the_message_in_doubt(act: Act) -> None:
    receipt, _ = told({"dot": act})

    assert receipt.outcome is Outcome.UNKNOWN
    assert receipt.phase is Phase.DOT


@pytest.mark.parametrize("code", [b"421", b"450", b"452", b"550", b"554"])
@pytest.mark.parametrize("when", ["MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize("offers", [OFFERS, PLAIN], ids=["pipelined", "in steps"])
def test_a_no_is_final_or_for_now_and_says_where(
    when: str, code: bytes, offers: tuple[str, ...]
) -> None:
    receipt, relay = told(
        {when: code + b"-5.9.9 sorry\r\n" + code + b" 4.2.1 try elsewhere\r\n"},
        offers=offers,
    )

    outcome = Outcome.REFUSED if code.startswith(b"5") else Outcome.DEFERRED
    assert receipt == Receipt(
        outcome, int(code), "4.2.1", "sorry try elsewhere", Phase(when.lower())
    )
    assert relay.messages == []


@pytest.mark.parametrize("code", [b"421", b"554"])
@pytest.mark.parametrize("when", ["greeting", "EHLO"])
def test_a_relay_that_turns_us_away_says_nothing_about_the_message(
    when: str, code: bytes
) -> None:
    receipt, _ = told({when: code + b" 5.7.1 go away\r\n", "HELO": b"554 no\r\n"})

    assert receipt.outcome is Outcome.UNREACHED
    assert receipt.code == (554 if when == "EHLO" and code == b"554" else int(code))


def test_a_refusal_in_the_middle_of_the_body_is_heard_before_the_fence() -> None:
    asked = list[bool]()

    async def fence() -> bool:
        asked.append(True)
        return True

    receipt, relay = told(
        {"body": Drop(b"552 5.3.4 too much\r\n")},
        data=b"x: y\r\n\r\n" + b"a\r\n" * 8_000_000,  # more than a socket holds
        offers=(),
        fence=fence,
    )

    assert (receipt.outcome, receipt.code) in {
        (Outcome.REFUSED, 552),
        (Outcome.UNREACHED, 0),
    }
    assert asked == []
    assert relay.messages == []


def test_answers_octet_by_octet_are_put_together() -> None:
    script = {
        "greeting": Drip(b"220-hello\r\n220 there\r\n"),
        "EHLO": Drip(b"250-me\r\n250-PIPELINING\r\n250 SIZE 1000\r\n"),
        "MAIL": Drip(b"250 2.1.0 ok\n"),
        "dot": Drip(b"250-2.0.0 one\r\n250 2.0.0 two\r\n"),
    }

    receipt, relay = told(script)

    assert receipt.reply == "250 2.0.0 one two"
    assert len(relay.messages) <= 1  # "dot" is scripted: the relay forgets it


def test_nobody_listening_is_a_receipt_and_no_exception() -> None:
    async def story() -> Receipt:
        async with Relay() as relay:
            port = relay.port
        pool = Pool(SmtpUrl("127.0.0.1", port), Terms(patience=SHORT))
        return await pool.send("b@c.nl", "a@b.nl", BODY, yes)

    receipt = run(story())

    assert (receipt.outcome, receipt.phase) == (Outcome.UNREACHED, Phase.CONNECT)


@pytest.mark.parametrize("offers", [OFFERS, PLAIN], ids=["pipelined", "in steps"])
def test_after_a_refusal_the_same_connection_takes_the_next_message(
    offers: tuple[str, ...],
) -> None:
    async def story() -> tuple[list[Receipt], Relay]:
        async with Relay(
            [{"RCPT": b"550 5.1.1 nobody\r\n", "DATA": b"503 no\r\n"}], offers
        ) as relay:
            pool = pool_for(relay)
            first = await pool.send("b@c.nl", "a@b.nl", BODY, yes)
            relay.sessions[0].script = {}
            second = await pool.send("b@c.nl", "a@b.nl", BODY, yes)
            await pool.close()
            return [first, second], relay

    receipts, relay = run(story())

    assert receipts[0].reply == "550 5.1.1 nobody"
    assert receipts[0].phase is Phase.RCPT
    assert receipts[1].outcome is Outcome.ACCEPTED
    assert len(relay.sessions) == 1
    assert "RSET" in relay.sessions[0].commands


def test_a_server_that_wants_a_body_without_a_recipient_gets_none() -> None:
    receipt, relay = told({"RCPT": b"550 5.1.1 nobody\r\n"})

    assert receipt.reply == "550 5.1.1 nobody"
    assert relay.sessions[0].body == b""
    assert relay.messages == []


# Kept connections ----------------------------------------------------------------


@pytest.mark.parametrize(
    "ending", [Drop(), Drop(b"421 4.4.2 idle too long\r\n"), Hang()], ids=str
)
def test_a_kept_connection_that_has_ended_is_replaced_once(ending: Act) -> None:
    async def story() -> tuple[Receipt, Relay]:
        async with Relay([{}, {}]) as relay:
            pool = pool_for(relay)
            await pool.send("b@c.nl", "a@b.nl", BODY, yes)
            relay.sessions[0].script = {"MAIL": ending}
            receipt = await pool.send("b@c.nl", "a@b.nl", BODY, yes)
            await pool.close()
            return receipt, relay

    receipt, relay = run(story())

    assert receipt.outcome is Outcome.ACCEPTED
    assert len(relay.sessions) == 2
    assert relay.messages == [BODY, BODY]


def test_a_connection_that_waited_too_long_is_not_trusted() -> None:
    patience = Patience(command=0.5, kept=0.0)

    story = Story(to=("a@b.nl",) * 2, settings={"patience": patience})
    receipts, relay = run(story.tell())

    assert receipts[1].outcome is Outcome.ACCEPTED
    assert len(relay.sessions) == 2


def test_a_server_that_always_ends_is_tried_only_once_more() -> None:
    async def story() -> tuple[Receipt, Relay]:
        async with Relay([{}, {"MAIL": Drop()}]) as relay:
            pool = pool_for(relay)
            await pool.send("b@c.nl", "a@b.nl", BODY, yes)
            relay.sessions[0].script = {"MAIL": Drop()}
            receipt = await pool.send("b@c.nl", "a@b.nl", BODY, yes)
            await pool.close()
            return receipt, relay

    receipt, relay = run(story())

    assert (receipt.outcome, receipt.phase) == (Outcome.UNREACHED, Phase.MAIL)
    assert len(relay.sessions) == 2
