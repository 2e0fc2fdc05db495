"""What a rule is, and the decorator that declares one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.core.model import MemoryFolder, Problem, Profile, Severity

Problems = Iterator[Problem]
Edited = Callable[[MemoryFolder], MemoryFolder]

ERROR, WARNING, INFO, OFF = Severity.ERROR, Severity.WARNING, Severity.INFO, None
GUIDE, OCEAN = Profile.GUIDE, Profile.OCEAN


@dataclass(frozen=True, eq=False)
class Rule:
    """One law: who it is, why it is, how much it weighs, how to see it broken.

    `subjects` names what the check needs, each an attribute of `Subjects`; where one of
    them cannot be seen the rule says nothing. `bad` turns the good folder into one that
    breaks this rule and no other; `siblings` are such edits for other integrations of
    the same workspace, by their name.
    """

    code: str
    name: str
    law: str
    reason: str
    severities: Mapping[Profile, Severity | None]
    bad: Edited
    siblings: Mapping[str, Edited]
    subjects: tuple[str, ...]
    check: Callable[..., Problems]

    @property
    def family(self) -> str:
        """The three letters before the number."""
        return self.code[:3]

    @property
    def profile(self) -> Profile:
        """A profile in which the rule is on by itself; the guide's where it is off in both."""
        return next((p for p, severity in self.severities.items() if severity), Profile.GUIDE)

    def problems(self, subjects: Any) -> Problems:
        """What the rule finds; nothing where a subject is None."""
        arguments = {}
        for name in self.subjects:
            arguments[name] = getattr(subjects, name)
            if arguments[name] is None:
                return
        yield from self.check(**arguments)


def rule(
    code: str,
    *,
    bad: Edited,
    severity: Severity | None = ERROR,
    by_profile: Mapping[Profile, Severity | None] | None = None,
    siblings: Mapping[str, Edited] | None = None,
) -> Callable[[Callable[..., Problems]], Rule]:
    """Declare a rule: the function's name is the fault, its docstring the law and then the reason.

    `by_profile` overrides `severity`; OFF leaves a rule to those who switch it on.
    """
    severities = dict.fromkeys(Profile, severity) | dict(by_profile or {})

    def declare(check: Callable[..., Problems]) -> Rule:
        law, _, reason = inspect.cleandoc(check.__doc__ or "").partition("\n\n")
        name = check.__name__.replace("_", "-")
        subjects = tuple(inspect.signature(check).parameters)
        law = " ".join(law.split())
        return Rule(code, name, law, reason, severities, bad, siblings or {}, subjects, check)

    return declare
