"""The slow way to lint: Poetry installs an integration's lock, then each tool runs in its folder.

The commands are those of the shared Makefile of port-labs/ocean, one process each, in the environment that Poetry made.
Nothing of Seatrial is used here.

Poetry is the one given, unmodified. If the package index lacks the JSON API that Poetry uses, install a plugin such as
`poetry-plugin-pypi-mirror` beside it and set `POETRY_PYPI_MIRROR_URL`: variables whose names begin with `POETRY_` are
passed on.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from processes import Run, run

TOOLS: Mapping[str, Sequence[str]] = {
    "poetry": ("check",),
    "mypy": (".", "--exclude", r"/\.venv/"),
    "ruff": ("check", "."),
    "black": ("--check", "."),
    "yamllint": (".",),
}
INSTALL = ("install", "--with", "dev", "--no-root", "--no-interaction")
CACHES = (".mypy_cache", ".ruff_cache")
PASSED_ON = ("LANG", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Slow:
    """Poetry's program, the interpreter for its environments, and a home folder of its own."""

    poetry: Path
    python: Path
    home: Path

    def environ(self, folder: Path) -> dict[str, str]:
        """Return the variables of a new account in which the folder's environment is activated."""
        passed_on = {key: value for key, value in os.environ.items() if key in PASSED_ON}
        poetry = {key: value for key, value in os.environ.items() if key.startswith("POETRY_")}
        own = {
            "HOME": str(self.home),
            "PATH": os.pathsep.join((str(folder / ".venv" / "bin"), os.defpath)),
            "VIRTUAL_ENV": str(folder / ".venv"),
            "POETRY_VIRTUALENVS_IN_PROJECT": "true",
            "POETRY_VIRTUALENVS_CREATE": "true",
        }
        return {**passed_on, **poetry, **own}

    def install(self, folder: Path) -> Run:
        """Make the folder's `.venv` anew, as `make install` does. Raises SystemExit if Poetry fails."""
        shutil.rmtree(folder / ".venv", ignore_errors=True)
        environ = self.environ(folder)
        del environ["VIRTUAL_ENV"]
        run((str(self.poetry), "env", "use", str(self.python)), folder, environ)
        installed = run((str(self.poetry), *INSTALL), folder, environ)
        if installed.status:
            raise SystemExit(
                f"poetry install fails in {folder}: {installed.out[-800:]}{installed.err[-800:]}"
            )
        return installed

    def lint(self, folder: Path, tools: Sequence[str] = tuple(TOOLS)) -> dict[str, Run]:
        """Run each tool's plain command in turn, the others also after one that fails."""
        return {tool: self.tool(folder, tool, TOOLS[tool]) for tool in tools}

    def tool(self, folder: Path, tool: str, arguments: Sequence[str]) -> Run:
        """Run one tool in the folder."""
        program = self.poetry if tool == "poetry" else folder / ".venv" / "bin" / tool
        return run((str(program), *arguments), folder, self.environ(folder))

    def forget(self, folder: Path) -> None:
        """Remove every cache the tools keep, so that the next run is a cold one."""
        for name in CACHES:
            shutil.rmtree(folder / name, ignore_errors=True)
        shutil.rmtree(self.home / ".cache" / "black", ignore_errors=True)
