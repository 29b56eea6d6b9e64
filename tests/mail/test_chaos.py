"""One bad moment in the middle of many messages: every receipt stays true.

Six messages travel one connection; what the relay does to the third is in the
table. What it kept is the truth that the receipts are held against.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import pytest
from sink import DROP, HANG, RESET, Answer, Drip, Sink, Turn

from funnel.mail.smtp import Outcome, Patience, Phase, Pool, Receipt, SmtpUrl, Terms

MODES = {
    "in steps": ((), 1),
    "pipelined": (("PIPELINING",), 1),
    "in chunks": (("PIPELINING", "CHUNKING"), 1),
    "in chunks, four deep": (("PIPELINING", "CHUNKING"), 4),
}
MESSAGES, VICTIM = 6, 2
SHORT = Patience(connect=10, command=1.5, body=1.5, dot=1.5)
UNSENT = {Outcome.REFUSED, Outcome.DEFERRED, Outcome.UNREACHED, Outcome.FENCED}

BEFORE = ("mail", "rcpt", "data")
ENDS = ("dot", "accepted")
REFUSALS = {
    "550 5.7.1 no": Outcome.REFUSED,
    "451 4.3.0 not now": Outcome.DEFERRED,
    "421 4.3.2 closing": Outcome.DEFERRED,
    "550-5.7.1 no\r\n550 5.7.1 no": Outcome.REFUSED,
    Drip("550 5.7.1 octet by octet"): Outcome.REFUSED,
}
BREAKS = {
    "hangs up": DROP,
    "resets": RESET,
    "falls silent": HANG,
    "speaks no SMTP": "HTTP/1.1 400 Bad Request",
    "speaks binary": "\x16\x03\x01\x02",
    "says 1 MB": "250-" + "x" * 1_000_000,
    "says a line of 1 MB": "2" * 1_000_000,
    "never ends": "\r\n".join(["250-x"] * 5_000),
    "says two things": "250-fine\r\n550 not fine",
    "has a code of its own": "999 x",
    "asks to wait": "150 wait",
}


@dataclass
class Journey:
    """Six messages and what became of them."""

    offers: tuple[str, ...]
    depth: int
    receipts: list[Receipt] = field(default_factory=list)
    asked: Counter[int] = field(default_factory=Counter)
    gone: list[int] = field(default_factory=list)
    sink: Sink = field(default_factory=Sink)

    async def go(
        self,
        phase: str,
        answer: Answer,
        *,
        fenced: int | None = None,
        leaving: int | None = None,
    ) -> "Journey":
        def script(turn: Turn) -> Answer:
            is_her = turn.to.partition("@")[0] in {f"b{VICTIM}", f"a{VICTIM}"}
            return answer if is_her and turn.phase == phase else None

        self.sink.script, self.sink.offers = script, self.offers
        server = await asyncio.start_server(self.sink.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        terms = Terms(connections=1, depth=self.depth, patience=SHORT)
        pool = Pool(SmtpUrl("127.0.0.1", port), terms)
        sending = [
            asyncio.ensure_future(self._send(pool, number, fenced, leaving))
            for number in range(MESSAGES)
        ]
        done = await asyncio.gather(*sending, return_exceptions=True)
        self.receipts = [one for one in done if isinstance(one, Receipt)]
        await pool.close()
        server.close()
        return self

    async def _send(
        self, pool: Pool, number: int, fenced: int | None, leaving: int | None
    ) -> Receipt:
        async def fence() -> bool:
            self.asked[number] += 1
            if number == leaving:
                self.gone.append(number)
                raise asyncio.CancelledError
            await asyncio.sleep(0)
            return number != fenced

        body = f"Message-ID: <{number}@c.nl>\r\n\r\n.dot\r\n".encode()
        return await pool.send(f"b{number}@c.nl", f"a{number}@c.nl", body, fence)

    @property
    def hers(self) -> Receipt:
        return self.receipts[VICTIM]

    def check(self) -> None:
        """Hold every receipt against what the relay kept."""
        kept = Counter(self.sink.recipients)
        assert self.sink.doubles == []
        for number, receipt in enumerate(self.receipts):
            came = kept[f"a{number}@c.nl"]
            if receipt.outcome in UNSENT:
                assert came == 0, (number, receipt)
            if receipt.outcome is Outcome.ACCEPTED:
                assert came == 1, (number, receipt)
        assert max(self.asked.values()) == 1
        unknown = [one for one in self.receipts if one.outcome is Outcome.UNKNOWN]
        assert len(unknown) <= self.depth

    def check_the_others(self) -> None:
        """Hold that all the others arrived."""
        others = [*self.receipts[:VICTIM], *self.receipts[VICTIM + 1 :]]
        assert {one.outcome for one in others} == {Outcome.ACCEPTED}
        assert len(self.sink.kept) >= MESSAGES - 1


async def journeys(
    mode: str, phases: tuple[str, ...], answers: list[Answer]
) -> list[tuple[str, Journey]]:
    """Make them all at once: the silent ones take their time together."""
    offers, depth = MODES[mode]
    pairs = [(phase, answer) for phase in phases for answer in answers]
    async with asyncio.timeout(60):
        done = await asyncio.gather(
            *(Journey(offers, depth).go(phase, answer) for phase, answer in pairs)
        )
    return [(phase, journey) for (phase, _), journey in zip(pairs, done, strict=True)]


def named(phase: str, mode: str) -> Phase:
    """Return what a phase is called where the body comes in chunks."""
    if phase == "data" and mode.startswith("in chunks"):
        return Phase.BODY
    return Phase(phase)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("answer", REFUSALS)
def test_a_no_is_hers_alone_and_the_others_arrive(mode: str, answer: str) -> None:
    done = asyncio.run(journeys(mode, (*BEFORE, "dot"), [answer]))

    for phase, journey in done:
        journey.check()
        assert journey.hers.outcome is REFUSALS[answer], phase
        assert journey.hers.phase is named(phase, mode)
        assert journey.hers.code == int(answer[:3])
        if MODES[mode][1] == 1 or not answer.startswith("421"):
            journey.check_the_others()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("act", BREAKS)
def test_a_connection_that_breaks_leaves_in_doubt_only_what_was_behind_the_fence(
    mode: str, act: str
) -> None:
    done = asyncio.run(journeys(mode, (*BEFORE, *ENDS), [BREAKS[act]]))

    is_blind = mode.endswith("chunks, four deep")
    for phase, journey in done:
        journey.check()
        if phase in ENDS:
            assert journey.hers.outcome is Outcome.UNKNOWN
        elif not is_blind:
            assert journey.hers.outcome is Outcome.UNREACHED, phase
        if not is_blind:
            journey.check_the_others()


@pytest.mark.parametrize("mode", MODES)
def test_answers_that_come_octet_by_octet_are_answers(mode: str) -> None:
    done = asyncio.run(journeys(mode, (*BEFORE, "accepted"), [Drip]))

    for _, journey in done:
        journey.check()
        journey.check_the_others()
        assert journey.hers.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("mode", MODES)
def test_an_answer_too_many_never_makes_a_receipt_untrue(mode: str) -> None:
    twice: list[Answer] = [lambda usual: f"{usual}\r\n{usual}"]
    if MODES[mode][1] == 1:  # deeper, a relay must answer each command once
        twice.append(lambda usual: f"{usual}\r\n550 no")

    done = asyncio.run(journeys(mode, (*BEFORE, "accepted"), twice))

    for _, journey in done:
        journey.check()


@pytest.mark.parametrize("mode", MODES)
def test_a_no_of_the_fence_keeps_her_message_back_and_no_other(mode: str) -> None:
    offers, depth = MODES[mode]

    journey = asyncio.run(Journey(offers, depth).go("", None, fenced=VICTIM))

    journey.check()
    journey.check_the_others()
    assert journey.hers == Receipt(Outcome.FENCED, 0, "", "", Phase.FENCE)
    greetings = [line for line in journey.sink.commands if line.startswith("EHLO")]
    assert len(greetings) == (1 if "CHUNKING" in offers else 2)


@pytest.mark.parametrize("mode", MODES)
def test_a_sender_who_goes_away_takes_only_her_message_along(mode: str) -> None:
    offers, depth = MODES[mode]
    journey = Journey(offers, depth)

    asyncio.run(journey.go("", None, leaving=VICTIM))

    kept = [f"a{number}@c.nl" for number in range(MESSAGES) if number != VICTIM]
    assert sorted(journey.sink.recipients) == kept
    assert journey.gone == [VICTIM]
    assert journey.asked[VICTIM] == 1


def test_one_round_trip_a_message_is_enough() -> None:
    """The relay sees the next envelope together with the end of the message before."""

    for depth in (1, 4):  # DATA waits for its 354, however deep it is asked to go
        journey = asyncio.run(Journey(("PIPELINING",), depth).go("", None))

        assert len(journey.sink.commands) == 1 + 3 * MESSAGES + 1
        assert "RSET" not in journey.sink.commands
