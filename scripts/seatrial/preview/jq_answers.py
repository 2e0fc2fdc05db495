"""The answers of programs: a value, none, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

Json = Any
"""A value as the JSON parser returns it."""


class JqOutcome(Enum):
    """What became of a program: it gave a value or none, it failed, or it could not be run to its end."""

    VALUE = "value"
    NONE = "no output"
    ERROR = "error"
    BROKEN = "does not compile"
    LARGE = "too large"
    SLOW = "too slow"
    MEMORY = "too much memory"
    CRASHED = "crashed"
    NOT_RUN = "not run"


ENDED = frozenset({JqOutcome.SLOW, JqOutcome.MEMORY, JqOutcome.CRASHED})
"""The outcomes of programs that end the process."""


@dataclass(frozen=True)
class JqAnswer:
    """The first output of a program on an input; `message` says why there is none."""

    outcome: JqOutcome
    value: Json = None
    message: str = ""

    @property
    def finished(self) -> bool:
        """Whether the program ran to its end, so that Ocean sees the same."""
        return self.outcome in (JqOutcome.VALUE, JqOutcome.NONE, JqOutcome.ERROR, JqOutcome.BROKEN)
