"""Version constraints as Poetry writes them. With `markers` the only user of packaging."""

from __future__ import annotations

import re
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

MAX_LENGTH = 200
"""A longer constraint is not judged; no real one is."""


_BOUND = re.compile(r"(\^|~=|~|[<>=!]=|[<>=]|)\s*([^\s,<>=!~^]+)")


@lru_cache(maxsize=4096)
def admits(constraint: str, version: str) -> bool | None:
    """Whether a version satisfies a constraint; None where one of them cannot be read."""
    if len(constraint) > MAX_LENGTH:
        return None
    try:
        alternatives = [_specifiers(part) for part in re.split(r"\|\|?", constraint)]
        return any(one.contains(Version(version), prereleases=True) for one in alternatives)
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return None


def floor(constraint: str) -> tuple[int, ...]:
    """The first version named in a constraint; empty for one without an upward or equal bound."""
    match = re.match(r"\s*(?:\^|~=?|>=|==?)?\s*v?([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})", constraint)
    return tuple(int(part) for part in match.group(1).split(".")) if match else ()


def _specifiers(part: str) -> SpecifierSet:
    """A conjunction of bounds, in packaging's words."""
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
    """The first version that is out of reach: `^` keeps the first number that is not 0, `~` the second."""
    numbers = version.release[:3]
    kept = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    place = kept if operator == "^" else min(1, len(numbers) - 1)
    return ".".join(map(str, (*numbers[:place], numbers[place] + 1)))
