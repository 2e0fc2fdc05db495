"""The bytes of files that git keeps, as it keeps them: no filter and no attribute changes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from seatrial.errors import ServiceError
from seatrial.git.asking import SECONDS_REMOTE, must
from seatrial.git.commits import Blob

CHUNK = 64 * 1024 * 1024
"""So many bytes of files are held in memory at once, or one file that is larger."""


def contents(root: Path, blobs: Iterable[Blob]) -> Iterator[tuple[str, bytes]]:
    """The bytes of these files by their ids, as many at once as memory should hold. Raises ServiceError."""
    for some in _chunks({one.id: one for one in blobs}.values()):
        feed = "".join(f"{one.id}\n" for one in some).encode()
        yield from _answers(must(root, "cat-file", "--batch", feed=feed, seconds=SECONDS_REMOTE))


def _chunks(blobs: Iterable[Blob]) -> Iterator[list[Blob]]:
    chunk: list[Blob] = []
    size = 0
    for blob in blobs:
        if chunk and size + blob.size > CHUNK:
            yield chunk
            chunk, size = [], 0
        chunk.append(blob)
        size += blob.size
    if chunk:
        yield chunk


def _answers(said: bytes) -> Iterator[tuple[str, bytes]]:
    """Each answer is a line with id, kind and size, then so many bytes and a line feed."""
    at = 0
    while at < len(said):
        end = said.index(b"\n", at)
        name, *facts = said[at:end].decode().split()
        if len(facts) != 2:
            raise ServiceError(
                f"git has not all files of the commit, {name[:12]} is missing; "
                "where the clone is a partial one, type `git fetch --refetch --no-filter`"
            )
        size = int(facts[1])
        yield name, said[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
