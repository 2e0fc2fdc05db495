"""The tree of an integration's files, as the laws about its layout see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from seatrial.model import Entry, Fleet, Integration, Kind
from seatrial.near import nearest

MISNAMED = 0.88
"""How alike two names are for one to be a slip for the other: `spec.ymal` is, `domain.py` no `main.py`."""

ENOUGH = 3
"""Fewer other integrations than this prove no custom."""


@dataclass(frozen=True)
class Tree:
    """Every path that is not a folder, and what those are that are no plain files."""

    files: frozenset[str]
    irregular: Mapping[str, Entry]

    @classmethod
    def of(cls, integration: Integration) -> Tree:
        """Of the whole integration."""
        irregular = {path: integration.entry(path) for path in integration.irregular()}
        there = {path: entry for path, entry in irregular.items() if entry is not None}
        return cls(frozenset(integration.paths()), there)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder in which a file lies."""
        return frozenset(folder for path in self.files for folder in _folders_of(path))

    def has(self, *paths: str) -> bool:
        """Whether anything stands at one of these paths."""
        return any(path in self.files or path in self.folders for path in paths)

    def is_blocked(self, path: str) -> bool:
        """Whether something else stands where a folder of `path` would have to."""
        return any(folder in self.files for folder in _folders_of(path))

    def plain_files(self) -> list[str]:
        """The files that are no links, sorted."""
        return sorted(self.files - self.irregular.keys())

    def within(self, folder: str) -> set[str]:
        """The names of the files and folders that lie right in a folder, `""` being the integration's own."""
        prefix = f"{folder}/" if folder else ""
        below = (path[len(prefix) :] for path in self.files if path.startswith(prefix))
        return {path.partition("/")[0] for path in below}

    def misnamed(self, path: str) -> str | None:
        """The path, in the same folder, that was probably meant to be `path`, at which nothing stands."""
        folder, slash, name = path.rpartition("/")
        near = nearest(name, self.within(folder), cutoff=MISNAMED)
        return f"{folder}{slash}{near}" if near else None

    def linked(self, *kinds: Kind) -> Iterator[tuple[str, Entry]]:
        """The links that lead to one of these."""
        for path, entry in self.irregular.items():
            if entry.target is not None and entry.kind in kinds:
                yield path, entry


@dataclass(frozen=True)
class Custom:
    """How many of the other integrations of a workspace do something, of how many."""

    having: int
    others: int

    @classmethod
    def of(cls, integration: Integration, fleet: Fleet, *paths: str) -> Custom:
        """Of having something at one of these paths."""
        having = fleet.keep(("having any", paths), lambda: _having(fleet, paths))
        return cls.among(integration, fleet, having)

    @classmethod
    def among(cls, integration: Integration, fleet: Fleet, having: frozenset[str]) -> Custom:
        """Of being one of `having`, which are places of integrations."""
        return cls(len(having - {integration.path}), len(fleet.others(integration)))

    @property
    def is_shown(self) -> bool:
        """Whether there are enough others to speak of a custom."""
        return self.others >= ENOUGH

    @property
    def is_rare(self) -> bool:
        """Whether it is plainly no custom: fewer than half do so."""
        return self.is_shown and 2 * self.having < self.others

    @property
    def is_common(self) -> bool:
        """Whether it is plainly a custom: at least nine of ten do so."""
        return self.is_shown and 10 * self.having >= 9 * self.others

    @property
    def is_unheard_of(self) -> bool:
        """Whether fewer than one of ten do so."""
        return self.is_shown and 10 * self.having < self.others

    def evidence(self, doing: str) -> str:
        """`48 of the 49 other integrations` and what they do; nothing where nothing is shown."""
        if not self.is_shown:
            return ""
        count = {0: "none of", self.others: "all"}.get(self.having, f"{self.having:,} of")
        return f"{count} the {self.others:,} other integrations {doing}"


def _having(fleet: Fleet, paths: tuple[str, ...]) -> frozenset[str]:
    return frozenset(one.path for one in fleet.integrations if any(map(one.peek, paths)))


def _folders_of(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
