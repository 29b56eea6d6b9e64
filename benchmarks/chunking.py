"""A relay that keeps nothing and offers CHUNKING, which Postfix's smtp-sink does not.

    python benchmarks/chunking.py 2525

One protocol object a connection, no parsing beyond what SMTP needs.
"""

import asyncio
import contextlib
import sys
from typing import cast

EHLO = b"250-sink\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250 CHUNKING\r\n"
ANSWERS = {
    b"EHLO": EHLO,
    b"HELO": b"250 sink\r\n",
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"DATA": b"354 go on\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
}
TAKEN, CHUNK, END = b"250 2.0.0 taken\r\n", b"250 2.0.0 more\r\n", b"\r\n.\r\n"


class Sink(asyncio.Protocol):
    """Answers everything that one read brought in one write."""

    taken = 0

    def __init__(self) -> None:
        self.inbox = bytearray()
        self.skip = 0  # octets of a chunk that are still to come
        self.is_in_body = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.inbox += data
        answers = list[bytes]()
        while self._step(answers):
            pass
        self.transport.write(b"".join(answers))

    def _step(self, answers: list[bytes]) -> bool:
        if self.skip:
            return self._skip()
        if self.is_in_body:
            return self._end_body(answers)
        line, newline, _ = self.inbox.partition(b"\r\n")
        if not newline:
            return False
        del self.inbox[: len(line) + 2]
        self._obey(bytes(line), answers)
        return True

    def _skip(self) -> bool:
        gone = min(self.skip, len(self.inbox))
        del self.inbox[:gone]
        self.skip -= gone
        return self.skip == 0

    def _end_body(self, answers: list[bytes]) -> bool:
        end = self.inbox.find(END)
        if end < 0:
            del self.inbox[: -len(END)]
            return False
        del self.inbox[: end + len(END)]
        self.is_in_body = False
        Sink.taken += 1
        answers.append(TAKEN)
        return True

    def _obey(self, line: bytes, answers: list[bytes]) -> None:
        verb, *words = line.split()
        if verb.upper() == b"BDAT":
            self.skip = int(words[0])
            Sink.taken += words[1:] == [b"LAST"]
            answers.append(TAKEN if words[1:] else CHUNK)
            return
        self.is_in_body = verb.upper() == b"DATA"
        answers.append(ANSWERS.get(verb[:4].upper(), b"250 2.0.0 Ok\r\n"))


async def main(port: str) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_server(Sink, "127.0.0.1", int(port))
    await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1]))
