"""Tests of the changes since a revision, in real repositories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.model import Fleet, Integration, MemoryFolder, Profile
from seatrial.documents.holds import written
from seatrial.handbook.rule_examples import good_folder
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.validate.since import since
from seatrial.workspace.base_branch import default_revision
from seatrial.workspace.workspace import open_workspace
from support.repositories import commit, put, shallow_clone, start
from support.repositories import git as say

NAMES = ("jira", "jira-server", "okta")


def folder(name: str) -> MemoryFolder:
    good = good_folder(Profile.GUIDE)
    return MemoryFolder(
        {path: data.replace(b"good-service", name.encode()) for path, data in good.files.items()}
    )


def texts(name: str, below: str = "integrations/") -> dict[str, str]:
    return {f"{below}{name}/{path}": text for path, text in alone(name).items()}


def alone(name: str) -> dict[str, str]:
    return {path: data.decode() for path, data in folder(name).files.items()}


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A repository with three integrations; the commit is tagged `start`."""
    root = start(tmp_path / "repo")
    for name in NAMES:
        put(root, texts(name))
    commit(root, {"seatrial.toml": "", "integrations/_infra/Dockerfile": "FROM scratch\n"})
    say(root, "tag", "start")
    return root


@pytest.mark.parametrize(
    ("added", "codes"),
    [
        ({}, ["REL001"]),
        ({".ocean-release/core/x.yaml": "bump: patch\n", "port_ocean/run.py": "x = 2\n"}, []),
        ({".ocean-release/core/x.yaml": "bump: patch\n"}, ["REL001"]),
        ({"port_ocean/run.py": "x = 2\n"}, ["REL001"]),
        ({".ocean-release/core/old.yaml": "bump: minor\n", "port_ocean/run.py": "x = 2\n"}, ["REL001"]),
    ],
)
def test_in_ocean_a_new_intent_of_the_changed_framework_covers_integrations(
    fleet: Path, added: dict[str, str], codes: list[str]
) -> None:
    files = {"port_ocean/__init__.py": "", ".ocean-release/core/old.yaml": "bump: patch\n"}
    commit(fleet, {**files, "seatrial.toml": 'profile = "ocean"\n'})
    say(fleet, "tag", "before")
    put(fleet, {"integrations/jira/client.py": "x = 1\n", **added})
    workspace = open_workspace(str(fleet))
    compared = since(workspace, "before")
    touched = compared.touched(workspace.integrations)
    done = check_all(workspace, touched, RULES, 1, compared.changes(touched))
    assert [one.code for one in done.outcome.findings if one.code.startswith("REL")] == codes


def chosen(root: Path, rev: str = "start") -> list[str]:
    workspace = open_workspace(str(root))
    return [one.name for one in since(workspace, rev).touched(workspace.integrations)]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("integrations/jira/client.py", ["jira"]),
        ("integrations/jira-server/new/file", ["jira-server"]),
        ("integrations/jira/README.md", ["jira"]),
        ("integrations/okta/.ocean-release/x.yaml", ["okta"]),
        ("integrations/_infra/Dockerfile", [*NAMES]),
        ("integrations/new-file", [*NAMES]),
        ("seatrial.toml", []),
        ("README.md", []),
    ],
)
def test_an_integration_is_touched_by_any_change_below_it_and_by_what_all_share(
    fleet: Path, path: str, names: list[str]
) -> None:
    assert chosen(fleet) == []
    put(fleet, {path: "\n"})
    assert chosen(fleet) == names
    commit(fleet)
    assert chosen(fleet) == names


def test_a_deleted_file_touches_one_integration_and_a_moved_one_both(fleet: Path) -> None:
    (fleet / "integrations/jira/debug.py").rename(fleet / "integrations/okta/debugging.py")
    assert chosen(fleet) == ["jira", "okta"]


def test_later_changes_of_the_other_branch_do_not_count(fleet: Path) -> None:
    say(fleet, "checkout", "-q", "-b", "feature")
    commit(fleet, {"integrations/jira/client.py": "1"})
    say(fleet, "checkout", "-q", "main")
    commit(fleet, {"integrations/okta/client.py": "1"})
    say(fleet, "checkout", "-q", "feature")
    assert chosen(fleet, "main") == ["jira"]


def test_a_detached_shallow_checkout_sees_the_same(fleet: Path, tmp_path: Path) -> None:
    say(fleet, "checkout", "-q", "-b", "feature")
    for number in range(3):
        commit(fleet, {"integrations/jira/client.py": str(number)})
    clone = shallow_clone(fleet, tmp_path / "clone", "--branch=feature", "--no-single-branch")
    say(clone, "checkout", "-q", "--detach")
    assert chosen(clone, "origin/main") == ["jira"]


def test_an_integration_alone_is_touched_by_any_change_of_its_repository(tmp_path: Path) -> None:
    root = start(tmp_path / "alone")
    commit(root, alone("alone"))
    assert chosen(root, "HEAD") == []
    put(root, {"client.py": "x = 1\n"})
    assert chosen(root, "HEAD") == ["alone"]


def test_a_workspace_may_be_below_the_top_of_its_repository(tmp_path: Path) -> None:
    root = start(tmp_path / "top")
    commit(root, texts("jira", "deep/integrations/") | texts("okta", "deep/integrations/"))
    put(root, {"deep/integrations/okta/client.py": "x = 1\n", "integrations/jira/client.py": ""})
    assert chosen(root / "deep", "HEAD") == ["okta"]


def test_the_findings_for_the_chosen_are_those_of_the_run_over_all(fleet: Path) -> None:
    for name in ("jira", "okta"):
        spec = fleet / "integrations" / name / ".port" / "spec.yaml"
        spec.write_text(spec.read_text().replace("exporter", "exportr"))
    commit(fleet)
    put(fleet, {"integrations/jira/README.md": "more\n"})
    workspace = open_workspace(str(fleet))
    touched = since(workspace, "HEAD").touched(workspace.integrations)
    whole = check_all(workspace, workspace.integrations, RULES, 1).outcome.findings
    some = check_all(workspace, touched, RULES, 1).outcome.findings
    assert [one for one in whole if one.integration == "jira"] == list(some)
    assert some


def changes(root: Path, rev: str = "start") -> dict[str, object]:
    workspace = open_workspace(str(root))
    return dict(since(workspace, rev).changes(workspace.integrations))


def test_a_change_knows_the_earlier_state(fleet: Path) -> None:
    pyproject = "integrations/jira/pyproject.toml"
    put(fleet, {pyproject: (fleet / pyproject).read_text().replace('"0.1.0"', '"0.2.0"'), **texts("sentry")})
    put(fleet, {"integrations/jira/caf\u00e9": ""})
    found = changes(fleet)
    assert set(found) == {"integrations/jira", "integrations/sentry"}
    jira, sentry = found["integrations/jira"], found["integrations/sentry"]
    assert (jira.paths, jira.version, jira.is_new) == (("caf\u00e9", "pyproject.toml"), "0.1.0", False)  # type: ignore[attr-defined]
    assert sentry.is_new  # type: ignore[attr-defined]


def test_a_folder_that_was_not_an_integration_is_a_new_one(fleet: Path) -> None:
    commit(fleet, {"integrations/sentry/README.md": "soon\n"})
    put(fleet, texts("sentry"))
    assert changes(fleet, "HEAD")["integrations/sentry"].is_new  # type: ignore[attr-defined]


def published(root: Path, rev: str = "start") -> object:
    return changes(root, rev)["integrations/jira"].published  # type: ignore[attr-defined]


def raised(root: Path, name: str = "jira") -> str:
    path = f"integrations/{name}/pyproject.toml"
    return commit(root, {path: (root / path).read_text().replace('"0.1.0"', '"0.2.0"')})


def test_a_version_with_a_tag_elsewhere_was_published(fleet: Path) -> None:
    say(fleet, "checkout", "-q", "-b", "other")
    elsewhere = raised(fleet)
    say(fleet, "tag", "-a", "-m", "x", "jira/0.2.0")
    say(fleet, "checkout", "-q", "main")
    raised(fleet, "okta")
    raised(fleet)
    commit(fleet, {"integrations/jira/README.md": "more"})
    assert published(fleet) == {"0.2.0": elsewhere}


def test_a_tag_within_the_change_does_not_count(fleet: Path) -> None:
    raised(fleet)
    say(fleet, "tag", "-a", "-m", "x", "jira/0.2.0")
    commit(fleet, {"integrations/jira/README.md": "more"})
    assert published(fleet) == {}


def test_a_tag_at_the_base_was_published_before(fleet: Path) -> None:
    say(fleet, "tag", "jira/0.2.0")
    raised(fleet)
    assert published(fleet) == {"0.2.0": say(fleet, "rev-parse", "start")}


def test_tags_have_the_form_of_the_settings(fleet: Path) -> None:
    put(fleet, {"seatrial.toml": '[release]\ntag = "v{version}-{type}"\n'})
    say(fleet, "tag", "jira/0.2.0")
    raised(fleet)
    assert published(fleet) == {}
    say(fleet, "tag", "v0.2.0-jira", "start")
    assert published(fleet) == {"0.2.0": say(fleet, "rev-parse", "start")}


def test_the_default_revision_is_the_remotes_default_branch_else_main_or_master(tmp_path: Path) -> None:
    source = start(tmp_path / "source", "trunk")
    commit(source, alone("alone"))
    say(tmp_path, "clone", "-q", str(source), str(tmp_path / "clone"))
    clone = tmp_path / "clone"
    assert default_revision(open_workspace(str(clone))) == "origin/trunk"
    say(clone, "symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
    with pytest.raises(
        UsageError, match=r"git knows neither origin/main nor origin/master; .* with --since REV"
    ):
        default_revision(open_workspace(str(clone)))
    say(clone, "update-ref", "refs/remotes/origin/master", "HEAD")
    assert default_revision(open_workspace(str(clone))) == "origin/master"


def test_the_default_revision_is_on_the_remote_that_releases_use(tmp_path: Path) -> None:
    root = start(tmp_path / "alone")
    commit(root, alone("alone") | {"seatrial.toml": '[release]\nremote = "upstream"\n'})
    say(root, "update-ref", "refs/remotes/upstream/main", "HEAD")
    say(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert default_revision(open_workspace(str(root))) == "upstream/main"


def lifting(root: Path) -> list[str]:
    workspace = open_workspace(str(root))
    compared = since(workspace, "held")
    touched = compared.touched(workspace.integrations)
    rules = [rule for rule in RULES if rule.code == "REL206"]
    done = check_all(workspace, touched, rules, 1, compared.changes(touched))
    return [f"{one.integration}: {one.message}" for one in done.outcome.findings]


def held_back(root: Path) -> None:
    commit(root, {"integrations/okta/RELEASE-HOLD.md": written("So", "9999-12-31")})
    say(root, "tag", "held")


def test_a_hold_that_is_left_behind_by_a_moved_folder_is_told(fleet: Path) -> None:
    held_back(fleet)
    (fleet / "integrations/okta").rename(fleet / "integrations/okta2")
    assert lifting(fleet) == []
    (fleet / "integrations/okta2/RELEASE-HOLD.md").unlink()
    message = 'this change adds an integration, and removes the hold "integrations/okta/RELEASE-HOLD.md"'
    assert lifting(fleet) == [f"okta2: {message} with its folder"]


def test_that_a_hold_is_lifted_cannot_be_suppressed(fleet: Path) -> None:
    held_back(fleet)
    (fleet / "integrations/okta/RELEASE-HOLD.md").unlink()
    project = fleet / "integrations/okta/pyproject.toml"
    project.write_text(f'{project.read_text()}\n[tool.seatrial]\nignore = {{ REL206 = "so" }}\n')
    (told,) = lifting(fleet)
    assert told.startswith("okta: this change lifts the hold of the integration")


@pytest.mark.parametrize(
    ("target", "path", "names"),
    [
        ("../_infra/Dockerfile", "integrations/_infra/Dockerfile", ["okta"]),
        ("../_infra/Dockerfile", "integrations/_infra/other", []),
        ("../_infra", "integrations/_infra/other", ["okta"]),
        ("../_infra/none/deeper", "integrations/_infra/none", ["okta"]),
        ("../jira/main.py", "integrations/jira/main.py", ["jira", "okta"]),
        ("../jira/main.py", "integrations/jira/other.py", ["jira"]),
        ("../../way/Dockerfile", "integrations/_infra/Dockerfile", ["okta"]),
        ("../../way/Dockerfile", "elsewhere", []),
        ("../../round", "elsewhere", []),
        ("../../../outside", "outside", []),
    ],
)
def test_an_integration_is_touched_by_a_change_that_a_link_of_it_leads_to(
    fleet: Path, target: str, path: str, names: list[str]
) -> None:
    (fleet / "integrations" / "okta" / "link").symlink_to(target)
    (fleet / "way").symlink_to("integrations/_infra")
    (fleet / "round").symlink_to("round")
    commit(fleet, {"seatrial.toml": '[shared]\n"**" = []\n[release]\ndockerfile = "Dockerfile"\n'})
    say(fleet, "tag", "--force", "start")
    assert chosen(fleet) == []
    put(fleet, {path: "changed\n"})
    assert chosen(fleet) == names


def test_a_shared_file_that_is_removed_fails_those_that_link_to_it_and_no_version_must_rise(
    fleet: Path,
) -> None:
    (fleet / "integrations" / "okta" / "link").symlink_to("../_infra/Dockerfile")
    commit(fleet)
    say(fleet, "tag", "--force", "start")
    (fleet / "integrations" / "_infra" / "Dockerfile").unlink()
    workspace = open_workspace(str(fleet))
    compared = since(workspace, "start")
    assert compared.changes(workspace.integrations) == {}
    before = compared.findings_before(workspace.integrations, RULES, jobs=1)
    after = check_all(workspace, compared.touched(workspace.integrations), RULES, jobs=1).outcome.findings
    known = {one.fingerprint for one in before}
    new = [one for one in after if one.fingerprint not in known]
    assert [(one.integration, one.path) for one in new] == [("okta", "integrations/okta/link")]


def asked_before(root: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The integrations that are asked anything to tell what one of them had at the start, after all were judged."""
    workspace = open_workspace(str(root))
    check_all(workspace, workspace.integrations, RULES, jobs=1)
    asked = set()
    ask = Fleet._ask

    def noted(fleet: Fleet, one: Integration, *question: Any) -> Any:
        asked.add(one.name)
        return ask(fleet, one, *question)

    monkeypatch.setattr(Fleet, "_ask", noted)
    since(workspace, "start").findings_before(workspace.integrations, RULES, jobs=1)
    monkeypatch.undo()
    return asked


def test_of_the_earlier_state_only_what_has_changed_is_asked(
    fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(fleet, {"integrations/jira/main.py": "x = 1\n", "integrations/_infra/Dockerfile": "FROM other\n"})
    assert asked_before(fleet, monkeypatch) == {"jira"}


def test_an_integration_with_a_link_to_what_has_changed_is_asked_as_it_was(
    fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, target in (("okta", "../_infra"), ("jira-server", "../../seatrial.toml")):
        (fleet / "integrations" / name / "shared").symlink_to(target)
    commit(fleet, {})
    say(fleet, "tag", "--force", "start")
    put(fleet, {"integrations/jira/main.py": "x = 1\n", "integrations/_infra/Dockerfile": "FROM other\n"})
    assert asked_before(fleet, monkeypatch) == {"jira", "okta"}
