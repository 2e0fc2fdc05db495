"""The `Tool` value: how a lint tool is called, what its verdict depends on, how its output is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from seatrial.core.errors import Unreadable
from seatrial.core.model import Integration, Problem, Profile
from seatrial.core.rules import Rule

Version = tuple[int, ...]
"""The numbers of a release; empty where a version begins with none."""

Files = Callable[[str], bytes | None]
"""Returns the bytes of a file by its path in the folder; None where it cannot be read."""


@dataclass(frozen=True)
class Output:
    """The result of one call of a tool in an integration's folder: exit status (negative for a signal) and text.

    Paths in the text are relative to the folder, and the integration's environment is called `.venv` there,
    wherever both are. `seconds` is wall time.
    """

    status: int
    out: str = ""
    err: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class ToolRun:
    """One run of a tool on one folder: its output, and that of its second call where there was one."""

    output: Output
    more: Output | None = None


@dataclass(frozen=True)
class Reading:
    """The problems that a tool's output reports, or why there is no verdict.

    There is a verdict whenever `failure` is empty; then the status is 0 or there are problems. `stale` holds
    the problems of a lock that does not belong to this `pyproject.toml`.
    """

    problems: Sequence[Problem] = ()
    stale: Sequence[Problem] = ()
    failure: str = ""


@dataclass(frozen=True)
class Watched:
    """The files whose bytes can change a verdict, by the ends of their paths or by their names."""

    suffixes: tuple[str, ...]
    names: frozenset[str] = frozenset()

    def __contains__(self, path: str) -> bool:
        return path.endswith(self.suffixes) or path.rpartition("/")[2] in self.names


EVERYTHING = Watched(("",))
"""Every file: where settings may make a tool read any."""


@dataclass(frozen=True)
class Cost:
    """About how many seconds a run takes: per start, and per megabyte of the files with these suffixes.

    Only the order of work depends on it.
    """

    start: float = 1.0
    megabyte: float = 1.0
    suffixes: tuple[str, ...] = (".py", ".pyi")


@dataclass(frozen=True)
class Batch:
    """One call for several folders, which are given in place of `.` in the arguments.

    `fits` returns, from the `[tool]` table and the paths in a folder, whether that folder's verdict is the
    same in a batch. `split` returns each folder's own output; a folder is missing where that cannot be separated.
    """

    fits: Callable[[Mapping[str, Any], Collection[str]], bool]
    split: Callable[[Output, Sequence[str]], Mapping[str, Output]]


@dataclass(frozen=True)
class Seed:
    """A cache that many folders start with, made by a run of the tool over a program that imports their packages.

    `key` is equal for folders whose `[tool]` tables allow one seed. `imported` yields the dotted names that a
    source file imports; `program` returns the source that imports such names.
    """

    key: Callable[[Mapping[str, Any]], str]
    imported: Callable[[bytes], Iterator[str]]
    program: Callable[[Iterable[str]], str]


@dataclass(frozen=True)
class KeptCache:
    """A cache of the tool's own that Seatrial keeps for each folder and environment.

    `arguments` returns those that make the tool use this folder as its cache; for None, no cache.
    """

    arguments: Callable[[Path | None], Sequence[str]]
    seed: Seed | None = None


@dataclass(frozen=True)
class Tool:
    """One lint tool.

    name: its package in `poetry.lock`, its module or program, and its word on the command line.
    law: the rule that its problems break.
    plain: the arguments that people type.
    arguments: the arguments, for a version, that print what `read` takes.
    read: returns the problems in an output and that of the follow-up, if there was one.
    watches: the files whose bytes can change the verdict, given the settings by tool: the `[tool]` table of
        `pyproject.toml`, in which a tool with `parse_settings` has what that returned (None for a file that
        cannot be read, empty for no file).

    stale_law: the rule that a stale lock breaks, where the tool recognises one.
    profiles: those that run it; in others a person may ask for it.
    locked: whether it comes from the integration's lock; else the one installed beside Seatrial is used.
    program: whether it is a program in the environment's `bin`, not a Python module.
    warm: the modules that a worker imports once before it runs the tool.
    environ: the environment variables for a cache of its own in this folder, shared by the integrations with the
        same environment.
    runs_code: returns, from the `[tool]` table of `pyproject.toml` and the paths in the folder and of the settings
        files above it (which begin with `../`), whether the tool may run code that is in the folder.
    cache: its cache for each integration, if it keeps one.
    whole_environment: whether its verdict depends on all installed packages, not only on those it imports.
    companions: packages that it uses where they are installed, beside its dependencies; of a tool that is not
        locked, those whose versions its verdict depends on.
    batch: how it runs once for several folders.
    cost: about how long it takes.
    settings_files: the settings files it looks for beside `pyproject.toml`.
    parse_settings: returns the nearest of these files, here or in a folder above, as values.
    widens: returns, from all paths in the folder, whether settings outside `pyproject.toml` may make every
        file count.
    follow_up: the arguments of a second call, or none.
    locate: moves problems to places that are found in the files.
    repair: the arguments, for a version, that repair what can safely be repaired.
    repairs: the suffixes of the files it may change then.
    """

    name: str
    law: Rule
    plain: Sequence[str]
    arguments: Callable[[Version], Sequence[str]]
    read: Callable[[Output, Output | None], Reading]
    watches: Callable[[Mapping[str, object]], Watched]
    stale_law: Rule | None = None
    profiles: frozenset[Profile] = frozenset(Profile)
    locked: bool = True
    program: bool = False
    warm: Sequence[str] = ()
    environ: Callable[[Path], Mapping[str, str]] | None = None
    runs_code: Callable[[Mapping[str, Any], Collection[str]], bool] | None = None
    cache: KeptCache | None = None
    whole_environment: bool = False
    companions: frozenset[str] = frozenset()
    batch: Batch | None = None
    cost: Cost = Cost()
    settings_files: Sequence[str] = ()
    parse_settings: Callable[[bytes], Mapping[str, Any] | None] | None = None
    widens: Callable[[Iterable[str]], bool] | None = None
    follow_up: Callable[[Output], Sequence[str]] | None = None
    locate: Callable[[Reading, Files], Reading] | None = None
    repair: Callable[[Version], Sequence[str]] | None = None
    repairs: tuple[str, ...] = (".py", ".pyi", ".ipynb")

    @property
    def code(self) -> str:
        """The code of its law."""
        return self.law.code

    @property
    def laws(self) -> tuple[Rule, ...]:
        """The rules that it judges."""
        return (self.law, self.stale_law) if self.stale_law else (self.law,)

    def reading(self, run: ToolRun, integration: Integration) -> Reading:
        """Return what a run reports of an integration, each problem at its place in the files."""
        found = self.read(run.output, run.more)
        return self.locate(found, partial(bytes_of, integration)) if self.locate else found

    def recorded(
        self, integration: Integration, output: Output, more: Output | None = None
    ) -> Iterator[Problem]:
        """Yield the problems of a recorded run, for the example of a law."""
        found = self.reading(ToolRun(output, more), integration)
        yield from (*found.problems, *found.stale)


def bytes_of(integration: Integration, path: str) -> bytes | None:
    """Return the bytes of an integration's file; None where it cannot be read."""
    try:
        return integration.read(path)
    except Unreadable:
        return None


def running_code(
    name: str,
    law: Rule,
    way: str,
    read: Callable[[Output, Output | None], Reading],
    cost: Cost,
    settings_files: Sequence[str] = (),
) -> Tool:
    """Return a program that runs a folder's own code as a tool: any file and any package may change what it says.

    `way` names how it is run, so that another way uses no result that was kept before.
    """
    return Tool(
        name=name,
        law=law,
        plain=(),
        arguments=lambda version: (way,),
        read=read,
        watches=lambda settings: EVERYTHING,
        whole_environment=True,
        cost=cost,
        settings_files=settings_files,
    )
