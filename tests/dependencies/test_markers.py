"""Markers and requirements as PEP 508 writes them."""

from __future__ import annotations

import pytest

from seatrial.core.names import canonical
from seatrial.dependencies.constraints import (
    ParsedRequirement,
    applies,
    canonical_version,
    parse_requirement,
    version_key,
)

HERE = {"python_version": "3.12", "sys_platform": "linux", "platform_release": "6.1-custom"}


@pytest.mark.parametrize(
    ("marker", "holds"),
    [
        ("", True),
        ("*", True),
        ("sys_platform == 'linux'", True),
        ("python_version < '3.9' or sys_platform == 'linux'", True),
        ("python_version >= '3.13'", False),
        ("extra == 'fast'", False),
        ("extra != 'fast'", True),
        ("platform_release >= '5.0'", True),
    ],
)
def test_a_marker_holds_or_not(marker: str, holds: bool) -> None:
    assert applies(marker, HERE) is holds


def test_a_marker_on_an_extra_holds_where_it_was_asked_for() -> None:
    assert applies("extra == 'fast' and sys_platform == 'linux'", HERE, {"slow", "fast"})
    assert not applies("extra == 'fast' and sys_platform == 'win32'", HERE, {"fast"})


@pytest.mark.parametrize(
    "marker", ["x", "a b", "(" * 5000, "python_version", "python_version < ", "'a' " * 9000]
)
def test_what_is_no_marker_is_refused(marker: str) -> None:
    with pytest.raises(ValueError, match="it is"):
        applies(marker, HERE)


def test_a_requirement_has_parts() -> None:
    found = parse_requirement("Black[D, colour_ama] >=24,<26 ; python_version < '3.13'")
    assert found == ParsedRequirement(
        "black", "<26,>=24", 'python_version < "3.13"', frozenset({"d", "colour-ama"})
    )
    assert parse_requirement("black").constraint == "*"


@pytest.mark.parametrize("text", ["", "-r x", "a b", "[x]", "a" * 30_000])
def test_what_is_no_requirement_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="it is"):
        parse_requirement(text)


def test_names_and_versions_are_compared_as_the_index_does() -> None:
    assert canonical("Port_Ocean.X") == "port-ocean-x"
    assert canonical_version("v1.0.0-RC1") == canonical_version("1.0.0rc1")
    assert canonical_version("one") is None
    assert sorted(["1.10", "one", "1.9"], key=version_key) == ["one", "1.9", "1.10"]
