"""The Python files of an integration that run in production, read and parsed when first asked for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import accumulate

from seatrial.core.errors import Unreadable
from seatrial.core.model import Integration, Location
from seatrial.documents import python
from seatrial.documents.document import Fault, FaultKind
from seatrial.documents.python import Import, PythonSource

OUTSIDE = frozenset({"tests", "integration_tests", "examples", "changelog"})
"""Folders whose Python says nothing about what the integration does."""


_ENCODING = re.compile(rb"(?:[^\n]*\n)?[ \t\f]*#[^\n]*coding[=:][ \t]*([-\w.]+)")
"""The declaration of an encoding in the first two lines, as PEP 263 has it."""


class PythonFiles:
    """Every `.py` file less tests, examples and what lies in hidden folders."""

    def __init__(self, integration: Integration) -> None:
        self._integration = integration
        self._data: dict[str, bytes] = {}
        self._sources: dict[str, PythonSource] = {}
        irregular = set(integration.irregular())
        paths = (path for path in integration.paths() if _counts(path))
        self.paths = tuple(path for path in paths if path not in irregular or integration.has(path))

    def data(self, path: str) -> bytes:
        """The bytes of a file; none where it cannot be read or is too large."""
        if path not in self._data:
            self._data[path] = self._read(path)
        return self._data[path]

    def _read(self, path: str) -> bytes:
        try:
            data = self._integration.read(path)
        except Unreadable as reason:
            self._sources[path] = python.broken(path, Fault(FaultKind.UNREADABLE, str(reason)))
            return b""
        if len(data) > python.MAX_BYTES:
            self._sources[path] = python.load(path, data)
            return b""
        return data

    def source(self, path: str) -> PythonSource:
        """The parsed file."""
        data = self.data(path)
        if path not in self._sources:
            self._sources[path] = python.load(path, data)
        return self._sources[path]

    def faults(self) -> Iterator[tuple[Fault, Location]]:
        """What keeps files from being read or parsed, the first fault of each."""
        for path in self.paths:
            source = self.source(path)
            for fault in source.faults[:1]:
                yield fault, source.where(fault)

    def is_conflicted(self, path: str) -> bool:
        """Whether a merge left its marks in a file."""
        return b"<<<<<<< " in self.data(path) or b">>>>>>> " in self.data(path)

    def is_encoded(self, path: str) -> bool:
        """Whether a file declares to be in another encoding than UTF-8."""
        declared = _ENCODING.match(self.data(path))
        return declared is not None and declared[1].lower().replace(b"_", b"-") not in (b"utf-8", b"utf8")

    def holding(self, *words: bytes) -> tuple[str, ...]:
        """The files in which one of these words occurs, as code or otherwise."""
        found: set[int] = set()
        for word in words:
            place = self._all.find(word)
            while place >= 0:
                index = bisect_right(self._starts, place) - 1
                found.add(index)
                place = self._all.find(word, self._starts[index + 1])
        return tuple(self.paths[index] for index in sorted(found))

    @cached_property
    def _all(self) -> bytes:
        """All files, one behind the other."""
        return b"".join(self.data(path) + b"\n" for path in self.paths)

    @cached_property
    def _starts(self) -> list[int]:
        """Where each file begins in `_all`, and where the last one ends."""
        return [0, *accumulate(len(self.data(path)) + 1 for path in self.paths)]

    def module(self, imported: Import, importer: str) -> str | None:
        """The file of the module that an import names; None where it is none of ours."""
        return next((path for path in imported.files(importer) if path in self._known), None)

    def submodule(self, imported: Import, importer: str) -> str | None:
        """The file of what an import names, where that is itself a module of ours."""
        dotted = ".".join(filter(None, (imported.module, imported.name)))
        return self.module(replace(imported, module=dotted), importer)

    def at(self, dotted: str) -> str | None:
        """The file of a module of ours, by its full name."""
        stem = dotted.replace(".", "/")
        return next((path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in self._known), None)

    def owns(self, module: str) -> bool:
        """Whether a module of this name is, or lies below, one of ours."""
        return module.partition(".")[0] in self._packages

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.paths)

    @cached_property
    def _packages(self) -> frozenset[str]:
        return frozenset(path.partition("/")[0].removesuffix(".py") for path in self.paths)


def _counts(path: str) -> bool:
    *folders, name = path.split("/")
    return name.endswith(".py") and not any(one in OUTSIDE or one.startswith(".") for one in folders)
