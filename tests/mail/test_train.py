"""Deep connections: the fences of a train are asked together, never too many."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sink import Sink

from funnel.mail.smtp import Outcome, Pool, Receipt, SmtpUrl, Terms

DEPTH, MESSAGES = 4, 12
Ask = Callable[[int], Awaitable[bool]]


async def sent(
    sink: Sink, ask: Ask, lines: list[asyncio.StreamWriter] | None = None
) -> list[Receipt]:
    """Send a dozen messages over one connection, each behind its fence."""
    sink.offers = ("PIPELINING", "CHUNKING")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if lines is not None:
            lines.append(writer)
        await sink.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    pool = Pool(SmtpUrl("127.0.0.1", port), Terms(connections=1, depth=DEPTH))

    async def send(number: int) -> Receipt:
        body = f"Message-ID: <{number}@c.nl>\r\n\r\n.dot\r\n".encode()
        to = f"a{number}@c.nl"
        return await pool.send("b@c.nl", to, body, lambda: ask(number))

    async with asyncio.timeout(30):
        receipts = await asyncio.gather(*map(send, range(MESSAGES)))
    await pool.close()
    server.close()
    return receipts


def test_the_fences_of_a_train_are_asked_together() -> None:
    async def story() -> list[Receipt]:
        together = asyncio.Barrier(DEPTH)  # nobody passes before so many have asked

        async def ask(_: int) -> bool:
            await together.wait()
            return True

        return await sent(Sink(), ask)

    receipts = asyncio.run(story())

    assert {one.outcome for one in receipts} == {Outcome.ACCEPTED}


@pytest.mark.parametrize("is_slow", [False, True])
def test_never_are_more_behind_the_fence_than_may_be_in_doubt(is_slow: bool) -> None:
    sink, asked, behind = Sink(), list[int](), list[int]()

    async def ask(number: int) -> bool:
        asked.append(number)
        behind.append(len(asked) - len(sink.kept))
        for _ in range(5 * is_slow):
            await asyncio.sleep(0)
        return True

    receipts = asyncio.run(sent(sink, ask))

    assert {one.outcome for one in receipts} == {Outcome.ACCEPTED}
    assert max(behind) <= DEPTH
    assert sorted(asked) == list(range(MESSAGES))


def test_a_message_that_was_refused_ahead_stops_no_other_of_its_train() -> None:
    sink, refused = Sink(), {2, 3, 7}

    async def ask(number: int) -> bool:
        await asyncio.sleep(0)
        return number not in refused

    receipts = asyncio.run(sent(sink, ask))

    fenced = {n for n, one in enumerate(receipts) if one.outcome is Outcome.FENCED}
    assert fenced == refused
    assert len(sink.recipients) == MESSAGES - len(refused)


def test_what_was_let_through_and_never_written_is_known_not_to_be_sent() -> None:
    """The connection ends between the fence and the body: nothing is in doubt."""
    sink, asked, lines = Sink(), list[int](), list[asyncio.StreamWriter]()

    async def story() -> list[Receipt]:
        another_goes_on = asyncio.Event()

        async def ask(number: int) -> bool:
            asked.append(number)
            if len(asked) == DEPTH:
                lines[0].close()
            elif len(asked) > DEPTH:
                another_goes_on.set()
            if number == asked[0]:
                await another_goes_on.wait()
            return True

        return await sent(sink, ask, lines)

    receipts = asyncio.run(story())

    arrived = {int(to.partition("@")[0][1:]) for to in sink.recipients}
    accepted = {n for n, one in enumerate(receipts) if one.outcome is Outcome.ACCEPTED}
    assert {receipts[n].outcome for n in asked[:DEPTH]} == {Outcome.UNREACHED}
    assert accepted == arrived == set(range(MESSAGES)) - set(asked[:DEPTH])
