"""Services that die at a chosen call, as a process does: nothing after it happens, and nothing is cleaned up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

CHANGING = {
    "put_blob", "put_manifest", "create", "replace", "put", "build", "make_tag", "push_tag", "write",
}  # fmt: skip
"""Calls that change something; a death comes before them, or just after."""


class Death(BaseException):
    """The process is gone."""


@dataclass
class Fate:
    """Counts the changing calls and dies at number `at`, before its effect or after it; then everything is dead."""

    at: int = 0
    after: bool = False
    count: int = 0
    dead: bool = False
    calls: list[str] = field(default_factory=list)

    def around(self, name: str, act: Callable[[], Any]) -> Any:
        """Do one thing, unless death comes."""
        if self.dead:
            raise Death(name)
        if name not in CHANGING:
            return act()
        self.count += 1
        self.calls.append(name)
        mine = self.count == self.at
        if mine and not self.after:
            self.dead = True
            raise Death(name)
        done = act()
        if mine:
            self.dead = True
            raise Death(name)
        return done


class Mortal:
    """Anything whose methods are calls to the outside, under a fate."""

    def __init__(self, inner: Any, fate: Fate, only: Iterable[str] = ()) -> None:
        self._inner, self._fate, self._only = inner, fate, frozenset(only)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found) or (self._only and name not in self._only):
            return found
        return lambda *args, **kwargs: self._fate.around(name, lambda: found(*args, **kwargs))
