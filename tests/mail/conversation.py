"""Conversations with a relay: a pool that speaks, and what was heard."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from relay import OFFERS, Relay, Script

from funnel.mail.smtp import Patience, Pool, Receipt, SmtpUrl, Terms

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
