"""Caches of the tools themselves: one for each folder in each environment; mypy's begin as a copy of a seed.

What a mypy cache is seeded with: the third-party modules that many integrations import, checked once.

A seed saves time and nothing else: mypy itself checks every entry of its cache against file, options,
plugins and version before it uses it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from seatrial.lint.tools.tool import Output

WORTH = 3
"""A seed is made for at least so many integrations; it takes as long as one of them."""

_FROM = re.compile(rb"^[ \t]*from[ \t]+([A-Za-z_][\w.]*)[ \t]+import[ \t]+([^\r\n#]*)", re.MULTILINE)
_IMPORT = re.compile(rb"^[ \t]*import[ \t]+([A-Za-z_][\w., \t]*)", re.MULTILINE)


def settings_key(settings: Mapping[str, Any]) -> str:
    """The same for folders whose mypy settings, plugins' among them, are the same."""
    tables = {name: value for name, value in settings.items() if "mypy" in name}
    return json.dumps(tables, sort_keys=True, default=str)


def imported(source: bytes) -> Iterator[str]:
    """The dotted names a Python file seems to import; `from a import b` may mean the module `a.b`."""
    for match in _FROM.finditer(source):
        module = match[1].decode()
        yield module
        yield from (f"{module}.{name}" for name in _names(match[2]))
    for match in _IMPORT.finditer(source):
        yield from (part.split()[0] for part in match[1].decode().split(",") if part.split())


def _names(listed: bytes) -> Iterator[str]:
    for part in listed.decode("utf-8", "replace").strip("( )\t\\").split(","):
        if (words := part.split()) and words[0].isidentifier():
            yield words[0]


def program(modules: Iterable[str]) -> str:
    """A Python file that imports these."""
    return "".join(f"import {module}\n" for module in sorted(set(modules)))


NOWHERE = os.devnull
"""mypy keeps nothing when told that its cache lies here."""


class ToolCaches:
    """A tool's caches, and seeds for them, below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, folder: Path, environment: str) -> Path:
        """Where the tool keeps what it knows of an integration's folder in an environment."""
        return self._folder / f"{_digest(os.fspath(folder))}-{environment[:16]}"

    def lock(self, place: Path) -> Path:
        """The file to hold locked while a cache is used."""
        return self._folder / "locks" / place.name

    def seed(self, base: str, settings: str) -> Path:
        """Where the seed for a base environment and these settings lies, or would lie."""
        return self._folder / f"seed-{_digest(settings)}-{base[:16]}"

    def begin(self, place: Path, seed: Path | None) -> None:
        """Start a cache with a copy of the seed, where there is no cache yet and a seed."""
        with suppress(OSError), self._held(place):
            if not place.is_dir() and seed is not None and seed.is_dir():
                _copied(seed, place)

    def forget(self, place: Path) -> None:
        """Remove a cache."""
        with suppress(OSError), self._held(place):
            shutil.rmtree(place, ignore_errors=True)

    def grow(
        self, seed: Path, pyproject: bytes, modules: Iterable[str], check: Callable[[Path, Path], Output]
    ) -> None:
        """Make a seed: `check` runs mypy in a folder with a cache folder. Where it fails there is none."""
        part = seed.with_name(f"{seed.name}.part")
        with suppress(OSError), self._held(seed):
            if seed.is_dir():
                return
            shutil.rmtree(part, ignore_errors=True)
            source = part / "source"
            source.mkdir(parents=True)
            (source / "pyproject.toml").write_bytes(pyproject)
            (source / "seatrial_seed.py").write_text(program(modules))
            if check(source, part / "cache").status in (0, 1) and (part / "cache").is_dir():
                (part / "cache").rename(seed)
            shutil.rmtree(part, ignore_errors=True)

    def sweep(self, now: float, most_age: float, most_bytes: int) -> None:
        """Remove caches not used for `most_age` seconds, and the longest unused beyond `most_bytes`."""
        total = 0
        for used, size, place in sorted(self._places(), reverse=True):
            total += size
            if place.name.endswith(".part") or total > most_bytes or used < now - most_age:
                self._remove_unless_held(place)

    def _places(self) -> Iterator[tuple[float, int, Path]]:
        with suppress(OSError):
            for place in self._folder.iterdir():
                if place.name != "locks":
                    stats = [file.stat() for file in place.rglob("*") if file.is_file()]
                    used = max((one.st_mtime for one in stats), default=0.0)
                    yield used, sum(one.st_size for one in stats), place

    def _remove_unless_held(self, place: Path) -> None:
        with suppress(OSError), self._held(Path(place.name.removesuffix(".part")), wait=False):
            shutil.rmtree(place, ignore_errors=True)

    @contextmanager
    def _held(self, place: Path, wait: bool = True) -> Iterator[None]:
        """Holds a cache's lock. Raises OSError where it cannot, BlockingIOError where it would have to wait."""
        lock = self.lock(place)
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            yield
        finally:
            os.close(descriptor)


def _copied(source: Path, place: Path) -> None:
    part = place.with_name(f"{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        shutil.copytree(source, part)
        part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def modules_in(site: Path, names: Iterable[str]) -> Iterator[str]:
    """Those dotted names that are modules below a site-packages folder."""
    for name in set(names):
        place = site.joinpath(*name.split("."))
        if any(os.path.exists(f"{place}{end}") for end in ("/__init__.py", ".py", "/__init__.pyi", ".pyi")):
            yield name


def _digest(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]
