"""What a lint tool is: how it is called, what it depends on, how its words are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from seatrial.core.model import Problem

Version = tuple[int, ...]


@dataclass(frozen=True)
class Output:
    """What a tool did in an integration's folder: exit status (negative for a signal) and its text.

    Paths in the text are relative to the folder, and its environment is called `.venv` there,
    wherever both lie. `seconds` is wall time.
    """

    status: int
    out: str = ""
    err: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class ToolRun:
    """One tool on one folder: its output, and that of its follow-up where there was one."""

    output: Output
    more: Output | None = None


@dataclass(frozen=True)
class Reading:
    """What a tool's output says: faults of the integration, or why there is no verdict.

    A verdict exists whenever `failure` is empty; then the status is 0 or there are problems.
    `stale` are those that say the lock is not of this `pyproject.toml`.
    """

    problems: Sequence[Problem] = ()
    stale: Sequence[Problem] = ()
    failure: str = ""


@dataclass(frozen=True)
class Watched:
    """The files whose bytes can change a verdict, by how their paths end or by their names."""

    suffixes: tuple[str, ...]
    names: frozenset[str] = frozenset()

    def __contains__(self, path: str) -> bool:
        return path.endswith(self.suffixes) or path.rpartition("/")[2] in self.names


EVERYTHING = Watched(("",))
"""Every file: where settings may make a tool read any."""


@dataclass(frozen=True)
class Tool:
    """One program of the profile's lint.

    `name` is its package in `poetry.lock` and its word on the command line. `arguments` and
    `mending` give, for a version, the arguments that print the machine format and those that
    repair what can safely be; `plain` are the arguments people type. `read` turns an output
    into problems. `watches` says whose bytes in the folder can change the verdict, given the settings
    in its `pyproject.toml`. `companions` are packages it makes use of
    where they are installed, beside those it depends on. `follow_up` gives the arguments of a second
    run, whose output `read` takes as well, or none. `settle` makes places right that need the files
    themselves, which it reads by their path in the folder. `widens` says, of all paths in the folder,
    whether settings that stand outside `pyproject.toml` may make every file count.
    """

    name: str
    code: str
    plain: Sequence[str]
    arguments: Callable[[Version], Sequence[str]]
    read: Callable[[Output, Output | None], Reading]
    watches: Callable[[Mapping[str, object]], Watched]
    mending: Callable[[Version], Sequence[str]] | None = None
    companions: frozenset[str] = field(default_factory=frozenset)
    follow_up: Callable[[Output], Sequence[str]] | None = None
    settle: Callable[[Reading, Callable[[str], bytes | None]], Reading] | None = None
    widens: Callable[[Iterable[str]], bool] | None = None
