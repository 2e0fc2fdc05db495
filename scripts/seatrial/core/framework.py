"""What Ocean and Port do in some versions of the framework only: one table, read with the version in a lock."""

from __future__ import annotations

import re
from dataclasses import dataclass

Release = tuple[int, ...]

_NUMBERS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,3}")


@dataclass(frozen=True)
class Part:
    """A part of a rule that holds from the release `since` on, and no longer in the release `until`.

    Each of the two is empty for no bound. `holds` is a sentence for docs/rules.md; `source` names the change
    in Ocean that brought it.
    """

    code: str
    name: str
    holds: str
    since: Release = ()
    until: Release = ()
    source: str = ""

    def covers(self, release: Release) -> bool:
        """Return whether it holds in a release; an empty release is the newest."""
        if not release:
            return not self.until
        return release >= self.since and not (self.until and release >= self.until)

    @property
    def span(self) -> str:
        """The versions in which it holds, in words."""
        bounds = [
            f"since port-ocean {dotted(self.since)}" if self.since else "",
            f"{'' if self.since else 'in port-ocean '}before {dotted(self.until)}" if self.until else "",
        ]
        return ", ".join(bound for bound in bounds if bound)


PARTS: tuple[Part, ...] = (
    *(
        Part(code, name, holds, since=(0, 48, 10), source="port-labs/ocean#3754")
        for code, name, holds in (
            ("COD101", "one-kind-a-class", "The schema gate refuses a class of several kinds."),
            ("COD102", "own-kind", "The schema gate refuses two classes of one kind."),
            ("COD103", "custom-kinds", "The schema gate refuses custom kinds that are not allowed."),
            ("COD104", "literal-kind", "The schema gate refuses kinds of other types."),
            ("COD105", "field-titles", "The schema gate asks for titles and descriptions."),
        )
    ),
    Part(
        "COD116",
        "action-errors",
        "Ocean reports errors of class ActionExecutionError to the person who started the action.",
        since=(0, 44, 2),
    ),
    Part(
        "COD216",
        "static-paths",
        "Live events are matched with the registered paths text by text.",
        since=(0, 44, 3),
        source="port-labs/ocean#3393",
    ),
    Part(
        "RES122",
        "edge-quotes",
        "Single quotes at the edges of a text in jq are read as double quotes.",
        since=(0, 30, 1),
        source="port-labs/ocean#2463",
    ),
    Part(
        "RES003",
        "empty-mapping",
        "A mapping without resources is legitimate: a resync has nothing to do.",
        since=(0, 51, 1),
        source="port-labs/ocean#4009",
    ),
    Part(
        "SPC104",
        "installation-docs-list",
        "`installationDocs` may be a list of methods.",
        until=(0, 26, 2),
        source="port-labs/ocean#1925, port-labs/ocean#1943",
    ),
)
"""Every part of a rule that depends on the framework's version; a rule without an entry holds for all."""

_BY_NAME = {part.name: part for part in PARTS}


@dataclass(frozen=True)
class Framework:
    """The framework that an integration runs with; `release` is empty where nothing tells its version."""

    release: Release = ()

    @classmethod
    def of(cls, locked: str, floor: Release = ()) -> Framework:
        """Return that of a locked version such as `0.48.12`, or else of the lowest version that is allowed."""
        match = _NUMBERS.match(locked)
        return cls(tuple(map(int, match[0].split("."))) if match else floor)

    def has(self, name: str) -> bool:
        """Return whether the part of that name holds in this framework. Raises KeyError for an unknown name."""
        return _BY_NAME[name].covers(self.release)

    def __str__(self) -> str:
        return f"port-ocean {dotted(self.release)}" if self.release else "the newest port-ocean"


def parts_of(code: str) -> tuple[Part, ...]:
    """Return the parts of a rule that depend on the framework's version."""
    return tuple(part for part in PARTS if part.code == code)


def dotted(release: Release) -> str:
    """Return a release as it is written; empty for no release."""
    return ".".join(map(str, release))
