"""Options of reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seatrial.core.findings import RuleFacts


@dataclass(frozen=True)
class Options:
    """`rules` by code, for formats that describe them; `colour` for those read on a terminal."""

    rules: Mapping[str, RuleFacts] = field(default_factory=dict)
    colour: bool = False
