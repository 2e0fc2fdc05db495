"""What is wrong at one place of a document, as values."""

from __future__ import annotations

from dataclasses import dataclass

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
