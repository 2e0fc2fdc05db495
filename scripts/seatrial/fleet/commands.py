"""One command in the folders of many integrations, several at a time, all ended together."""

from __future__ import annotations

import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration
from seatrial.core.printable import plain
from seatrial.system.process import Ran, Running

MOST_SHOWN = 4 * 1024 * 1024
"""The most bytes that are shown, from the end of an output."""

KEPT = frozenset({"SEATRIAL_CACHE", "SEATRIAL_DEBUG", "SEATRIAL_SANDBOX"})
"""The variables of Seatrial that a command gets, since they are about the machine."""

_PLACEHOLDER = re.compile(r"\{(?:name|path|root)\}")

_HARMLESS = re.compile(r"(?!-)[\w.@%+=:,/-]+")
"""A name that is nothing else in a shell's script, nor an option. Folders come with pull requests of anybody."""


@dataclass(frozen=True)
class CommandResult:
    """The result of the command in an integration.

    `status` is negative for a signal; `output` is the file with what it printed. `reason` says why it could not be
    started, and is empty if it was.
    """

    name: str
    status: int
    seconds: float
    output: Path
    reason: str = ""

    @property
    def is_well(self) -> bool:
        """Whether it ended with 0."""
        return self.status == 0 and not self.reason

    @property
    def words(self) -> str:
        """The way in which it ended, in a few words."""
        if self.reason:
            return self.reason
        if self.status < 0:
            return f"ended by signal {-self.status} after {self.seconds:.1f}s"
        return f"{'ok' if self.is_well else f'exit status {self.status}'} in {self.seconds:.1f}s"

    def lines(self) -> Iterator[str]:
        """Yield the lines of its output, safe to print."""
        with open(self.output, "rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - MOST_SHOWN))
            if size > MOST_SHOWN:
                file.readline()
                yield f"[the first {size - MOST_SHOWN} bytes are left out]"
            for line in file:
                yield plain(line.decode("utf-8", "replace").rstrip("\r\n"))


def filled(command: Sequence[str], root: Path, integration: Integration) -> list[str]:
    """Return a command with `{name}`, `{path}` (from the root) and `{root}` replaced by those of an integration.

    Raises ServiceError for a name or path that a shell, or a program, would take for more than a name.
    """
    values = {"{name}": integration.name, "{path}": integration.path or ".", "{root}": str(root)}
    return [_filled(word, values) for word in command]


def _filled(word: str, values: Mapping[str, str]) -> str:
    """Replace all placeholders in one pass, so that placeholders in a value are not replaced."""
    return _PLACEHOLDER.sub(lambda found: _harmless(found[0], values[found[0]]), word)


def _harmless(placeholder: str, value: str) -> str:
    if placeholder != "{root}" and not _HARMLESS.fullmatch(value):
        raise ServiceError(
            f"{placeholder} is not filled in: a shell would take the name for more than a name"
        )
    return value


class Crew:
    """The running programs, which are ended together; after that no other is started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[Running] = set()
        self._is_ended = False

    @contextmanager
    def running(self, start: Callable[[], Running]) -> Iterator[Running]:
        """Start a program, and count it as running. Raises ServiceError if it cannot be started, or all were ended."""
        with self._lock:
            if self._is_ended:
                raise ServiceError("not started")
            one = start()
            self._running.add(one)
        try:
            yield one
        finally:
            with self._lock:
                self._running.discard(one)

    def run(self, command: Sequence[str], environ: Mapping[str, str], *, cwd: Path, seconds: float) -> Ran:
        """Run a program to its end, with this environment; all it says is in `err`. Raises ServiceError."""
        with tempfile.TemporaryDirectory(prefix="seatrial-") as name:
            log = Path(name, "said")
            with self.running(lambda: Running(command, log, cwd=cwd, env=environ)) as running:
                timer = threading.Timer(seconds, running.end)
                timer.daemon = True
                timer.start()
                status = running.wait()
                timer.cancel()
            return Ran(status, b"", log.read_bytes())

    def end(self) -> None:
        """End all running programs at the same time, and everything that they have started."""
        with self._lock:
            self._is_ended = True
            running = [*self._running]
        threads = [threading.Thread(target=one.end, args=(3,)) for one in running]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


@contextmanager
def results(
    root: Path,
    integrations: Sequence[Integration],
    command: Sequence[str],
    jobs: int,
    tell: Callable[[CommandResult], None],
) -> Iterator[Iterator[CommandResult]]:
    """Run a command in each folder, and yield the results in the order of the integrations.

    `tell` is called with each result as soon as it is known. Leaving before the end, as by Ctrl-C, ends all commands.
    """
    crew = Crew()
    with tempfile.TemporaryDirectory(prefix="seatrial-") as place, ThreadPoolExecutor(jobs) as pool:

        def work(index: int) -> CommandResult:
            one = integrations[index]
            result = _run(crew, root, one, command, Path(place, str(index)))
            tell(result)
            return result

        futures = [pool.submit(work, index) for index in range(len(integrations))]
        try:
            yield (future.result() for future in futures)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            crew.end()


def _environment() -> dict[str, str]:
    """Return our environment without the options of this run, which a `seatrial` in the command would also read."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("SEATRIAL_") or name in KEPT
    }


def _run(crew: Crew, root: Path, one: Integration, command: Sequence[str], log: Path) -> CommandResult:
    began = time.monotonic()
    log.touch()
    try:
        words = filled(command, root, one)
        with crew.running(lambda: Running(words, log, cwd=root / one.path, env=_environment())) as running:
            status = running.wait()
    except ServiceError as reason:
        return CommandResult(one.name, 127, 0, log, str(reason))
    return CommandResult(one.name, status, time.monotonic() - began, log)
