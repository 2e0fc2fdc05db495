"""Where a question is answered."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.environments import Environment
from seatrial.lint.plan import Question
from seatrial.lint.requirements import Requirements
from seatrial.toolruns import OWN, Place


@dataclass(frozen=True)
class Seat:
    """Where the tools of an integration run: its environment, and what that was made from."""

    environment: Environment
    requirements: Requirements

    def place(self, question: Question) -> Place:
        """Where this tool runs: the base shared with others, if that holds all the tool makes use of."""
        base = self.environment.base
        needed = self.requirements.closure({question.tool.name, *question.tool.companions})
        if base is not None and question.tool.name != "mypy" and needed <= base.packages.keys():
            return place_of(base)
        return place_of(self.environment)


def place_of(environment: Environment) -> Place:
    """An environment as a place for tools to run in."""
    layers = [environment, *([environment.base] if environment.base else [])]
    return Place(
        python=environment.python,
        programs=[layer.python.parent for layer in layers],
        prefixes=[layer.python.parent.parent for layer in layers],
        key=environment.key,
    )


@dataclass(frozen=True)
class Seated:
    """A question, and where it is answered; Seatrial's own environment where there is no seat."""

    question: Question
    seat: Seat | None = None

    @property
    def place(self) -> Place:
        """Where the tool runs."""
        return self.seat.place(self.question) if self.seat else OWN
