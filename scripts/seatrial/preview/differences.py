"""The differences between two JSON values, each at its path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seatrial.core.printable import cut

_PLAIN = re.compile(r"[A-Za-z_$][\w$-]*")


@dataclass(frozen=True)
class ValueDifference:
    """A place at which two values differ; None stands for null and for a missing value."""

    where: str
    old: Any
    new: Any

    @property
    def old_text(self) -> str:
        """The old value as JSON."""
        return json.dumps(self.old, ensure_ascii=False)

    @property
    def new_text(self) -> str:
        """The new value as JSON."""
        return json.dumps(self.new, ensure_ascii=False)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        if self.new is None and isinstance(self.old, dict) and "identifier" in self.old:
            return f"{place}no example makes {_short(self.old['identifier'])}"
        if self.old is None and isinstance(self.new, dict) and "identifier" in self.new:
            return f"{place}{_short(self.new['identifier'])} is not recorded"
        return f"{place}recorded {_short(self.old)}, now {_short(self.new)}"


def differences(old: Any, new: Any, where: str = "") -> Iterator[ValueDifference]:
    """Yield the places at which two values differ; a null member equals a missing one."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(old.get(key), new.get(key), at(where, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, f"{where}[{number}]")
    elif isinstance(old, bool) != isinstance(new, bool) or old != new:
        yield ValueDifference(where, old, new)


def at(where: str, key: str) -> str:
    """Return the path of a member."""
    if not _PLAIN.fullmatch(key):
        return f"{where}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{where}.{key}" if where else key


def _short(value: Any) -> str:
    return cut(json.dumps(value, ensure_ascii=False), 80)
