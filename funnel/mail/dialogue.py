"""One SMTP connection from greeting to final dot, with its place always known."""

import asyncio
import base64
import ipaddress
import ssl
from collections.abc import Awaitable, Callable
from typing import NoReturn

from funnel.mail import receipt
from funnel.mail.envelope import Envelope
from funnel.mail.receipt import Outcome, Phase, Receipt, Reply
from funnel.mail.relay import Patience, SmtpUrl
from funnel.mail.wire import Broken, Wire

Fence = Callable[[], Awaitable[bool]]
READY, CLOSING, GO_ON = 354, 421, 334  # RFC 5321 and 4954


class Refusal(Exception):  # noqa: N818 - a server's word, not a crash
    """The server answered, and not with yes."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class Dialogue:
    """A connection that hands over one message after another."""

    def __init__(self, url: SmtpUrl, patience: Patience, tls: ssl.SSLContext) -> None:
        self._url, self._patience, self._tls = url, patience, tls
        self._wire = Wire()
        self._offers: dict[str, str] = {}
        self._phase = Phase.CONNECT
        self._needs_reset = False
        self.sent = 0
        self.is_open = False
        self.used_at = 0.0

    @property
    def is_usable(self) -> bool:
        """Say whether it can take another message, as far as can be known here."""
        return self.is_open and self._wire.is_quiet

    def close(self) -> None:
        self.is_open = False
        self._wire.close()

    def abort(self) -> None:
        self.is_open = False
        self._wire.abort()

    @property
    def is_gone(self) -> bool:
        return self._wire.is_gone

    async def gone(self, seconds: float) -> None:
        await self._wire.gone(seconds)

    # Opening --------------------------------------------------------------------

    async def open(self) -> Receipt | None:
        """Connect, encrypt, log in; a receipt only when that failed."""
        try:
            await self._connect()
            await self._greet()
            await self._log_in()
        except Refusal as refusal:
            self.abort()
            return receipt.of(Outcome.UNREACHED, self._phase, refusal.reply)
        except (Broken, OSError, ValueError) as error:
            self.abort()
            return self._unreached(error)
        except BaseException:
            self.abort()
            raise
        self.is_open = True
        return None

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        at_once = self._tls if self._url.tls == "tls" else None
        try:
            async with asyncio.timeout(self._patience.connect):
                await loop.create_connection(
                    lambda: self._wire,
                    self._url.host,
                    self._url.port,
                    ssl=at_once,
                    server_hostname=self._url.host if at_once else None,
                )
        except TimeoutError:
            raise Broken("the server does not answer") from None

    async def _greet(self) -> None:
        self._phase = Phase.GREETING
        self._expect(await self._wire.reply(self._patience.command))
        await self._hello()
        if self._url.tls == "starttls":
            self._phase = Phase.STARTTLS
            if "STARTTLS" not in self._offers:
                raise Broken("the server offers no STARTTLS")
            self._expect(await self._say("STARTTLS"))
            async with asyncio.timeout(self._patience.connect):
                await self._wire.start_tls(self._tls, self._url.host)
            await self._hello()

    async def _hello(self) -> None:
        self._phase = Phase.EHLO
        name = _own_name(self._wire.host)
        reply = await self._say(f"EHLO {name}")
        if reply.is_refusal:
            self._expect(await self._say(f"HELO {name}"))
            self._offers = {}
            return
        self._expect(reply)
        offers = (line.partition(" ") for line in reply.lines[1:])
        self._offers = {key.upper(): value for key, _, value in offers}

    async def _log_in(self) -> None:
        if not self._url.user:
            return
        self._phase = Phase.AUTH
        ways = self._offers.get("AUTH", "").upper().split()
        user, password = self._url.user, self._url.password
        if "PLAIN" in ways:
            token = _base64(f"\0{user}\0{password}")
            self._expect(await self._say(f"AUTH PLAIN {token}"))
        elif "LOGIN" in ways:
            for line in ("AUTH LOGIN", _base64(user)):
                reply = await self._say(line)
                if reply.code != GO_ON:
                    raise Refusal(reply)
            self._expect(await self._say(_base64(password)))
        else:
            raise Broken("the server offers no AUTH PLAIN or LOGIN")

    # Handing over ---------------------------------------------------------------

    async def hand_over(self, envelope: Envelope, fence: Fence) -> Receipt:
        """Send one message up to its last octet, ask the fence, then the dot."""
        self._phase = Phase.MAIL
        impossible = self._impossible(envelope)
        if impossible is not None:
            return receipt.of(Outcome.REFUSED, Phase.MAIL, impossible)
        try:
            await self._address(envelope)
            await self._write_body(envelope.stuffed())
            if not await self._pass(fence):
                return Receipt(Outcome.FENCED, 0, "", "", Phase.FENCE)
            self._write_dot()
        except Refusal as refusal:
            return self._refused(refusal.reply)
        except (Broken, OSError) as error:
            self.abort()
            return self._unreached(error)
        except BaseException:
            self.abort()  # cancelled, or the fence failed: the dot never goes out
            raise
        return await self._outcome()

    def _impossible(self, envelope: Envelope) -> Reply | None:
        """Return what the server would say, where its offers tell already."""
        if envelope.is_international and "SMTPUTF8" not in self._offers:
            return Reply(553, "5.6.7", "this relay takes no international addresses")
        limit = self._offers.get("SIZE", "")
        if limit.isdecimal() and 0 < int(limit) < len(envelope.data):
            return Reply(552, "5.3.4", "the message is larger than this relay takes")
        return None

    async def _address(self, envelope: Envelope) -> None:
        """Give the envelope: in one write where the server can take it."""
        commands = [
            (Phase.MAIL, f"MAIL FROM:<{envelope.mail_from}>{self._options(envelope)}"),
            (Phase.RCPT, f"RCPT TO:<{envelope.to}>"),
            (Phase.DATA, "DATA"),
        ]
        if self._needs_reset:
            await self._reset()
        if "PIPELINING" in self._offers:
            self._wire.write("".join(f"{line}\r\n" for _, line in commands).encode())
            await self._read_all([phase for phase, _ in commands])
            return
        for phase, line in commands:
            self._phase = phase
            self._accept(phase, await self._say(line))

    async def _reset(self) -> None:
        """Forget the envelope that was refused."""
        reply = await self._say("RSET")
        if not reply.is_positive:
            raise Broken(f"the server answers {reply.code} to RSET")
        self._needs_reset = False

    def _options(self, envelope: Envelope) -> str:
        size = f" SIZE={len(envelope.data)}" if "SIZE" in self._offers else ""
        return size + (" BODY=8BITMIME SMTPUTF8" if envelope.is_international else "")

    async def _read_all(self, phases: list[Phase]) -> None:
        """Read the answer to each command; the first that is not yes decides."""
        refusals = list[tuple[Phase, Refusal]]()
        for phase in phases:
            self._phase = phase
            try:
                self._accept(phase, await self._wire.reply(self._patience.command))
            except Refusal as refusal:
                refusals.append((phase, refusal))
                if refusal.reply.code == CLOSING:
                    break
            except Broken:
                if not refusals:
                    raise
                break  # it answered, and then hung up
        if refusals:
            self._decline(refusals)

    def _decline(self, refusals: list[tuple[Phase, Refusal]]) -> NoReturn:
        """Raise the first refusal; leave no server waiting for a body."""
        if refusals[-1][0] is not Phase.DATA:
            self.abort()
        self._phase = refusals[0][0]
        raise refusals[0][1]

    def _accept(self, phase: Phase, reply: Reply) -> None:
        """Take the one good answer: 2xx, and 354 to DATA."""
        good = reply.code == READY if phase is Phase.DATA else reply.is_positive
        if good:
            return
        if not (reply.is_deferral or reply.is_refusal):
            raise Broken(f"the server answers {reply.code} to {phase.value.upper()}")
        raise Refusal(reply)

    async def _write_body(self, data: bytes) -> None:
        self._phase = Phase.BODY
        self._wire.write(data)
        try:
            await self._wire.flush(self._patience.body)
        except Broken:
            if not self._wire.has_news:
                raise
        await self._listen()

    async def _pass(self, fence: Fence) -> bool:
        self._phase = Phase.FENCE
        if await fence():
            await self._listen()
            return True
        self.abort()
        return False

    async def _listen(self) -> None:
        """Hear what the server says before the dot: it can only be a no."""
        if self._wire.has_news:
            reply = await self._wire.reply(self._patience.command)
            self.abort()
            if not (reply.is_deferral or reply.is_refusal):
                raise Broken(f"the server answers {reply.code} before the end")
            raise Refusal(reply)
        if self._wire.lost:
            raise Broken(self._wire.lost)

    def _write_dot(self) -> None:
        self._phase = Phase.DOT
        self._wire.write(b".\r\n")

    async def _outcome(self) -> Receipt:
        """Read the one answer that decides; without it, nobody knows."""
        try:
            reply = await self._wire.reply(self._patience.dot)
        except (Broken, OSError) as error:
            self.abort()
            return Receipt(Outcome.UNKNOWN, 0, "", str(error), Phase.DOT)
        except BaseException:
            self.abort()
            raise
        if reply.is_positive:
            self.sent += 1
            return receipt.of(Outcome.ACCEPTED, Phase.DOT, reply)
        if reply.is_deferral or reply.is_refusal:
            return self._refused(reply)
        self.abort()
        return receipt.of(Outcome.UNKNOWN, Phase.DOT, reply)

    # What it comes to -----------------------------------------------------------

    def _refused(self, reply: Reply) -> Receipt:
        self._needs_reset = self._phase in {Phase.MAIL, Phase.RCPT, Phase.DATA}
        if reply.code == CLOSING:
            self.abort()
        outcome = Outcome.REFUSED if reply.is_refusal else Outcome.DEFERRED
        return receipt.of(outcome, self._phase, reply)

    def _unreached(self, error: BaseException) -> Receipt:
        said = str(error) or type(error).__name__
        return Receipt(Outcome.UNREACHED, 0, "", said[:500], self._phase)

    async def _say(self, line: str) -> Reply:
        self._wire.write(f"{line}\r\n".encode())
        return await self._wire.reply(self._patience.command)

    def _expect(self, reply: Reply) -> None:
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
