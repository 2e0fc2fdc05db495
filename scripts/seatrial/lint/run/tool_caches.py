"""Kept caches of a tool: one for each folder in each environment, which may start as a copy of a seed.

All caches of an environment are in one folder, the only one that its programs may write: whatever they put
there, links included, reaches no other environment.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.lint.tools.tool import Output
from seatrial.system import trees
from seatrial.system.cache import sweep
from seatrial.system.locks import held

LOCK = ".lock"
"""The end of the names of locks, each of which is beside what it locks."""


PART = ".part"
"""The end of the names of folders that are not finished."""


class ToolCaches:
    """A tool's caches, and seeds for them, below one folder: a folder for each environment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, environment: str) -> Path:
        """Return the folder of all caches of an environment."""
        return self._folder / environment[:16]

    def made(self, environment: str) -> Path:
        """Return that folder; make it where it is missing and can be made."""
        with suppress(OSError):
            self.of(environment).mkdir(parents=True, exist_ok=True)
        return self.of(environment)

    def place(self, folder: Path, environment: str) -> Path:
        """Return the cache for an integration's folder in an environment."""
        return self.of(environment) / _digest(os.fspath(folder))

    def lock(self, place: Path) -> Path:
        """Return the file to hold locked while a cache is used."""
        return place.with_name(f"{place.name}{LOCK}")

    def seed(self, base: str, settings: str) -> Path:
        """Return the place of the seed for a base environment and these settings."""
        return self._seeds / f"{_digest(settings)}-{base[:16]}"

    @property
    def _seeds(self) -> Path:
        """The folder of seeds, and of what is being made; no program may write there but into its own part."""
        return self._folder / "seeds"

    def begin(self, place: Path, seed: Path | None) -> None:
        """Start a cache with a copy of the seed, if there is a seed and no cache yet."""
        with suppress(OSError, ServiceError), held(self.lock(place)):
            if not place.is_dir() and seed is not None and seed.is_dir():
                with self._part() as part:
                    shutil.copytree(seed, part / "cache", symlinks=True)
                    (part / "cache").rename(place)

    def forget(self, place: Path) -> None:
        """Remove a cache."""
        with suppress(OSError, ServiceError), held(self.lock(place)):
            trees.remove(place)

    def grow(self, seed: Path, sources: Mapping[str, bytes], check: Callable[[Path, Path], Output]) -> None:
        """Make a seed: `check` runs the tool in a folder of these files, with a cache folder.

        Where that fails there is no seed.
        """
        with suppress(OSError, ServiceError), held(self.lock(seed)), self._part() as part:
            if seed.is_dir():
                return
            source = part / "source"
            source.mkdir()
            for name, data in sources.items():
                (source / name).write_bytes(data)
            if check(source, part / "cache").status in (0, 1) and _is_folder(part / "cache"):
                (part / "cache").rename(seed)

    @contextmanager
    def _part(self) -> Iterator[Path]:
        """Make a new folder for what is not finished, and remove what is left of it."""
        self._seeds.mkdir(parents=True, exist_ok=True)
        with trees.temporary(suffix=PART, folder=self._seeds) as part:
            yield part

    def sweep(self, now: float, most_age: float, most_bytes: int) -> None:
        """Remove caches not used for `most_age` seconds, and the longest unused beyond `most_bytes`."""
        sweep(self._places(), self._removed, now=now, max_age=most_age, max_bytes=most_bytes)

    def _places(self) -> Iterator[tuple[float, int, Path]]:
        with suppress(OSError):
            for folder in self._folder.iterdir():
                for place in folder.iterdir():
                    if not place.name.endswith(LOCK):
                        yield *_use(place), place

    def _removed(self, place: Path) -> bool:
        with suppress(ServiceError), held(self.lock(place), busy="in use"):
            if _is_folder(place):
                trees.remove(place)
            else:
                place.unlink(missing_ok=True)
            return True
        return False


def _is_folder(place: Path) -> bool:
    return place.is_dir() and not place.is_symlink()


def _use(place: Path) -> tuple[float, int]:
    """Return the time of the last use of a cache, and its size in bytes."""
    stats = list(trees.files(place)) if _is_folder(place) else [place.lstat()]
    return max((one.st_mtime for one in stats), default=0.0), sum(one.st_size for one in stats)


def modules_in(site: Path, names: Iterable[str]) -> Iterator[str]:
    """Yield those dotted names that are modules below a site-packages folder."""
    for name in set(names):
        place = site.joinpath(*name.split("."))
        if any(os.path.exists(f"{place}{end}") for end in ("/__init__.py", ".py", "/__init__.pyi", ".pyi")):
            yield name


def _digest(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]
