"""Wrong use and bad luck at a release: one clear line, the right status, and nothing half done."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support import warm
from support.confined import with_bytecode
from support.paths import SOURCES
from support.release_workspace import DOCKERFILE, bump, commit, git, workspace
from support.services import mounted, needs

pytestmark = pytest.mark.slow


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A workspace with one integration, all of it committed."""
    return workspace(tmp_path / "repo", "Alpha Service")


def seatrial(root: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    told = {"PYTHONPATH": str(SOURCES), "SEATRIAL_CACHE": str(with_bytecode(root.parent / "cache")),
            "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}  # fmt: skip
    done = warm.run(root, [*arguments], {**kept, **told, **environ}, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def published(root: Path) -> list[str]:
    """Whatever a release has left where others could see it."""
    places = (root / "dist/images", root / "dist/registry")
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    tags = git(root, "tag").split() if (root / ".git").exists() else []
    return tags + [str(path) for path in files if "/.seatrial" not in str(path)]


def write(path: str, text: str) -> Callable[[Path], object]:
    """Commit a file with this text."""

    def change(root: Path) -> None:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        commit(root, "change")

    return change


def without_git(root: Path) -> None:
    (root / ".git").rename(root.parent / "gone")


def without_commit(root: Path) -> None:
    without_git(root)
    git(root, "init", "-q")


def detached(root: Path) -> None:
    git(root, "checkout", "-q", "--detach")
    (root / "more").write_text("x")
    commit(root, "on no branch")


def version(text: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        bump(root, "alpha-service", "0.1.0", text)
        commit(root, "version")

    return change


def without_dockerfile(root: Path) -> None:
    (root / "integrations/_infra/Dockerfile").unlink()
    commit(root, "no Dockerfile")


def index(text: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        (root / "dist/registry").mkdir(parents=True)
        (root / "dist/registry/index.json").write_text(text)

    return change


def linked(name: str) -> Callable[[Path], object]:
    """Have a place of releases lead out of the workspace."""

    def change(root: Path) -> None:
        outside = root.parent / "outside"
        outside.mkdir()
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(outside)
        git(root, "add", "-f", name)
        commit(root, "a link")

    return change


def built_from(dockerfile: str) -> Callable[[Path], object]:
    """Have a builder meet this Dockerfile."""

    def change(root: Path) -> None:
        needs("buildah")
        write("integrations/_infra/Dockerfile", dockerfile)(root)

    return change


BAD = [
    (linked("dist"), 2, "is a link that leads elsewhere"),
    (linked("dist/release"), 2, "is a link that leads elsewhere"),
    (linked("dist/images"), 2, "is a link that leads elsewhere"),
    (without_git, 2, "is in no git repository"),
    (without_commit, 2, "no commit yet"),
    (lambda root: (root / "new.txt").write_text("x"), 2, "new.txt is not committed"),
    (detached, 2, "HEAD is detached at"),
    (version("1.2"), 1, '"1.2" is no version'),
    (without_dockerfile, 1, "there is no Dockerfile for it"),
    (index("{"), 2, "index.json in the store is not JSON"),
    (index('{"version": 2}'), 2, "was written by a newer Seatrial"),
    (index('{"a": 1}'), 2, "is not a list of specs"),
    (write("seatrial.toml", '[release]\nimage = "ghcr.io/org/image"\n'), 2, "{type}"),
    (write("seatrial.toml", '[release]\nstore = "ftp://x"\n'), 2, "s3://bucket"),
    (write("seatrial.toml", '[release]\nimages = "x"\n'), 2, 'seatrial.toml:2:1'),
    (write("seatrial.toml", '[release]\nbuilder = "kaniko"\n'), 2, "kaniko"),
    (built_from("ARG BASE\nFROM ${BASE}\n"), 3, "ARG BASE"),
    (built_from("FROM 127.0.0.1:9/none:1\n"), 3, "cannot be pulled"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "status", "words"), BAD, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_failure_is_one_line_and_nothing_is_published(
    repo: Path, change: Callable[[Path], object], status: int, words: str
) -> None:
    change(repo)
    before = published(repo)
    done = seatrial(repo, "release", "--force", "a test")
    lines = [line for line in done.stderr.splitlines() if line.startswith("seatrial: ") and words in line]
    assert (done.returncode, len(lines)) == (status, 1), done.stderr
    assert published(repo) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--builder", "kaniko"], "docker, podman, buildah"),
        (["--build-arg", "BASE"], "NAME=VALUE"),
        (["--only", "alpha-service"], "--plan FILE"),
        (["--finish", "receipts"], "--plan FILE"),
        (
            ["--apply", "plan.json"],
            "such file or directory; make one with `seatrial release.plan --output plan.json`",
        ),
        (["--apply", "README"], "is not a plan"),
        (["--apply", "README", "--dry-run"], "leave out --dry-run"),
        (["--only", "a", "--finish", "b", "--plan", "README"], "two ways"),
        (["--dry-run", "--format", "yaml"], "text or json"),
        (["-i", "alpha-servis"], 'did you mean "alpha-service"'),
        (["--aply", "plan.json"], "did you mean --apply"),
        (["--jobs", "many"], "a number from 1 to 256"),
        (["--force", "a test", "--key", "none.pem"], "none.pem"),
    ],
)
def test_wrong_usage_is_one_line(repo: Path, arguments: list[str], words: str) -> None:
    write("README", "not a plan")(repo)
    done = seatrial(repo, "release", *arguments)
    lines = [line for line in done.stderr.splitlines() if line.startswith("seatrial: ")]
    assert (done.returncode, len(lines)) == (2, 1), done.stderr
    assert words in lines[0]
    assert published(repo) == []


def test_a_place_that_is_none_is_refused_before_a_rehearsal_is_announced(repo: Path) -> None:
    done = seatrial(repo, "release", "--to", "nope")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert '"nope" is not a place to release to' in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["yank", "alpha-service", "0.1.0"], "--reason"),
        (["yank", "alpha-service", "0.1.0", "--reason", "x"], "nothing of alpha-service is published"),
        (["yank", "../x", "0.1.0", "--reason", "x"], "is not a type"),
        (["status", "--format", "yaml"], "text or json"),
        (["status", "--jobs", "many"], "a number from 1 to 256"),
    ],
)
def test_wrong_usage_of_the_other_tasks_is_one_line(repo: Path, arguments: list[str], words: str) -> None:
    done = seatrial(repo, f"release.{arguments[0]}", *arguments[1:])
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_failed_check_holds_the_release_back(repo: Path) -> None:
    done = seatrial(repo, "release")
    assert done.returncode == 1
    assert "LNT002" in done.stdout
    assert "alpha-service 0.1.0 is held back: validate passed, lint 3 errors" in done.stderr
    assert published(repo) == []


@pytest.fixture
def without_builders(tmp_path: Path) -> str:
    """A PATH with git and no builder."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("git", "env"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    return str(tools)


RUNNING = "FROM scratch\nRUN make\nCOPY . /app\n"
"""What nothing but a builder can build."""


@pytest.mark.parametrize("flags", [(), ("--dry-run",)], ids=["release", "dry run"])
def test_without_a_builder_what_needs_one_says_what_stands_in_the_way_and_what_to_install(
    repo: Path, without_builders: str, flags: tuple[str, ...]
) -> None:
    write("integrations/_infra/Dockerfile", RUNNING)(repo)
    done = seatrial(repo, "release", "--force", "a test", *flags, PATH=without_builders)
    assert done.returncode == 3, done.stderr
    assert ("alpha-service  0.1.0    build push attach tag spec index latest git-tag" in done.stdout) == bool(
        flags
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("seatrial: ")]
    assert len(lines) == 1
    assert "RUN make" in lines[0]
    assert "install docker with buildx, podman or buildah" in lines[0]
    assert published(repo) == []


def test_without_a_builder_what_only_copies_is_published(repo: Path, without_builders: str) -> None:
    done = seatrial(repo, "release", "--force", "a test", PATH=without_builders)
    assert done.returncode == 0, done.stderr
    assert "alpha-service/0.1.0" in published(repo)


def test_a_dry_run_that_builds_nothing_needs_no_builder(repo: Path, without_builders: str) -> None:
    version("0.1.0-dev")(repo)
    without_dockerfile(repo)
    done = seatrial(repo, "release", "--force", "a test", "--dry-run", PATH=without_builders)
    assert done.returncode == 1, done.stderr
    assert "install" not in done.stderr


def test_a_store_that_is_down_is_reported_once(repo: Path) -> None:
    write("seatrial.toml", '[release]\nstore = "s3://bucket"\n')(repo)
    keys = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y-secret",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    done = seatrial(repo, "release", "--dry-run", **keys)
    assert done.returncode == 3
    assert "s3://bucket" in done.stderr
    assert "y-secret" not in done.stderr + done.stdout


def test_a_registry_that_is_down_holds_and_never_builds(repo: Path) -> None:
    write("seatrial.toml", '[release]\nimage = "127.0.0.1:9/ocean-{type}"\nremote = ""\n')(repo)
    done = seatrial(repo, "release", "--force", "a test")
    assert done.returncode == 3, done.stderr
    assert "alpha-service 0.1.0 is held back" in done.stderr
    assert published(repo) == []
    assert not (repo / "dist/release/builds").exists()


def test_a_plan_is_refused_once_the_tree_moved(repo: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert seatrial(repo, "release", "--force", "a test", "--plan", str(plan)).returncode == 0
    write("integrations/alpha-service/more.txt", "x")(repo)
    done = seatrial(repo, "release", "--apply", str(plan))
    assert done.returncode == 2
    assert "the plan is stale: the commit is" in done.stderr


def test_a_plan_that_was_edited_is_refused(repo: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    seatrial(repo, "release", "--force", "a test", "--plan", str(plan))
    plan.write_text(plan.read_text().replace('"published": 0', '"published": 1'))
    done = seatrial(repo, "release", "--apply", str(plan))
    assert (done.returncode, "changed after it was sealed" in done.stderr) == (2, True)


def test_a_matrix_is_one_line_of_json(repo: Path) -> None:
    done = seatrial(repo, "release", "--force", "a test", "--matrix")
    assert "LNT002" in done.stderr
    assert json.loads(done.stdout) == {"include": [{"name": "alpha-service 0.1.0", "only": "alpha-service"}]}


def test_a_plan_with_something_held_back_is_made_for_the_rest(repo: Path, tmp_path: Path) -> None:
    done = seatrial(repo, "release", "--plan", str(tmp_path / "plan.json"), "--matrix")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"include": []})
    assert "is held back" in done.stderr
    assert (
        seatrial(repo, "release", "--finish", str(tmp_path), "--plan", str(tmp_path / "plan.json")).returncode
        == 2
    )
    assert seatrial(repo, "release", "--apply", str(tmp_path / "plan.json")).returncode == 1


def test_a_waiting_intent_is_applied_before_a_release(repo: Path) -> None:
    said = seatrial(
        repo, "release.intent", "-i", "alpha-service", "--bump", "patch", "--type", "bugfix", "--message", "x"
    )
    assert said.returncode == 0, said.stderr
    commit(repo, "an intent")
    done = seatrial(repo, "release", "--force", "a test")
    assert done.returncode == 1
    assert "waits to be applied; run `seatrial release.bump` first" in done.stderr


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_nothing_half_is_published(repo: Path) -> None:
    (repo / "dist").mkdir()
    with mounted(repo / "dist", "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
        done = seatrial(repo, "release", "--force", "a test")
        assert done.returncode == 3, done.stderr
        assert "no space left on device" in done.stderr
        assert not list((repo / "dist/registry").rglob("index.json"))
    assert git(repo, "tag") == ""


@pytest.mark.slow
def test_a_build_that_fails_names_its_log_and_keeps_no_other_from_being_published(tmp_path: Path) -> None:
    needs("buildah")
    root = workspace(tmp_path / "repo", "Alpha Service", "Beta Service")
    write("integrations/beta-service/Dockerfile", DOCKERFILE + "COPY nothing-of-that-name /x\n")(root)
    done = seatrial(root, "release", "--force", "a test")
    assert done.returncode == 3, done.stderr
    assert "dist/release/logs/beta-service-0.1.0.log" in done.stderr
    assert git(root, "tag") == "alpha-service/0.1.0"
    index = json.loads((root / "dist/registry/index.json").read_text())
    assert [entry["type"] for entry in index] == ["alpha-service"]
