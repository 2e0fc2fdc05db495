"""Which contract a workspace holds to."""

from __future__ import annotations

import pytest

from seatrial.core.model import Profile
from seatrial.workspace.workspace import decide


@pytest.mark.parametrize(
    ("stated", "has_framework", "versions", "wanted"),
    [
        (None, False, [], Profile.GUIDE),
        (None, False, [False, False], Profile.GUIDE),
        (None, True, [False, False], Profile.OCEAN),
        (None, True, [], Profile.OCEAN),
        (None, True, [True, False, False], Profile.OCEAN),
        (None, True, [True, False], Profile.OCEAN),
        (None, True, [True, True, False], Profile.GUIDE),
        (Profile.GUIDE, True, [False], Profile.GUIDE),
        (Profile.OCEAN, False, [True], Profile.OCEAN),
    ],
)
def test_a_profile_is_stated_or_shown(
    stated: Profile | None, has_framework: bool, versions: list[bool], wanted: Profile
) -> None:
    assert decide(stated, has_framework, versions) is wanted
