"""The configuration keys that an integration's code reads from `ocean.integration_config`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.model import Location
from seatrial.subjects.python_files import PythonFiles
from seatrial.subjects.python_names import Names, Scope
from seatrial.subjects.python_types import texts

ATTRIBUTE = "integration_config"


@dataclass(frozen=True)
class Read:
    """A key and where it is read; `forgiving` where a missing one gives None and no error.

    `written` says whether the key itself stands there, and not the name of a constant.
    """

    key: str
    where: Location
    forgiving: bool
    written: bool


@dataclass(frozen=True)
class Reads:
    """What the code reads of the configuration; `whole` unless some keys it reads by cannot be told."""

    told: tuple[Read, ...]
    whole: bool


def configuration_reads(files: PythonFiles, names: Names) -> Reads:
    """Every read in the order of the files."""
    found = [one for path in files.holding(ATTRIBUTE.encode()) for one in _reads(files, names, path)]
    return Reads(tuple(one for one in found if one), whole=None not in found)


def _reads(files: PythonFiles, names: Names, path: str) -> Iterator[Read | None]:
    """The reads in a file; None for one by a key that cannot be told."""
    for found in files.source(path).look_ups(ATTRIBUTE):
        keys = texts(names, found.key, Scope(path))
        for key in sorted(keys or ()):
            yield Read(key, found.key.where, found.forgiving, found.key.string is not None)
        if not keys:
            yield None
