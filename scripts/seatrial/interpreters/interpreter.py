"""One Python: what it says of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial import tools
from seatrial.errors import SeatrialError

SECONDS = 20
"""A Python that takes longer to start is not used."""

_QUESTION = """
import json, os, platform, sys
own = sys.implementation
version = "%d.%d.%d" % tuple(own.version[:3])
if own.version.releaselevel != "final":
    version += own.version.releaselevel[0] + str(own.version.serial)
python = getattr(sys, "_base_executable", None) or sys.executable
threaded = "-free-threaded" if "free-threading" in sys.version else ""
print(json.dumps({
    "path": os.path.realpath(python),
    "version": platform.python_version(),
    "implementation": own.name + threaded,
    "markers": {
        "implementation_name": own.name,
        "implementation_version": version,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    },
}))
"""
_VERSION = re.compile(r"3\.([89]|[1-9][0-9])\.([0-9]{1,3})(.*)")
"""Environments cannot be made for Pythons before 3.8."""


@dataclass(frozen=True)
class Interpreter:
    """A Python that starts: where it really is, its version such as `3.12.1`, its implementation.

    `markers` are its values of PEP 508 by name.
    """

    path: Path
    version: str
    implementation: str
    markers: Mapping[str, str]

    @property
    def minor(self) -> str:
        """`3.12` of 3.12.1."""
        return ".".join(self.version.split(".")[:2])

    @property
    def merit(self) -> tuple[bool, bool, int, int, str]:
        """Sorts the best first: CPython, finished, lowest minor version, highest patch."""
        match = _VERSION.fullmatch(self.version)
        minor, patch, rest = (int(match[1]), int(match[2]), match[3]) if match else (0, 0, "?")
        return (self.implementation != "cpython", bool(rest), minor, -patch, str(self.path))


def asked(path: str) -> dict[str, Any] | None:
    """What the Python at a path answers; None where it does not start or is no Python 3."""
    try:
        ran = tools.run([path, "-I", "-c", _QUESTION], seconds=SECONDS)
        answer = json.loads(ran.out) if ran.status == 0 else None
    except (SeatrialError, ValueError):
        return None
    return answer if understood(answer) else None


def understood(answer: Any) -> Interpreter | None:
    """The Python of an answer; None for what is none."""
    if not isinstance(answer, dict):
        return None
    path, version, implementation = (answer.get(key) for key in ("path", "version", "implementation"))
    markers = answer.get("markers")
    texts = (path, version, implementation, *(markers.values() if isinstance(markers, dict) else (None,)))
    if not all(isinstance(text, str) for text in texts) or not _VERSION.fullmatch(str(version)):
        return None
    return Interpreter(Path(str(path)), str(version), str(implementation), dict(markers or {}))
