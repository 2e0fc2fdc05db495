"""Links that somebody committed: nothing is written through one, and nothing outside is read through one."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from seatrial.core.errors import SeatrialError
from seatrial.core.model import Profile
from seatrial.handbook.rule_examples import good_folder
from seatrial.report import FORMATS, Options, render
from seatrial.report.github import step_summary
from seatrial.report.text import summary
from seatrial.tasks.cli import Ended
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.workspace.workspace import open_workspace
from support.repositories import commit, put, start
from support.verbs import call

ONE = "integrations/good-service"
GOOD = {path: good_folder(Profile.GUIDE).read(path).decode() for path in good_folder(Profile.GUIDE).paths()}


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with an integration whose spec can be repaired, in which somebody stands."""
    root = start(tmp_path / "checkout")
    spec = GOOD[".port/spec.yaml"].replace("exporter", "exportr")
    put(root / ONE, {**GOOD, ".port/spec.yaml": spec})
    monkeypatch.chdir(root)
    for name in [name for name in os.environ if name.startswith(("SEATRIAL_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    return root


@pytest.fixture
def outside(tmp_path: Path, fleet: Path) -> Path:
    """A folder outside that holds what the checkout does, so that whatever is led here could be written here."""
    there = tmp_path / "outside"
    for path in ("integrations", "integrations/_infra", "seatrial.toml"):
        (there / path).parent.mkdir(parents=True, exist_ok=True)
    put(there / ONE, {**GOOD, ".port/spec.yaml": GOOD[".port/spec.yaml"].replace("exporter", "exportr")})
    put(there, {"integrations/_infra/kept": "canary", "report": "canary", "below/report": "canary"})
    return there


def state(folder: Path) -> dict[str, bytes | None]:
    return {
        os.path.join(below, name): Path(below, name).read_bytes() if name in names else None
        for below, folders, names in os.walk(folder)
        for name in (*folders, *names)
    }


def link(place: Path, target: Path) -> None:
    """Put a link in the place of what is there."""
    if place.exists():
        place.rename(place.with_name(f"_{place.name}-before"))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


def report() -> None:
    call("validate", output="report")


def report_below() -> None:
    call("validate", output="below/report")


def a_page_of_the_run() -> None:
    os.environ["GITHUB_STEP_SUMMARY"] = "report"
    try:
        call("validate")
    finally:
        del os.environ["GITHUB_STEP_SUMMARY"]


def new() -> None:
    call("new", name="My Service", no_lock=True)


def new_of_that_name() -> None:
    call("new", name="Good Service", no_lock=True)


def fix() -> None:
    call("fix")


def intent() -> None:
    call("release.intent", integration=["good-service"], bump="patch", type="doc", message="x")


def intent_and_bump() -> None:
    with suppress(Ended):
        intent()
    call("release.bump")


PLACES: list[tuple[Callable[[], None], str]] = [
    (report, "report"),
    (report_below, "below"),
    (report_below, "below/report"),
    (a_page_of_the_run, "report"),
    (new, "integrations"),
    (new, "integrations/_infra"),
    (new, "integrations/_infra/Dockerfile"),
    (new, "integrations/my-service"),
    (new_of_that_name, ONE),
    (fix, "integrations"),
    (fix, ONE),
    (fix, f"{ONE}/.port"),
    (fix, f"{ONE}/.port/spec.yaml"),
    (intent, ONE),
    (intent, f"{ONE}/.ocean-release"),
    (intent_and_bump, f"{ONE}/CHANGELOG.md"),
    (intent_and_bump, f"{ONE}/pyproject.toml"),
    (intent_and_bump, f"{ONE}/.ocean-release"),
    (intent_and_bump, ".seatrial-changes"),
    (intent_and_bump, ".seatrial-draft"),
]
"""Every place in a checkout that a task writes to, by what a person types."""


@pytest.mark.parametrize("to", ["what is there", "nothing yet"])
@pytest.mark.parametrize(("typed", "place"), PLACES, ids=lambda one: getattr(one, "__name__", one))
def test_nothing_is_written_through_a_committed_link(
    fleet: Path, outside: Path, typed: Callable[[], None], place: str, to: str
) -> None:
    there = outside / (place if to == "what is there" else f"new-{Path(place).name}")
    if to == "what is there" and not there.exists():
        put(outside, {place: "canary"})
    link(fleet / place, there)
    before = state(outside)
    with suppress(Ended):
        typed()
    assert state(outside) == before


@pytest.mark.parametrize("place", ["report", "below/report", "../outside/below/report"])
def test_without_a_link_what_is_typed_is_written(fleet: Path, outside: Path, place: str) -> None:
    (fleet / "below").mkdir()
    with pytest.raises(Ended):
        call("validate", output=place)
    assert "exportr" in (fleet / place).read_text()


def test_a_report_through_a_link_ends_in_one_line_with_what_to_type(
    fleet: Path, outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link(fleet / "report.json", outside / "report")
    with pytest.raises(Ended) as end:
        call("validate", output="report.json")
    assert end.value.code == 3
    assert end.value.message == (
        f'seatrial: report.json cannot be written: it is a link to "{outside}/report", and nothing is written '
        "through a link; remove the link, or name another place"
    )


def test_a_link_of_the_repository_around_the_root_is_refused_as_well(
    fleet: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fleet / "integrations")
    link(fleet / "report", outside / "report")
    link(fleet / "sub", outside)
    for place in ("../report", "../sub/report", str(fleet / "sub" / "report")):
        with pytest.raises(Ended, match="is a link to"):
            call("validate", root=str(fleet / ONE), output=place)
    assert (outside / "report").read_text() == "canary"


SECRET = "hunter2-canary"
BROKEN = "broken"
SECRETS = {
    BROKEN: f"{SECRET}: [{{\"{SECRET}\n= {SECRET} ]]] '{SECRET}\n",
    ".yaml": f"title: {SECRET}\ntype: {SECRET}\nversion: {SECRET}\n{SECRET}: {SECRET}\nresources: {SECRET}\n",
    ".json": f'[{{"identifier": "{SECRET}", "{SECRET}": "{SECRET}", "schema": "{SECRET}"}}]\n',
    ".toml": f'{SECRET} = "{SECRET}"\nprofile = "{SECRET}"\n[tool.poetry]\nname = "{SECRET}"\n',
    ".py": f"class {SECRET.replace('-', '_')}(:\n    x = '{SECRET}'\n",
}
"""Texts that one reader or another would quote in a message, by the suffix of files they fit."""


def secrets_for(place: str) -> list[str]:
    return [SECRETS[BROKEN], SECRETS.get(Path(place).suffix, SECRETS[".yaml"])]


READ = [
    "seatrial.toml",
    *(f"{ONE}/{path}" for path in GOOD if path not in ("poetry.toml", "debug.py", "tests/__init__.py")),
    *(
        f"{ONE}/{path}"
        for path in (".port/spec.yml", ".port/resources/actions.json", "changelog/1.bugfix.md")
    ),
    *(f"{ONE}/{path}" for path in (".ocean-release/x.yaml", ".port/resources/pages.json", "notes.json")),
    *(
        f"{ONE}/{path}"
        for path in (".port", ".port/resources", "tests", "changelog", ".ocean-release", "code")
    ),
    "integrations",
    ONE,
]
"""Files and folders of a checkout that something reads."""

LOUD = (".port/spec.yaml", ".port/resources/blueprints.json", "pyproject.toml", "CHANGELOG.md", "notes.json")
"""Files whose faults are told with a piece of their text."""


def told(root: Path) -> str:
    """All that a run says, in every format."""
    try:
        workspace = open_workspace(str(root))
        done = check_all(workspace, workspace.integrations, RULES, 1, {})
    except SeatrialError as failure:
        return str(failure)
    reports = [render(name, done.outcome, Options()) for name in FORMATS]
    links = [*workspace.links, *(one.name for one in workspace.integrations), *done.crashes]
    return "\n".join([*reports, step_summary(done.outcome), summary(done.outcome), *links])


def a_secret(folder: Path, place: str, text: str) -> Path:
    """A file of this text; for a folder, one with this text in every file that is read."""
    if Path(place).suffix or Path(place).name in ("Makefile", ".gitignore"):
        put(folder, {"secret": text})
        return folder / "secret"
    inner = [path.removeprefix(f"{place}/") for path in READ if path.startswith(f"{place}/")]
    files = [path for path in inner if Path(path).suffix] or [f"{SECRET}.py"]
    put(folder / "secrets", dict.fromkeys([*files, f"{SECRET}.json"], text))
    return folder / "secrets"


@pytest.mark.parametrize("place", READ)
def test_no_text_of_an_outside_file_is_told(fleet: Path, tmp_path: Path, place: str) -> None:
    for number, text in enumerate(secrets_for(place)):
        target = a_secret(tmp_path / f"home-{number}", place, text)
        if not os.path.lexists(fleet / place):
            link(fleet / place, target)
        elif (fleet / place).is_symlink():
            (fleet / place).unlink()
            (fleet / place).symlink_to(os.path.relpath(target, (fleet / place).parent))
        else:
            link(fleet / place, target)
        assert SECRET not in told(fleet)


@pytest.mark.parametrize("place", ["seatrial.toml", *(f"{ONE}/{path}" for path in LOUD)])
def test_no_text_of_a_file_that_git_ignores_is_told(fleet: Path, place: str) -> None:
    put(fleet, {".gitignore": ".env\n"})
    commit(fleet)
    for text in secrets_for(place):
        for holder in ("integrations/other", ONE, "."):
            put(fleet / holder, {".env": text})
            with suppress(FileNotFoundError):
                (fleet / place).unlink()
            link(fleet / place, fleet / holder / ".env")
            assert SECRET not in told(fleet), holder


def test_no_text_of_git_s_own_files_is_told(tmp_path: Path) -> None:
    """A token for the remote is kept there by some CI systems."""
    root = start(tmp_path / "one")
    put(root, GOOD)
    put(root, {".git/config": SECRETS[BROKEN]})
    for path in (".port/spec.yaml", ".port/resources/blueprints.json", "pyproject.toml", "seatrial.toml"):
        with suppress(FileNotFoundError):
            (root / path).unlink()
        (root / path).symlink_to(os.path.relpath(root / ".git" / "config", (root / path).parent))
        assert SECRET not in told(root)


def test_what_lies_outside_is_not_even_told_to_exist(fleet: Path, tmp_path: Path) -> None:
    (fleet / "integrations" / "other").mkdir()
    (fleet / "integrations" / "other" / "main.py").symlink_to(tmp_path / "home" / "there")
    before = told(fleet)
    put(tmp_path / "home", {"there": "x"})
    assert told(fleet) == before


def test_a_link_within_the_checkout_is_still_read(fleet: Path) -> None:
    spec = fleet / ONE / ".port" / "spec.yaml"
    spec.rename(fleet / ONE / "moved.yaml")
    spec.symlink_to("../moved.yaml")
    assert "exportr" in told(fleet)


def test_the_folder_of_integrations_may_be_a_link_within_the_checkout(fleet: Path) -> None:
    (fleet / "integrations").rename(fleet / "packages")
    (fleet / "integrations").symlink_to("packages")
    assert "exportr" in told(fleet)


@pytest.mark.parametrize("odd", ["/dev/zero", "/dev/stdin", "pipe", "sparse", "folder"])
def test_settings_that_are_no_file_are_refused_at_once(fleet: Path, tmp_path: Path, odd: str) -> None:
    place = fleet / "seatrial.toml"
    if odd == "pipe":
        os.mkfifo(place)
    elif odd == "folder":
        place.mkdir()
    elif odd == "sparse":
        place.touch()
        os.truncate(place, 10 << 30)
    else:
        place.symlink_to(odd)
    with pytest.raises(Ended, match=r"^seatrial: seatrial\.toml"):
        call("validate")
