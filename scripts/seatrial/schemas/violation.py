"""Faults at one place of a document, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.documents.document import Keys


@dataclass(frozen=True)
class Repair:
    """A repair of a violation; `old` is replaced by `new` if both are known."""

    title: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class Violation:
    """A place at which a document breaks its schema, in the reader's words.

    `rule` is the name of the rule that reports it; `at_key` means that the key is at fault, not the value. A
    missing key is reported at its parent.
    """

    rule: str
    keys: Keys
    message: str
    at_key: bool = False
    repair: Repair | None = None


@dataclass(frozen=True)
class Breach:
    """An error of Cerberus: the broken rule ("unknown" for an unknown key), the path, the value.

    `rules` are those of the value; `siblings` are the keys known beside an unknown one.
    """

    keys: Keys
    rule: str
    value: Any
    rules: Mapping[str, Any]
    siblings: tuple[str, ...] = ()
