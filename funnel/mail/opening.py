"""How a connection begins: connect, greet, encrypt, log in."""

import asyncio
import base64
import ipaddress
import ssl
from collections import deque
from collections.abc import Iterable

from funnel.mail import receipt
from funnel.mail.offers import Offers
from funnel.mail.receipt import Outcome, Phase, Receipt, Reply
from funnel.mail.relay import Patience, SmtpUrl
from funnel.mail.replies import Broken
from funnel.mail.wire import Wire

GO_ON = 334  # RFC 4954


class Refusal(Exception):  # noqa: N818 - a server's word, not a crash
    """The server answered, and not with yes."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class Opening:
    """One connection until it can take messages; every wait of it ends."""

    def __init__(
        self, url: SmtpUrl, patience: Patience, tls: ssl.SSLContext | None
    ) -> None:
        self._url, self._patience, self._tls = url, patience, tls
        self._phase = Phase.CONNECT
        self._inbox = deque[Reply]()
        self._news = asyncio.Event()
        self._lost = ""
        self.wire = Wire(self)
        self.offers = Offers()

    async def failed(self) -> Receipt | None:
        """Open the connection; return a receipt only when that failed."""
        try:
            await self._connect()
            await self._greet()
            await self._log_in()
            self._listen()
        except Refusal as refusal:
            self.wire.abort()
            return receipt.of(Outcome.UNREACHED, self._phase, refusal.reply)
        except (Broken, OSError, ValueError) as error:
            self.wire.abort()
            said = str(error) or type(error).__name__
            return Receipt(Outcome.UNREACHED, 0, "", said[:500], self._phase)
        except BaseException:
            self.wire.abort()
            raise
        return None

    # What the wire calls --------------------------------------------------------

    def heard(self, replies: Iterable[Reply]) -> None:
        self._inbox.extend(replies)
        self._news.set()

    def written(self) -> None:
        """Nothing waits for it here: the commands are short."""

    def lost(self, reason: str) -> None:
        self._lost = reason
        self._news.set()

    # The steps ------------------------------------------------------------------

    async def _connect(self) -> None:
        loop, at_once = asyncio.get_running_loop(), self._url.tls == "tls"
        try:
            async with asyncio.timeout(self._patience.connect):
                await loop.create_connection(
                    lambda: self.wire,
                    self._url.host,
                    self._url.port,
                    ssl=self._tls if at_once else None,
                    server_hostname=self._url.host if at_once else None,
                )
        except TimeoutError:
            raise Broken("the server does not answer") from None

    async def _greet(self) -> None:
        self._phase = Phase.GREETING
        _expect(await self._reply())
        await self._hello()
        if self._url.tls == "starttls":
            await self._encrypt()
            await self._hello()

    async def _hello(self) -> None:
        self._phase = Phase.EHLO
        name = _own_name(self.wire.host)
        reply = await self._say(f"EHLO {name}")
        if reply.is_refusal:
            _expect(await self._say(f"HELO {name}"))
            self.offers = Offers()
        else:
            _expect(reply)
            self.offers = Offers.read(reply)

    async def _encrypt(self) -> None:
        self._phase = Phase.STARTTLS
        if self._tls is None or not self.offers.has_starttls:
            raise Broken("the server offers no STARTTLS")
        _expect(await self._say("STARTTLS"))
        if self._inbox:
            raise Broken("the server spoke before the encryption began")
        async with asyncio.timeout(self._patience.connect):
            await self.wire.start_tls(self._tls, self._url.host)

    async def _log_in(self) -> None:
        if not self._url.user:
            return
        self._phase = Phase.AUTH
        user, password = self._url.user, self._url.password
        if "PLAIN" in self.offers.log_ins:
            token = _base64(f"\0{user}\0{password}")
            _expect(await self._say(f"AUTH PLAIN {token}"))
        elif "LOGIN" in self.offers.log_ins:
            for line in ("AUTH LOGIN", _base64(user)):
                reply = await self._say(line)
                if reply.code != GO_ON:
                    raise Refusal(reply)
            _expect(await self._say(_base64(password)))
        else:
            raise Broken("the server offers no AUTH PLAIN or LOGIN")

    def _listen(self) -> None:
        """Hear what was said beyond the answers; nothing good can be."""
        if self._lost or self._inbox:
            raise Broken(self._lost or "the server spoke unasked")

    async def _say(self, line: str) -> Reply:
        self.wire.write(f"{line}\r\n".encode())
        return await self._reply()

    async def _reply(self) -> Reply:
        try:
            async with asyncio.timeout(self._patience.command):
                while not self._inbox:
                    if self._lost:
                        raise Broken(self._lost)
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise Broken("the server does not answer") from None
        return self._inbox.popleft()


def _expect(reply: Reply) -> None:
    if not reply.is_positive:
        raise Refusal(reply)


def _own_name(host: str) -> str:
    """Return this end's address as a literal: always true, and never looked up."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "localhost"
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"  # noqa: PLR2004


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
