"""Who may read and write the shared cache, and whose settings say where it is and who is believed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import SeatrialError
from seatrial.system import cache as kept_files
from seatrial.system import held_secrets
from seatrial.system.cache import CacheRole, role_of
from seatrial.tasks import doctor
from seatrial.tasks.shared_cache import access_to, shared_cache
from seatrial.workspace.workspace import open_workspace
from support.repositories import commit, git, put, shallow_clone, start
from support.shared import MAIN_KEY, PEM, MemoryEntries, made_key

_, STRANGER = made_key()

OURS, THEIRS = ({"full_name": name} for name in ("org/fleet", "evil/fleet"))


def pull(head: Any, base: Any = OURS) -> Any:
    return {"pull_request": {"head": {"repo": head}, "base": {"repo": base}}}


def at_github(
    folder: Path, name: str, event: Any, ref: str = "refs/heads/main", sha: str = "1" * 40
) -> dict[str, str]:
    """The environment of GitHub Actions."""
    (folder / name).write_text(event if isinstance(event, str) else json.dumps(event))
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(folder / name),
        "GITHUB_REF": ref,
        "GITHUB_SHA": sha,
        "SEATRIAL_CACHE": str(folder / "kept"),
    }


MAIN = {"repository": {"default_branch": "main"}}


@pytest.mark.parametrize(
    ("name", "event", "ref", "role"),
    [
        ("push", MAIN, "refs/heads/main", CacheRole.MAIN),
        ("schedule", MAIN, "refs/heads/main", CacheRole.MAIN),
        ("workflow_dispatch", MAIN, "refs/heads/main", CacheRole.MAIN),
        ("push", MAIN, "refs/heads/other", CacheRole.BRANCH),
        ("push", MAIN, "refs/tags/main", CacheRole.BRANCH),
        ("push", {}, "refs/heads/main", CacheRole.BRANCH),
        ("push", "[" * 100_000, "refs/heads/main", CacheRole.BRANCH),
        ("push", {"repository": "main"}, "refs/heads/main", CacheRole.BRANCH),
        ("merge_group", MAIN, "refs/heads/gh-readonly-queue/main/pr-1", CacheRole.PULL_REQUEST),
        ("pull_request", pull(OURS), "refs/pull/1/merge", CacheRole.PULL_REQUEST),
        ("pull_request", pull(THEIRS), "refs/pull/1/merge", CacheRole.FORK),
        ("pull_request", pull(None), "refs/pull/1/merge", CacheRole.FORK),
        ("pull_request", {"pull_request": 5}, "refs/pull/1/merge", CacheRole.FORK),
        ("pull_request", "no JSON", "refs/pull/1/merge", CacheRole.FORK),
        ("pull_request_target", {**MAIN, **pull(THEIRS)}, "refs/heads/main", CacheRole.UNKNOWN),
        ("workflow_run", MAIN, "refs/heads/main", CacheRole.UNKNOWN),
        ("issue_comment", MAIN, "refs/heads/main", CacheRole.UNKNOWN),
    ],
)
def test_at_github_only_the_main_branch_by_itself_is_the_main_branch(
    tmp_path: Path, name: str, event: Any, ref: str, role: CacheRole
) -> None:
    assert role_of(at_github(tmp_path, name, event, ref))[0] is role


GITLAB = {"GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_SHA": "1" * 40, "CI_PROJECT_ID": "7"}


@pytest.mark.parametrize(
    ("more", "role"),
    [
        ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}, CacheRole.MAIN),
        ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "other"}, CacheRole.BRANCH),
        ({"CI_PIPELINE_SOURCE": "trigger", "CI_COMMIT_BRANCH": "main"}, CacheRole.UNKNOWN),
        (
            {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7"},
            CacheRole.PULL_REQUEST,
        ),
        (
            {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "8"},
            CacheRole.FORK,
        ),
        ({"CI_PIPELINE_SOURCE": "merge_request_event"}, CacheRole.FORK),
    ],
)
def test_at_gitlab_too(more: Mapping[str, str], role: CacheRole) -> None:
    assert role_of(GITLAB | more)[0] is role


def test_elsewhere_it_is_a_person_or_ci_that_says_nothing() -> None:
    assert role_of({})[0] is role_of({"CI": "false"})[0] is CacheRole.PERSON
    assert role_of({"CI": "1"})[0] is CacheRole.UNKNOWN


def settings(url: str = "s3://ours", key: str = MAIN_KEY.public) -> str:
    return f'cache = "{url}"\ncache-keys = ["{key}"]\n'


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of a repository whose main branch names a cache, with a change that names another."""
    origin = start(tmp_path / "origin")
    put(origin, {"integrations/one/.port/spec.yaml": "title: One\n"})
    commit(origin, {"seatrial.toml": settings()})
    git(origin, "checkout", "-q", "-b", "change")
    commit(origin, {"seatrial.toml": settings("s3://theirs", STRANGER.public)})
    git(origin, "checkout", "-q", "main")
    git(origin, "clone", "-q", str(origin), str(tmp_path / "clone"))
    git(tmp_path / "clone", "checkout", "-q", "change")
    return tmp_path / "clone"


@pytest.fixture
def key() -> Iterator[None]:
    """The signing key, as CI gives it to a job."""
    held_secrets._held[held_secrets.CACHE_KEY] = PEM
    yield
    held_secrets._held.clear()


@pytest.mark.usefixtures("key")
def test_a_change_names_neither_bucket_nor_key(clone: Path, tmp_path: Path) -> None:
    """Neither in a pull request, nor where a person has checked it out, nor on a branch of its own."""
    workspace = open_workspace(str(clone))
    assert workspace.settings.shared_cache.url == "s3://theirs"
    person = {"SEATRIAL_CACHE": str(tmp_path / "kept")}
    request = at_github(tmp_path, "pull_request", pull(OURS)) | {"GITHUB_BASE_REF": "main"}
    branch = at_github(tmp_path, "push", MAIN, "refs/heads/change", git(clone, "rev-parse", "HEAD"))
    for environ in (person, person, request, branch):
        access = access_to(workspace, environ)
        assert access is not None
        assert (access.settings.url, access.settings.keys) == ("s3://ours", (MAIN_KEY.public,))
        assert not access.writes


def test_the_remote_that_a_change_states_is_not_the_base(clone: Path, tmp_path: Path) -> None:
    put(clone, {"seatrial.toml": settings("s3://theirs") + '[release]\nremote = "heads"\n'})
    git(clone, "branch", "main", "HEAD", "-f")
    access = access_to(open_workspace(str(clone)), {"SEATRIAL_CACHE": str(tmp_path / "kept")})
    assert access
    assert access.settings.url == "s3://ours"


@pytest.mark.usefixtures("key")
def test_the_main_branch_writes_what_is_its_own_commit_only(clone: Path, tmp_path: Path) -> None:
    git(clone, "checkout", "-q", "main")
    workspace, sha = open_workspace(str(clone)), git(clone, "rev-parse", "HEAD")
    access = access_to(workspace, at_github(tmp_path, "push", MAIN, sha=sha))
    assert access
    assert access.writes
    git(clone, "checkout", "-q", "change")
    access = access_to(open_workspace(str(clone)), at_github(tmp_path, "push", MAIN, sha=sha))
    assert access
    assert not access.writes
    assert access.settings.url == "s3://ours"


@pytest.mark.usefixtures("key")
def test_a_run_that_signs_goes_by_nothing_that_others_left_on_its_machine(
    clone: Path, tmp_path: Path
) -> None:
    git(clone, "checkout", "-q", "main")
    workspace = open_workspace(str(clone))
    environ = at_github(tmp_path, "push", MAIN, sha=git(clone, "rev-parse", "HEAD"))
    person = {"SEATRIAL_CACHE": environ["SEATRIAL_CACHE"]}
    usual = shared_cache(workspace, print, person, lambda url: MemoryEntries())
    assert usual
    program, kept = usual.program, tmp_path / "kept"
    (settings_file,) = (kept / "shared-settings").iterdir()
    kept_files.save(settings_file, {"url": "s3://theirs", "keys": [STRANGER.public]})
    true = kept_files.load(kept / "program")
    assert true
    kept_files.save(kept / "program", {**true, "program": "f" * 40})
    access, cache = (
        access_to(workspace, environ),
        shared_cache(workspace, print, environ, lambda url: MemoryEntries()),
    )
    assert access
    assert cache
    assert access.settings.keys == (MAIN_KEY.public,)
    assert (cache.program, cache.writes) == (program, True)


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "workflow_run"])
def test_a_fork_neither_reads_nor_writes(clone: Path, tmp_path: Path, event: str) -> None:
    git(clone, "checkout", "-q", "main")
    told, place = list[str](), MemoryEntries()
    environ = at_github(tmp_path, event, pull(THEIRS) | MAIN, sha=git(clone, "rev-parse", "HEAD"))
    assert shared_cache(open_workspace(str(clone)), told.append, environ, lambda url: place) is None
    assert place.asked == 0
    assert len(told) == 1
    assert "changes no verdict" in told[0]


def test_in_a_shallow_clone_of_a_pull_request_the_base_is_fetched(clone: Path, tmp_path: Path) -> None:
    narrow = shallow_clone(tmp_path / "origin", tmp_path / "narrow", "--branch=change")
    request = at_github(tmp_path, "pull_request", pull(OURS)) | {"GITHUB_BASE_REF": "main"}
    access = access_to(open_workspace(str(narrow)), request)
    assert access
    assert access.settings.url == "s3://ours"


def test_where_the_base_is_not_known_or_names_none_there_is_none(clone: Path, tmp_path: Path) -> None:
    environ = {"SEATRIAL_CACHE": str(tmp_path / "kept")}
    workspace = open_workspace(str(clone))
    git(clone, "remote", "remove", "origin")
    with pytest.raises(SeatrialError, match="no base branch"):
        access_to(workspace, environ)
    (clone / "seatrial.toml").write_text("")
    assert access_to(open_workspace(str(clone)), environ) is None


@pytest.mark.usefixtures("key")
def test_a_key_that_the_settings_do_not_name_writes_nothing(clone: Path, tmp_path: Path) -> None:
    git(clone, "checkout", "-q", "main")
    environ = at_github(tmp_path, "push", MAIN, sha=git(clone, "rev-parse", "HEAD"))
    held_secrets._held[held_secrets.CACHE_KEY] = made_key()[0]
    told: list[str] = []
    assert shared_cache(open_workspace(str(clone)), told.append, environ) is None
    assert "belongs to none of the cache-keys" in told[0]
    held_secrets._held[held_secrets.CACHE_KEY] = "s3cret, but no key"
    assert shared_cache(open_workspace(str(clone)), told.append, environ) is None
    assert "s3cret" not in " ".join(told)


@pytest.mark.parametrize(
    "name", ["SEATRIAL_CACHE_KEY", "SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
)
def test_the_signing_key_leaves_the_environment(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    import os

    monkeypatch.setattr(held_secrets, "_held", {})
    monkeypatch.setenv(name, "s3cret")
    held_secrets.hold()
    assert name not in os.environ
    assert held_secrets.held(name) == "s3cret"
    held_secrets.hold()
    assert held_secrets.all_held() == {name: "s3cret"}


def test_doctor_tells_whether_it_answers_and_what_this_run_may(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(clone, "checkout", "-q", "main")
    commit(clone, {"seatrial.toml": settings(f"file://{tmp_path}/bucket")})
    git(clone, "update-ref", "refs/remotes/origin/main", "HEAD")
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path / "kept"))
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(clone)
    (told,) = doctor._shared_cache()
    assert told.lacking and f"there is no folder {tmp_path}/bucket" in told.found
    (tmp_path / "bucket").mkdir()
    (told,) = doctor._shared_cache()
    assert told.line == f"ok  shared    file://{tmp_path}/bucket answers; this run, of a person, reads it"
    monkeypatch.setenv("CI", "true")
    (told,) = doctor._shared_cache()
    assert told.lacking
    assert "does not say what it runs for" in told.found
    assert replace(told, lacking=False).line.startswith("ok")
    head = git(clone, "rev-parse", "HEAD").strip()
    for name, value in at_github(tmp_path, "push", MAIN, sha=head).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(held_secrets, "_held", {held_secrets.CACHE_KEY: made_key()[0]})
    (told,) = doctor._shared_cache()
    assert told.lacking
    assert "belongs to none of the cache-keys" in told.found
