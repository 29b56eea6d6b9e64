"""The inbox: a real SMTP server on this machine that keeps what it gets.

`python -m funnel.embedded.inbox FOLDER PORT` runs it until it is told to stop.
"""

import asyncio
import logging
import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from funnel.mail.mailbox import Mailbox

LARGEST = 25 * 1024 * 1024
HOST = "127.0.0.1"

log = logging.getLogger(__name__)


class Keeper:
    """Answers for each message, after it is on disk."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.turn = asyncio.Lock()

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        data = envelope.original_content or b""
        sender = envelope.mail_from or ""
        async with self.turn:
            try:
                number = await asyncio.to_thread(
                    self.mailbox.keep, data, sender, envelope.rcpt_tos
                )
            except OSError as error:
                log.warning("not kept: %s", error)
                return "452 4.3.1 the disk does not take it"
        return f"250 2.0.0 kept as {number}"


async def serve(mailbox: Mailbox, port: int) -> None:
    """Take mail until SIGTERM or SIGINT."""
    loop, keeper, stopped = asyncio.get_running_loop(), Keeper(mailbox), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(lambda: _protocol(keeper), HOST, port)
    log.warning("inbox on %s:%s", HOST, port)
    await stopped.wait()
    server.close()


def _protocol(keeper: Keeper) -> SMTP:
    return SMTP(
        keeper,
        hostname="inbox.localhost",
        ident="Funnel inbox",
        data_size_limit=LARGEST,
        enable_SMTPUTF8=True,
    )


def main() -> None:
    folder, port = sys.argv[1:3]
    asyncio.run(serve(Mailbox(Path(folder)), int(port)))


if __name__ == "__main__":
    main()
