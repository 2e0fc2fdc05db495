"""Version constraints as Poetry writes them, markers and requirements as PEP 508 does. The only user of packaging."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from seatrial.core.names import canonical

if TYPE_CHECKING:
    from packaging.markers import Marker

MAX_CONSTRAINT = 200
"""A longer constraint is not evaluated; real ones are shorter."""


_BOUND = re.compile(r"(\^|~=|~|[<>=!]=|[<>=]|)\s*([^\s,<>=!~^]+)")


@lru_cache(maxsize=4096)
def admits(constraint: str, version: str) -> bool | None:
    """Return whether a version satisfies a constraint; None if one of them cannot be read."""
    if len(constraint) > MAX_CONSTRAINT:
        return None
    try:
        alternatives = [_specifiers(part) for part in re.split(r"\|\|?", constraint)]
        return any(one.contains(Version(version), prereleases=True) for one in alternatives)
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return None


_ONE_BOUND = (
    r"(?:(?:[\^~]|~=)\s?(?![^\s,]*\.[xX*])v?[0-9]++(?:[.+!_-]?[0-9A-Za-z]++)*+"
    r"|(?:[<>!=]=|<>|[<>=])?\s?(?:[*xX](?:\.\*)*+|v?[0-9]++(?:[.+!_-]?[0-9A-Za-z]++)*+(?:\.\*)*+))"
)
_BOUNDS = re.compile(rf"{_ONE_BOUND}(?:(?:\s?,\s?|\s){_ONE_BOUND})*+(?:\s?,)*+")


def is_constraint(text: str) -> bool:
    """Return whether a text has the form of a constraint in Poetry; True for a very long one, which is not read."""
    if len(text) > MAX_CONSTRAINT:
        return True
    return all(_BOUNDS.fullmatch(" ".join(part.split())) for part in re.split(r"\|\|?", text))


def is_older(version: str, other: str) -> bool:
    """Return whether a version is older than another one; False where one of them is not a version."""
    if len(version) > MAX_CONSTRAINT or len(other) > MAX_CONSTRAINT:
        return False
    try:
        return Version(version) < Version(other)
    except InvalidVersion:
        return False


def floor(constraint: str) -> tuple[int, ...]:
    """Return the first version named in a constraint; empty if it has no upward or equal bound."""
    match = re.match(r"\s*(?:\^|~=?|>=|==?)?\s*v?([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})", constraint)
    return tuple(int(part) for part in match.group(1).split(".")) if match else ()


def _specifiers(part: str) -> SpecifierSet:
    """Return a conjunction of bounds in packaging's form."""
    if _BOUND.sub("", part).strip(" ,"):
        raise ValueError("there is more than bounds")
    return SpecifierSet(",".join(_bound(operator, text) for operator, text in _BOUND.findall(part)))


def _bound(operator: str, text: str) -> str:
    if text == "*":
        return ""
    if operator in ("^", "~"):
        return f">={text},<{_next(operator, Version(text))}"
    if operator in (">", ">=", "<", "<="):
        text = text.removesuffix(".*")
    return f"{operator if operator not in ('', '=') else '=='}{text}"


def _next(operator: str, version: Version) -> str:
    """Return the first version out of reach: `^` keeps the first number that is not 0, `~` the second."""
    numbers = version.release[:3]
    kept = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    place = kept if operator == "^" else min(1, len(numbers) - 1)
    return ".".join(map(str, (*numbers[:place], numbers[place] + 1)))


MAX_MARKER = 20_000
"""A longer marker is refused; the longest of real locks have some thousand characters."""


@dataclass(frozen=True)
class ParsedRequirement:
    """The parts of a requirement; `marker` is empty if it always applies."""

    name: str
    constraint: str
    marker: str
    extras: frozenset[str]


def canonical_version(version: str) -> str | None:
    """Return a version as PEP 440 compares it; None for an invalid version."""
    try:
        return str(Version(version)) if len(version) <= 200 else None
    except InvalidVersion:
        return None


def version_key(version: str) -> tuple[bool, Version, str]:
    """Return a sort key for versions; invalid ones come first."""
    try:
        return (True, Version(version), "")
    except InvalidVersion:
        return (False, Version("0"), version)


def applies(marker: str, environment: Mapping[str, str], extras: Collection[str] = ()) -> bool:
    """Return whether a marker holds in an environment with one of `extras`, or none, requested.

    `environment` holds the values of PEP 508 by name. Raises ValueError for an invalid marker.
    """
    if marker.strip() in ("", "*"):
        return True
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName  # slow to import

    parsed = _parsed(marker)
    values = {**environment, "platform_release": _release(environment.get("platform_release", ""))}
    try:
        return any(parsed.evaluate({**values, "extra": extra}) for extra in ("", *sorted(extras)))
    except (UndefinedComparison, UndefinedEnvironmentName, RecursionError) as odd:
        raise ValueError(str(odd)) from None


def parse_requirement(text: str) -> ParsedRequirement:
    """Return the parts of a requirement such as `black[d]>=24; python_version < "3.13"`. Raises ValueError."""
    if len(text) > MAX_MARKER:
        raise ValueError("it is too long")
    from packaging.requirements import InvalidRequirement, Requirement  # slow to import

    try:
        read = Requirement(text)
    except (InvalidRequirement, RecursionError):
        raise ValueError("it is no requirement") from None
    extras = frozenset(canonical(extra) for extra in read.extras)
    return ParsedRequirement(canonical(read.name), str(read.specifier) or "*", str(read.marker or ""), extras)


def _release(kernel: str) -> str:
    """Return the numbers of a kernel's release: `6.1.0-18-amd64` is not a version, and Poetry compares it as one."""
    numbers = re.match(r"[0-9]+(?:\.[0-9]+)*", kernel)
    return numbers[0] if numbers else kernel


@lru_cache(maxsize=4096)
def _parsed(marker: str) -> Marker:
    if len(marker) > MAX_MARKER:
        raise ValueError("it is too long")
    from packaging.markers import InvalidMarker, Marker  # slow to import

    try:
        return Marker(marker)
    except (InvalidMarker, RecursionError):
        raise ValueError("it is no marker") from None
