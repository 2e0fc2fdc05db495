"""What machines and tools leave behind in a folder, and what its `.gitignore` says of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from seatrial.errors import Unreadable
from seatrial.model import Integration

_FOLDERS = r"__pycache__|\.?venv|\.(?:mypy|pytest|ruff)_cache|\.tox|node_modules|\.idea|\.vscode"
_FILES = r"\.DS_Store|Thumbs\.db"
_SUFFIXES = "pyc|orig|rej|bak"
_LITTER = re.compile(rf"(?:.*?/)??(?:{_FOLDERS}|{_FILES})(?=/|$)|.*\.(?:{_SUFFIXES})$")
_SECRETS = re.compile(r"(?:.*/)?\.env$")


@dataclass(frozen=True)
class Litter:
    """What should not be there: `.env` files, and what tools made; folders stand for all below them."""

    secrets: Sequence[str]
    junk: Sequence[str]
    ignored: frozenset[str]
    """Those of both that the integration's own `.gitignore` names, so that git may not hold them."""

    @classmethod
    def of(cls, integration: Integration) -> Litter:
        """Of the whole integration."""
        paths = integration.paths()
        secrets = [path for path in paths if _SECRETS.match(path)]
        junk = sorted({match.group() for path in paths if (match := _LITTER.match(path))})
        patterns = _patterns(integration) if secrets or junk else []
        return cls(secrets, junk, frozenset(path for path in (*secrets, *junk) if _is_named(path, patterns)))


def _patterns(integration: Integration) -> list[str]:
    """The names in `.gitignore`, less the slashes around them."""
    try:
        lines = integration.read(".gitignore").decode(errors="replace").splitlines()
    except Unreadable:
        return []
    return [line.strip().strip("/") for line in lines if line.strip() and not line.startswith(("#", "!"))]


def _is_named(path: str, patterns: Iterable[str]) -> bool:
    parts = path.split("/")
    return any(fnmatchcase(part, pattern) for pattern in patterns for part in parts)
