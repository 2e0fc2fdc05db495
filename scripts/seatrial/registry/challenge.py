"""What a registry wants to see before it answers: the header WWW-Authenticate (RFC 9110, 11.6.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)(?=\s+[A-Za-z0-9_-]+\s*=|\s*(?:,|$))")
_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')

MAX_HEADER = 2048
MAX_HEADERS = 8


@dataclass(frozen=True)
class Challenge:
    """One way to be let in: `bearer`, `basic` or another; parameter names in small letters."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def wanted(headers: Iterable[str]) -> Challenge | None:
    """The best that these headers offer: Bearer before Basic; None where they offer neither."""
    offered = {
        one.scheme: one for header in list(headers)[:MAX_HEADERS] for one in challenges(header[:MAX_HEADER])
    }
    return offered.get("bearer") or offered.get("basic")


def challenges(header: str) -> Iterator[Challenge]:
    """All that one header offers."""
    quiet = _QUOTED.sub(lambda found: "x" * len(found[0]), header)
    starts = list(_SCHEME.finditer(quiet))
    ends = [*(one.start() for one in starts[1:]), len(header)]
    for start, end in zip(starts, ends, strict=False):
        found = _PARAMETER.findall(header[start.end() : end])
        parameters = {name.lower(): _unquoted(quoted) or bare for name, quoted, bare in found}
        yield Challenge(start[1].lower(), parameters)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
