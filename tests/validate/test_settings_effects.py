"""A changed `seatrial.toml` affects those integrations whose verdict it changes, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.handbook.rule_examples import good_folder
from seatrial.tasks.affected import affected
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.validate.since import Since, since
from seatrial.workspace.workspace import open_workspace
from support.repositories import commit, put, start

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
    commit(fleet, {TOML: STATED})


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
    assert capsys.readouterr().out == f"jira: {link}\n"
    affected([], None, str(fleet), "HEAD", "okta")
    assert capsys.readouterr().out == "okta: integrations/okta/main.py has changed\n"
