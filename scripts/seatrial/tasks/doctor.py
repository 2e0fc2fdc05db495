"""The task `doctor`: which of the programs that tasks use this machine has, and what to install."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from seatrial.core.errors import SeatrialError, ServiceError
from seatrial.core.printable import one_line
from seatrial.core.settings import KEYLESS
from seatrial.lint import interpreters
from seatrial.release.attest.sigstore_bundles import LIBRARY
from seatrial.release.builders import available
from seatrial.release.registry.saved_logins import config_files
from seatrial.release.store.entries import FolderEntries, open_entries
from seatrial.system import process, uv
from seatrial.system.cache import home
from seatrial.system.remote_cache import LAYOUT, RefusedEntry
from seatrial.system.sandbox import kernel
from seatrial.tasks.cli import commands_in_make, say
from seatrial.tasks.newest_framework import PYTHON, SECONDS
from seatrial.tasks.shared_cache import access_to, open_cache
from seatrial.validate.facts.package_metadata import CORE
from seatrial.workspace.workspace import open_workspace

SIZE_SECONDS = 2
"""Seconds after which the size of the cache is told as far as it is known."""


@dataclass(frozen=True)
class Diagnosis:
    """One thing that tasks use: what is there, or `lacking`, with what to do about it."""

    name: str
    found: str
    lacking: bool = False

    @property
    def line(self) -> str:
        """The line that people read."""
        return f"{'-' if self.lacking else 'ok':2}  {self.name:9} {one_line(self.found, 400)}"


def doctor() -> None:
    """Tell what this machine has and lacks, one thing on each line; it is not an error if something is lacking."""
    say(commands_in_make("".join(f"{one.line}\n" for one in diagnoses())))


def diagnoses() -> Iterator[Diagnosis]:
    """Yield a diagnosis of everything that a task may need."""
    yield Diagnosis("python", f"{platform.python_version()}, on which Seatrial runs")
    yield _pythons()
    yield _program("git", "git", "--version")
    yield _uv()
    yield _sandbox()
    yield _builder()
    yield Diagnosis("poetry", f"{version('poetry')}, Seatrial's own, which makes locks")
    yield _gh()
    yield _network()
    yield _logins(os.environ)
    yield _cache(home(os.environ))
    yield from _shared_cache()
    yield from _signing()


def _signing() -> Iterator[Diagnosis]:
    """Yield whether this machine has what checks signatures without a key, where the repository's CI signs so."""
    try:
        if open_workspace().settings.release.signing != KEYLESS:
            return
    except SeatrialError:
        return
    lacking = find_spec("sigstore") is None
    yield Diagnosis("signing", LIBRARY if lacking else "without a key, by jobs of CI", lacking)


def _gh() -> Diagnosis:
    found = _program("gh", "gh", "--version")
    if found.lacking:
        return replace(found, found=f"{found.found}; without it `submit` prints the page to open")
    return replace(found, found=found.found.split("\n")[0])


def _network() -> Diagnosis:
    """Return whether the package index answers, which lint needs for packages that it has not kept."""
    try:
        return Diagnosis("network", f"the package index has port-ocean {uv.newest(CORE, PYTHON, SECONDS)}")
    except SeatrialError as failed:
        words = f"{failed}; name one that does with UV_DEFAULT_INDEX, or a proxy with HTTPS_PROXY"
        return Diagnosis("network", words, lacking=True)


def _logins(environ: Mapping[str, str]) -> Diagnosis:
    """Return where credentials for releases, requests and indexes are; never what they are."""
    names = sorted(name for name, value in environ.items() if value and _SECRET.fullmatch(name))
    files = [str(path) for path in config_files(environ) if path.is_file()]
    if not names and not files:
        words = "none found; before a release to a registry type `docker login HOST`"
        return Diagnosis("logins", words, lacking=True)
    places = [f"{', '.join(names)} in the environment"] if names else []
    return Diagnosis("logins", "; ".join([*places, *files]))


_SECRET = re.compile(
    r"(AWS|AZURE|GOOGLE)_\w*(KEY|TOKEN|SECRET|CREDENTIALS)\w*|(GH|GITHUB|GITLAB|CI_JOB)_TOKEN"
    r"|UV_INDEX_\w+_PASSWORD|POETRY_HTTP_BASIC_\w+_PASSWORD|POETRY_PYPI_TOKEN_\w+|SEATRIAL_\w*KEY"
)
"""The environment variables with credentials that tasks, or programs that they start, look at."""


def _cache(folder: Path) -> Diagnosis:
    size, is_whole = _size(folder, time.monotonic() + SIZE_SECONDS)
    more = "" if is_whole else "more than "
    words = f"{folder} has {more}{size / 1e6:,.0f} MB; it may be deleted at any time, and SEATRIAL_CACHE names another"
    return Diagnosis("cache", words)


def _size(folder: Path, end: float) -> tuple[int, bool]:
    """Return the bytes on disk below a folder, a file with several names counted once, and if all were counted."""
    seen: dict[tuple[int, int], int] = {}
    for place, folders, files in os.walk(folder):
        if time.monotonic() > end:
            return sum(seen.values()), False
        for name in (*folders, *files):
            with suppress(OSError):
                status = os.lstat(os.path.join(place, name))
                seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values()), True


def _shared_cache() -> Iterator[Diagnosis]:
    """Yield the access of a run here to the shared cache, if the repository around the current folder names one."""
    try:
        workspace = open_workspace()
    except SeatrialError:
        return
    try:
        access = access_to(workspace, os.environ)
        if access is None:
            return
        open_cache(access, workspace, lambda _: None, os.environ)
        entries = open_entries(access.settings.url)
        if isinstance(entries, FolderEntries) and not entries.base.is_dir() and not access.writes:
            raise ServiceError(
                f"there is no folder {entries.base}; mount it, or correct `cache` in seatrial.toml"
            )
        entries.get(f"{LAYOUT}/probe")
    except (SeatrialError, RefusedEntry) as failed:
        yield Diagnosis("shared", f"not used: {failed}", lacking=True)
        return
    does = "reads and writes" if access.writes else "reads"
    yield Diagnosis("shared", f"{access.settings.url} answers; this run, of {access.role.value}, {does} it")


def _pythons() -> Diagnosis:
    try:
        found = interpreters.interpreters(home(os.environ) / "interpreters.json")
    except SeatrialError as failed:
        return Diagnosis("pythons", str(failed), lacking=True)
    versions = ", ".join(sorted({one.version for one in found}, key=_numbers))
    return Diagnosis("pythons", f"{versions}, for integrations to choose from")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _program(name: str, *command: str) -> Diagnosis:
    try:
        ran = process.run(command, seconds=20)
    except SeatrialError as failed:
        return Diagnosis(name, str(failed), lacking=True)
    return Diagnosis(name, (ran.out or ran.err).decode(errors="replace").strip(), lacking=bool(ran.status))


def _uv() -> Diagnosis:
    try:
        return _program("uv", uv.program(), "--version")
    except SeatrialError as failed:
        return Diagnosis("uv", str(failed), lacking=True)


def _sandbox() -> Diagnosis:
    found = kernel()
    if found.program:
        return Diagnosis(
            "sandbox",
            f"{found.level.value}, by {found.program}: tools see neither your files nor the network",
        )
    return Diagnosis("sandbox", f"{found.level.value} only: {found.lacking}; {found.repair}", lacking=True)


def _builder() -> Diagnosis:
    try:
        builder = available.choose()
    except SeatrialError as failed:
        return Diagnosis("builder", str(failed), lacking=True)
    more = f", as {builder.why}" if builder.why else ""
    return Diagnosis("builder", f"{builder.name} {builder.version}{more}")
