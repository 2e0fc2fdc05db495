"""The files that a tool sees in its sandbox: integrations' folders, the settings above them, the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from seatrial.lint.environments.environment import BESIDE, Environment
from seatrial.lint.run.fingerprint import LARGE
from seatrial.lint.run.jobs import LintFolder, LintJob
from seatrial.system.sandbox import View

MOST_FOLDERS = 200
"""The folders that are shown to one program; the time to show them grows with the square."""

Untracked = Callable[[Path], Sequence[str] | None]
"""Returns the paths below a folder that git does not track; None outside a repository."""


Ignored = Callable[[Path], Collection[str] | None]
"""Returns the paths below a folder that git ignores; None outside a repository."""


@dataclass(frozen=True)
class Views:
    """The views of a run: in all of them `program` is readable and `scratch` is an empty folder.

    `root` is that of the workspace; `untracked` and `ignored` list what a job may not see.
    """

    root: Path
    scratch: Path
    untracked: Untracked
    ignored: Ignored
    program: Path

    def of(self, jobs: Sequence[LintJob], environment: Environment, writable: Iterable[Path] = ()) -> View:
        """Return the view for jobs in an environment: their folders, what their links lead to, and the settings
        in the folders above. In a repository of git, a job whose settings lead elsewhere sees its tracked files, too.
        """
        folders = [job.folder for job in jobs]
        common = self._common(environment)
        wide = any(job.leads_out for job in jobs) and self._not_tracked is not None
        return View(
            readable=(*common, *((self.root,) if wide else ())),
            empty=(self.scratch, *(() if wide else _unique(_markers(folders)))),
            hidden=self._hidden if wide else (),
            shown=tuple(_unique(self._shown(folders))),
            covered=tuple(path for path in self._covered(jobs) if path not in common),
            writable=tuple(writable),
        )

    def withheld(self, folder: Path) -> Collection[Path]:
        """Return the files of an integration's folder that no program sees: those that git ignores, but for modules.

        Where git cannot tell, as in a repository that it cannot read, these are the secrets in `.env`.
        """
        return self._private.get(folder, ()) if self._ignored is not None else (folder / ".env",)

    def alone(self, environment: Environment, writable: Iterable[Path]) -> View:
        """Return the view for a program that works for no integration."""
        return View(self._common(environment), (self.scratch,), writable=tuple(writable))

    def _common(self, environment: Environment) -> tuple[Path, ...]:
        return (*parts_of(environment), self.program)

    @cached_property
    def _not_tracked(self) -> Sequence[str] | None:
        return self.untracked(self.root)

    @cached_property
    def _hidden(self) -> tuple[Path, ...]:
        """The paths of the workspace that nobody but their owner should read: what git does not track, and its own."""
        return (self.root / ".git", *(self.root / path for path in self._not_tracked or ()))

    def _shown(self, folders: Iterable[LintFolder]) -> Iterator[Path]:
        """Yield the folders, the targets of their links by each of their paths, and the settings above."""
        for folder in folders:
            yield folder.path
            yield Path(os.path.realpath(folder.path))
            yield folder.path / ".git" / "info" / "exclude"
            boundary = folder.fingerprint.boundary
            for real in folder.fingerprint.links.values():
                yield Path(real)
                yield Path(os.path.normpath(self.root / os.path.relpath(real, boundary)))
            for name, digest in folder.fingerprint.around.items():
                if digest != "there":
                    yield Path(os.path.normpath(folder.path / name))

    def _covered(self, jobs: Sequence[LintJob]) -> Iterator[Path]:
        """Yield what no tool reads of the folders themselves: git's own files, environments, and, but for modules
        that code may import, what git ignores there.
        """
        for folder in dict.fromkeys(job.folder.path for job in jobs):
            yield from (folder / name for name in LARGE)
            yield from self.withheld(folder)

    @cached_property
    def _ignored(self) -> Collection[str] | None:
        return self.ignored(self.root)

    @cached_property
    def _private(self) -> Mapping[Path, Sequence[Path]]:
        """The files that git ignores, which may hold secrets, but for modules; by each folder that they are in."""
        found: dict[Path, list[Path]] = {}
        for path in (self.root / path for path in self._ignored or ()):
            if path.suffix not in (".py", ".pyi") and path.is_file() and not path.is_symlink():
                for folder in path.parents:
                    found.setdefault(folder, []).append(path)
        return found


def parts_of(environment: Environment) -> tuple[Path, ...]:
    """Return the folders of an environment, its base, and the Python that it was made with."""
    if environment is BESIDE:
        return tuple(_unique((Path(sys.prefix), Path(sys.base_prefix))))
    prefix = Path(os.path.realpath(environment.python)).parent.parent
    real = (Path(os.path.realpath(one)) for one in environment.prefixes)
    return tuple(_unique((*environment.prefixes, *real, prefix)))


def _markers(folders: Iterable[LintFolder]) -> Iterator[Path]:
    """Yield the folders above that tools look for by name only, such as `.git`."""
    for folder in folders:
        for name, digest in folder.fingerprint.around.items():
            path = Path(os.path.normpath(folder.path / name))
            if digest == "there" and path.is_dir():
                yield path


def _unique(paths: Iterable[Path]) -> Iterator[Path]:
    return iter(dict.fromkeys(paths))
