"""Handing over: what is certain about a message, whatever the server does."""

import asyncio

import pytest
from conversation import BODY, PLAIN, SHORT, Story, eventually, pool_for, run, told, yes
from relay import OFFERS, Relay

from funnel.mail.smtp import Outcome, Phase, Pool, Receipt, SmtpUrl, Terms


async def no() -> bool:
    return False


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
