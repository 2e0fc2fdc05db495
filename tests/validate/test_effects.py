"""A change outside of the integrations affects those whose verdict it may change, and no other."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.core.errors import ConfigurationError
from seatrial.core.model import Profile
from seatrial.core.vocabulary import TOOL_SETTINGS
from seatrial.handbook.rule_examples import good_folder
from seatrial.lint.run.fingerprint import _settings_above
from seatrial.tasks.affected import affected
from seatrial.tasks.choice import choose
from seatrial.validate import effects
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.validate.since import Since, since
from seatrial.workspace.workspace import open_workspace
from support.repositories import commit, git, put, start

TOML, OWN = "seatrial.toml", "seatrial_rules/own.py"
STATED = '[severity]\nSPC102 = "off"\n'
OWN_RULES = '[rules]\nprefix = "OWN"\nfiles = ["seatrial_rules/*.py"]\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two integrations that are right, and one with an icon that Seatrial does not know, which is a warning."""
    root = start(tmp_path_factory.mktemp("settings") / "repo")
    for name in ("jira", "odd", "okta"):
        files = {path: data.decode() for path, data in good_folder().files.items()}
        if name == "odd":
            files[".port/spec.yaml"] = files[".port/spec.yaml"].replace("icon: ", "icon: Unheard")
        put(
            root,
            {
                f"integrations/{name}/{path}": text.replace("good-service", name)
                for path, text in files.items()
            },
        )
    commit(root, {TOML: STATED, OWN: ""})
    return root


@pytest.fixture
def fleet(made: Path) -> Iterator[Path]:
    yield made
    put(made, {TOML: STATED, OWN: ""})


def compared(root: Path) -> Since:
    return since(open_workspace(str(root)), "HEAD")


@pytest.fixture(scope="module")
def code(made: Path) -> str:
    """The code of the rule about unknown icons."""
    workspace = open_workspace(str(made))
    (one,) = check_all(workspace, workspace.integrations, RULES, 1).outcome.findings
    assert one.integration == "odd"
    return one.code


@pytest.mark.parametrize(
    ("added", "names"),
    [
        ("", []),
        ('{icon} = "off"\n', ["odd"]),
        ('{icon} = "error"\n', ["odd"]),
        ('SPC011 = "error"\n', []),
        ('[known]\nicons = ["{unknown}"]\n', ["odd"]),
        ('[known]\nicons = ["Other"]\n', []),
        (
            '[release]\nmax-growth = 3\nfold-days = 3\nzero-versions = "shifted"\n',
            [],
        ),
        ('[lint]\nsource-packages = ["port-ocean"]\n', ["jira", "odd", "okta"]),
        ('[lint]\nsource-packages = ["nowhere"]\n', []),
    ],
)
def test_those_are_chosen_whose_verdict_the_settings_change(
    fleet: Path, code: str, added: str, names: list[str]
) -> None:
    spec = (fleet / "integrations/odd/.port/spec.yaml").read_text()
    icon = spec.partition("icon: ")[2].split()[0]
    put(fleet, {TOML: STATED + added.replace("{icon}", code).replace("{unknown}", icon)})
    found = compared(fleet)
    assert [one.name for one in found.touched(found.workspace.integrations)] == names


def test_what_changes_rules_of_its_own_affects_all(fleet: Path) -> None:
    put(fleet, {TOML: OWN_RULES + STATED})
    assert len(compared(fleet).resettled) == 3
    commit(fleet, {TOML: OWN_RULES + STATED})
    put(fleet, {OWN: "X = 1\n"})
    assert len(compared(fleet).resettled) == 3
    commit(fleet, {TOML: STATED, OWN: ""})


def test_why_one_is_affected_is_told(fleet: Path, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    put(fleet, {TOML: f'{STATED}{code} = "error"\n'})
    affected([], None, str(fleet), "HEAD", None)
    assert capsys.readouterr().out == "odd\n"
    for name, reason in (
        ("odd", f"seatrial.toml changes what is said of {code}"),
        ("jira", "nothing that has changed since HEAD affects it"),
    ):
        affected([], None, str(fleet), "HEAD", name)
        assert capsys.readouterr().out == f"{name}: {reason}\n"
    (fleet / "integrations/jira/shared").symlink_to("../../seatrial_rules/own.py")
    commit(fleet, {TOML: STATED})
    put(fleet, {OWN: "X = 2\n", "integrations/okta/main.py": "x = 1\n"})
    affected([], None, str(fleet), "HEAD", "jira")
    link = "integrations/jira/shared is a link to seatrial_rules/own.py, which has changed"
    assert capsys.readouterr().out.splitlines()[0] == f"jira: {link}"
    affected([], None, str(fleet), "HEAD", "okta")
    assert capsys.readouterr().out.splitlines()[0] == "okta: integrations/okta/main.py has changed"


SHARING = """[shared]
"libs/web/**" = ["jira", "ok*"]
"libs/*.txt" = ["okta"]
"scripts/" = []
"integrations/_infra/**" = ["odd"]
"""
EVERY = ["jira", "odd", "okta"]


@pytest.fixture
def shared(made: Path) -> Iterator[Path]:
    """The same fleet, which declares files that some share; what a test leaves is taken away."""
    commit(made, {TOML: STATED + SHARING, "pyproject.toml": "[tool.poetry]\nversion = '1'\n"})
    yield made
    git(made, "clean", "-qfd")
    commit(made, {TOML: STATED, OWN: ""})


def chosen(root: Path) -> list[str]:
    found = compared(root)
    return [one.name for one in found.touched(found.workspace.integrations)]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("libs/web/deep/client.py", ["jira", "okta"]),
        ("libs/a.txt", ["okta"]),
        ("libs/deep/a.txt", EVERY),
        ("scripts/deep/run.sh", []),
        ("integrations/_infra/Dockerfile", EVERY),
        ("integrations/_infra/init.sh", ["odd"]),
        ("integrations/_other/init.sh", EVERY),
        ("integrations/stray.py", EVERY),
        ("README.md", []),
        ("docs/guide.html", []),
        ("templates/integration/main.py", []),
        (".github/workflows/tests.yml", []),
        (".github/workflows/seatrial-check.yml", EVERY),
        ("port_ocean/core.py", EVERY),
        ("ruff.toml", EVERY),
        ("integrations/.yamllint.yaml", EVERY),
        ("scripts/ruff.toml", []),
        ("integrations/gone/main.py", []),
        ("integrations/gone/client.py", []),
    ],
)
def test_a_shared_file_affects_those_that_are_declared_else_all_unless_it_can_affect_none(
    shared: Path, path: str, names: list[str]
) -> None:
    if path.startswith("integrations/gone"):
        commit(shared, {path: "x = 1\n", "integrations/gone/pyproject.toml": ""})
        git(shared, "rm", "-q", "-r", "integrations/gone")
    else:
        put(shared, {path: "x = 1\n"})
    assert chosen(shared) == names


def test_no_declaration_takes_away_what_tools_read_or_an_integration_takes_a_package_from(
    shared: Path,
) -> None:
    pyproject = (shared / "integrations/odd/pyproject.toml").read_text()
    package = '\n[tool.poetry.group.dev.dependencies.web]\npath = "../../libs/web"\ndevelop = true\n'
    nobody = '[shared]\n"**" = []\n"*" = []\n'
    commit(shared, {TOML: nobody, "integrations/odd/pyproject.toml": pyproject + package})
    put(shared, {"libs/web/client.py": "x = 1\n", "libs/other.py": ""})
    assert chosen(shared) == ["odd"]
    (why,) = compared(shared).reasons(open_workspace(str(shared)).integrations[1])
    assert why == (
        "integrations/odd/pyproject.toml takes a package from libs/web, in which libs/web/client.py has changed"
    )
    put(shared, {"pyproject.toml": "[tool.poetry]\nversion = '2'\n"})
    assert chosen(shared) == ["odd"]
    put(shared, {"pyproject.toml": "[tool.ruff]\nline-length = 99\n"})
    assert chosen(shared) == EVERY
    for odd in ("[tool.ruff\n", "tool = 1\n", "project = []\n", "x = " + 5_000 * "[" + 5_000 * "]"):
        put(shared, {"pyproject.toml": odd})
        assert chosen(shared) == EVERY
    commit(shared, {"integrations/odd/pyproject.toml": pyproject})


def test_the_framework_of_oceans_own_repository_affects_no_integration(shared: Path) -> None:
    commit(shared, {"port_ocean/__init__.py": ""})
    put(shared, {"port_ocean/run.py": "x = 1\n", "poetry.lock": "x", "scripts/run.sh": ""})
    assert chosen(shared) == []
    git(shared, "rm", "-q", "-r", "-f", "port_ocean")


def test_a_framework_that_comes_affects_those_whose_verdict_the_other_profile_changes(shared: Path) -> None:
    specs = [shared / "integrations" / name / ".port/spec.yaml" for name in EVERY]
    texts = [spec.read_text() for spec in specs]
    for spec, text in zip(specs, texts, strict=True):
        spec.write_text(re.sub(r"(?m)^version: .*\n", "", text))
    commit(shared, {"port_ocean/__init__.py": ""})
    assert compared(shared).workspace.profile is Profile.OCEAN
    git(shared, "rm", "-q", "-f", "port_ocean/__init__.py")
    assert set(compared(shared).resettled) == {f"integrations/{name}" for name in EVERY}
    for spec, text in zip(specs, texts, strict=True):
        spec.write_text(text)


def test_above_the_root_only_what_tools_read_and_links_lead_to_affects(tmp_path: Path) -> None:
    root = start(tmp_path / "repo") / "ours"
    files = {path: data.decode() for path, data in good_folder().files.items()}
    for name in ("jira", "okta"):
        put(
            root,
            {
                f"integrations/{name}/{path}": text.replace("good-service", name)
                for path, text in files.items()
            },
        )
    (root / "integrations/okta/common.mk").symlink_to("../../../theirs/common.mk")
    commit(tmp_path / "repo", {"theirs/common.mk": "", "theirs/main.py": ""})
    put(tmp_path / "repo", {"theirs/main.py": "x = 1\n"})
    assert chosen(root) == []
    put(tmp_path / "repo", {"theirs/common.mk": "x = 1\n"})
    assert chosen(root) == ["okta"]
    put(tmp_path / "repo", {"ruff.toml": ""})
    assert chosen(root) == ["jira", "okta"]


def test_what_nothing_declares_is_told_with_what_to_write(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(shared, {"gen.py": "", "other.py": ""})
    affected([], None, str(shared), "HEAD", "jira")
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "jira: gen.py has changed, and nothing declares whom it concerns",
        "jira: other.py has changed, and nothing declares whom it concerns",
    ]
    assert "because nothing declares whom gen.py and 1 other file concerns" in err
    assert err.splitlines()[0].endswith(
        'declare it below [shared] of seatrial.toml, for nobody: "gen.py" = []'
    )
    put(shared, {TOML: STATED + '[shared]\n"*.py" = []\n"libs/*" = ["jira"]\n"libs" = []\n"libz/" = []\n'})
    put(shared, {"libs/a": ""})
    affected([], None, str(shared), "HEAD", "jira")
    out, err = capsys.readouterr()
    assert out == 'jira: libs/a has changed, which is shared by "libs/*" in seatrial.toml\n'
    assert err.splitlines() == [
        'seatrial: "libs" below [shared] of seatrial.toml fits no file; for all in a folder write "libs/"',
        'seatrial: "libz/" below [shared] of seatrial.toml fits no file',
    ]


def test_a_pattern_that_git_would_compare_for_years_is_told_of_at_once(shared: Path) -> None:
    name = "a" * 200
    slow, there = "*a" * 30 + "b", "*a" * 30
    put(shared, {TOML: f'{STATED}[shared]\n"libs/{slow}" = []\n"libs/{there}" = []\n', f"libs/{name}": ""})
    before = os.times().children_user
    found = effects.idle_patterns(open_workspace(str(shared)), ())
    (shared / "libs" / name).unlink()
    assert [one.pattern for one in found] == [f"libs/{slow}"]
    assert os.times().children_user - before < 5


def test_of_patterns_that_are_much_to_compare_none_is_called_idle(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shared, {TOML: f'{STATED}[shared]\n"**/libz" = []\n'})
    assert effects.idle_patterns(open_workspace(str(shared)), ())
    monkeypatch.setattr(effects, "MOST_TRIED", 2)
    assert not effects.idle_patterns(open_workspace(str(shared)), ())


def test_a_change_of_too_many_files_to_compare_affects_all(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shared, {"scripts/a.py": "", "scripts/b.py": ""})
    assert chosen(shared) == []
    monkeypatch.setattr(effects, "MOST_COMPARED", 20)
    assert chosen(shared) == EVERY


def test_what_changes_or_runs_is_not_given_all_for_an_undeclared_file(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(shared, {"gen.py": "", "libs/a.txt": ""})
    assert [one.name for one in choose(str(shared), [], "HEAD").integrations] == EVERY
    assert "gen.py" in capsys.readouterr().err
    assert [one.name for one in choose(str(shared), [], "HEAD", changing=True).integrations] == ["okta"]
    assert "gen.py" not in capsys.readouterr().err


@pytest.mark.parametrize(("name", "near"), [("jirra", '; did you mean "jira"?'), ("git*", "; name one that")])
def test_a_declaration_for_an_integration_that_is_not_there_is_refused(
    shared: Path, name: str, near: str
) -> None:
    put(shared, {TOML: f'[shared]\n"libs/**" = ["{name}"]\n'})
    with pytest.raises(ConfigurationError) as refused:
        affected([], None, str(shared), "HEAD", None)
    assert str(refused.value).startswith(
        f'seatrial.toml: "libs/**" below [shared] names "{name}", which is no integration{near}'
    )


def test_the_files_by_which_lint_tools_and_tests_are_set_are_all_known() -> None:
    theirs = {name for name in _settings_above() if not name.startswith((".git/", ".hg")) and name != ".git"}
    assert theirs == TOOL_SETTINGS
