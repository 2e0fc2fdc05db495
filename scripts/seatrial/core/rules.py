"""The `Rule` value and the decorator that declares one: what `validate` checks and what the lint tools report."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.core.model import MemoryFolder, Problem, Profile, Severity

Problems = Iterator[Problem]
Edited = Callable[[MemoryFolder], MemoryFolder]

ERROR, WARNING, INFO, ADVICE = Severity.ERROR, Severity.WARNING, Severity.INFO, Severity.ADVICE
OFF = None
GUIDE, OCEAN = Profile.GUIDE, Profile.OCEAN


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule: its code, name, law and reason, its severity by profile, and an example that breaks it.

    `needs` names the parameters of `check`, each an attribute of `Facts`; where one of them is None the rule
    reports nothing. `bad` turns the good folder into one that breaks this rule and no other; `siblings` are
    such edits for other integrations of the same workspace, by name. `is_of_new` is true where the example is an
    integration that a change adds; `before` makes the folder as it was before the change. `waiver` is what an
    integration writes to ignore a finding; empty where it cannot be ignored. The `check` of a lint rule returns what
    its tool reported of the example when that was recorded. `good` edits the good folder so that it keeps a
    repository's own rule, and `origin` is the file of that rule; it is empty for the rules of Seatrial.
    """

    code: str
    name: str
    law: str
    reason: str
    severities: Mapping[Profile, Severity | None]
    bad: Edited
    siblings: Mapping[str, Edited]
    needs: tuple[str, ...]
    check: Callable[..., Problems]
    waiver: str
    is_of_new: bool = False
    before: Edited = lambda folder: folder
    good: Edited = lambda folder: folder
    origin: str = ""

    @property
    def family(self) -> str:
        """The three letters of the code."""
        return self.code[:3]

    @property
    def profile(self) -> Profile:
        """A profile in which the rule is on by default; `guide` where it is off in both."""
        return next((p for p, severity in self.severities.items() if severity), Profile.GUIDE)

    @property
    def severity(self) -> Severity | None:
        """Its severity in `profile`."""
        return self.severities[self.profile]

    def weight(
        self, stated: Mapping[str, Severity | None], profile: Profile, problem: Problem | None = None
    ) -> Severity | None:
        """Return the severity that the repository states, else the problem's own, else the rule's; None for off."""
        return stated.get(self.code, (problem and problem.severity) or self.severities[profile])

    def problems(self, facts: Any) -> Problems:
        """Return what the rule finds; nothing where a fact it needs is None."""
        arguments = {}
        for name in self.needs:
            arguments[name] = getattr(facts, name)
            if arguments[name] is None:
                return iter(())
        return self.check(**arguments)


_OPEN = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
"""The flags of a function that takes any number of arguments."""


def _parameters(check: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a function's parameters; `inspect` is slow, and not needed for a plain function."""
    code = getattr(check, "__code__", None)
    if code is None or code.co_kwonlyargcount or code.co_flags & _OPEN or hasattr(check, "__wrapped__"):
        return tuple(inspect.signature(check).parameters)
    names: tuple[str, ...] = code.co_varnames[: code.co_argcount]
    return names


def rule(
    code: str,
    *,
    bad: Edited,
    severity: Severity | None = ERROR,
    by_profile: Mapping[Profile, Severity | None] | None = None,
    siblings: Mapping[str, Edited] | None = None,
    waiver: str | None = None,
    is_of_new: bool = False,
    before: Edited = lambda folder: folder,
    good: Edited = lambda folder: folder,
) -> Callable[[Callable[..., Problems]], Rule]:
    """Declare a rule: the function's name is the fault, its docstring the law, an empty line and the reason.

    `by_profile` overrides `severity`; a rule that is OFF runs only where a repository switches it on,
    one of severity ADVICE only in runs that ask for advice.
    `good` edits the template's folder so that it keeps a repository's own rule, where it does not by itself.
    Without a `waiver` the rule is ignored in the integration's `pyproject.toml`.
    """
    severities = dict.fromkeys(Profile, severity) | dict(by_profile or {})
    ignore = f'[tool.seatrial] ignore = {{ {code} = "the reason" }} in pyproject.toml'

    def declare(check: Callable[..., Problems]) -> Rule:
        law, _, reason = inspect.cleandoc(check.__doc__ or "").partition("\n\n")
        return Rule(
            code=code,
            name=check.__name__.replace("_", "-"),
            law=" ".join(law.split()),
            reason=reason,
            severities=severities,
            bad=bad,
            siblings=siblings or {},
            needs=_parameters(check),
            check=check,
            waiver=ignore if waiver is None else waiver,
            is_of_new=is_of_new,
            before=before,
            good=good,
        )

    return declare
