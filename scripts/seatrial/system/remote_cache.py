"""The cache that machines share: signed entries at a place that others can reach, which no run depends on.

An entry is sealed by a key of the main branch's CI. The seal covers the entry's own name, which contains the digest of
the program, and the hash of its value: an entry that was forged, renamed, swapped, cut or made by another version is
a miss. A place that is slow or fails is given up for this run, and for a while by the runs after it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import threading
import time
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from seatrial.core.errors import SeatrialError, ServiceError
from seatrial.core.names import canonical
from seatrial.system import cache as kept_files

if TYPE_CHECKING:
    from concurrent.futures import Future

LAYOUT = "seatrial-kept-1"
"""The first part of every name; its number is raised when entries take another form."""

MOST_SEALED = 16 * 1024 * 1024
"""Bytes of the largest entry that is fetched or sent; the verdicts on 49 real integrations have 0.1 MB."""

MOST_WASTED = 64 * 1024 * 1024
"""Bytes of entries without a trusted seal, after which the place is given up."""

MOST_PLAIN = 256 * 1024 * 1024
"""Bytes of the largest value; the verdicts on 49 real integrations have 0.6 MB."""

MOST_FAILURES = 3
"""Failures in a row after which the place is given up."""

MOST_AT_ONCE = 16

PAUSE = 10 * 60.0
"""Seconds for which later runs leave a place alone that was given up."""

REQUEST_SECONDS = 2.0
"""Seconds after which the place gives up a single request, whatever was already received."""

SENDING_SECONDS = 30.0
"""Seconds that a run spends on sending, all in all."""


class RefusedEntry(Exception):
    """An entry that must not be read, such as one that is too large; the place itself is not at fault."""


class EntryPlace(Protocol):
    """The place that holds the entries, by name. Every call ends after about REQUEST_SECONDS."""

    def get(self, name: str) -> bytes | None:
        """Return an entry; None for none. Raises RefusedEntry, and ServiceError where the place fails."""

    def put(self, name: str, data: bytes) -> None:
        """Send an entry. Raises ServiceError."""


@dataclass
class Counts:
    """The numbers of entries that were asked for and that were offered, by what became of them."""

    taken: int = 0
    missing: int = 0
    refused: int = 0
    failed: int = 0
    sent: int = 0


@dataclass
class RemoteCache:
    """The entries of one program at a place; `unseal` returns the body of a trusted one, and raises ValueError if not.

    `identify` returns the digest of the program, and is called only when an entry is asked for. `trust` is the digest
    of the place and the trusted keys, by which fetched values are kept apart. `seal` makes entries, and is None in a
    run that only reads. `private` are texts of this machine that no entry may hold. `tell` is called at most once, with
    a line about a place that is given up; the file `memory` notes that for later runs.
    """

    place: EntryPlace
    unseal: Callable[[bytes], bytes]
    trust: str
    identify: Callable[[], str]
    memory: Path
    seal: Callable[[bytes], bytes] | None = None
    private: Collection[str] = ()
    tell: Callable[[str], None] = lambda line: None
    counts: Counts = field(default_factory=Counts)
    _offered: dict[str, Any] = field(default_factory=dict, repr=False)
    _failures: int = 0
    _wasted: int = 0
    _given_up: bool = False
    _sending: float = SENDING_SECONDS
    _one_at_a_time: Any = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        last = (kept_files.load(self.memory) or {}).get("at")
        ago = time.time() - last if isinstance(last, int | float) else PAUSE
        if 0 <= ago < PAUSE:
            self._given_up = True
            self.tell(f"the shared cache failed {ago / 60:.0f} minutes ago, and is left alone for ten")

    @cached_property
    def program(self) -> str:
        """The digest of the program whose entries these are; where it is not known, there is nothing to share."""
        try:
            return self.identify()
        except SeatrialError as unknown:
            self._give_up(str(unknown))
            return "unknown"

    @property
    def is_open(self) -> bool:
        """True while the place is still asked."""
        return not self._given_up

    @property
    def writes(self) -> bool:
        """True if this run sends entries."""
        return self.seal is not None and self.is_open

    def fetch(self, kind: str, keys: Sequence[str], seconds: float) -> dict[str, Any]:
        """Return the values that the place has under these keys, as far as it gives them within so many seconds."""
        found = self._all(keys, lambda key: self._fetched(kind, key), seconds)
        return {key: value for key, value in found.items() if value is not None}

    def offer(self, kind: str, key: str, value: Any) -> None:
        """Keep a value that this run has computed for sending."""
        self._offered[self._name(kind, key)] = value

    def send(self) -> None:
        """Send the offered values, except those that reveal something about this machine or are too large."""
        values, self._offered = self._offered, {}
        if self.writes and values:
            started = time.monotonic()
            self._all([*values], lambda name: self._sent(name, values[name]), self._sending)
            self._sending -= time.monotonic() - started

    def _all(self, keys: Sequence[str], work: Callable[[str], Any], seconds: float) -> dict[str, Any]:
        """Return the work on each key that ended in time; the first one shows whether the place answers at all."""
        end = time.monotonic() + seconds
        found = self._side_by_side(keys[:1], lambda key: self._tried(work, key, end, MOST_FAILURES), end)
        return found | self._side_by_side(keys[1:], lambda key: self._tried(work, key, end), end)

    def _side_by_side(self, keys: Sequence[str], work: Callable[[str], Any], end: float) -> dict[str, Any]:
        """Return the work on each key that ended in time; the rest is not waited for, as it ends by itself soon."""
        from concurrent.futures import ThreadPoolExecutor, wait

        if not keys or not self.is_open:
            return {}
        crew = ThreadPoolExecutor(min(MOST_AT_ONCE, len(keys)))
        try:
            running = {key: crew.submit(work, key) for key in keys}
            wait(running.values(), max(0.0, end - time.monotonic()))
        finally:
            crew.shutdown(wait=False, cancel_futures=True)
        if late := [one for one in running.values() if not one.done() or one.cancelled()]:
            self._give_up(f"{len(late)} of {len(keys)} entries did not come in the time that they could save")
        return {key: one.result() for key, one in running.items() if _is_good(one)}

    def _tried(self, work: Callable[[str], Any], key: str, end: float, attempts: int = 1) -> Any:
        """Return the work on a key; None where the place is given up, fails, or has what must not be read."""
        for _ in range(attempts):
            started = time.monotonic()
            if not self.is_open or started >= end:
                return None
            try:
                value = work(key)
            except RefusedEntry:
                self._count("refused")
                return None
            except SeatrialError as failed:
                self._failed(failed, time.monotonic() - started)
            else:
                self._failures = 0
                return value
        return None

    def _failed(self, failed: SeatrialError, seconds: float) -> None:
        self._count("failed")
        self._failures += 1
        if self._failures >= MOST_FAILURES or seconds > REQUEST_SECONDS / 2:
            self._give_up(str(failed))

    def _count(self, name: str) -> None:
        with self._one_at_a_time:
            setattr(self.counts, name, getattr(self.counts, name) + 1)

    def _give_up(self, why: str) -> None:
        with self._one_at_a_time:
            is_first, self._given_up = not self._given_up, True
        if is_first:
            self.tell(f"the shared cache is not used any more in this run, which changes no verdict: {why}")
            kept_files.save(self.memory, {"at": time.time()})

    def _fetched(self, kind: str, key: str) -> Any:
        name = self._name(kind, key)
        data = self.place.get(name)
        if data is None:
            self._count("missing")
            return None
        try:
            value = opened(name, self.unseal(data))
        except (ValueError, RecursionError, zlib.error):
            self._wasted += len(data)
            if self._wasted > MOST_WASTED:
                self._give_up("it has many large entries that are not sealed by any of the cache-keys")
            raise RefusedEntry(name) from None
        self._count("taken")
        return value

    def _sent(self, name: str, value: Any) -> None:
        text = json.dumps(value)
        if self.seal is None or any(json.dumps(one)[1:-1] in text for one in self.private):
            return
        data = self.seal(closed(name, text.encode()))
        if len(data) <= MOST_SEALED and len(text) <= MOST_PLAIN:
            self.place.put(name, data)
            self._count("sent")

    def _name(self, kind: str, key: str) -> str:
        return f"{LAYOUT}/{self.program}/{kind}/{key}"


def _is_good(one: Future[Any]) -> bool:
    return one.done() and not one.cancelled() and one.exception() is None


def closed(name: str, text: bytes) -> bytes:
    """Return the bytes to be sealed for a value: a line with its name, hash and size, and the compressed value."""
    head = {"name": name, "sha256": hashlib.sha256(text).hexdigest(), "size": len(text)}
    return json.dumps(head, sort_keys=True).encode() + b"\n" + zlib.compress(text, 6)


def opened(name: str, body: bytes) -> Any:
    """Return the value that was sealed under this name. Raises ValueError, zlib.error and RecursionError."""
    line, _, packed = body.partition(b"\n")
    head = json.loads(line)
    if not isinstance(head, dict) or head.get("name") != name:
        raise ValueError("it belongs to another name")
    size = head.get("size")
    if not isinstance(size, int) or not 0 <= size <= MOST_PLAIN:
        raise ValueError("it is too large")
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(packed, size + 1)
    if len(text) != size or hashlib.sha256(text).hexdigest() != head.get("sha256"):
        raise ValueError("its hash is another one")
    return json.loads(text)


def program_of(own: Path, distribution: str, place: Path, state: str) -> str:
    """Return the digest of a program by content: its files, Python, and the packages that it asks for, by version.

    It is the same on all machines with the same program. `state` tells that nothing has changed since the digest
    that `place` keeps was made; empty, it is worked out anew. Raises ServiceError where the packages are not known.
    """
    kept = kept_files.load(place) if state else None
    if kept and kept.get("state") == state and isinstance(kept.get("program"), str):
        return str(kept["program"])
    digest = hashlib.sha256()
    for path in sorted(one for one in own.rglob("*") if one.is_file() and "__pycache__" not in one.parts):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(own).as_posix()} {content}\n".encode())
    told = [platform.python_implementation(), [*sys.version_info], sys.platform, platform.machine()]
    digest.update(json.dumps([told, sorted(_packages(distribution))]).encode())
    if state:
        kept_files.save(place, {"state": state, "program": digest.hexdigest()[:40]})
    return digest.hexdigest()[:40]


def _packages(distribution: str) -> set[str]:
    """Return the installed packages that a distribution asks for, directly or not, with their versions.

    Of its own extras none counts, such as those for development; of the others' any that is installed does. Raises
    ServiceError where the distribution is not installed.
    """
    found: dict[str, str] = {}
    described = _descriptions()
    own = _told_of(distribution, described)
    if own is None:
        raise ServiceError(f"{distribution} is not installed, so that its packages are not known")
    pending = [one for one in own[1] if "extra ==" not in one]
    while pending:
        name = _project(pending.pop())
        told = None if name in found else _told_of(name, described)
        if told:
            found[name], more = told
            pending += more
    return {f"{name} {version}" for name, version in found.items()}


def _descriptions() -> dict[str, str]:
    """Return the folder that describes each package on the path, the first one of each."""
    found: dict[str, str] = {}
    for place in sys.path:
        with suppress(OSError):
            for name in sorted(os.listdir(place)):
                if name.endswith(".dist-info"):
                    found.setdefault(_project(name.partition("-")[0]), os.path.join(place, name))
    return found


def _told_of(name: str, described: Mapping[str, str]) -> tuple[str, Sequence[str]] | None:
    """Return the version of a package and what it asks for; None where it is not installed.

    The head of its description is read as it is: `importlib.metadata` takes ten times as long for a hundred packages.
    """
    if name not in described:
        from importlib import metadata

        try:
            one = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            return None
        return one.version, one.requires or ()
    with suppress(OSError):
        text = Path(described[name], "METADATA").read_bytes().partition(b"\n\n")[0].decode(errors="replace")
        rows = [line.partition(": ")[::2] for line in text.splitlines()]
        versions = [value for key, value in rows if key == "Version"]
        return "".join(versions[:1]), [value for key, value in rows if key == "Requires-Dist"]
    return None


def _project(requirement: str) -> str:
    """Return the name that a requirement begins with, in its normal form."""
    end = next((at for at, one in enumerate(requirement) if not (one.isalnum() or one in "-_.")), None)
    return canonical(requirement[:end])
