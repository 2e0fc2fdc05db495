"""Names of files that are made of the names of integrations."""

from __future__ import annotations

import re

from seatrial.core.model import digest

_SAFE = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d|index)(?:\.|$))[a-z0-9][a-z0-9_-]{0,79}")
_ODD = re.compile(r"[^a-z0-9]+")


def file_name(name: str) -> str:
    """Return a name that is safe in a path, in a URL and on file systems without cases; others get another one."""
    if _SAFE.fullmatch(name):
        return name
    words = _ODD.sub("-", name.lower()[:60]).strip("-")
    return f"{words or 'integration'}.{digest(name.encode('utf-8', 'surrogateescape'))[:12]}"
