"""The slow way to lint: Poetry installs an integration's lock, then each tool runs in its folder.

The commands are those that the shared Makefile of port-labs/ocean types, one process each, in
the environment that Poetry made. Nothing of Seatrial is used here.

Poetry is the one given, unmodified. Where its package index cannot be asked in Poetry's own
way, give it a plugin such as `poetry-plugin-pypi-mirror` and set `POETRY_PYPI_MIRROR_URL`:
the variables whose names begin with `POETRY_` are handed on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

TOOLS: Mapping[str, Sequence[str]] = {
    "poetry": ("check",),
    "mypy": (".", "--exclude", r"/\.venv/"),
    "ruff": ("check", "."),
    "black": ("--check", "."),
    "yamllint": (".",),
}
INSTALL = ("install", "--with", "dev", "--no-root", "--no-interaction")
CACHES = (".mypy_cache", ".ruff_cache")
HANDED_ON = ("LANG", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Said:
    """What one program did: exit status, text, seconds on the clock and of the processor, peak megabytes."""

    status: int
    out: str
    err: str
    wall: float
    cpu: float
    peak: float

    def as_json(self) -> dict[str, object]:
        """A mapping to write down."""
        return asdict(self)


@dataclass(frozen=True)
class Slow:
    """Where the slow way works: Poetry's program, the interpreter, and a home folder of its own."""

    poetry: Path
    python: Path
    home: Path

    def environ(self, folder: Path) -> dict[str, str]:
        """What a fresh account would have after activating the folder's environment."""
        handed = {key: value for key, value in os.environ.items() if key in HANDED_ON}
        poetry = {key: value for key, value in os.environ.items() if key.startswith("POETRY_")}
        own = {
            "HOME": str(self.home),
            "PATH": os.pathsep.join((str(folder / ".venv" / "bin"), os.defpath)),
            "VIRTUAL_ENV": str(folder / ".venv"),
            "POETRY_VIRTUALENVS_IN_PROJECT": "true",
            "POETRY_VIRTUALENVS_CREATE": "true",
        }
        return {**handed, **poetry, **own}

    def install(self, folder: Path) -> Said:
        """Make the folder's `.venv` as `make install` does, from nothing."""
        shutil.rmtree(folder / ".venv", ignore_errors=True)
        environ = self.environ(folder)
        del environ["VIRTUAL_ENV"]
        run((str(self.poetry), "env", "use", str(self.python)), folder, environ)
        return run((str(self.poetry), *INSTALL), folder, environ)

    def lint(self, folder: Path, tools: Sequence[str] = tuple(TOOLS)) -> dict[str, Said]:
        """Each tool's plain command in turn; all of them run, whatever the others say."""
        return {tool: self.tool(folder, tool, TOOLS[tool]) for tool in tools}

    def tool(self, folder: Path, tool: str, arguments: Sequence[str]) -> Said:
        """One tool in the folder."""
        program = self.poetry if tool == "poetry" else folder / ".venv" / "bin" / tool
        return run((str(program), *arguments), folder, self.environ(folder))

    def forget(self, folder: Path) -> None:
        """Remove every cache the tools keep, so that the next run is a cold one."""
        for name in CACHES:
            shutil.rmtree(folder / name, ignore_errors=True)
        shutil.rmtree(self.home / ".cache" / "black", ignore_errors=True)


def run(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Said:
    """Run a program to its end; a program that is not there has status 127."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(
                command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )
        except FileNotFoundError as missing:
            return Said(127, "", f"{missing}", 0.0, 0.0, 0.0)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        cpu = usage.ru_utime + usage.ru_stime
        return Said(process.returncode, _text(out), _text(err), wall, cpu, usage.ru_maxrss / 1024)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="surrogateescape")
