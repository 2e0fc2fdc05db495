"""A new version of the framework in an integration: all its files or none, and nothing twice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.model import Fleet, Integration, MemoryFolder, Profile
from seatrial.core.settings import Settings
from seatrial.dependencies.lockfile import content_hash
from seatrial.documents import toml
from seatrial.fleet.commands import Crew
from seatrial.fleet.core_bump import BumpState, CoreBump, Poetry, _cause, planned, wanted_version, with_lock
from seatrial.handbook.rule_examples import good_folder
from seatrial.system.own_poetry import ConfinedPoetry
from seatrial.tasks.fleet_bump_core import Locker
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.workspace.workspace import Workspace

DAY = date(2026, 11, 28)
GOOD = good_folder(Profile.GUIDE)
CORE = 'port_ocean = {version = "^0.48.12", extras = ["cli"]}'


def workspace(folder: MemoryFolder) -> Workspace:
    one = Integration("good-service", "integrations/good-service", folder)
    return Workspace(Path("/nowhere"), Path("/nowhere"), Settings(), Profile.GUIDE, Fleet([one]))


def bump(folder: MemoryFolder, version: str = "0.48.14") -> CoreBump:
    where = workspace(folder)
    return planned(where, where.integrations[0], version, DAY)


def lock(files: Mapping[str, bytes], newest: str = "0.48.14") -> bytes:
    """A lock as Poetry makes it, where the index has this version at most."""
    pyproject = toml.load("pyproject.toml", files["pyproject.toml"])
    core = pyproject.value["tool"]["poetry"]["dependencies"]["port_ocean"]["version"]
    locked = re.findall(r'name = "port-ocean"\nversion = "(.*)"', files["poetry.lock"].decode())[0]
    version = core[2:] if core.startswith("==") else locked if locked >= core[1:] else newest
    text = files["poetry.lock"].decode().replace(f'version = "{locked}"', f'version = "{version}"')
    return re.sub('content-hash = ".*"', f'content-hash = "{content_hash(pyproject.value)}"', text).encode()


def after(folder: MemoryFolder, made: CoreBump) -> MemoryFolder:
    for edit in made.files:
        path = edit.path.removeprefix("integrations/good-service/")
        assert edit.before == folder.read(path)
        folder = folder.having(path, edit.after or b"")
    return folder


def test_all_files_are_raised_together_and_the_folder_stays_without_findings() -> None:
    raised = after(GOOD, with_lock(bump(GOOD), "0.48.14", lock))
    assert 'port_ocean = {version = "^0.48.14", extras' in raised.text("pyproject.toml")
    assert 'version = "0.1.1"' in raised.text("pyproject.toml")
    assert "version: 0.1.1" in raised.text(".port/spec.yaml")
    entry = "## 0.1.1 (2026-11-28)\n\n\n### Improvements\n\n- Bumped ocean version to ^0.48.14\n"
    assert entry in raised.text("CHANGELOG.md")
    where = workspace(raised)
    assert check_all(where, where.integrations, RULES, 1).outcome.findings == ()
    assert bump(raised).state is BumpState.THERE


def test_the_version_that_is_asked_for_is_locked_where_the_index_has_a_newer_one() -> None:
    made = with_lock(bump(GOOD), "0.48.14", lambda files: lock(files, "0.48.20"))
    assert bump(after(GOOD, made)).state is BumpState.THERE


def test_a_lock_of_another_version_or_another_pyproject_changes_nothing() -> None:
    with pytest.raises(ServiceError, match=r"Poetry locked port-ocean 0\.48\.12, not 0\.48\.14"):
        with_lock(bump(GOOD), "0.48.14", lambda files: files["poetry.lock"])
    stale = GOOD.text("poetry.lock").replace("0.48.12", "0.48.14").encode()
    with pytest.raises(ServiceError, match="not that of the new pyproject"):
        with_lock(bump(GOOD), "0.48.14", lambda files: stale)


def test_where_only_the_lock_is_missing_the_version_is_not_raised_again() -> None:
    without = after(GOOD, bump(GOOD))
    again = bump(without)
    assert (again.state, again.files) == (BumpState.TO_LOCK, ())
    assert bump(after(without, with_lock(again, "0.48.14", lock))).state is BumpState.THERE


def test_nothing_is_lowered() -> None:
    assert bump(GOOD, "0.47.0").state is BumpState.NEWER


@pytest.mark.parametrize("form", ["0.48.12", "~0.48.12", ">=0.48.12", "==0.48.12"])
def test_the_form_of_the_constraint_stays(form: str) -> None:
    folder = GOOD.edited("pyproject.toml", CORE, f'port_ocean = "{form}"')
    text = after(folder, bump(folder)).text("pyproject.toml")
    assert f'port_ocean = "{form.replace("48.12", "48.14")}"' in text


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ('port_ocean = ">=0.40,<0.49"', 'write it as "\\^X.Y.Z"'),
        ('port_ocean = {path = "../.."}', 'write it as "\\^X.Y.Z"'),
        ("", "does not list port_ocean"),
    ],
)
def test_a_requirement_that_cannot_be_raised_is_reported(new: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        bump(GOOD.edited("pyproject.toml", CORE, new))


def test_a_constraint_of_another_form_is_reported_if_the_lock_needs_another_one() -> None:
    odd = bump(GOOD.edited("pyproject.toml", CORE, r'port_ocean = {version = "^0.48.\u0031\u0034"}'))
    assert odd.state is BumpState.TO_LOCK
    with pytest.raises(UsageError, match="write it plainly"):
        with_lock(odd, "0.48.14", lambda files: lock(files, "0.48.20"))


@pytest.mark.parametrize("text", [None, "", "0.48", "latest", "^0.48.12", "0.48.12\n9"])
def test_a_version_is_stated_in_full(text: str | None) -> None:
    with pytest.raises(UsageError, match=r"in full, such as 0\.48\.12"):
        wanted_version(text)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (
            "Using python3.13\nResolving dependencies...\n\nPackage x (1) not found.",
            "Poetry: Package x (1) not found.",
        ),
        ("All attempts to connect to pypi.org failed.", "the package index was not reached"),
        ("", "Poetry: it failed and did not say why"),
    ],
)
def test_the_reason_for_a_missing_lock_is_one_line(said: str, cause: str) -> None:
    assert _cause(said) == cause


def test_locks_are_made_in_the_sandbox_unless_the_own_poetry_is_asked_for(tmp_path: Path) -> None:
    makers = [Locker(own, None).started(tmp_path, Crew()) for own in (False, True)]
    assert [type(maker.__self__) for maker in makers] == [ConfinedPoetry, Poetry]  # type: ignore[attr-defined]
