"""Running a builder: one image from an order to a folder in OCI layout, and nothing left behind."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.builders.layout import settle
from seatrial.builders.taking import ignorefile, taken
from seatrial.builders.tool import LAYOUT, Arguments, Job, Tool
from seatrial.builders.words import last_words, reason
from seatrial.errors import ServiceError
from seatrial.release.dockerfile import bases, on_loopback
from seatrial.release.ports import Build
from seatrial.tools import Running

_DIGEST = re.compile(r"^sha256:[0-9a-f]{64}\s*$", re.MULTILINE)

_LOG_TAIL = 64 * 1024
"""How much of a log is searched for last words, in bytes."""


@dataclass
class Workshop:
    """A builder that was found to work; fits `release.ports.Builder`. Several threads may build at once."""

    tool: Tool
    version: str
    _running: set[Running] = field(default_factory=set)
    _ended: bool = False

    @property
    def name(self) -> str:
        """The name of the program, as `seatrial.toml` has it."""
        return self.tool.name

    def ready(self, image: str) -> None:
        """Have a base image at hand: a local one, or one that is fetched. Raises ServiceError with the reason."""
        with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
            for number, arguments in enumerate(self.tool.at_hand(image, on_loopback(image))):
                log = Path(folder, str(number))
                if self._run(arguments, log, Path(folder)) == 0:
                    return
            raise ServiceError(reason(_tail(log)))

    def digest(self, image: str) -> str:
        """The digest of a base image that is at hand; empty where the program cannot tell."""
        with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
            log = Path(folder, "digest")
            status = self._run(self.tool.digest(image), log, Path(folder))
            found = _DIGEST.search(_tail(log)) if status == 0 else None
            return found[0].strip() if found else ""

    def build(self, order: Build) -> None:
        """Build one image as ordered. Raises ServiceError with the builder's last words and the log's place."""
        with _on_disk(order), _beside(order.into) as folder:
            job = _job(order, folder)
            self._forget(job, folder)
            try:
                for arguments in self.tool.steps(job):
                    self._step(arguments, order.log, folder)
            finally:
                self._forget(job, folder)
            settle(folder / LAYOUT, order.platforms)
            _put(folder / LAYOUT, order.into)

    def end(self) -> None:
        """End all that runs and let nothing new begin, as after Ctrl-C; for another thread than those that build."""
        self._ended = True
        for running in list(self._running):
            running.end()

    def _step(self, arguments: Arguments, log: Path, folder: Path) -> None:
        status = self._run(arguments, log, folder)
        if status:
            how = (
                f"was ended by {signal.Signals(-status).name}" if status < 0 else "could not build the image"
            )
            raise ServiceError(f"{self.name} {how}: {last_words(_tail(log))}; {log} has all it said")

    def _run(self, arguments: Arguments, log: Path, folder: Path) -> int:
        """The exit status of a program that `end` ends too, if it comes while the program starts."""
        running = Running(arguments, log, cwd=folder)
        self._running.add(running)
        try:
            if self._ended:
                running.end()
                raise ServiceError(f"{self.name} was stopped, as the run was ended")
            return running.wait()
        finally:
            self._running.discard(running)

    def _forget(self, job: Job, folder: Path) -> None:
        """Take the job's images out of the builder's storage, those of an earlier run that was killed too."""
        for arguments in self.tool.leftovers(job):
            with suppress(ServiceError):
                Running(arguments, folder / "leftovers.log", cwd=folder).wait()


def _job(order: Build, folder: Path) -> Job:
    text = taken(order.dockerfile, order.context)
    ignored = ignorefile(order.dockerfile, order.context)
    job = Job(order, folder / "Dockerfile", _image(order.into), _plain_http(text, order))
    job.dockerfile.write_bytes(text)
    job.ignorefile.write_bytes(taken(ignored, order.context) if ignored else b"")
    return job


def _image(into: Path) -> str:
    """A local name of its own for each place, so that what a killed run left is found again."""
    return f"localhost/seatrial-{hashlib.sha256(os.fsencode(into.absolute())).hexdigest()[:16]}"


def _plain_http(dockerfile: bytes, order: Build) -> bool:
    """Whether all base images come from registries on this machine."""
    images = [base.image for base in bases(dockerfile.decode(errors="replace"), order.args)]
    return bool(images) and all(on_loopback(image) for image in images)


@contextmanager
def _on_disk(order: Build) -> Iterator[None]:
    """What the disk refuses, as one line that names the file."""
    try:
        order.log.parent.mkdir(parents=True, exist_ok=True)
        order.log.write_bytes(b"")
        order.into.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as failed:
        why = (failed.strerror or str(failed)).lower()
        raise ServiceError(f"{failed.filename or order.into} cannot be written: {why}") from failed


@contextmanager
def _beside(into: Path) -> Iterator[Path]:
    """A folder on the same disk that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(dir=into.parent, prefix=f".{into.name}-"))
    try:
        yield folder.absolute()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put(made: Path, into: Path) -> None:
    if into.exists():
        shutil.rmtree(into)
    made.rename(into)


def _tail(log: Path) -> str:
    with open(log, "rb") as source:
        source.seek(max(0, os.fstat(source.fileno()).st_size - _LOG_TAIL))
        return source.read().decode(errors="replace")
