"""What Ocean and Port do in some versions of the framework only: one table, read with the version in a lock."""

from __future__ import annotations

import re
from dataclasses import dataclass

Release = tuple[int, ...]

_NUMBERS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,3}")


@dataclass(frozen=True)
class RulePart:
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


PARTS: tuple[RulePart, ...] = (
    RulePart(
        "CHG105",
        "blank-lines-are-counted",
        "The pull-request check counts the blank lines of changelogs; before, this is a warning.",
        since=(0, 48, 9),
        source="port-labs/ocean#3770",
    ),
    RulePart(
        "CHG106",
        "sections-are-named",
        "The pull-request check reads the names of sections; before, this is a warning.",
        since=(0, 48, 9),
        source="port-labs/ocean#3770",
    ),
    *(
        RulePart(code, name, holds, since=(0, 48, 10), source="port-labs/ocean#3754")
        for code, name, holds in (
            ("COD101", "one-kind-a-class", "The schema gate refuses a class of several kinds."),
            ("COD102", "own-kind", "The schema gate refuses two classes of one kind."),
            ("COD103", "custom-kinds", "The schema gate refuses custom kinds that are not allowed."),
            ("COD104", "literal-kind", "The schema gate refuses kinds of other types."),
            ("COD105", "field-titles", "The schema gate asks for titles and descriptions."),
        )
    ),
    *(
        RulePart(
            code,
            f"{name}-form",
            "Ocean gives Port the schema of these classes, for a form; before the gate, this is advice.",
            since=(0, 36),
            source="port-labs/ocean#2766",
        )
        for code, name in (
            ("COD101", "one-kind-a-class"),
            ("COD103", "custom-kinds"),
            ("COD104", "literal-kind"),
            ("COD105", "field-titles"),
        )
    ),
    RulePart(
        "COD116",
        "action-errors",
        "Ocean reports errors of class ActionExecutionError to the person who started the action.",
        since=(0, 44, 2),
        source="port-labs/ocean#3418",
    ),
    RulePart(
        "COD150",
        "event-methods",
        "A webhook processor defines `should_process_event` and `get_matching_kinds` too.",
        since=(0, 20, 0),
        source="port-labs/ocean#1381",
    ),
    RulePart(
        "COD161",
        "pydantic-v1",
        "Ocean has pydantic 2, and its models are those of pydantic.v1.",
        since=(0, 44, 0),
        source="port-labs/ocean#3398",
    ),
    RulePart(
        "COD216",
        "static-paths",
        "Live events are matched with the registered paths text by text.",
        since=(0, 44, 3),
        source="port-labs/ocean#3393",
    ),
    RulePart(
        "RES122",
        "edge-quotes",
        "Single quotes at the edges of a text in jq are read as double quotes.",
        since=(0, 30, 1),
        source="port-labs/ocean#2463",
    ),
    RulePart(
        "RES003",
        "empty-mapping",
        "A mapping without resources is legitimate: a resync has nothing to do.",
        since=(0, 51, 1),
        source="port-labs/ocean#4009",
    ),
    RulePart(
        "SPC104",
        "installation-docs-list",
        "`installationDocs` may be a list of methods.",
        until=(0, 26, 2),
        source="port-labs/ocean#1925, port-labs/ocean#1943",
    ),
    RulePart(
        "preview",
        "empty-is-null",
        "A mapped value that is empty, zero or false becomes null.",
        until=(0, 3),
        source="port-labs/ocean#121",
    ),
    RulePart(
        "preview",
        "team-is-mapped",
        "A mapping has the key team.",
        since=(0, 4, 14),
        source="port-labs/ocean#318",
    ),
    RulePart(
        "preview",
        "items-are-parsed",
        "itemsToParse maps an object once for each item of a list.",
        since=(0, 5, 7),
        source="port-labs/ocean#429",
    ),
    RulePart(
        "preview",
        "errors-are-kept-apart",
        "An object whose selector fails does not end the mapping of the others.",
        since=(0, 5, 24),
        source="port-labs/ocean#675",
    ),
    RulePart(
        "preview",
        "relations-are-searched",
        "A relation may be a search query.",
        since=(0, 8),
        source="port-labs/ocean#687",
    ),
    RulePart(
        "preview",
        "identifiers-are-searched",
        "An identifier may be a search query.",
        since=(0, 10, 7),
        source="port-labs/ocean#909",
    ),
    RulePart(
        "preview",
        "all-outputs-are-read",
        "An expression is run to its last output, so that an error behind the first one makes the value null.",
        until=(0, 10, 13),
        source="port-labs/ocean#1049",
    ),
    RulePart(
        "preview",
        "teams-are-searched",
        "A team may be a search query.",
        since=(0, 22),
        source="port-labs/ocean#1525",
    ),
    RulePart(
        "preview",
        "icon-is-mapped",
        "A mapping has the key icon.",
        since=(0, 24, 9),
        source="port-labs/ocean#1790",
    ),
    RulePart(
        "preview",
        "items-are-named",
        "itemsToParseName names the key under which an item stands.",
        since=(0, 27, 3),
        source="port-labs/ocean#1977",
    ),
    RulePart(
        "preview",
        "inputs-are-classified",
        "Each expression is given the item, the whole object or nothing, as its text looks.",
        since=(0, 28, 14),
        until=(0, 31),
        source="port-labs/ocean#2248, #2500",
    ),
    RulePart(
        "preview",
        "only-the-item-is-read",
        "An expression is given the item alone only if it reads nothing else of the object.",
        since=(0, 29, 10),
        source="port-labs/ocean#2453",
    ),
    RulePart(
        "preview",
        "items-are-taken-out",
        "The list that itemsToParse leads to is taken out of the object, and an item wins over a key of its name.",
        since=(0, 31),
        source="port-labs/ocean#2500",
    ),
    RulePart(
        "preview",
        "items-may-stay",
        "itemsToParseTopLevelTransform: false leaves the list in the object.",
        since=(0, 31, 4),
        source="port-labs/ocean#2520",
    ),
    RulePart(
        "preview",
        "nothing-left-is-skipped",
        "An object of which nothing is left without its items is skipped.",
        since=(0, 38, 11),
        source="port-labs/ocean#2868",
    ),
)
"""Every part of a rule, or of the preview, that depends on the framework's version; what has no entry holds for all."""

_BY_NAME = {part.name: part for part in PARTS}


@dataclass(frozen=True)
class Framework:
    """The framework that an integration runs with; `release` is empty where nothing tells its version."""

    release: Release = ()

    @classmethod
    def of(cls, locked: str, floor: Release = ()) -> Framework:
        """Return the framework of a locked version such as `0.48.12`, or else of the lowest version allowed."""
        match = _NUMBERS.match(locked)
        return cls(tuple(map(int, match[0].split("."))) if match else floor)

    def has(self, name: str) -> bool:
        """Return whether the part of that name holds in this framework. Raises KeyError for an unknown name."""
        return _BY_NAME[name].covers(self.release)

    def __str__(self) -> str:
        return f"port-ocean {dotted(self.release)}" if self.release else "the newest port-ocean"


def parts_of(code: str) -> tuple[RulePart, ...]:
    """Return the parts of a rule that depend on the framework's version."""
    return tuple(part for part in PARTS if part.code == code)


def dotted(release: Release) -> str:
    """Return a release as it is written; empty for no release."""
    return ".".join(map(str, release))


MAJOR = 1000
"""The number of minor versions for which a lag of one major version counts."""


def minor_lag(newest: Release, own: Release) -> int:
    """Return the minor versions by which a release is older than another; 0 for one that is unknown or newer."""
    if not own or own >= newest:
        return 0
    major, minor = (*newest, 0)[:2]
    own_major, own_minor = (*own, 0)[:2]
    return (major - own_major) * MAJOR + (max(minor - own_minor, 0) if major == own_major else 0)
