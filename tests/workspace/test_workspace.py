"""Finding a workspace and choosing integrations, as people stand and type."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import ConfigurationError, UsageError
from seatrial.core.model import Kind, Profile
from seatrial.workspace.workspace import find_root, open_workspace, passed_over, select
from support.repositories import git, put, start


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    for name in ("jira", "gitlab", "_infra"):
        (tmp_path / "repo" / "integrations" / name).mkdir(parents=True)
    for name in ("jira", "gitlab"):
        folder = tmp_path / "repo" / "integrations" / name
        (folder / ".port" / "resources").mkdir(parents=True)
        (folder / "tests").mkdir()
        (folder / ".port" / "spec.yaml").write_text("title: x\n")
    (tmp_path / "repo" / "docs").mkdir()
    return tmp_path / "repo"


def names(root: Path, *chosen: str, cwd: Path | None = None) -> list[str]:
    return [one.name for one in select(open_workspace(None, cwd or root), chosen)]


@pytest.mark.parametrize(
    "place", [".", "docs", "integrations", "integrations/jira", "integrations/jira/.port/resources"]
)
def test_the_root_is_found_from_every_subfolder(fleet: Path, place: str) -> None:
    assert find_root(fleet / place) == fleet


@pytest.mark.parametrize("place", [".", "integrations", "integrations/jira"])
def test_a_stated_root_may_be_any_of_its_well_known_folders(fleet: Path, place: str) -> None:
    assert open_workspace(str(fleet / place)).root == fleet


def test_a_stated_integration_of_a_fleet_is_chosen_and_a_stated_fleet_is_whole(fleet: Path) -> None:
    jira = fleet / "integrations" / "jira"
    assert [one.name for one in select(open_workspace(str(jira), fleet), [])] == ["jira"]
    assert [one.name for one in select(open_workspace(str(fleet), jira), [])] == ["gitlab", "jira"]


def test_a_linked_integration_is_named_and_not_followed(fleet: Path) -> None:
    (fleet / "integrations" / "other").symlink_to("jira")
    workspace = open_workspace(str(fleet))
    assert workspace.links == ("other",)
    assert [one.name for one in workspace.integrations] == ["gitlab", "jira"]


def test_all_integrations_are_chosen_by_default_and_shared_folders_are_none(fleet: Path) -> None:
    assert names(fleet) == ["gitlab", "jira"]


def test_inside_an_integration_that_one_is_chosen(fleet: Path) -> None:
    assert names(fleet, cwd=fleet / "integrations" / "jira" / "tests") == ["jira"]


@pytest.mark.parametrize(
    "typed", [["jira"], ["jira,jira"], [" jira ,"], ["integrations/jira"], ["integrations/jira/"]]
)
def test_an_integration_is_chosen_by_name_or_path(fleet: Path, typed: list[str]) -> None:
    assert names(fleet, *typed) == ["jira"]


def test_several_are_chosen_by_flags_and_commas(fleet: Path) -> None:
    assert names(fleet, "jira,gitlab") == names(fleet, "jira", "gitlab") == ["gitlab", "jira"]


@pytest.mark.parametrize("typed", ["./integrations/jira", "integrations/jira/", "jira/"])
def test_a_path_as_a_shell_completes_it_is_a_name(fleet: Path, typed: str) -> None:
    assert names(fleet, typed) == ["jira"]
    assert names(fleet, "../jira", cwd=fleet / "integrations/gitlab") == ["jira"]


def test_an_unknown_name_brings_the_nearest(fleet: Path) -> None:
    with pytest.raises(UsageError, match='"jria"; did you mean "jira"'):
        names(fleet, "jria")


def test_a_single_integration_is_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "alone" / ".port").mkdir(parents=True)
    workspace = open_workspace(None, tmp_path / "alone")
    assert [(one.name, one.path) for one in workspace.integrations] == [("alone", "")]


def test_a_stated_folder_may_hold_integrations_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "x" / "one" / ".port").mkdir(parents=True)
    assert [one.path for one in open_workspace(str(tmp_path / "x")).integrations] == ["one"]


def test_a_folder_without_its_port_folder_is_still_judged(fleet: Path) -> None:
    (fleet / "integrations" / "new").mkdir()
    (fleet / "integrations" / "new" / "main.py").touch()
    assert "new" in names(fleet)


def test_nothing_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a workspace"):
        open_workspace(str(tmp_path))
    with pytest.raises(UsageError, match="not a folder"):
        open_workspace(str(tmp_path / "missing"))


@pytest.mark.parametrize(
    ("ports", "said"),
    [
        (["services/foo"], '"services/foo/.port" is there; type --root services/foo'),
        (["foo", "bar"], '"bar/.port" and "foo/.port" are there; type --root .'),
        (["a/x", "a/y", "a/z"], '"a/x/.port" and "a/y/.port" and others are there; type --root a'),
        (
            ["integrations/group/foo"],
            '"integrations/group/foo/.port" is there; type --root integrations/group/foo',
        ),
    ],
)
@pytest.mark.parametrize("root", [None, "."])
def test_an_integration_in_sight_is_named_with_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ports: list[str], said: str, root: str | None
) -> None:
    for place in ports:
        (tmp_path / place / ".port").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    if root and ports == ["foo", "bar"]:
        assert [one.name for one in open_workspace(root).integrations] == ["bar", "foo"]
        return
    with pytest.raises(UsageError) as told:
        select(open_workspace(root), [])
    assert str(told.value).endswith(said)


def test_folders_with_a_port_folder_that_are_no_integrations_are_passed_over_by_name(fleet: Path) -> None:
    for place in ("other", "services/foo", "integrations/group/bar", "tests/fixture", "too/deep/down/here"):
        (fleet / place / ".port").mkdir(parents=True)
    (fleet / "integrations/jira/inner/.port").mkdir(parents=True)
    assert passed_over(open_workspace(str(fleet))) == ["other", "services/foo", "integrations/group/bar"]


def test_an_empty_integrations_folder_says_how_to_begin(tmp_path: Path) -> None:
    (tmp_path / "integrations").mkdir()
    with pytest.raises(UsageError, match="seatrial new"):
        names(tmp_path)


def test_the_frameworks_own_repository_is_profile_ocean(fleet: Path) -> None:
    assert open_workspace(str(fleet)).profile is Profile.GUIDE
    (fleet / "port_ocean").mkdir()
    (fleet / "port_ocean" / "__init__.py").touch()
    assert open_workspace(str(fleet)).profile is Profile.OCEAN


def test_the_frameworks_first_months_are_profile_guide(fleet: Path) -> None:
    (fleet / "port_ocean").mkdir()
    (fleet / "port_ocean" / "__init__.py").touch()
    for name in ("jira", "gitlab"):
        (fleet / "integrations" / name / ".port" / "spec.yaml").write_text("version: v0.1.4\ntype: x\n")
    assert open_workspace(str(fleet)).profile is Profile.GUIDE


def test_seatrial_toml_states_the_profile(fleet: Path) -> None:
    (fleet / "seatrial.toml").write_text('profile = "ocean"\n')
    assert open_workspace(str(fleet)).profile is Profile.OCEAN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profile = ", "seatrial.toml:1:"),
        ('profil = "guide"', '"profile"'),
        ('profile = "gide"', '"guide"'),
        ('[severity]\nSPC999 = "off"', "SPC999"),
        ('[severity]\nSPC001 = "warn"', 'did you mean "warning"\\? change "warn" to "warning"'),
        ('[shared]\n"/libs/**" = []', "seatrial.toml:2:.*a path below the root such as"),
        ('[shared]\n"../libs/" = []', "a path below the root such as"),
        ('[shared]\n"**/a/**/b/**/**" = []', "a path below the root such as"),
        ('[shared]\n"libs/" = "jira"', "not a list; write a list"),
        ('[shared]\n"libs/" = ["integrations/jira"]', "the name of an integration, or names with"),
        (
            '[shared]\n"libs/" = [' + 2_000 * '"jira", ' + "]",
            "seatrial.toml:1:.*more than 2,000 patterns and names",
        ),
        ("\xff".encode("latin-1"), "UTF-8"),
    ],
)
def test_a_bad_seatrial_toml_is_one_line_with_its_place(fleet: Path, text: str | bytes, said: str) -> None:
    (fleet / "seatrial.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError, match=said):
        open_workspace(str(fleet), known_codes=lambda asked: ["SPC001"])


def test_integrations_may_lie_elsewhere(fleet: Path) -> None:
    (fleet / "seatrial.toml").write_text('integrations = "packages"\n')
    (fleet / "packages" / "one" / ".port").mkdir(parents=True)
    assert names(fleet) == ["one"]


def entry_of(root: Path, path: str) -> Kind | None:
    jira = next(one for one in open_workspace(str(root)).integrations if one.name == "jira")
    entry = jira.entry(path)
    return entry.kind if entry else None


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("../../tools/shared.py", Kind.FILE),
        ("../../tools/second.py", Kind.FILE),
        ("../../tools/out.py", Kind.ESCAPING),
        ("../../tools/gone.py", Kind.DANGLING),
        ("../../notes", Kind.IGNORED),
        ("../../.git/config", Kind.IGNORED),
        ("../../../outside.py", Kind.ESCAPING),
    ],
)
def test_a_link_is_followed_inside_the_repository_and_no_further(
    fleet: Path, target: str, kind: Kind
) -> None:
    start(fleet)
    put(fleet, {"tools/shared.py": "x = 1\n", "notes": "mine", ".gitignore": "notes\n", "../outside.py": "y"})
    (fleet / "tools/second.py").symlink_to("shared.py")
    (fleet / "tools/out.py").symlink_to("../../outside.py")
    (fleet / "integrations/jira/link.py").symlink_to(target)
    assert entry_of(fleet, "link.py") is kind


def test_around_a_workspace_a_link_leads_only_to_what_git_tracks(fleet: Path, tmp_path: Path) -> None:
    start(tmp_path)
    put(tmp_path, {"tracked.py": "x", "mine.py": "y"})
    git(tmp_path, "add", "tracked.py")
    jira = fleet / "integrations/jira"
    for name in ("tracked.py", "mine.py"):
        (jira / name).symlink_to(f"../../../{name}")
    assert (entry_of(fleet, "tracked.py"), entry_of(fleet, "mine.py")) == (Kind.FILE, Kind.IGNORED)
