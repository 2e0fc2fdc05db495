"""Kept caches of a tool: one for each folder in each environment, which may start as a copy of a seed."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.lint.tools.tool import Output
from seatrial.system.locks import held
from seatrial.system.sweep import sweep


class ToolCaches:
    """A tool's caches, and seeds for them, below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, folder: Path, environment: str) -> Path:
        """Return the cache for an integration's folder in an environment."""
        return self._folder / f"{_digest(os.fspath(folder))}-{environment[:16]}"

    def lock(self, place: Path) -> Path:
        """Return the file to hold locked while a cache is used."""
        return self._folder / "locks" / place.name

    def seed(self, base: str, settings: str) -> Path:
        """Return the place of the seed for a base environment and these settings."""
        return self._folder / f"seed-{_digest(settings)}-{base[:16]}"

    def begin(self, place: Path, seed: Path | None) -> None:
        """Start a cache with a copy of the seed, if there is a seed and no cache yet."""
        with suppress(OSError, ServiceError), held(self.lock(place)):
            if not place.is_dir() and seed is not None and seed.is_dir():
                _copied(seed, place)

    def forget(self, place: Path) -> None:
        """Remove a cache."""
        with suppress(OSError, ServiceError), held(self.lock(place)):
            shutil.rmtree(place, ignore_errors=True)

    def grow(self, seed: Path, sources: Mapping[str, bytes], check: Callable[[Path, Path], Output]) -> None:
        """Make a seed: `check` runs the tool in a folder of these files, with a cache folder.

        Where that fails there is no seed.
        """
        part = seed.with_name(f"{seed.name}.part")
        with suppress(OSError, ServiceError), held(self.lock(seed)):
            if seed.is_dir():
                return
            shutil.rmtree(part, ignore_errors=True)
            source = part / "source"
            source.mkdir(parents=True)
            for name, data in sources.items():
                (source / name).write_bytes(data)
            if check(source, part / "cache").status in (0, 1) and (part / "cache").is_dir():
                (part / "cache").rename(seed)
            shutil.rmtree(part, ignore_errors=True)

    def sweep(self, now: float, most_age: float, most_bytes: int) -> None:
        """Remove caches not used for `most_age` seconds, and the longest unused beyond `most_bytes`."""
        sweep(self._places(), self._removed, now=now, max_age=most_age, max_bytes=most_bytes)

    def _places(self) -> Iterator[tuple[float, int, Path]]:
        with suppress(OSError):
            for place in self._folder.iterdir():
                if place.name != "locks":
                    stats = [file.stat() for file in place.rglob("*") if file.is_file()]
                    used = max((one.st_mtime for one in stats), default=0.0)
                    yield 0.0 if place.name.endswith(".part") else used, sum(
                        one.st_size for one in stats
                    ), place

    def _removed(self, place: Path) -> bool:
        with suppress(ServiceError), held(self.lock(Path(place.name.removesuffix(".part"))), busy="in use"):
            shutil.rmtree(place, ignore_errors=True)
            return True
        return False


def _copied(source: Path, place: Path) -> None:
    part = place.with_name(f"{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        shutil.copytree(source, part)
        part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def modules_in(site: Path, names: Iterable[str]) -> Iterator[str]:
    """Yield those dotted names that are modules below a site-packages folder."""
    for name in set(names):
        place = site.joinpath(*name.split("."))
        if any(os.path.exists(f"{place}{end}") for end in ("/__init__.py", ".py", "/__init__.pyi", ".pyi")):
            yield name


def _digest(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]
