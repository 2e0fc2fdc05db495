"""A repository's own rules: loaded from its files, judged as all others, and refused with file and line."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, EXIT_USAGE, UsageError
from seatrial.tasks import choice
from seatrial.tasks.choice import open_workspace
from seatrial.tasks.cli import Ended
from seatrial.tasks.editor.judge import Judge
from seatrial.tasks.explain import explain
from seatrial.validate import rule_failures
from seatrial.workspace.workspace import Workspace
from support.good import good_folder
from support.repositories import commit, git, start
from support.verbs import call

SETTINGS = '[rules]\nprefix = "ACM"\nfiles = ["seatrial_rules/*.py"]\n'

HEAD = """from seatrial.core.model import Fix, Location, Problem, Severity
from seatrial.core.rules import ERROR, INFO, WARNING, rule
"""

OWNERS = '''

@rule(
    "ACM001",
    good=lambda folder: folder.having("OWNERS", "@team"),
    bad=lambda folder: folder.without("OWNERS"),
)
def missing_owners(integration):
    """Each integration has a file OWNERS.

    The people on call look there first.
    """
    if not integration.holds("OWNERS"):
        yield Problem(Location("OWNERS"), "there is no file OWNERS", Fix("write one"))
'''

Repository = Callable[..., Path]


def text(
    body: str, code: str = "ACM002", name: str = "second_fault", more: str = "", needs: str = "spec"
) -> str:
    """A rule with this body."""
    head = f'\n\n@rule("{code}", bad=lambda folder: folder{more})\ndef {name}({needs}):\n'
    return f'{head}    """Nothing is wrong.\n\n    It is a test.\n    """\n    {body}\n'


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Makes a repository with one integration and these files."""
    for name in ("GITHUB_BASE_REF", "GITHUB_EVENT_PATH", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path / "cache"))

    def make(rules: str = HEAD + OWNERS, settings: str = SETTINGS, **more: str) -> Path:
        root = start(tmp_path / "repository")
        files = {
            f"integrations/good-service/{path}": data.decode() for path, data in good_folder().files.items()
        }
        commit(root, {**files, "seatrial.toml": settings, "seatrial_rules/owners.py": rules, **more})
        monkeypatch.chdir(root)
        return root

    return make


def ends(verb: str, **flags: str | bool | list[str]) -> tuple[int, str]:
    """The status of a task, and its last line for standard error."""
    try:
        call(verb, **flags)
    except Ended as ended:
        return ended.code, ended.message
    return 0, ""


def test_an_own_rule_is_found_wherever_a_rule_is(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository()
    assert ends("validate") == (EXIT_FINDINGS, "")
    assert "integrations/good-service/OWNERS:1:1: error ACM001 missing-owners:" in capsys.readouterr().out
    assert ends("validate", format="sarif")[0] == EXIT_FINDINGS
    rules = json.loads(capsys.readouterr().out)["runs"][0]["tool"]["driver"]["rules"]
    assert {"ACM001": "Each integration has a file OWNERS."}.items() <= {
        one["id"]: one["shortDescription"]["text"] for one in rules
    }.items()
    for verb, flags in (
        ("explain", {"code": "missing-owners"}),
        ("rules", {}),
        ("validate", {"statistics": True}),
        ("rules.preview", {"code": "acm001"}),
        ("exempt", {"codes": ["ACM001"], "reason": "soon", "until": "2999-01-01", "dry_run": True}),
        ("status", {"format": "json"}),
        ("rules.test", {}),
    ):
        ends(verb, **flags)
        assert "ACM" in capsys.readouterr().out, verb


def test_an_own_code_is_suppressed_and_its_severity_stated(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(settings=SETTINGS + '[severity]\nACM001 = "info"\n')
    assert ends("validate") == (0, "")
    assert "info ACM001" in capsys.readouterr().out
    pyproject = root / "integrations/good-service/pyproject.toml"
    pyproject.write_text(pyproject.read_text() + '\n[tool.seatrial]\nignore = { ACM001 = "no team" }\n')
    assert ends("validate") == (0, "")
    assert capsys.readouterr().out == ""
    pyproject.write_text(pyproject.read_text().replace("ACM001", "ACM009"))
    ends("validate")
    assert 'PKG110 unknown-code-ignored: no rule has the code "ACM009"' in capsys.readouterr().out


WRONG = [
    ("def f(:\n", SETTINGS, "seatrial_rules/owners.py:1: invalid syntax"),
    ("\nimport no_such\n", SETTINGS, "seatrial_rules/owners.py:2: ModuleNotFoundError: No module named"),
    ("raise SystemExit(0)\n", SETTINGS, "seatrial_rules/owners.py:1: SystemExit: 0"),
    ("x = 1\n", SETTINGS, "seatrial_rules/owners.py: the file holds no rule"),
    (
        HEAD + OWNERS + text("yield", code="ACM001"),
        SETTINGS,
        "ACM001 is the rule in seatrial_rules/owners.py:",
    ),
    (HEAD + OWNERS + OWNERS, SETTINGS, "missing_owners is defined in line 10 too, and only one of them"),
    (HEAD + text("yield", code="SPC001"), SETTINGS, "SPC001 second-fault: its code is not ACM and three"),
    (HEAD + text("yield", more=', severity="error"'), SETTINGS, "its severity is 'error', not ERROR"),
    (HEAD + text("yield", needs="specs"), SETTINGS, 'there is no fact "specs"; did you mean "spec"'),
    (HEAD + text("yield", name="idle_ignore"), SETTINGS, "PKG111 has this name"),
    (HEAD + OWNERS, SETTINGS.replace("owners", "x").replace("*", "x"), 'no file fits "seatrial_rules/x.py"'),
    (HEAD + OWNERS, SETTINGS.replace("ACM", "SPC"), "three capital letters that no code of Seatrial"),
    (HEAD + OWNERS, SETTINGS + '[severity]\nACM010 = "info"\n', 'no rule has the code "ACM010"'),
    (HEAD + OWNERS, SETTINGS.replace("seatrial_rules", "integrations/good-service"), "in the folder of an"),
    (HEAD + OWNERS, SETTINGS.replace("seatrial_rules", "../else"), "Python files in a folder below the root"),
]


def test_what_is_wrong_with_own_rules_is_told_in_one_line(repository: Repository) -> None:
    root = repository()
    for rules, settings, said in WRONG:
        (root / "seatrial_rules/owners.py").write_text(rules)
        (root / "seatrial.toml").write_text(settings)
        status, line = ends("rules")
        assert (status, "\n" in line) == (EXIT_USAGE, False), said
        assert said in line


FAILING = [
    ("yield 1 // 0", "ACM002 second-fault: ZeroDivisionError: "),
    ("raise SystemExit(0)\n    yield", "ACM002 second-fault: SystemExit: 0"),
    ("return None", "ACM002 second-fault: TypeError: "),
    ("yield 'a fault'", "it yields a str, not a Problem"),
    ("yield Problem(Location('x'), 'x', severity='error')", "the severity of its Problem is 'error', not a"),
    ("while True: pass\n    yield", "it was ended after 0.2 seconds"),
]


def test_a_failing_own_rule_is_never_a_clean_verdict(
    repository: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_failures, "SECONDS", 0.2)
    root = repository()
    for body, said in FAILING:
        (root / "seatrial_rules/owners.py").write_text(HEAD + text(body))
        assert ends("check-layout")[0] == EXIT_SERVICE
        assert_told_once(capsys.readouterr().err, said)


def test_a_code_that_there_is_not_loads_own_rules_once(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository()
    opened: list[str | None] = []

    def opening(root: str | None) -> Workspace:
        opened.append(root)
        return open_workspace(root)

    monkeypatch.setattr(choice, "open_workspace", opening)
    for code in ("FOO12", "FOO001"):
        with pytest.raises(UsageError, match="no rule is called"):
            explain(code)
    assert opened == [None, None]


def test_every_verb_that_judges_tells_of_a_failing_rule(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository(HEAD + text("yield 1 // 0"))
    exempting: dict[str, str | bool] = {"all": True, "reason": "so", "until": "2999-01-01"}
    for verb, flags in (
        ("fix", {}),
        ("rules.preview", {"code": "SPC001"}),
        ("exempt", exempting),
        ("status", {}),
    ):
        assert ends(verb, **flags)[0] == EXIT_SERVICE, verb
        assert_told_once(capsys.readouterr().err, "ZeroDivisionError")


def test_nothing_is_idle_where_a_rule_fails(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(HEAD + text("yield 1 // 0"))
    project = next(root.glob("integrations/*/pyproject.toml"))
    project.write_text(project.read_text() + '\n[tool.seatrial]\nignore = { ACM002 = "it is meant so" }\n')

    assert ends("validate")[0] == EXIT_SERVICE
    assert "PKG111" not in capsys.readouterr().out


def assert_told_once(shown: str, said: str) -> None:
    """Assert that a failure is told in one line, with its file and line, as one that the owner is to mend."""
    told = [line for line in shown.splitlines() if "a rule failed" in line]
    assert len(told) == 1
    assert "good-service: seatrial_rules/owners.py:" in told[0]
    assert said in told[0]
    assert "please report" not in told[0]


def test_kept_verdicts_depend_on_the_content_of_own_rules(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository()
    past = time.time() - 3600
    for place in (root / "integrations").rglob("*"):
        os.utime(place, (past, past))
    for wanted in ("there is no file OWNERS", "nobody owns this"):
        for _ in range(2):
            ends("validate")
            assert wanted in capsys.readouterr().out
        file = root / "seatrial_rules/owners.py"
        file.write_text(file.read_text().replace(wanted, "nobody owns this"))


def test_a_link_and_a_file_beside_the_pattern_load_nothing(repository: Repository, tmp_path: Path) -> None:
    root = repository()
    (root / "seatrial_rules/_shared.py").write_text("raise SystemExit(0)")
    (root / "seatrial_rules/test_it.py").write_text("raise SystemExit(0)")
    assert ends("validate") == (EXIT_FINDINGS, "")
    (tmp_path / "out.py").write_text(HEAD + OWNERS)
    (root / "seatrial_rules/more.py").symlink_to(tmp_path / "out.py")
    assert "seatrial_rules/more.py is not a plain file" in ends("validate")[1]
    (root / "seatrial_rules/more.py").unlink()
    (root / "seatrial_rules").rename(tmp_path / "moved")
    (root / "seatrial_rules").symlink_to(tmp_path / "moved")
    assert "is reached through a link" in ends("validate")[1]


EVIL = HEAD + "\nimport pathlib\npathlib.Path('ran').write_text('')\n" + OWNERS


def proposed(root: Path, monkeypatch: pytest.MonkeyPatch, is_fork: bool, settings: str = "") -> None:
    """Make of a repository the checkout of a pull request with other own rules."""
    base = git(root, "rev-parse", "HEAD")
    git(root, "update-ref", "refs/remotes/origin/main", base)
    git(root, "checkout", "-qb", "mine/main")
    commit(root, {"seatrial_rules/owners.py": EVIL, **({"seatrial.toml": settings} if settings else {})})
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    names = {"head": "them/it" if is_fork else "us/it", "base": "us/it"}
    sides = {side: {"repo": {"full_name": name}} for side, name in names.items()}
    event = root.parent / "event.json"
    event.write_text(json.dumps({"pull_request": sides}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))


@pytest.mark.parametrize(
    ("is_fork", "stated", "change"),
    [
        (False, "", "[known]\n"),
        (True, "forks = true\n", "[known]\n"),
        (True, "", SETTINGS + "forks = true\n"),
        (False, "", SETTINGS + '[release]\nremote = "mine"\n'),
    ],
)
def test_a_pull_request_is_judged_by_the_own_rules_of_its_base_or_by_none(
    repository: Repository,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    is_fork: bool,
    stated: str,
    change: str,
) -> None:
    root = repository(settings=SETTINGS + stated)
    proposed(root, monkeypatch, is_fork, change)
    status, _ = ends("validate")
    said = capsys.readouterr()
    assert not (root / "ran").exists()
    if is_fork and not stated:
        assert (status, said.out) == (0, "")
        assert "own rules are left out in a pull request from another repository" in said.err
    else:
        assert status == EXIT_FINDINGS
        assert "ACM001" in said.out


def test_rules_that_only_the_pull_request_states_are_not_run(
    repository: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(settings="[known]\n")
    proposed(root, monkeypatch, True, SETTINGS + '[severity]\nACM001 = "error"\n')
    assert ends("validate") == (0, "")
    assert "the base branch has none" in capsys.readouterr().err
    assert not (root / "ran").exists()


@pytest.mark.parametrize("is_fork", [False, True])
def test_a_request_that_repairs_the_settings_of_its_base_is_judged_without_own_rules(
    repository: Repository,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    is_fork: bool,
) -> None:
    root = repository(settings="profil = 1\n")
    proposed(root, monkeypatch, is_fork)
    (root / "seatrial.toml").write_text(SETTINGS)
    assert ends("validate")[0] == 0
    assert not (root / "ran").exists()
    assert (
        'in the base branch, seatrial.toml:1:1: the file has an unknown key "profil"'
        in capsys.readouterr().err
    )


def test_a_request_whose_base_is_unknown_is_not_judged_clean(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository()
    proposed(root, monkeypatch, False)
    git(root, "update-ref", "-d", "refs/remotes/origin/main")
    status, said = ends("validate")
    assert status != 0
    assert not (root / "ran").exists(), said


def test_the_harness_tells_what_an_example_lacks(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    idle = text("yield from ()", code="ACM003", name="idle")
    wild = text("yield Problem(Location('x'), 'x')", code="ACM004", name="wild")
    repository(HEAD + OWNERS + idle + wild)
    assert ends("rules.test") == (EXIT_FINDINGS, "")
    told = capsys.readouterr().out
    assert "ACM003 idle: fails\n" in told
    assert "the bad example does not break it" in told
    assert "the good folder breaks ACM004 wild" in told
    assert ends("rules.test", code="ACM0010")[0] == EXIT_USAGE


def test_nothing_of_the_current_folder_is_imported_by_a_rule(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(HEAD + "import colorful_thing\n" + OWNERS)
    place = root / "integrations/good-service"
    (place / "colorful_thing.py").write_text("")
    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "path", ["", str(place), *sys.path])
    assert "ModuleNotFoundError" in ends("validate")[1]


def test_verdict_diff_tells_which_of_own_rules_settings_and_files_changed_a_finding(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(settings=SETTINGS)
    (root / "integrations/good-service/README.md").unlink()
    ends("verdict-diff", rev="HEAD")
    assert "LAY001 missing-readme" in (told := capsys.readouterr().out)
    assert told.count("[files]") == 1
    (root / "seatrial.toml").write_text(SETTINGS + '[severity]\nACM001 = "info"\n')
    ends("verdict-diff", rev="HEAD")
    assert "info ACM001 missing-owners: there is no file OWNERS [settings]" in capsys.readouterr().out
    (root / "seatrial.toml").write_text(SETTINGS)
    (root / "seatrial_rules/owners.py").write_text((HEAD + OWNERS).replace("there is no", "nobody wrote a"))
    ends("verdict-diff", rev="HEAD")
    assert "nobody wrote a file OWNERS [own rules]" in capsys.readouterr().out


def test_an_own_rule_fails_a_section_of_check_and_shows_in_the_editor(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository()
    assert ends("check", without="lint,unit,schema,release,mapping,change")[0] == EXIT_FINDINGS
    assert "spec" in capsys.readouterr().err.rpartition("not publishable")[2]
    judge = Judge(lambda folder: open_workspace(None, folder))
    judged = judge.judged(str(root / "integrations/good-service/main.py"), {})
    assert judged is not None
    assert [one.code for one in judged.findings] == ["ACM001"]
