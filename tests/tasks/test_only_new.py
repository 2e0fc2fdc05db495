"""`--new`: only what the change brought fails the run; what was there before is shown as old."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from seatrial.core.findings import Outcome, stamped
from seatrial.core.model import Location, Problem, Profile, Severity
from seatrial.handbook.rule_examples import good_folder
from seatrial.release.run import checks
from seatrial.tasks.check import check
from seatrial.tasks.cli import Ended
from support.repositories import commit, put, shallow_clone, start
from support.repositories import git as say
from support.typed import seatrial

SPEC = "integrations/good-service/.port/spec.yaml"


def edit(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text()
    assert old in text
    (root / path).write_text(text.replace(old, new, 1))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of two integrations with the same old fault, on a branch that has left origin/main."""
    root = start(tmp_path / "repo")
    good = good_folder(Profile.GUIDE)
    for name in ("good-service", "other"):
        texts = {path: data.decode().replace("good-service", name) for path, data in good.files.items()}
        put(root, {f"integrations/{name}/{path}": text for path, text in texts.items()})
        edit(root, f"integrations/{name}/.port/spec.yaml", "exporter", "exportr")
    commit(root)
    say(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    return root


def verdict(root: Path, *more: str, **env: str) -> tuple[int, list[tuple[str, bool]], str]:
    ran = seatrial(root, "validate", "--format", "json", *more, **env)
    found = json.loads(ran.stdout)["findings"]
    return ran.returncode, [(one["code"], one["old"]) for one in found], ran.stderr


def test_an_old_finding_does_not_fail_a_change_that_did_not_bring_it(repository: Path) -> None:
    put(repository, {"integrations/good-service/notes.md": "A note.\n"})
    status, plain, _ = verdict(repository, "--since", "origin/main")
    assert status == 1 and {old for _, old in plain} == {False}
    status, found, said = verdict(repository, "--since", "origin/main", "--new")
    assert status == 0 and found and all(old for code, old in found if not code.startswith("REL"))
    assert "that origin/main has as well" in said


def test_a_new_finding_fails_beside_an_old_one(repository: Path) -> None:
    edit(repository, SPEC, "features:", "featurez: []\nfeatures:")
    status, found, _ = verdict(repository, "--new")
    assert status == 1
    assert ("SPC101", False) in found and any(old for _, old in found)


def test_a_finding_that_changed_settings_make_an_error_is_new_and_its_base_is_judged_by_its_own(
    repository: Path,
) -> None:
    (code,) = {code for code, _ in verdict(repository)[1] if code.startswith("SPC")}
    put(repository, {"seatrial.toml": f'[severity]\n{code} = "warning"\n'})
    commit(repository)
    say(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    put(repository, {"seatrial.toml": f'[severity]\n{code} = "error"\n'})
    assert verdict(repository, "--new")[:2] == (1, [(code, False), (code, False)])
    commit(repository)
    put(repository, {"integrations/other/notes.md": "A note.\n"})
    found = dict(verdict(repository, "--new", "--since", "HEAD")[1])
    assert found.pop(code) is True, "which later changes do not bring"
    put(repository, {"seatrial.toml": f'[severity]\n{code} = "info"\n'})
    assert verdict(repository, "--new", "-i", "good-service")[:2] == (0, [(code, True)])
    say(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert verdict(repository, "--new", "-i", "good-service")[:2] == (0, [(code, True)])


def test_an_integration_that_was_moved_keeps_its_old_findings(repository: Path) -> None:
    another = repository / "integrations/another"
    (repository / "integrations/other").rename(another)
    edit(repository, "integrations/another/.port/spec.yaml", "saas:", "# A note.\nsaas:")
    found = [one for one in verdict(repository, "--new", "-i", "another")[1] if one[0].startswith("SPC")]
    assert found and all(old for _, old in found)
    for path in another.rglob("*.*"):
        path.write_text("# Another one.\n" + path.read_text()) if path.suffix in (
            ".py",
            ".md",
            ".toml",
        ) else None
    shutil.rmtree(another / "tests")
    found = [one for one in verdict(repository, "--new", "-i", "another")[1] if one[0].startswith("SPC")]
    assert found and not any(old for _, old in found), "which has little in common with what was there"


def test_lines_above_an_old_finding_do_not_make_it_new(repository: Path) -> None:
    text = (repository / SPEC).read_text()
    (repository / SPEC).write_text("# A comment.\n\n" + text)
    _, found, _ = verdict(repository, "--new")
    assert [code for code, old in found if not old and not code.startswith("REL")] == []


def test_a_suppression_that_is_taken_away_makes_its_findings_new(repository: Path) -> None:
    pyproject = repository / "integrations/good-service/pyproject.toml"
    codes = {code for code, _ in verdict(repository, "-i", "good-service")[1]}
    bare = pyproject.read_text()
    reasons = ", ".join(f'{code} = "so"' for code in sorted(codes))
    pyproject.write_text(f"{bare}\n[tool.seatrial]\nignore = {{ {reasons} }}\n")
    commit(repository)
    say(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    pyproject.write_text(bare)
    status, found, _ = verdict(repository, "--new")
    assert status == 1 and codes <= {code for code, old in found if not old}


def test_pull_requests_in_ci_fail_on_new_findings_alone_unless_all_are_asked_for(repository: Path) -> None:
    put(repository, {"integrations/good-service/notes.md": "A note.\n"})
    assert verdict(repository, "--since", "origin/main", GITHUB_BASE_REF="main")[0] == 0
    assert verdict(repository, "--since", "origin/main", "--old", GITHUB_BASE_REF="main")[0] == 1
    assert verdict(repository, GITHUB_BASE_REF="main")[0] == 1


def test_a_shallow_clone_of_ci_fetches_the_branch_it_is_compared_with(
    repository: Path, tmp_path: Path
) -> None:
    say(repository, "checkout", "-q", "-b", "feature")
    commit(repository, {"integrations/good-service/notes.md": "A note.\n"})
    clone = shallow_clone(repository, tmp_path / "clone", "--branch", "feature", "--single-branch")
    status, found, said = verdict(clone, "--new", CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    assert (status, "that origin/main has as well" in said) == (0, True), said
    assert any(old for _, old in found)


@pytest.mark.parametrize("name", ["--upload-pack=x", "a..b", "main:refs/heads/main", "a b", "x\ny"])
def test_the_name_of_the_target_branch_is_nothing_but_a_name(repository: Path, name: str) -> None:
    say(repository, "remote", "add", "origin", str(repository.parent / "nowhere"))
    ran = seatrial(repository, "validate", "--new", GITHUB_BASE_REF=name)
    assert ran.returncode == 2 and "git cannot fetch a branch" in ran.stderr


def test_what_was_there_before_is_judged_by_the_settings_of_today(repository: Path) -> None:
    put(repository, {"seatrial.toml": '[severity]\nLAY999 = "off"\n'})
    commit(repository)
    say(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    put(repository, {"seatrial.toml": "", "integrations/good-service/notes.md": "A note.\n"})
    status, found, said = verdict(repository, "--new")
    assert (status, any(old for _, old in found)) == (0, True), said


def test_more_old_findings_of_a_rule_than_are_shown_are_all_known(repository: Path) -> None:
    names = [f"integrations/good-service/link-{number}" for number in range(210)]
    for name in names:
        (repository / name).symlink_to("nowhere")
    commit(repository)
    say(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    for name in names[:20]:
        (repository / name).unlink()
    _, found, _ = verdict(repository, "--new")
    assert ("LAY106", False) not in found and ("LAY106", True) in found


def lint_of_notes(workspace, chosen, *more):
    """Lint as if a tool complained of each line "bad" in a file `notes.md`."""
    found = []
    for one in chosen:
        lines = one.read("notes.md").decode().splitlines() if one.has("notes.md") else []
        problems = (
            Problem(Location("notes.md", n), line) for n, line in enumerate(lines, 1) if "bad" in line
        )
        found += stamped(one, (("LNT102", "ruff", Severity.ERROR, problem) for problem in problems))
    return Outcome(tuple(found), tuple(one.name for one in chosen)), {}


def test_check_fails_only_on_what_lint_and_rules_find_anew(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = repository / "integrations/good-service/notes.md"
    notes.write_text("bad one\n")
    commit(repository)
    say(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    monkeypatch.setattr(checks, "_linted", lint_of_notes)
    monkeypatch.chdir(repository)

    def checked(text: str) -> tuple[int, list[tuple[str, bool]]]:
        notes.write_text(text)
        status = 0
        try:
            check([], None, "origin/main", True, False, "json", None, False, "1", False, None)
        except Ended as end:
            status = end.code
        found = json.loads(capsys.readouterr().out)["findings"]
        return status, [(one["message"], one["old"]) for one in found if one["code"] == "LNT102"]

    assert checked("good\nbad one\n") == (0, [("bad one", True)])
    assert checked("bad one\nbad two\n") == (1, [("bad one", True), ("bad two", False)])
