"""Running the Poetry that Seatrial is installed with, which need not be on the PATH."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from seatrial.core.addresses import without_credentials
from seatrial.core.errors import ServiceError, Unreadable, reason
from seatrial.core.printable import one_line
from seatrial.system import process, uv
from seatrial.system.folder import read_plain
from seatrial.system.sandbox import Sandbox, View

PROGRAM = Path(__file__).with_name("poetry_lock.py")

SECONDS = 600
"""Seconds before a resolution is given up; that of the template takes a minute on a slow network."""

LOCK = "poetry.lock"

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_KEPT = (*_PROXIES, *(name.lower() for name in _PROXIES), "REQUESTS_CA_BUNDLE")


def lock(folder: Path) -> None:
    """Make `poetry.lock` in a folder of ours, whose locked versions are kept where there are any.

    It asks the package index that the person has set for Poetry. Raises ServiceError with Poetry's reason.
    """
    _must_have_worked(process.run([sys.executable, "-P", str(PROGRAM)], cwd=folder, seconds=SECONDS))


@dataclass(frozen=True)
class ConfinedPoetry:
    """Poetry in a sandbox, because it runs code of the packages whose metadata it has to build.

    It has the network, but nothing of the person's: no credentials, and no settings of theirs. `run` is called as
    `run_confined` of `system.process`.
    """

    sandbox: Sandbox
    run: Callable[..., process.Ran] = process.run_confined

    def locked(self, files: Mapping[str, bytes]) -> bytes:
        """Return the lock for these files of a folder, by name; versions locked in them stay where they can.

        Raises ServiceError with Poetry's reason.
        """
        with TemporaryDirectory(prefix="seatrial-") as name:
            place = Path(os.path.realpath(name))
            folder, home = place / "folder", place / "home"
            for made in (folder, home):
                made.mkdir()
            for file, data in files.items():
                (folder / file).write_bytes(data)
            command = self.sandbox.command([sys.executable, "-P", str(PROGRAM)], _view(place), folder)
            environ = _environ(home)
            ran = self.run(command, environ, cwd=folder, seconds=SECONDS)
            _must_have_worked(ran)
            try:
                return read_plain(str(folder / LOCK))
            except (OSError, Unreadable) as failed:
                raise ServiceError(f"Poetry made no lock: {reason(failed)}") from failed


def _view(place: Path) -> View:
    parts = (Path(sys.prefix), Path(sys.base_prefix), PROGRAM)
    return View(readable=parts, writable=(place,), network=True)


def _environ(home: Path) -> dict[str, str]:
    kept = {name: without_credentials(value) for name, value in os.environ.items() if name in _KEPT}
    own = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home),
        "LC_ALL": "C.UTF-8",
    }
    return {**uv.trusted(), **kept, **own}


def _must_have_worked(ran: process.Ran) -> None:
    if ran.status:
        said = ran.err.decode(errors="replace").strip().splitlines()
        raise ServiceError(f"Poetry failed: {one_line(said[-1], 300) if said else 'it said nothing'}")
