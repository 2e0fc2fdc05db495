"""The `Rule` value, the decorator that declares one, and what the rules of several families share."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from seatrial.core.model import Fix, MemoryFolder, Problem, Profile, Severity
from seatrial.core.version import Version
from seatrial.documents.document import Document, FaultKind

Problems = Iterator[Problem]
Edited = Callable[[MemoryFolder], MemoryFolder]

ERROR, WARNING, INFO, OFF = Severity.ERROR, Severity.WARNING, Severity.INFO, None
GUIDE, OCEAN = Profile.GUIDE, Profile.OCEAN

PACKAGE_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
"""The form of a package name that can be part of an image's name."""


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule: its code, name, law and reason, its severity by profile, and an example that breaks it.

    `needs` names the parameters of `check`, each an attribute of `Facts`; where one of them is None the rule
    reports nothing. `bad` turns the good folder into one that breaks this rule and no other; `siblings` are
    such edits for other integrations of the same workspace, by name.
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

    @property
    def family(self) -> str:
        """The three letters of the code."""
        return self.code[:3]

    @property
    def profile(self) -> Profile:
        """A profile in which the rule is on by default; `guide` where it is off in both."""
        return next((p for p, severity in self.severities.items() if severity), Profile.GUIDE)

    @property
    def waiver(self) -> str:
        """The line with which an integration ignores the rule, and the file it goes into."""
        return f'[tool.seatrial] ignore = {{ {self.code} = "the reason" }} in pyproject.toml'

    def problems(self, facts: Any) -> Problems:
        """Yield what the rule finds; nothing where a fact it needs is None."""
        arguments = {}
        for name in self.needs:
            arguments[name] = getattr(facts, name)
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
    """Declare a rule: the function's name is the fault, its docstring the law, an empty line and the reason.

    `by_profile` overrides `severity`; a rule that is OFF runs only where a repository switches it on.
    """
    severities = dict.fromkeys(Profile, severity) | dict(by_profile or {})

    def declare(check: Callable[..., Problems]) -> Rule:
        law, _, reason = inspect.cleandoc(check.__doc__ or "").partition("\n\n")
        name = check.__name__.replace("_", "-")
        needs = tuple(inspect.signature(check).parameters)
        law = " ".join(law.split())
        return Rule(code, name, law, reason, severities, bad, siblings or {}, needs, check)

    return declare


def replaced(path: str, *texts: str) -> Edited:
    """Return the edit that replaces, in one file, the first of each two texts by the second."""
    pairs = tuple(zip(texts[::2], texts[1::2], strict=True))
    return lambda folder: reduce(lambda edited, pair: edited.edited(path, *pair), pairs, folder)


def all_of(*edits: Edited) -> Edited:
    """Return the edit that makes all of these, one after another."""
    return lambda folder: reduce(lambda edited, edit: edit(edited), edits, folder)


def renamed(name: str) -> Edited:
    """Return the edit that makes the template's folder another integration, of this name."""
    return replaced("pyproject.toml", 'name = "good-service"', f'name = "{name}"')


def syntax_faults(document: Document) -> Problems:
    """Yield each place at which a document cannot be read."""
    for fault in document.faults:
        if fault.kind is not FaultKind.DUPLICATE_KEY:
            yield Problem(document.where(fault), fault.message, Fix("correct the text here"))


def duplicate_keys(document: Document) -> Problems:
    """Yield each key that its object already has."""
    for fault in document.faults:
        if fault.kind is FaultKind.DUPLICATE_KEY:
            yield Problem(document.where(fault), fault.message, Fix("keep one of them and delete the other"))


def parsed_version(text: str) -> Version | None:
    """Return the version that is spelled like this; None where it is not a version."""
    try:
        return Version.parse(text)
    except ValueError:
        return None
