"""A link in any place that a release writes to: what it leads to is left alone, and the message names the link."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from seatrial.core.errors import SeatrialError
from seatrial.release.places import must_not_be_linked
from seatrial.release.run import bumps
from seatrial.release.run.bumps import IntentRequest
from seatrial.workspace.workspace import Workspace, open_workspace
from support.commit_release import CommitRelease
from support.release_workspace import commit, workspace

CANARY = "canary"
ALPHA = "integrations/alpha-service"
NAME = "alpha-service-0.1.0"

FOLDERS = (
    "dist", "dist/release", "dist/images", "dist/registry", "dist/release/receipts", "dist/release/logs",
    "dist/release/builds", "dist/release/contexts", "dist/release/contexts/0", "dist/images/alpha-service",
    "dist/images/alpha-service/blobs", "dist/images/alpha-service/blobs/sha256", "dist/registry/alpha-service",
    "dist/registry/alpha-service/0.1.0", "dist/registry/.seatrial", "dist/registry/.seatrial/leases",
)  # fmt: skip
FILES = (
    "dist/release/lock", "dist/release/journal.jsonl", f"dist/release/receipts/{NAME}.json",
    f"dist/release/logs/{NAME}.log", "dist/release/contexts/0.lock", "dist/images/alpha-service/index.json",
    "dist/images/alpha-service/oci-layout", "dist/images/alpha-service/.seatrial-lock", "dist/registry/index.json",
    "dist/registry/.seatrial-lock", "dist/registry/.seatrial-part", "dist/registry/alpha-service/0.1.0/spec.json",
    "dist/registry/alpha-service/0.1.0/receipt.json", "dist/registry/alpha-service/spec.json",
)  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed workspace with one integration, to be copied."""
    return workspace(tmp_path_factory.mktemp("sound") / "repo", "Alpha Service")


@pytest.fixture
def repo(sound: Path, tmp_path: Path) -> Path:
    """A committed workspace with one integration."""
    return Path(shutil.copytree(sound, tmp_path / "repo", symlinks=True))


def plant(root: Path, name: str) -> Path:
    """Have a place lead to a folder or a file outside; return that folder, or the file's."""
    outside = root.parent / "outside"
    (outside / "folder").mkdir(parents=True, exist_ok=True)
    (outside / CANARY).write_text(CANARY)
    place = root / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.is_dir():
        shutil.rmtree(place)
    place.symlink_to(outside / ("folder" if name in FOLDERS else CANARY))
    return outside


def untouched(outside: Path) -> bool:
    found = sorted(path.relative_to(outside).as_posix() for path in outside.rglob("*"))
    return found == [CANARY, "folder"] and (outside / CANARY).read_text() == CANARY


def said(release: CommitRelease, tell: object = None) -> str:
    """Everything that a release says was wrong."""
    try:
        failures = release.run(tell) if callable(tell) else release.run()
    except SeatrialError as failed:
        return str(failed)
    return " ".join(one.reason for one in failures)


@pytest.mark.parametrize("name", [*FOLDERS, *FILES])
def test_nothing_is_written_through_a_link_of_the_checkout(repo: Path, name: str) -> None:
    outside = plant(repo, name)
    told = said(CommitRelease(repo, local=True))
    assert untouched(outside)
    assert Path(name).name in told or not (repo / name).is_symlink()


USED = ("dist", "dist/release", "logs", ".log", "builds", "contexts", "contexts/0", "lock")
"""What the builder and the release itself have open by then."""


@pytest.mark.parametrize("names", [FOLDERS, FILES], ids=["folders", "files"])
def test_nothing_is_written_through_a_link_that_appears_meanwhile(repo: Path, names: Sequence[str]) -> None:
    """Each time the builder runs, another place is a link by the time it ends."""
    left = [name for name in names if not name.endswith(USED)]
    for name in left:
        shutil.rmtree(repo / "dist", ignore_errors=True)
        said(CommitRelease(repo, local=True), lambda call, name=name: call == "build" and plant(repo, name))
        assert untouched(repo.parent / "outside"), name


BUMPED = ("pyproject.toml", "CHANGELOG.md", ".port/spec.yaml", ".ocean-release")


def declared(found: Workspace) -> None:
    bumps.declare(found, found.integrations, IntentRequest("patch", "bugfix", "Fixed it"), date(2026, 1, 31))


def bumped(found: Workspace) -> None:
    bumps.apply(found, bumps.plan(found, found.integrations, date(2026, 1, 31)).bumps)


@pytest.mark.parametrize("name", BUMPED)
@pytest.mark.parametrize("where", ["outside", "another integration"])
def test_a_bump_writes_through_no_link(repo: Path, where: str, name: str) -> None:
    declared(open_workspace(str(repo)))
    place = repo / ALPHA / name
    target = repo.parent / "outside" if where == "outside" else repo / "integrations/_other"
    target.parent.mkdir(exist_ok=True)
    place.rename(target)
    place.symlink_to(target)
    before = {path: path.read_bytes() for path in (target, *target.rglob("*")) if path.is_file()}
    found = open_workspace(str(repo))
    with pytest.raises(SeatrialError, match=f"{name} is a link that leads elsewhere"):
        bumped(found) if name != ".ocean-release" else declared(found)
    assert {path: path.read_bytes() for path in (target, *target.rglob("*")) if path.is_file()} == before


def test_a_file_that_a_user_names_is_not_behind_a_link_of_the_workspace(repo: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (repo / "plans").symlink_to(outside)
    (repo / "plan.json").symlink_to(outside / "x")
    (tmp_path / "mine").symlink_to(outside)
    (tmp_path / "alias").symlink_to(repo)
    refused = ("plans/a.json", "plan.json", "plans/../plan.json", f"{tmp_path}/alias/plans/a.json")
    for name in refused:
        with pytest.raises(
            SeatrialError, match="is a link that leads elsewhere, and nothing is written through"
        ):
            must_not_be_linked(repo / name, repo)
    for name in ("/dev/stdout", f"{tmp_path}/mine/a.json", "new/a.json", "plans/../new.json"):
        assert must_not_be_linked(repo / name, repo).is_absolute()


def test_a_committed_link_named_like_a_plan_is_named(repo: Path, tmp_path: Path) -> None:
    from seatrial.tasks import release

    (tmp_path / "outside").write_text(CANARY)
    (repo / "plan.json").symlink_to(tmp_path / "outside")
    commit(repo, "a link")
    with CommitRelease(repo).context() as context, pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "open_context", lambda *given: context)
        patch.chdir(repo)
        with pytest.raises(SeatrialError, match=r"plan\.json is a link"):
            release.plan([], str(repo), "plan.json", False, None, False, None, None, [])
    assert (tmp_path / "outside").read_text() == CANARY
