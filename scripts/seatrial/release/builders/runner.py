"""Running a builder: from an order to an image in a folder of OCI layout, or to the error in the builder's log."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from heapq import heapify, heappop, heapreplace
from itertools import chain, takewhile
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.release.builders.build_places import below, beside, ignorefile, on_disk, put, read_inside
from seatrial.release.builders.builder import LAYOUT, Arguments, BuilderProgram, BuildJob
from seatrial.release.builders.dockerfile import bases, on_loopback
from seatrial.release.builders.host_access import environment, refusals
from seatrial.release.builders.oci import normalise
from seatrial.release.plan.ports import HIDDEN, OWN_ARGS, Build
from seatrial.system.atomic import replace_file
from seatrial.system.process import Running

MAX_LINE = 200
"""Longest line that is repeated, in characters; the log has all of it."""

REMEDIES = (
    (
        "cgroups in hybrid mode not supported",
        "set BUILDAH_ISOLATION=chroot where nothing else runs on this machine, or use docker",
    ),
    ("is not supported over overlayfs", "set STORAGE_DRIVER=vfs"),
    (
        "no space left on device",
        "make room on the disk, such as with `buildah prune` or `docker system prune`",
    ),
)
"""Words of common errors of builders, and what to do about each."""

_RUNTIME = re.compile(r"error running container: (?:from \S+ )?(?:creating container for \[.*?\]: )?(.+)")
"""The line of buildah and podman with why the container of a step was not started."""

_ERROR = re.compile(r"(?:error|fatal)(?: response from daemon)?: (.*)", re.IGNORECASE)
_STEP = re.compile(r"(?:\[\S+\] )?STEP \d+/\d+: ")
_EXIT = re.compile(r"subprocess exited (?:with|on) .*")
_NOISE = re.compile(r"(?:Trying to pull |time=\"|-->|Error: |error: |\[\S+\] STEP )")
_VERTEX = re.compile(r"#(\d+) ERROR: ")
_HEADER = re.compile(r" ?> \[.*\].*:\Z")
_RULE = re.compile(r"-{6,}\Z")
_CLOCK = re.compile(r"\d+\.\d+ ")
_HINT = re.compile(r"(?:Run|See) '.+ --help'")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def error_line(log: str) -> str:
    """Return one line from a log of BuildKit, buildah or podman: the error, and the last output of the failing step."""
    lines = [_plain(line) for line in log.splitlines() if line.strip() and not _HINT.match(line)]
    if not lines:
        return "it said nothing"
    errors = [found[1] for line in lines if (found := _ERROR.match(line))]
    error = errors[-1] if errors else lines[-1]
    refused = [found[1] for line in lines if (found := _RUNTIME.match(line))]
    if refused:
        return _short(refused[-1]) + _remedy(refused[-1])
    output = _step_output(lines)
    said = _short(error) + (f', after "{_short(output)}"' if output and output != error else "")
    return said + _remedy(f"{error} {output}")


def _remedy(cause: str) -> str:
    """Return what to do about an error that is common on machines of CI; empty for others."""
    return next((f"; {what}" for words, what in REMEDIES if words in cause), "")


def pull_error(log: str) -> str:
    """Return why a base image cannot be had, without its place, which the caller names."""
    return re.sub(r"^initializing source \S+: ", "", error_line(log).split(', after "')[0])


def _plain(line: str) -> str:
    letters = _COLOUR.sub("", line).rstrip()
    return "".join(letter if letter.isprintable() else " " for letter in letters.expandtabs(1))


def _step_output(lines: Sequence[str]) -> str:
    """Return the last output of the failing step; empty where there is none."""
    headers = [at for at, line in enumerate(lines) if _HEADER.match(line)]
    repeated = _until_rule(lines[headers[-1] + 1 :]) if headers else _since_step(lines)
    block = _of_vertex(lines) or repeated
    output = [text for line in block if not _NOISE.match(line) and (text := _EXIT.sub("", line))]
    return _said_last([_CLOCK.sub("", text, count=1).strip() for text in output])


def _said_last(output: Sequence[str]) -> str:
    """Return the last line; of a box of poetry's, whose lines begin with a bar, the first one, which is the error."""
    box = list(takewhile(lambda line: line.startswith("|"), reversed(output)))
    texts = [text for line in reversed(box) if (text := line.strip("| "))]
    return (texts or [*output[-1:], ""])[0]


def _of_vertex(lines: Sequence[str]) -> Sequence[str]:
    """Return the output of BuildKit's failing step in its order, which the repetition at the end may change."""
    failed = [found[1] for line in lines if (found := _VERTEX.match(line))]
    name = f"#{failed[-1]} " if failed else "#"
    own = [line.removeprefix(name) for line in lines if line.startswith(name)]
    return [line for line in own if _CLOCK.match(line)]


def _until_rule(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines up to a rule: BuildKit repeats the output of the failing step between its name and a rule."""
    end = next((at for at, line in enumerate(lines) if _RULE.match(line)), len(lines))
    return lines[:end]


def _since_step(lines: Sequence[str]) -> Sequence[str]:
    steps = [at for at, line in enumerate(lines) if _STEP.match(line)]
    return lines[steps[-1] + 1 :] if steps else []


def _short(line: str) -> str:
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE // 2]} ... {line[-MAX_LINE // 2 :]}"


_DIGEST = re.compile(r"^sha256:[0-9a-f]{64}\s*$", re.MULTILINE)

_LOG_PART = 1024 * 1024
"""Bytes of a log that are read at once."""

_LOG_TAIL = 64 * 1024
"""Bytes at the end of a log that are searched for the error."""


@dataclass
class InstalledBuilder:
    """A builder that was found to work, a `release.plan.ports.Builder`. Several threads may build at once."""

    program: BuilderProgram
    version: str
    _running: set[Running] = field(default_factory=set)
    _ended: bool = False

    @property
    def name(self) -> str:
        """The name of the program, as `seatrial.toml` states it."""
        return self.program.name

    @property
    def why(self) -> str:
        """Nothing, as it is a program that works."""
        return ""

    def ensure_base(self, image: str) -> None:
        """Find a base image on this machine, or fetch it. Raises ServiceError with the reason where that fails."""
        with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
            for number, arguments in enumerate(self.program.base_checks(image, on_loopback(image))):
                log = Path(folder, str(number))
                if self._run(arguments, log, Path(folder), {}) == 0:
                    return
            raise ServiceError(pull_error(_tail(log)))

    def refusal(self, context: Path, dockerfile: Path, args: Mapping[str, str]) -> str:
        """Return nothing: the program says it when it builds."""
        return ""

    def digest(self, image: str) -> str:
        """Return the digest of a base image that can be used; empty where the program does not know it."""
        with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
            log = Path(folder, "digest")
            status = self._run(self.program.digest(image), log, Path(folder), {})
            found = _DIGEST.search(_tail(log)) if status == 0 else None
            return found[0].strip() if found else ""

    def build(self, order: Build) -> None:
        """Build one image as ordered. Raises ServiceError with the builder's error and the log's place.

        Neither has the values of build args, of which some are secret.
        """
        with on_disk(order), beside(order.into) as folder:
            job = _job(order, folder)
            self._must_be_admitted(job)
            self._forget(job, folder)
            try:
                for arguments in self.program.steps(job):
                    self._step(arguments, order, folder)
            finally:
                self._forget(job, folder)
                _hide(order)
            normalise(folder / LAYOUT, order.platforms)
            put(folder / LAYOUT, order.into)

    def end(self) -> None:
        """End all running builds and let none begin, as after Ctrl-C; called from a thread that does not build."""
        self._ended = True
        for running in list(self._running):
            running.end()

    def _must_be_admitted(self, job: BuildJob) -> None:
        """Raise ServiceError for a Dockerfile that asks for something of this machine."""
        text = job.dockerfile.read_text(errors="replace")
        why = next(refusals(text, self.name, self.version), None)
        if why:
            name = below(job.order.dockerfile, job.order.context)
            raise ServiceError(f"{name}, {why}; nothing was built")

    def _step(self, arguments: Arguments, order: Build, folder: Path) -> None:
        status = self._run(arguments, order.log, folder, order.args)
        if status:
            how = (
                f"was ended by {signal.Signals(-status).name}" if status < 0 else "could not build the image"
            )
            _hide(order)
            said = error_line(_tail(order.log))
            raise ServiceError(f"{self.name} {how}: {said}; {order.log} has all its output")

    def _run(self, arguments: Arguments, log: Path, folder: Path, args: Mapping[str, str]) -> int:
        """Return the exit status of a program, which `end` ends too, even while it starts."""
        running = Running(arguments, log, cwd=folder, env=environment(os.environ, args))
        self._running.add(running)
        try:
            if self._ended:
                running.end()
                raise ServiceError(f"{self.name} was stopped, as the run was ended")
            return running.wait()
        finally:
            self._running.discard(running)

    def _forget(self, job: BuildJob, folder: Path) -> None:
        """Remove the job's images from the builder's storage, including those of an earlier run that was killed."""
        for arguments in self.program.cleanup(job):
            with suppress(ServiceError):
                env = environment(os.environ, {})
                Running(arguments, folder / "cleanup.log", cwd=folder, env=env).wait()


LEAST_SECRET = 6
"""The length below which a value is not hidden: it is not a secret, and it occurs in any text."""


def secrets_of(order: Build) -> list[str]:
    """Return the values of build args that are never shown, the longest first."""
    return secrets_in(read_inside(order.context, order.dockerfile).decode(errors="replace"), order.args)


def secrets_in(dockerfile: str, args: Mapping[str, str]) -> list[str]:
    """Return the values of build args that may be secret: all but ours and the base images."""
    public = {base.image for base in bases(dockerfile, args)}
    values = {line for name, value in args.items() if name not in OWN_ARGS for line in value.splitlines()}
    return sorted((one for one in values - public if len(one) >= LEAST_SECRET), key=len, reverse=True)


def hidden(text: str, secrets: Sequence[str]) -> str:
    """Return a text without these values."""
    return b"".join(redacted([text.encode("utf-8", "replace")], secrets)).decode(errors="replace")


def redacted(parts: Iterable[bytes], secrets: Sequence[str]) -> Iterator[bytes]:
    """Yield the bytes of these parts without the values, also where one begins in a part and ends in another.

    Of what is read, at most a part and the longest value are held. Values that overlap are hidden together.
    """
    values = [one.encode("utf-8", "replace") for one in secrets]
    margin = max(map(len, values), default=1) - 1
    held, covered = b"", 0
    for part in chain(parts, [None]):
        held += part or b""
        end = len(held) if part is None else max(0, len(held) - margin)
        told, covered = _without(held, end, covered, _places(held, values))
        held = held[end:]
        yield told


def _places(text: bytes, values: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Yield where each value is, by its beginning and its end, in order of the beginnings."""
    found = [one for value in values if (one := (text.find(value), value))[0] >= 0]
    heapify(found)
    while found:
        at, value = found[0]
        yield at, at + len(value)
        again = text.find(value, at + 1)
        if again < 0:
            heappop(found)
        else:
            heapreplace(found, (again, value))


def _without(text: bytes, end: int, covered: int, places: Iterator[tuple[int, int]]) -> tuple[bytes, int]:
    """Return the first `end` bytes without what is at these places, and how many bytes after them belong to one.

    The first `covered` bytes belong to one that was hidden before.
    """
    told = bytearray()
    for start, stop in places:
        if start >= end:
            break
        if start >= covered:
            told += text[covered:start] + HIDDEN.encode()
        covered = max(covered, stop)
    told += text[covered:end]
    return bytes(told), max(0, covered - end)


def _hide(order: Build) -> None:
    """Take the values of build args out of the log, which builders and build steps may write there.

    A log that cannot be written again is removed. Raises ServiceError then.
    """
    found = secrets_of(order)
    if not found or not order.log.exists():
        return
    with open(order.log, "rb") as log:
        parts = redacted(iter(partial(log.read, _LOG_PART), b""), found)
        try:
            replace_file(order.log, lambda file: file.writelines(parts), durable=False)
        except ServiceError:
            order.log.unlink(missing_ok=True)
            raise


def _job(order: Build, folder: Path) -> BuildJob:
    text = read_inside(order.context, order.dockerfile)
    ignored = ignorefile(order.dockerfile, order.context)
    job = BuildJob(order, folder / "Dockerfile", _image(order.into), _plain_http(text, order))
    job.dockerfile.write_bytes(text)
    job.ignorefile.write_bytes(read_inside(order.context, ignored) if ignored else b"")
    return job


def _image(into: Path) -> str:
    """Return a local name derived from the place, so that what a killed run left is found again."""
    return f"localhost/seatrial-{hashlib.sha256(os.fsencode(into.absolute())).hexdigest()[:16]}"


def _plain_http(dockerfile: bytes, order: Build) -> bool:
    """Return whether all base images come from registries on this machine."""
    images = [base.image for base in bases(dockerfile.decode(errors="replace"), order.args)]
    return bool(images) and all(on_loopback(image) for image in images)


def _tail(log: Path) -> str:
    with open(log, "rb") as source:
        source.seek(max(0, os.fstat(source.fileno()).st_size - _LOG_TAIL))
        return source.read().decode(errors="replace")
