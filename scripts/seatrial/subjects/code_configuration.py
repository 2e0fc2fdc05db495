"""The configuration keys that an integration's code reads from `ocean.integration_config`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.documents.python import LookUp
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


def configuration_reads(files: PythonFiles, names: Names) -> Iterator[Read]:
    """Every read of a key, in the order of the files; nothing of those whose key cannot be told."""
    for path, found, keys in _look_ups(files, names):
        for key in sorted(keys or ()):
            yield Read(key, found.key.where, found.forgiving, found.key.string is not None)


def reads_computed_keys(files: PythonFiles, names: Names) -> bool:
    """Whether there are reads whose key cannot be told."""
    return any(keys is None for _, _, keys in _look_ups(files, names))


def _look_ups(files: PythonFiles, names: Names) -> Iterator[tuple[str, LookUp, frozenset[str] | None]]:
    for path in files.holding(ATTRIBUTE.encode()):
        for found in files.source(path).look_ups(ATTRIBUTE):
            yield path, found, texts(names, found.key, Scope(path))
