"""What `make` and `make test` install is locked, and the locks are those of the metadata."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from seatrial.tasks.lock import LOCKS, heading, wanted
from support.locks import pins
from support.paths import ROOT

METADATA = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


ASKED = [
    (path, Requirement(one))
    for path, extras in LOCKS.items()
    for kind, requirements in wanted(METADATA, extras).items()
    if kind != "python"
    for one in requirements
]
"""Every requirement of the metadata, with the lock that must have it."""


@pytest.mark.parametrize(("path", "requirement"), ASKED, ids=lambda value: str(value).removeprefix("locks/"))
def test_a_requirement_is_locked_in_a_version_that_its_range_admits(
    path: str, requirement: Requirement
) -> None:
    found = [pin for pin in pins(path) if pin.name == canonicalize_name(requirement.name)]
    assert found, f"{requirement.name} is not in {path}; type `make lock`"
    assert all(requirement.specifier.contains(pin.version) for pin in found)


@pytest.mark.parametrize("path", LOCKS)
def test_a_lock_was_made_from_the_metadata_as_they_are(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert text.startswith(heading(METADATA, LOCKS[path])), f"{path} is out of date; type `make lock`"


@pytest.mark.parametrize("path", LOCKS)
def test_every_package_of_a_lock_has_one_version_a_place_and_hashes(path: str) -> None:
    locked = pins(path)
    assert len(locked) == len(re.findall(r"^\w", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))
    for pin in locked:
        assert pin.version
        assert pin.hashes, pin.name
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in pin.hashes), pin.name
        assert pin.requirement.url is None


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("platform", ["linux", "darwin"])
@pytest.mark.parametrize("path", LOCKS)
def test_a_lock_has_what_is_asked_for_on_every_python_and_platform(
    path: str, python: str, platform: str
) -> None:
    here = {"python_version": python, "python_full_version": f"{python}.5", "sys_platform": platform}
    names = [
        pin.name for pin in pins(path) if not pin.requirement.marker or pin.requirement.marker.evaluate(here)
    ]
    assert len(names) == len(set(names))
    assert {canonicalize_name(one.name) for of, one in ASKED if of == path} <= set(names)


@pytest.mark.parametrize("path", LOCKS)
def test_a_lock_names_no_package_index_and_no_folder(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert re.findall(r"://|^-|@|file:| /", text, re.MULTILINE) == []


def test_what_runs_is_tested_in_the_same_versions() -> None:
    develop = {(pin.name, pin.version): pin.hashes for pin in pins("locks/develop.txt")}
    for pin in pins("locks/runtime.txt"):
        assert develop[pin.name, pin.version] == pin.hashes
