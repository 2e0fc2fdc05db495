"""Which contract of publishing a workspace holds to."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.model import Profile


def decide(stated: Profile | None, has_framework: bool, specs_with_version: Sequence[bool]) -> Profile:
    """The profile of a workspace: the stated one, else what the repository itself shows.

    The Ocean framework's own repository holds a `port_ocean` package. In its first months,
    until 2023-08-30, it published by the guide: then most specs state their version.
    """
    if stated is not None:
        return stated
    by_guide = 2 * sum(specs_with_version) > len(specs_with_version)
    return Profile.OCEAN if has_framework and not by_guide else Profile.GUIDE
