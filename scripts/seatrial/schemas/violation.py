"""What is wrong at one place of a document, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.documents.document import Keys


@dataclass(frozen=True)
class Repair:
    """What to do about a violation; `old` is replaced by `new` where both are known."""

    title: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class Violation:
    """One place where a document breaks its schema, in the reader's words.

    `rule` is the name of the rule that speaks of it; `at_key` tells that the key is at
    fault and not the value. A missing key is reported at its parent.
    """

    rule: str
    keys: Keys
    message: str
    at_key: bool = False
    repair: Repair | None = None


@dataclass(frozen=True)
class Breach:
    """One error of Cerberus: the rule that is broken ("unknown" for a key it does not know), where, by what.

    `rules` are those of the value; `siblings` are the keys known beside an unknown one.
    """

    keys: Keys
    rule: str
    value: Any
    rules: Mapping[str, Any]
    siblings: tuple[str, ...] = ()
