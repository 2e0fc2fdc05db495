"""The one rule that says which version is the latest, for image and index alike."""

from __future__ import annotations

import re
from collections.abc import Iterable

from seatrial.version import Version

_STABLE = re.compile(r"[0-9.]+(?:[.-]post[0-9]+)?")
"""As in the job that uploads specs in Ocean's own repository."""


def counts(version: Version) -> bool:
    """Whether a version may be the latest and is indexed: every one but those that end in `-dev`."""
    return not version.text.endswith("-dev")


def is_stable(version: Version) -> bool:
    """Whether it is final: three numbers, and behind them nothing, or `-post1` for a deprecated one."""
    return _STABLE.fullmatch(version.text) is not None


def latest(versions: Iterable[Version]) -> Version | None:
    """The highest of the stable ones, and where there is none, the highest of the others that count."""
    counting = [version for version in versions if counts(version)]
    stable = [version for version in counting if is_stable(version)]
    return max(stable or counting, default=None)
