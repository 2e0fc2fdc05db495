"""The task `doctor`: which of the programs that tasks use this machine has, and what to install."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.core.errors import SeatrialError
from seatrial.core.printable import one_line
from seatrial.lint import interpreters
from seatrial.release.builders import available
from seatrial.release.store.entries import open_entries
from seatrial.system import process, uv
from seatrial.system.cache import home
from seatrial.system.remote_cache import LAYOUT, RefusedEntry
from seatrial.system.sandbox import kernel
from seatrial.tasks.cli import commands_in_make, say
from seatrial.tasks.shared_cache import access_to, open_cache
from seatrial.workspace.workspace import open_workspace


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
    yield Diagnosis("cache", f"{home(os.environ)} (SEATRIAL_CACHE names another folder)")
    yield from _shared_cache()


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
        open_entries(access.settings.url).get(f"{LAYOUT}/probe")
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
