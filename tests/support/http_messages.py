"""Requests and replies of HTTP/1.1 byte by byte: headers are neither merged nor sorted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """A request or reply as it was sent: the first line, all header lines with repeated ones, and the body."""

    lines: tuple[str, ...]
    body: bytes

    @property
    def head(self) -> bytes:
        """The bytes before the body."""
        return "\r\n".join(self.lines).encode("latin-1") + b"\r\n\r\n"

    def header(self, name: str) -> str:
        """Return the first header of a name; empty for none."""
        found = (line.partition(":") for line in self.lines[1:])
        return next((value.strip() for key, _, value in found if key.lower() == name.lower()), "")

    @property
    def method(self) -> str:
        """The method of a request."""
        return self.lines[0].split(" ")[0]

    @property
    def target(self) -> str:
        """The path and query of a request."""
        return self.lines[0].split(" ")[1]

    @property
    def status(self) -> int:
        """The status of a reply."""
        return int(self.lines[0].split(" ")[1])

    def without(self, *names: str) -> Message:
        """Return the message without some headers."""
        kept = [line for line in self.lines[1:] if line.partition(":")[0].lower() not in names]
        return Message((self.lines[0], *kept), self.body)


async def read_message(reader: asyncio.StreamReader, bodiless: bool = False) -> Message | None:
    """Read a whole request or reply; None at the end of the connection."""
    try:
        first = await reader.readexactly(1)
        if not first.isalpha():  # some clients try TLS first
            return None
        head = first + await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    message = Message(tuple(head.decode("latin-1").rstrip("\r\n").split("\r\n")), b"")
    if bodiless or message.lines[0].split(" ")[1] in ("204", "304"):
        return message
    if "chunked" in message.header("Transfer-Encoding"):
        whole = message.without("transfer-encoding")
        body = b"".join([part async for part in _chunks(reader)])
        return Message((*whole.lines, f"Content-Length: {len(body)}"), body)
    length = int(message.header("Content-Length") or 0)
    return Message(message.lines, await reader.readexactly(length))


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int((await reader.readline()).split(b";")[0], 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readline()


def parsed(raw: bytes) -> Message:
    """Return a message from its bytes."""
    head, _, body = raw.partition(b"\r\n\r\n")
    return Message(tuple(head.decode("latin-1").split("\r\n")), body)
