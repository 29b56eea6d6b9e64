"""A relay that does not answer is left alone, and looked at now and then."""

import asyncio

from sink import DROP, Sink

from funnel.mail.breaker import Breaker, State
from funnel.mail.smtp import Outcome, Patience, Phase, Pool, Receipt, SmtpUrl, Terms

SHORT = Patience(connect=5, command=2, body=2, dot=2)


async def yes() -> bool:
    return True


def broken(failures: int = 3, rest: float = 10.0) -> Breaker:
    breaker = Breaker(failures, rest)
    for _ in range(failures):
        breaker.failed(0.0)
    return breaker


def test_a_few_failures_in_a_row_leave_the_relay_alone() -> None:
    breaker = Breaker(3, 10.0)

    for _ in range(2):
        breaker.failed(0.0)
    before = breaker.allows(0.0)
    breaker.failed(0.0)

    assert before
    assert breaker.state(0.0) is State.OPEN
    assert not breaker.allows(9.9)


def test_failures_between_answers_do_not_add_up() -> None:
    breaker = Breaker(3, 10.0)

    for _ in range(10):
        breaker.failed(0.0)
        breaker.failed(0.0)
        breaker.succeeded()

    assert breaker.state(0.0) is State.CLOSED


def test_after_the_rest_one_connection_has_a_look() -> None:
    breaker = broken()

    assert breaker.state(10.0) is State.HALF_OPEN
    assert breaker.allows(10.0)
    assert not breaker.allows(10.0)


def test_an_answer_to_the_look_opens_the_way_for_everybody() -> None:
    breaker = broken()
    breaker.allows(10.0)

    breaker.succeeded()

    assert breaker.state(10.0) is State.CLOSED
    assert breaker.allows(10.0)
    assert breaker.allows(10.0)


def test_each_look_in_vain_makes_the_rest_longer_up_to_a_minute() -> None:
    breaker, now, rests = broken(), 10.0, []

    for _ in range(5):
        assert breaker.allows(now)
        breaker.failed(now)
        started = now
        while breaker.state(now) is State.OPEN:
            now += 1.0
        rests.append(now - started)

    assert rests == [20.0, 40.0, 60.0, 60.0, 60.0]


def test_a_look_that_nobody_hears_of_again_blocks_nothing() -> None:
    breaker = broken()
    breaker.allows(10.0)

    assert breaker.allows(30.0)


def test_messages_for_a_relay_that_is_down_come_back_at_once_and_unsent() -> None:
    async def story() -> tuple[list[Receipt], State]:
        server = await asyncio.start_server(Sink().serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        pool = Pool(SmtpUrl("127.0.0.1", port), Terms(connections=2, patience=SHORT))
        sending = (pool.send("b@c.nl", "a@b.nl", b"x: y\r\n", yes) for _ in range(50))
        receipts = await asyncio.gather(*sending)
        state = pool.state
        await pool.close()
        return receipts, state

    receipts, state = asyncio.run(story())

    assert state is State.OPEN
    assert {one.outcome for one in receipts} == {Outcome.UNREACHED}
    assert {one.phase for one in receipts} == {Phase.CONNECT}
    assert "left alone" in receipts[-1].text
    assert sum("left alone" not in one.text for one in receipts) <= 5


def test_a_relay_that_comes_back_is_noticed_and_closed_again() -> None:
    async def story() -> tuple[Receipt, list[Receipt], State]:
        sink = Sink(lambda turn: DROP if turn.phase == "connect" else None)
        server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        breaker = Breaker(failures=1, rest=0.05)
        pool = Pool(SmtpUrl("127.0.0.1", port), Terms(patience=SHORT), breaker=breaker)
        refused = await pool.send("b@c.nl", "a@b.nl", b"x: y\r\n", yes)
        sink.script = lambda _turn: None
        while pool.state is State.OPEN:  # noqa: ASYNC110 - time has no event
            await asyncio.sleep(0.005)
        sending = (pool.send("b@c.nl", "a@b.nl", b"x: y\r\n", yes) for _ in range(9))
        receipts = await asyncio.gather(*sending)
        state = pool.state
        await pool.close()
        server.close()
        return refused, receipts, state

    refused, receipts, state = asyncio.run(story())

    assert refused.outcome is Outcome.UNREACHED
    assert {one.outcome for one in receipts} == {Outcome.ACCEPTED}
    assert state is State.CLOSED


def test_a_connection_that_could_not_be_opened_is_tried_again_beside_a_busy_one() -> (
    None
):
    async def story() -> list[str]:
        hold, is_held, sink = asyncio.Event(), asyncio.Event(), Sink()
        answers = iter([None, DROP])
        sink.script = lambda turn: (
            next(answers, None) if turn.phase == "connect" else None
        )
        server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        pool = Pool(SmtpUrl("127.0.0.1", port), Terms(connections=2, patience=SHORT))

        async def held() -> bool:
            is_held.set()
            await hold.wait()
            return True

        first = asyncio.ensure_future(pool.send("b@c.nl", "a@b.nl", b"x: y\r\n", held))
        await is_held.wait()
        await pool.send("b@c.nl", "second@b.nl", b"x: y\r\n", yes)
        hold.set()
        await first
        await pool.close()
        server.close()
        return sink.recipients

    assert asyncio.run(story()) == ["second@b.nl", "a@b.nl"]


def test_urgent_messages_go_first_and_have_a_connection_of_their_own() -> None:
    async def story() -> list[str]:
        hold, sink = asyncio.Event(), Sink()
        server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        terms = Terms(connections=2, for_urgent=1, patience=SHORT)
        pool = Pool(SmtpUrl("127.0.0.1", port), terms)
        is_held = asyncio.Event()

        async def held() -> bool:
            is_held.set()
            await hold.wait()
            return True

        ordinary = [
            asyncio.ensure_future(pool.send("b@c.nl", f"o{n}@b.nl", b"x: y\r\n", held))
            for n in range(4)
        ]
        await is_held.wait()
        urgent = pool.send("b@c.nl", "urgent@b.nl", b"x: y\r\n", yes, is_urgent=True)
        await urgent
        hold.set()
        await asyncio.gather(*ordinary)
        await pool.close()
        server.close()
        return sink.recipients

    recipients = asyncio.run(story())

    assert recipients == ["urgent@b.nl", *(f"o{n}@b.nl" for n in range(4))]
