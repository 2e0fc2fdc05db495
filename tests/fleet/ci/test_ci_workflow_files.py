"""The workflow files that Seatrial writes: clean to their linters, with few rights, and kind to what people add."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from seatrial import __version__
from seatrial.core.errors import UsageError
from seatrial.core.settings import ReleaseSettings
from seatrial.fleet.ci.renewal import renewed
from seatrial.fleet.ci.workflows import ACTIONS, WorkflowRequest, files
from seatrial.tasks import ci_workflow
from seatrial.tasks.cli import Ended
from support.ci_linters import actionlint, refused_by, zizmor
from support.paths import ROOT
from support.repositories import start
from support.typed import seatrial
from support.verbs import call

GIT = f"pipx install --quiet git+https://git.example.com/org/seatrial.git@{'2' * 40}"
PINNED = f"git+https://git.example.com/org/seatrial@{'1' * 40}"
PLAIN = WorkflowRequest(
    "github", PINNED, ReleaseSettings(image="ghcr.io/org/ocean-{type}", store="s3://bucket"), "main"
)
MANY = ("linux/amd64", "linux/arm64")
ORDERS: Mapping[str, WorkflowRequest] = {
    "plain": PLAIN,
    "own": replace(PLAIN, install=""),
    "elsewhere": replace(
        PLAIN,
        release=ReleaseSettings(
            image="registry.example.com/x/{type}", store="gs://bucket", platforms=MANY, signing="keyless"
        ),
        folder="sub/fleet",
        branch="release/1.x",
        without=("lint", "unit"),
        most="20",
        comments="none",
        cache="az://kept/here",
    ),
    "podman": replace(
        PLAIN, release=ReleaseSettings("x/{type}", "az://c", "podman", platforms=("linux/arm64",))
    ),
    "nowhere": replace(PLAIN, release=ReleaseSettings()),
}

CHECK, COMMENT, RELEASE, BUMP, CACHE = (
    f".github/workflows/seatrial-{name}.yml" for name in ("check", "comment", "release", "bump", "cache")
)


def workflows(order: WorkflowRequest) -> dict[str, Any]:
    return {path: yaml.safe_load(text) for path, text in files(order).items()}


def jobs(order: WorkflowRequest = PLAIN) -> Iterator[tuple[str, str, Any]]:
    """Each job of each workflow."""
    for path, told in workflows(order).items():
        for name, job in told["jobs"].items():
            yield path, name, job


@pytest.mark.slow
def test_linters_of_workflows_find_nothing_but_faults(tmp_path: Path) -> None:
    written = []
    for name in ("own", "elsewhere"):
        for path, text in files(ORDERS[name]).items():
            written.append(tmp_path / f"{name}-{Path(path).name}")
            written[-1].write_text(text)
    bad = tmp_path / "bad.yml"
    bad.write_text(
        files(PLAIN)[CHECK]
        .replace("pull_request:", "pull_request_target:", 1)
        .replace("needs: plan", "needs: x")
    )
    assert zizmor(*written, ROOT / "action.yml", bad) == [("bad.yml", "dangerous-triggers")]
    lines = actionlint(*written, bad).splitlines()
    assert lines
    assert all("/bad.yml:" in line for line in lines), lines
    assert "zizmor" not in "".join(path.read_text() for path in written)


@pytest.mark.slow
def test_the_published_schemas_of_the_services_accept_what_is_written(tmp_path: Path) -> None:
    for name in ("own", "elsewhere"):
        for service in ("github", "gitlab"):
            for path, text in files(replace(ORDERS[name], service=service)).items():
                (tmp_path / f"{service}-{name}-{Path(path).name}").write_text(text)
    (tmp_path / "github-bad.yml").write_text(files(PLAIN)[CHECK].replace("runs-on:", "runs_on:", 1))
    (tmp_path / "gitlab-bad.yml").write_text("check: {script: true, parallel: many}\n")
    assert refused_by("github-workflows", *tmp_path.glob("github-*")) == {"github-bad.yml"}
    assert refused_by("gitlab-ci", *tmp_path.glob("gitlab-*")) == {"gitlab-bad.yml"}
    assert refused_by("github-actions", ROOT / "action.yml") == set()


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it(order: WorkflowRequest) -> None:
    for text in files(order).values():
        for used in re.findall(r"uses: *(.*)", text):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used)
            assert used in ACTIONS.values()


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_no_text_of_others_is_written_into_a_script(order: WorkflowRequest) -> None:
    for _, _, job in jobs(order):
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert not any("${{" in step["run"] or "eval" in step["run"] for step in action["runs"]["steps"])


def test_a_workflow_has_no_rights_and_each_job_those_that_it_needs() -> None:
    assert all(told["permissions"] == {} for told in workflows(PLAIN).values())
    writing = {
        (path, name): {key for key, how in job["permissions"].items() if how == "write"}
        for path, name, job in jobs()
        if "write" in job["permissions"].values()
    }
    assert writing == {
        (CHECK, "publish"): {"pull-requests", "security-events"},
        (COMMENT, "comment"): {"pull-requests", "security-events"},
        (RELEASE, "publish"): {"packages"},
        (RELEASE, "finish"): {"contents", "packages"},
        (BUMP, "bump"): {"contents", "pull-requests"},
    }


@pytest.mark.parametrize("order", [PLAIN, ORDERS["own"]], ids=["plain", "own"])
def test_code_of_a_pull_request_meets_no_secret_and_no_right_to_write(order: WorkflowRequest) -> None:
    told = workflows(order)
    assert not any("pull_request_target" in str(one[True]) for one in told.values())
    assert "secrets." not in files(order)[CHECK] + files(order).get(COMMENT, "")
    for path in (CHECK, COMMENT):
        for job in told[path]["jobs"].values():
            ours = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout")]
            assert all(step["with"]["persist-credentials"] is False for step in ours)
            if "write" in job["permissions"].values():
                assert all(step["with"].get("ref", "default_branch").count("default_branch") for step in ours)
    assert "head.repo.full_name == github.repository" in told[CHECK]["jobs"]["publish"]["if"]


def test_the_key_of_the_shared_cache_is_given_to_one_step_of_the_main_branch_and_its_environment_only() -> (
    None
):
    cached = replace(PLAIN, cache="s3://kept")
    assert CACHE not in files(PLAIN)
    assert "SEATRIAL_CACHE_KEY" not in "".join(files(PLAIN).values())
    texts = files(cached)
    assert [path for path, text in texts.items() if "SEATRIAL_CACHE_KEY" in text] == [CACHE]
    assert texts == files(PLAIN) | {CACHE: texts[CACHE]}
    told = yaml.safe_load(texts[CACHE])
    assert set(told[True]) == {"push", "schedule", "workflow_dispatch"}
    assert told[True]["push"]["branches"] == ["main"]
    (job,) = told["jobs"].values()
    assert (job["environment"], job["if"]) == ("seatrial-cache", "github.ref_name == 'main'")
    *others, last = job["steps"]
    assert "secrets." not in str(others)
    assert set(last["env"]) == {"SEATRIAL_CACHE_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    (gitlab,) = files(replace(cached, service="gitlab")).values()
    job = yaml.safe_load(gitlab)["seatrial-cache"]
    assert [rule["if"].rpartition("&& ")[2] for rule in job["rules"]] == ['$CI_COMMIT_BRANCH == "main"']


KEYLESS = replace(PLAIN, release=replace(PLAIN.release, signing="keyless"))


def test_only_the_job_that_builds_gets_an_id_token_and_only_where_it_signs_without_a_key() -> None:
    assert "id-token" not in "".join(files(PLAIN).values())
    plain, keyless = ({(path, name): job for path, name, job in jobs(one)} for one in (PLAIN, KEYLESS))
    assert [key for key in keyless if keyless[key] != plain[key]] == [(RELEASE, "publish")]
    publish = keyless[RELEASE, "publish"]
    assert publish["permissions"] == {"contents": "read", "packages": "write", "id-token": "write"}
    assert f"pipx install --quiet 'seatrial[keyless] @ {PINNED}'" in [
        step.get("run") for step in publish["steps"]
    ]


def test_the_release_of_gitlab_gets_an_id_token_for_sigstore() -> None:
    told = [
        yaml.safe_load(*files(replace(one, service="gitlab")).values())["seatrial-release"]
        for one in (PLAIN, KEYLESS)
    ]
    assert "id_tokens" not in told[0]
    assert told[1]["id_tokens"] == {"SIGSTORE_ID_TOKEN": {"aud": "sigstore"}}
    assert told[1]["before_script"] == [f"pip install --quiet 'seatrial[keyless] @ {PINNED}'"]


@pytest.mark.parametrize(
    ("install", "command"),
    [
        ("seatrial==1.2.3", "pipx install --quiet 'seatrial[keyless]==1.2.3'"),
        (f"seatrial@{PINNED}", f"pipx install --quiet 'seatrial[keyless] @ {PINNED}'"),
        ("", ".venv/bin/uv pip install --quiet --python .venv --constraint locks/develop.txt sigstore"),
    ],
)
def test_the_job_that_signs_installs_what_signs(install: str, command: str) -> None:
    assert command in files(replace(KEYLESS, install=install))[RELEASE]


def test_no_pull_request_writes_a_cache_and_no_release_reads_one() -> None:
    for path, _, job in jobs():
        for step in job["steps"]:
            if "actions/cache" in step.get("uses", ""):
                assert path == CHECK
            if "actions/cache/save" in step.get("uses", ""):
                assert step["if"].endswith("github.event_name != 'pull_request'")


def test_the_job_to_require_runs_always_and_receipts_are_kept_of_jobs_that_fail() -> None:
    told = workflows(PLAIN)
    assert told[CHECK]["jobs"]["report"]["if"] == "always()"
    for path, name in ((CHECK, "check"), (RELEASE, "publish")):
        (kept,) = [
            one
            for one in told[path]["jobs"][name]["steps"]
            if "receipts" in str(one.get("with", {}).get("path"))
        ]
        assert kept["if"] == "always()"
    assert told[RELEASE]["concurrency"]["cancel-in-progress"] is False


def used(order: WorkflowRequest) -> set[str]:
    """The actions of docker that a release uses."""
    return set(re.findall(r"docker/([\w-]+)@", files(order).get(RELEASE, "")))


def test_what_a_release_does_not_need_is_not_there() -> None:
    assert used(PLAIN) == {"login-action"}
    assert used(ORDERS["elsewhere"]) == {"login-action", "setup-qemu-action", "setup-buildx-action"}
    assert used(ORDERS["podman"]) == {"login-action", "setup-qemu-action"}
    without_program = replace(ORDERS["podman"].release, builder="layers")
    assert used(replace(ORDERS["podman"], release=without_program)) == {"login-action"}
    assert RELEASE not in files(ORDERS["nowhere"])
    assert COMMENT not in files(ORDERS["elsewhere"])
    text = files(ORDERS["elsewhere"])[RELEASE]
    assert "registry: registry.example.com" in text
    assert 'branches: ["release/1.x"]' in text
    assert "path: sub/fleet/dist/release/receipts/" in text


@pytest.mark.parametrize(
    "more",
    [
        {"install": "seatrial"},
        {"install": "seatrial>=1"},
        {"install": "git+https://git.example.com/seatrial@main"},
        {"install": f"git+https://git.example.com/$(touch owned)@{'1' * 40}"},
        {"install": f"{PINNED}\n      - run: touch owned"},
        {"install": f"{PINNED} && touch owned"},
        {"install": f"git+https://me:s3cret@git.example.com/org/seatrial@{'1' * 40}"},
        {"branch": "main' || true || '"},
        {"branch": "a\nb"},
        {"folder": "a b: c"},
        {"folder": "${{ x }}"},
        {"service": "jenkins"},
        {"comments": "pull_request_target"},
    ],
)
def test_what_is_not_pinned_or_would_be_a_command_is_refused(more: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        files(replace(PLAIN, **more))  # type: ignore[arg-type]


def test_gitlabs_jobs_are_read_as_yaml_and_hand_on_what_they_left() -> None:
    for order in (replace(PLAIN, service="gitlab"), replace(ORDERS["own"], service="gitlab", most="3")):
        ((path, text),) = files(order).items()
        told = yaml.safe_load(text)
        assert path == ".gitlab/seatrial.yml"
        assert told["seatrial-check"]["parallel"] == int(order.most or 8)
        assert told["seatrial-report"]["rules"][0]["when"] == "always"
        assert told["seatrial-report"]["artifacts"]["reports"]["codequality"] == "dist/ci/reports/gitlab.json"
        assert told["seatrial-release"]["resource_group"] == "seatrial-release"


FRESH = files(PLAIN)[CHECK]
ADDED = FRESH.replace("# begin yours: check\n", "# begin yours: check\n      - run: make mocks\n")


def test_a_file_is_renewed_to_itself_and_additions_between_marks_stay() -> None:
    assert renewed("f", FRESH, None, False) == FRESH
    assert renewed("f", FRESH, FRESH, False) == FRESH
    assert ADDED != FRESH
    other = files(replace(PLAIN, most="9"))[CHECK]
    kept = renewed("f", other, ADDED, False)
    assert "- run: make mocks" in kept
    assert "--most 9" in kept
    assert renewed("f", other, kept, False) == kept


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("name: mine\n", "f was not written by Seatrial"),
        (FRESH.replace("timeout-minutes: 15", "timeout-minutes: 16"), "f was changed outside the marks"),
        ("", "f was not written by Seatrial"),
    ],
)
def test_a_file_that_somebody_else_wrote_is_not_overwritten(before: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        renewed("f", FRESH, before, False)
    assert renewed("f", FRESH, before, True) == FRESH


def test_an_addition_that_has_no_place_any_more_is_not_lost() -> None:
    with pytest.raises(UsageError, match='no place for your lines between the marks of "check"'):
        renewed("f", re.sub(r" *# (begin|end) yours: check\n", "", FRESH), ADDED, True)


def test_a_bot_may_raise_the_version_of_an_action() -> None:
    newer = FRESH.replace(ACTIONS["checkout"], f"actions/checkout@{'9' * 40} # v7.0.2")
    older = FRESH.replace(ACTIONS["checkout"], f"actions/checkout@{'9' * 40} # v6.9.9")
    assert renewed("f", FRESH, newer, False) == newer
    assert renewed("f", FRESH, older, False) == FRESH


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with an integration."""
    root = start(tmp_path / "repo")
    (root / "integrations/jira/.port").mkdir(parents=True)
    (root / "seatrial.toml").write_text('[release]\nimage = "ghcr.io/org/{type}"\n')
    return root


def write(root: Path, **more: Any) -> None:
    call("ci.workflow", root=str(root), **{"service": "github", "install": PINNED, **more})


def test_the_task_writes_what_it_shows_and_nothing_of_one_that_it_may_not(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(repo, dry_run=True)
    shown = capsys.readouterr().out
    assert not (repo / ".github").exists()
    write(repo)
    for path in (CHECK, COMMENT, RELEASE, BUMP):
        assert f"--- {path}\n{(repo / path).read_text()}" in shown
    assert str(repo / CHECK) in capsys.readouterr().err
    write(repo)
    assert capsys.readouterr().err == ""
    (repo / RELEASE).write_text("mine")
    (repo / BUMP).unlink()
    with pytest.raises(Ended, match=r"seatrial-release.yml was not written by Seatrial"):
        write(repo)
    assert not (repo / BUMP).exists()


def test_the_first_line_tells_what_to_type_at_the_top_to_have_the_file_again(tmp_path: Path) -> None:
    root = start(tmp_path / "repo") / "sub/fleet"
    (root / "integrations/jira/.port").mkdir(parents=True)
    (root / "seatrial.toml").touch()
    write(root, without="lint", comments="none")
    place = tmp_path / "repo" / CHECK
    text = place.read_text()
    place.unlink()
    _, command, _ = text.partition("\n")[0].split("`")
    done = seatrial(tmp_path / "repo", *shlex.split(command)[1:])
    assert done.returncode == 0, done.stderr
    assert place.read_text() == text


@pytest.mark.parametrize("folder", ["sub/fleet", "1.10", "on"])
def test_each_workflow_that_needs_the_workspace_names_the_folder_as_it_is(folder: str) -> None:
    told = workflows(replace(PLAIN, folder=folder))
    assert {path: one.get("env", {}).get("SEATRIAL_ROOT") for path, one in told.items()} == {
        CHECK: folder, RELEASE: folder, BUMP: folder, COMMENT: None
    }  # fmt: skip
    (gitlab,) = workflows(replace(PLAIN, service="gitlab", folder=folder)).values()
    assert gitlab[".seatrial"]["variables"]["SEATRIAL_ROOT"] == folder


def test_nothing_is_written_through_a_link(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (repo / ".github").symlink_to(tmp_path / "outside")
    with pytest.raises(Ended, match="link"):
        write(repo)
    assert list((tmp_path / "outside").iterdir()) == []


def test_the_source_to_install_from_must_be_stated_if_only_this_machine_has_it(repo: Path) -> None:
    with pytest.raises(Ended, match="say where CI can install it from, with --install"):
        write(repo, install=None)


@dataclass
class Installed:
    """A distribution with these files."""

    files: dict[str, str]

    def read_text(self, name: str) -> str | None:
        return self.files.get(name)


@pytest.mark.parametrize(
    ("url", "more", "line"),
    [
        ("https://me:s3cret@git.example.com/org/seatrial.git", {"vcs_info": {"commit_id": "2" * 40}}, GIT),
        (None, {}, f"pipx install --quiet seatrial=={__version__}"),
    ],
)
def test_what_was_installed_from_a_commit_or_an_index_is_installed_from_there_in_ci(
    repo: Path, monkeypatch: pytest.MonkeyPatch, url: str | None, more: dict[str, Any], line: str
) -> None:
    told = {"RECORD": "a,,"} | ({"direct_url.json": json.dumps({"url": url, **more})} if url else {})
    monkeypatch.setattr(ci_workflow, "distribution", lambda name: Installed(told))
    write(repo, install=None)
    assert f"run: {line}\n" in (repo / CHECK).read_text()


@pytest.mark.parametrize(("service", "words"), [("githb", 'did you mean "github"'), (None, "name a service")])
def test_the_service_is_asked_for_before_the_source_to_install_from(
    service: str | None, words: str, tmp_path: Path
) -> None:
    (tmp_path / "integrations").mkdir()
    with pytest.raises(UsageError, match=words):
        ci_workflow.write(service, str(tmp_path), None, None, None, None, False, False)
