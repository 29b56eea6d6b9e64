"""Handing over: what is certain about a message, whatever the server does."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from relay import OFFERS, Act, Drip, Drop, Hang, Relay, Script

from funnel.mail.smtp import Outcome, Patience, Phase, Pool, Receipt, SmtpUrl, Terms

T = TypeVar("T")
BODY = b"Subject: x\r\n\r\n.a dot\r\n..\r\nbye\r\n"
SHORT = Patience(connect=5, command=0.25, body=0.25, dot=0.25, kept=30)
PLAIN = tuple(offer for offer in OFFERS if offer != "PIPELINING")


def run(story: Coroutine[Any, Any, T]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(30):
            return await story

    return asyncio.run(bounded())


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


def pool_for(relay: Relay, **settings: Any) -> Pool:
    url = SmtpUrl("127.0.0.1", relay.port)
    return Pool(url, Terms(**{"patience": SHORT, **settings}))


async def eventually(is_so: Callable[[], object]) -> None:
    while not is_so():  # noqa: ASYNC110 - the other side has no event to wait for
        await asyncio.sleep(0.005)


@dataclass
class Story:
    """Some messages sent to one relay, one after another."""

    scripts: tuple[Script, ...] = ({},)
    offers: tuple[str, ...] = OFFERS
    fence: Callable[[], Awaitable[bool]] = yes
    to: tuple[str, ...] = ("anna@example.com",)
    data: bytes = BODY
    settings: dict[str, Any] = field(default_factory=dict)

    async def tell(self) -> tuple[list[Receipt], Relay]:
        async with Relay(self.scripts, self.offers) as relay:
            pool = pool_for(relay, **self.settings)
            receipts = [
                await pool.send("b+1@voorbeeld.nl", to, self.data, self.fence)
                for to in self.to
            ]
            await pool.close()
            await eventually(lambda: all(one.ended for one in relay.sessions))
        return receipts, relay


def told(*scripts: Script, **settings: Any) -> tuple[Receipt, Relay]:
    receipts, relay = run(Story(scripts or ({},), **settings).tell())
    return receipts[-1], relay


@pytest.mark.parametrize("offers", [OFFERS, PLAIN, ()])
def test_a_message_arrives_as_it_was_written(offers: tuple[str, ...]) -> None:
    receipt, relay = told(offers=offers)

    assert receipt == Receipt(Outcome.ACCEPTED, 250, "2.0.0", "queued as 1", Phase.DOT)
    assert receipt.reply == "250 2.0.0 queued as 1"
    assert relay.messages == [BODY]


def test_a_server_without_ehlo_is_spoken_to_in_the_old_way() -> None:
    receipt, relay = told({"EHLO": b"502 5.5.1 what\r\n"})

    assert receipt.outcome is Outcome.ACCEPTED
    assert relay.sessions[0].commands[1] == "HELO [127.0.0.1]"
    assert "MAIL FROM:<b+1@voorbeeld.nl>" in relay.sessions[0].commands


def test_the_server_is_told_the_size_and_asked_only_for_what_it_offers() -> None:
    _, relay = told()

    assert f"MAIL FROM:<b+1@voorbeeld.nl> SIZE={len(BODY)}" in (
        relay.sessions[0].commands
    )


def test_connections_are_kept_and_used_again_without_reset() -> None:
    receipts, relay = run(Story(to=("a@example.com",) * 5).tell())

    assert [one.outcome for one in receipts] == [Outcome.ACCEPTED] * 5
    assert len(relay.sessions) == 1
    assert "RSET" not in relay.sessions[0].commands
    assert relay.sessions[0].commands[-1] == "QUIT"


def test_a_connection_ends_after_its_share_of_messages() -> None:
    story = Story(to=("a@example.com",) * 5, settings={"messages_per_connection": 2})

    _, relay = run(story.tell())

    assert len(relay.messages) == 5
    assert len(relay.sessions) == 3


def test_no_more_connections_than_allowed_are_open_at_once() -> None:
    async def story() -> Relay:
        async with Relay() as relay:
            pool = pool_for(relay, connections=3)
            sending = [pool.send("b@c.nl", "a@b.nl", BODY, yes) for _ in range(40)]
            await asyncio.gather(*sending)
            await pool.close()
            return relay

    relay = run(story())

    assert len(relay.messages) == 40
    assert len(relay.sessions) == 3


# The fence -----------------------------------------------------------------------


@pytest.mark.parametrize("offers", [OFFERS, PLAIN])
def test_the_fence_is_asked_when_all_but_the_dot_has_arrived(
    offers: tuple[str, ...],
) -> None:
    async def story() -> tuple[Receipt, Relay, list[bytes]]:
        seen = list[bytes]()
        async with Relay(offers=offers) as relay:

            async def fence() -> bool:
                await eventually(lambda: relay.sessions[0].body == BODY)
                seen.extend(relay.messages)
                return True

            pool = pool_for(relay)
            receipt = await pool.send("b@c.nl", "a@b.nl", BODY, fence)
            await pool.close()
            return receipt, relay, seen

    receipt, relay, seen = run(story())

    assert seen == []
    assert receipt.outcome is Outcome.ACCEPTED
    assert relay.messages == [BODY]


def test_a_no_of_the_fence_closes_the_connection_without_the_dot() -> None:
    receipt, relay = told(fence=no)

    assert receipt.outcome is Outcome.FENCED
    assert receipt.phase is Phase.FENCE
    assert relay.messages == []
    assert relay.sessions[0].commands[-1] == "DATA"


def test_a_fence_that_fails_is_a_no_and_its_error_is_raised() -> None:
    async def story() -> Relay:
        async def fence() -> bool:
            raise LookupError("the database is gone")

        async with Relay() as relay:
            pool = pool_for(relay)
            with pytest.raises(LookupError):
                await pool.send("b@c.nl", "a@b.nl", BODY, fence)
            await eventually(lambda: relay.sessions[0].ended)
            again = await pool.send("b@c.nl", "a@b.nl", BODY, yes)
            assert again.outcome is Outcome.ACCEPTED
            await pool.close()
            return relay

    relay = run(story())

    assert relay.messages == [BODY]


def test_cancelling_before_the_dot_delivers_nothing() -> None:
    async def story() -> Relay:
        reached = asyncio.Event()

        async def fence() -> bool:
            reached.set()
            await asyncio.Event().wait()
            return True

        async with Relay() as relay:
            pool = pool_for(relay)
            sending = asyncio.ensure_future(pool.send("b@c.nl", "a@b.nl", BODY, fence))
            await reached.wait()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            await eventually(lambda: relay.sessions[0].ended)
            await pool.close()
            return relay

    assert run(story()).messages == []


# What goes wrong, and what is certain then ---------------------------------------

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


# Addresses and contents that attack ----------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("a@b.nl>\r\nDATA\r\n", "a@b.nl\r\nRCPT TO:<c@d.nl", "a@b.nl\n", "a@b.nl\0"),
        *(
            "<a@b.nl>",
            "a@b.nl> SIZE=1",
            "a b@c.nl",
            "a@b.nl,c@d.nl",
            "",
            "@",
            "a\u2028@b",
        ),
    ],
)
def test_an_address_cannot_leave_its_command(address: str) -> None:
    receipt, relay = told(to=(address,))

    assert receipt.outcome is Outcome.REFUSED
    assert receipt.enhanced == "5.1.3"
    assert relay.sessions == []


@pytest.mark.parametrize(
    "data",
    [b"a\n.\nb\r\n", b"a\r.\rb\r\n", b"a\r\n.\rb\r\n", b"a\n.\r\nMAIL\r\n", b"a\0\r\n"],
)
def test_a_message_with_a_bare_line_end_is_never_sent(data: bytes) -> None:
    with pytest.raises(ValueError, match="CRLF"):
        told(data=data)


def test_dots_at_the_start_of_lines_cannot_end_the_message() -> None:
    data = b".\r\n.\r\n..\r\nMAIL FROM:<x@y.nl>\r\n.\r\nlast without an end"

    receipt, relay = told(data=data)

    assert receipt.outcome is Outcome.ACCEPTED
    assert relay.messages == [data + b"\r\n"]


def test_a_message_larger_than_the_relay_takes_is_refused_without_asking() -> None:
    receipt, relay = told(offers=("SIZE 10",))

    assert (receipt.outcome, receipt.enhanced) == (Outcome.REFUSED, "5.3.4")
    assert not any(line.startswith("MAIL") for line in relay.sessions[0].commands)


def test_an_international_mailbox_needs_a_relay_that_takes_it() -> None:
    taken, relay = told(to=("änna@bücher.example",))
    refused, _ = told(to=("änna@bücher.example",), offers=PLAIN[:1])
    domain, other = told(to=("anna@bücher.example",), offers=())

    assert taken.outcome is Outcome.ACCEPTED
    assert "RCPT TO:<änna@xn--bcher-kva.example>" in relay.sessions[0].commands
    assert relay.sessions[0].commands[1].endswith(" BODY=8BITMIME SMTPUTF8")
    assert (refused.outcome, refused.enhanced) == (Outcome.REFUSED, "5.6.7")
    assert domain.outcome is Outcome.ACCEPTED
    assert "RCPT TO:<anna@xn--bcher-kva.example>" in other.sessions[0].commands


# Where the relay is --------------------------------------------------------------


def test_a_url_says_where_the_relay_is_and_hides_its_password() -> None:
    url = SmtpUrl.parse("smtp://me%40x:p%2Fw@relay.example:587?tls=starttls")

    assert url == SmtpUrl("relay.example", 587, "me@x", "p/w", "starttls")
    assert "p/w" not in repr(url)
    assert SmtpUrl.parse("smtp://relay.example?tls=tls").port == 465
    assert SmtpUrl.parse("smtp://relay.example").port == 25
    assert SmtpUrl.parse("smtp://u:p@127.0.0.1:1025").user == "u"


@pytest.mark.parametrize(
    "url",
    [
        *("http://relay.example", "smtp://", "relay.example:25", ""),
        *("smtp://relay.example?tls=maybe", "smtp://u:p@relay.example"),
    ],
)
def test_a_url_that_makes_no_sense_or_shows_a_password_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp://|tls"):
        SmtpUrl.parse(url)


def test_what_was_said_in_the_clear_does_not_count_once_encrypted() -> None:
    async def story() -> tuple[Receipt, Relay]:
        said = {"STARTTLS": b"220 go on\r\n250-injected\r\n250 AUTH PLAIN\r\n"}
        async with Relay([said], ("STARTTLS",)) as relay:
            url = SmtpUrl("127.0.0.1", relay.port, tls="starttls")
            pool = Pool(url, Terms(patience=SHORT))
            receipt = await pool.send("b@c.nl", "a@b.nl", BODY, yes)
            await pool.close()
            return receipt, relay

    receipt, relay = run(story())

    assert (receipt.outcome, receipt.phase) == (Outcome.UNREACHED, Phase.STARTTLS)
    assert receipt.text == "the server spoke before the encryption began"
    assert relay.messages == []
