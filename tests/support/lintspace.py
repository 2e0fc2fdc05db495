"""A small workspace whose integrations lock real tools, and what Seatrial and the tools themselves say of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.dependencies.lockfile import content_hash
from support import warm
from support.paths import SOURCES

TOOLS: Mapping[str, str] = {
    "black": "24.10.0",
    "click": "8.1.8",
    "mypy": "1.14.1",
    "mypy-extensions": "1.0.0",
    "packaging": "24.2",
    "pathspec": "0.12.1",
    "platformdirs": "4.3.6",
    "pyyaml": "6.0.2",
    "ruff": "0.8.6",
    "typing-extensions": "4.12.2",
    "yamllint": "1.35.1",
}
"""What a lock pins by default; none of it is what Seatrial itself is developed with."""

NEEDS: Mapping[str, Sequence[str]] = {
    "black": ("click", "mypy-extensions", "packaging", "pathspec", "platformdirs"),
    "mypy": ("mypy-extensions", "typing-extensions"),
    "yamllint": ("pathspec", "pyyaml"),
}

FILES = {
    "main.py": "from client import fetch\n\n\ndef main() -> int:\n    return fetch(3)\n",
    "client.py": 'import click\n\n\ndef fetch(count: int) -> int:\n    click.echo("fetching")\n    return count\n',
    ".port/spec.yaml": "title: Small\n",
}

SETTINGS = """
[tool.mypy]
disallow_untyped_defs = true
warn_unused_ignores = true

[tool.ruff]
line-length = 100

[tool.black]
line-length = 100
"""


def pyproject(name: str, packages: Mapping[str, str], settings: str = SETTINGS) -> str:
    """A `pyproject.toml` that wants these packages, exactly."""
    wanted = "".join(f'{package} = "{version}"\n' for package, version in sorted(packages.items()))
    head = (
        f'[tool.poetry]\nname = "{name}"\nversion = "0.1.0"\ndescription = "small"\n'
        "authors = []\npackage-mode = false\n"
    )
    python = '[tool.poetry.dependencies]\npython = ">=3.11"\n'
    return f"{head}\n{python}\n[tool.poetry.group.dev.dependencies]\n{wanted}{settings}"


def lock(text: str, packages: Mapping[str, str]) -> str:
    """The `poetry.lock` of such a `pyproject.toml`."""
    import tomllib

    parts = []
    for package, version in sorted(packages.items()):
        needs = "".join(f'{need} = "*"\n' for need in NEEDS.get(package, ()) if need in packages)
        parts.append(
            f'[[package]]\nname = "{package}"\nversion = "{version}"\ndescription = ""\noptional = false\n'
            f'python-versions = ">=3.8"\ngroups = ["dev"]\nfiles = []\n'
            + (f"\n[package.dependencies]\n{needs}" if needs else "")
        )
    digest = content_hash(tomllib.loads(text))
    parts.append(f'[metadata]\nlock-version = "2.1"\npython-versions = ">=3.11"\ncontent-hash = "{digest}"\n')
    return "\n".join(parts)


@dataclass(frozen=True)
class Space:
    """A workspace on disk, with a cache folder of its own."""

    root: Path
    cache: Path

    def integration(self, name: str, packages: Mapping[str, str] = TOOLS, settings: str = SETTINGS) -> Path:
        """Add a clean integration; its folder."""
        folder = self.root / "integrations" / name
        text = pyproject(name, packages, settings)
        for path, content in {**FILES, "pyproject.toml": text, "poetry.lock": lock(text, packages)}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        return folder

    def command(self, *arguments: str) -> list[str]:
        """`seatrial lint` on this workspace."""
        return [sys.executable, "-m", "seatrial", "lint", "--root", str(self.root), *arguments]

    @property
    def environ(self) -> dict[str, str]:
        """With this space's cache, and nothing of the person's choices."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("SEATRIAL", "GITHUB"))
        }
        return kept | {
            "SEATRIAL_CACHE": str(self.cache),
            "PYTHONPATH": str(SOURCES),
        }

    def lint(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        command = self.command(*arguments)
        environ = self.environ | more.pop("environ", {})
        if not more.keys() - {"cwd"}:
            return warm.run(more.get("cwd", os.getcwd()), command[3:], environ)
        return subprocess.run(
            command, env=environ, capture_output=True, text=True, check=False, timeout=300, **more
        )

    def said(self, *arguments: str, **more: Any) -> tuple[int, list[str]]:
        """The status, and the findings as lines without the workspace's name."""
        done = self.lint("--format", "json", *arguments, **more)
        if not done.stdout:
            raise AssertionError(done.stderr)
        found = json.loads(done.stdout)["findings"]
        return done.returncode, [
            f"{one['path'].removeprefix('integrations/')}:{one['line']}:{one['column']} {one['code']} {one['message']}"
            for one in found
        ]
