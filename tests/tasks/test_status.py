"""`status`: a small fleet on the scale, as lines, as badges, as an issue, and as a site."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from seatrial.core.errors import EXIT_USAGE
from seatrial.core.model import Profile
from seatrial.handbook.rule_examples import good_folder
from seatrial.tasks.cli import Ended
from support.repositories import commit, git, start
from support.verbs import call

TOKEN = "ghp_" + "aB3dE5gH7jK9mN2pQ4sT6vW8xY0zA1cD3eF5"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good integration, and one with an error, a suppressed finding and a secret."""
    root = start(tmp_path_factory.mktemp("fleet"))
    for name in ("good-service", "poor-service"):
        for path, data in good_folder(Profile.GUIDE).files.items():
            place = root / "integrations" / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data.replace(b"good-service", name.encode()))
    poor = root / "integrations/poor-service"
    (poor / "client.py").write_text((poor / "client.py").read_text() + f'KEY = "{TOKEN}"\nprint(KEY)\n')
    (poor / ".gitignore").unlink()
    (poor / "CONTRIBUTING.md").unlink()
    project = poor / "pyproject.toml"
    project.write_text(project.read_text() + '\n[tool.seatrial]\nignore = { LAY014 = "it is in the root" }\n')
    commit(root)
    git(root, "tag", "good-service/0.0.9")
    git(root, "tag", "good-service/0.0.10")
    return root


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path_factory.getbasetemp() / "status-cache"))


def status(fleet: Path, **flags: str | bool | list[str]) -> None:
    call("status", root=str(fleet), **flags)


def test_each_integration_has_its_line_and_a_second_run_says_the_same(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status(fleet, format="json")
    first = capsys.readouterr()
    status(fleet, format="json")
    assert capsys.readouterr() == first
    rows = {one["integration"]: one for one in json.loads(first.out)["integrations"]}
    good, poor = rows["good-service"], rows["poor-service"]
    assert (good["level"], good["published"], good["command"]) == ("platinum", "0.0.10", None)
    assert (poor["level"], poor["published"], poor["suppressed"]) == ("none", None, 1)
    assert poor["missing"][0]["code"] == "LAY119" and poor["command"] == "seatrial explain LAY119"
    assert first.err.strip() == "2 integrations: 1 not publishable, 1 platinum"


def test_lines_can_be_chosen_and_sorted(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status(fleet, level="none,gold")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["integration", "poor-service"]
    status(fleet, sort="level", format="markdown")
    lines = capsys.readouterr().out.splitlines()
    assert "poor-service" in lines[2] and "good-service" in lines[3]


@pytest.mark.parametrize(
    "flags",
    [{"sort": "levl"}, {"level": "golden"}, {"format": "html"}, {"format": "json", "dashboard": True}],
)
def test_wrong_usage_is_said_before_anything_is_judged(fleet: Path, flags: dict[str, str | bool]) -> None:
    with pytest.raises(Ended) as ended:
        status(fleet, **flags)
    assert ended.value.code == EXIT_USAGE


@pytest.mark.parametrize("option", ["badges", "html"])
def test_nothing_is_written_into_an_integration(fleet: Path, option: str) -> None:
    folder = fleet / "integrations" / "good-service"
    before = sorted(folder.iterdir())
    with pytest.raises(Ended, match="is in the integration good-service; name a folder outside of it"):
        status(fleet, **{option: str(folder)})
    assert sorted(folder.iterdir()) == before


def test_badges_an_issue_and_a_site_are_written(
    fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status(fleet, badges=str(tmp_path / "badges"), dashboard=True, output=str(tmp_path / "issue.md"))
    assert sorted(one.name for one in (tmp_path / "badges").iterdir()) == [
        "good-service.svg",
        "poor-service.svg",
    ]
    assert "platinum" in (tmp_path / "badges/good-service.svg").read_text()
    assert "### Not publishable (1)" in (tmp_path / "issue.md").read_text()
    assert capsys.readouterr().out == ""
    for _ in range(2):
        status(fleet, html=str(tmp_path / "site"))
    site = tmp_path / "site"
    assert {"index.html", "rules.html", "history.json", "integrations", "rules"} <= {
        one.name for one in site.iterdir()
    }
    assert len(json.loads((site / "history.json").read_text())["days"]) == 1
    page = (site / "integrations/poor-service.html").read_text()
    assert "LAY119" in page and "LAY018" in page
    assert not [one for one in site.rglob("*.*") if TOKEN in one.read_text()]
    assert "Entities of its examples" in (site / "integrations/good-service.html").read_text()
    assert "print(KEY)" not in page, "no line of a file with a credential"


@pytest.mark.parametrize("flag", ["badges", "html"])
def test_nothing_is_written_through_a_link_below_the_repository(
    fleet: Path, tmp_path: Path, flag: str
) -> None:
    link = fleet / f"to-{flag}"
    link.symlink_to(tmp_path)
    try:
        with pytest.raises(Ended, match="is a link"):
            status(fleet, **{flag: str(link / "out")})
    finally:
        link.unlink()
    assert list(tmp_path.iterdir()) == []


def test_the_published_version_is_that_of_the_index_where_it_is_asked_for(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = fleet / "dist/registry/index.json"
    index.parent.mkdir(parents=True)
    index.write_text('[\n{"type": "good-service", "version": "0.0.11"}\n]\n')
    status(fleet, published=True, format="json", integration=["good-service"])
    assert json.loads(capsys.readouterr().out)["integrations"][0]["published"] == "0.0.11"


def test_a_secret_stays_hidden_where_its_finding_is_suppressed(tmp_path: Path) -> None:
    root = start(tmp_path / "one")
    for path, data in good_folder(Profile.GUIDE).files.items():
        place = root / "integrations/good-service" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    one = root / "integrations/good-service"
    shutil.rmtree(one / "examples")
    for example in (one / ".port/examples").rglob("*.json"):
        raw = {
            key: TOKEN if key in ("title", "name") else value
            for key, value in json.loads(example.read_text()).items()
        }
        example.write_text(json.dumps(raw))
    project = one / "pyproject.toml"
    project.write_text(project.read_text() + '\n[tool.seatrial]\nignore = { LAY119 = "a token of a test" }\n')
    status(root, html=str(tmp_path / "site"))
    page = (tmp_path / "site/integrations/good-service.html").read_text()
    assert "a rule finds a secret in its example" in page
    assert TOKEN not in page
