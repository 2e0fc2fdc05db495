"""Reading the locks of this checkout."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.requirements import Requirement

from support.paths import ROOT

_ENTRY = re.compile(r"^(?! )([^#\n].*?)((?: \\\n    --\S+)*)\n", re.MULTILINE)


@dataclass(frozen=True)
class Pin:
    """A package of a lock: which version, where, and what its files must be."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.requirement.name

    @property
    def version(self) -> str:
        (one,) = self.requirement.specifier
        assert one.operator == "=="
        return one.version


def pins(path: str) -> list[Pin]:
    text = (ROOT / path).read_text(encoding="utf-8")
    return [
        Pin(Requirement(what), tuple(hashes.replace("\\", "").split()))
        for what, hashes in _ENTRY.findall(text)
    ]
