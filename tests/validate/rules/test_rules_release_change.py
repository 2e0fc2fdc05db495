"""Rules of family REL about a change, beyond the example of each rule."""

from __future__ import annotations

import pytest

from seatrial.core.model import Finding, Fleet, MemoryFolder, Profile
from seatrial.core.settings import ReleaseSettings, Settings
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release_change import Change
from seatrial.validate.rules import BY_CODE, RULES
from seatrial.validate.rules.release_intents import released
from seatrial.validate.run import check
from support.good import good_folder, integration_of

GOOD = good_folder(Profile.GUIDE)
OCEAN = good_folder(Profile.OCEAN)
CHANGED = GOOD.having("client.py", GOOD.read("client.py") + b"\n\nPAGE = 50\n")
REMOVED = CHANGED.edited(".port/spec.yaml", "    required: false\n    default: 100\n", "    required: true\n")
ADDED = CHANGED.edited(
    ".port/spec.yaml", "saas:", "  - name: region\n    type: string\n    description: x\nsaas:"
)


def intent(bump: str, name: str = "x") -> dict[str, str]:
    return {
        f".ocean-release/{name}.yaml": f"bump: {bump}\nchangelog-type: bugfix\nchangelog: Pages are read once\n"
    }


def having(folder: MemoryFolder, files: dict[str, str]) -> MemoryFolder:
    for path, text in files.items():
        folder = folder.having(path, text)
    return folder


def found(
    new: MemoryFolder,
    old: MemoryFolder | None = GOOD,
    profile: Profile = Profile.GUIDE,
    settings: Settings | None = None,
    published: dict[str, str] | None = None,
) -> list[Finding]:
    """Return what all rules of the family find in the change from one folder to the other."""
    integration, was = integration_of(new), integration_of(old) if old else None
    files = old.files if old else {}
    paths = sorted(path for path in {*files, *new.files} if files.get(path) != new.files.get(path))
    base = Facts(was, profile, Fleet([was]), settings) if was else None
    change = Change("origin/main", tuple(paths), base, published or {})
    verdict = check(Facts(integration, profile, Fleet([integration]), settings, change), RULES)
    assert verdict.crashes == ()
    return [one for one in verdict.findings if one.code.startswith("REL")]


def said(*arguments: object, **context: object) -> list[str]:
    return [f"{one.path}:{one.line} {one.code}: {one.message}" for one in found(*arguments, **context)]  # type: ignore[arg-type]


PLACE = "integrations/good-service"
SILENT = (
    f'{PLACE}/pyproject.toml:3 REL001: "client.py" changed since "origin/main", which nothing will publish'
)


def test_a_change_that_nothing_publishes_is_reported_at_the_version_with_what_to_type() -> None:
    [finding] = found(CHANGED)
    assert said(CHANGED) == [SILENT]
    assert finding.fix and "`seatrial release.intent -i good-service --bump patch" in finding.fix.title


def test_several_changed_files_are_counted() -> None:
    assert '"client.py" and 1 more changed' in said(CHANGED.having("main.py", "x = 1\n"))[0]


@pytest.mark.parametrize("path", ["README.md", "tests/test_client.py", "docs/guide.md"])
def test_a_change_that_is_not_shipped_needs_no_release(path: str) -> None:
    assert said(GOOD.having(path, "new\n")) == []


def test_in_ocean_changed_tests_count_as_in_its_own_check() -> None:
    changed = OCEAN.having("tests/test_client.py", "x = 1\n")
    assert [line.partition(" ")[2][:6] for line in said(changed, OCEAN, Profile.OCEAN)] == ["REL001"]


def test_an_intent_or_a_raised_version_publishes_the_change() -> None:
    assert said(having(CHANGED, intent("patch"))) == []
    assert said(released(CHANGED, "0.1.1")) == []


def test_an_older_intent_announces_another_change() -> None:
    assert said(having(CHANGED, intent("patch")), having(GOOD, intent("patch"))) == [SILENT]


def test_a_new_integration_is_released_by_its_version() -> None:
    assert said(GOOD, None) == []


def test_without_a_change_the_rules_report_nothing() -> None:
    integration = integration_of(CHANGED)
    assert check(Facts(integration, Profile.GUIDE, Fleet([integration])), RULES).findings == ()


def test_a_raised_version_and_an_intent_are_reported_at_the_intent() -> None:
    assert said(having(released(CHANGED, "0.1.1"), intent("patch"))) == [
        f'{PLACE}/.ocean-release/x.yaml:1 REL201: the version went from "0.1.0" to "0.1.1" by hand as well'
    ]


def test_in_ocean_the_version_raised_by_hand_wins_over_an_intent_with_a_warning() -> None:
    raised = OCEAN.edited("pyproject.toml", 'version = "0.1.0"', 'version = "0.1.1"').having(
        "client.py", OCEAN.read("client.py") + b"\n\nPAGE = 50\n"
    )
    [finding] = found(having(raised, intent("patch")), OCEAN, Profile.OCEAN)
    assert (finding.code, finding.severity.value) == ("REL201", "warning")
    assert finding.message == (
        'the version went from "0.1.0" to "0.1.1" by hand, which counts: the release skips this intent'
    )


@pytest.mark.parametrize(
    ("folder", "flags"),
    [
        (CHANGED, "--bump patch --type improvement"),
        (ADDED, "--bump minor --type feature"),
        (REMOVED, "--bump major --type breaking"),
    ],
)
def test_the_bump_that_the_contract_demands_is_what_a_silent_change_is_told_to_type(
    folder: MemoryFolder, flags: str
) -> None:
    [finding] = found(folder)
    assert finding.code == "REL001"
    assert finding.fix and f"-i good-service {flags} " in finding.fix.title


RENAMED = CHANGED.edited("integration.py", 'alias="includeArchived"', 'alias="withArchived"')
ACTION = "actions:\n  - name: restart\n    inputs:\n      - name: service\n        type: string\nsaas:"
ACTING = GOOD.edited(".port/spec.yaml", "saas:", ACTION)


def test_a_renamed_selector_breaks_the_mappings_of_users() -> None:
    [line] = said(having(RENAMED, intent("patch")))
    assert 'removes selector "includeArchived" of kind "project"' in line
    assert line.endswith("this needs major, not patch")
    assert said(having(RENAMED, intent("major"))) == []
    assert said(having(CHANGED, intent("patch"))) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("- name: service", "- name: host", 'removes input "service" of action "restart"'),
        (
            "type: string\nsaas",
            "type: array\nsaas",
            'turns input "service" of action "restart" from "string"',
        ),
        ("- name: restart", "- name: reboot", 'removes action "restart"'),
    ],
)
def test_the_inputs_of_an_action_are_part_of_the_contract(old: str, new: str, words: str) -> None:
    changed = ACTING.edited(".port/spec.yaml", old, new)
    [line] = said(having(changed, intent("patch")), ACTING)
    assert words in line


def test_an_older_intent_does_not_clash_with_a_version_raised_by_hand() -> None:
    assert said(having(released(CHANGED, "0.1.1"), intent("patch")), having(GOOD, intent("patch"))) == []


def test_a_falling_version_is_one_finding_even_with_other_faults() -> None:
    fallen = released(REMOVED, "0.0.9")
    assert said(fallen, published={"0.0.9": "a" * 40}) == [
        f'{PLACE}/pyproject.toml:3 REL202: "0.0.9" is lower than "0.1.0", which it was at "origin/main"'
    ]


def test_a_version_published_from_another_commit_is_reported() -> None:
    message = '"0.1.1" was published from commit aaaaaaaaaaaa, which is no part of this change'
    line = f"{PLACE}/pyproject.toml:3 REL203: {message}"
    assert said(released(CHANGED, "0.1.1"), published={"0.1.1": "a" * 40}) == [line]
    assert said(GOOD, None, published={"0.1.0": "a" * 40}) == [line.replace("0.1.1", "0.1.0")]


def test_an_unchanged_version_may_be_published() -> None:
    assert said(having(CHANGED, intent("patch")), published={"0.1.0": "a" * 40}) == []


WHY = 'makes configuration "pageSize" required (.port/spec.yaml: configurations.2): this needs'


@pytest.mark.parametrize(
    ("folder", "bump", "least"),
    [
        (REMOVED, "patch", "major"),
        (REMOVED, "minor", "major"),
        (REMOVED, "major", ""),
        (ADDED, "patch", "minor"),
        (ADDED, "minor", ""),
        (ADDED, "major", ""),
        (CHANGED, "patch", ""),
    ],
)
def test_the_contract_decides_the_least_bump_of_an_intent(
    folder: MemoryFolder, bump: str, least: str
) -> None:
    lines = said(having(folder, intent(bump)))
    assert len(lines) == bool(least)
    for line in lines:
        assert line.startswith(f"{PLACE}/.ocean-release/x.yaml:1 REL204: ")
        assert line.endswith(f"this needs {least}, not {bump}")


def test_the_path_that_breaks_the_contract_is_named() -> None:
    assert WHY in said(having(REMOVED, intent("patch")))[0]


def test_a_version_raised_too_little_is_reported_at_its_line_with_the_right_one() -> None:
    [finding] = found(released(REMOVED, "0.1.1"))
    assert (finding.path, finding.line, finding.code) == (f"{PLACE}/pyproject.toml", 3, "REL204")
    assert finding.message == f"{WHY} major, not patch"
    assert finding.fix and finding.fix.title == 'raise it to "1.0.0", or undo that change'
    assert said(released(REMOVED, "1.0.0")) == []


def test_of_several_intents_the_highest_counts() -> None:
    assert said(having(having(REMOVED, intent("patch", "a")), intent("major", "b"))) == []
    [line] = said(having(having(REMOVED, intent("patch", "a")), intent("minor", "b")))
    assert "/b.yaml:1 REL204" in line


def test_before_the_first_major_version_the_required_bump_may_be_one_level_lower() -> None:
    shifted = Settings(release=ReleaseSettings(zero_versions="shifted"))
    assert said(having(ADDED, intent("patch")), settings=shifted) == []
    assert said(having(REMOVED, intent("minor")), settings=shifted) == []
    assert said(having(REMOVED, intent("patch")), settings=shifted)[0].endswith("this needs minor, not patch")


def test_a_preview_may_break_its_contract() -> None:
    preview, later = released(GOOD, "0.1.0-beta"), released(REMOVED, "0.1.1-beta")
    assert said(later, preview) == []


def test_in_ocean_a_low_bump_is_a_warning() -> None:
    removed = OCEAN.edited(
        ".port/spec.yaml", "    required: false\n    default: 100\n", "    required: true\n"
    )
    [finding] = found(having(removed, intent("patch")), OCEAN, Profile.OCEAN)
    assert (finding.code, finding.severity.value) == ("REL204", "warning")


def test_an_unknown_bump_is_reported_once() -> None:
    assert [line.partition(" ")[2][:6] for line in said(having(REMOVED, intent("huge")))] == ["REL102"]


@pytest.mark.parametrize("text", ["", "version = 3", "[tool.poetry]\nname = 3\nversion = []\n", "{"])
@pytest.mark.parametrize("side", ["old", "new"])
def test_an_empty_package_raises_nothing(text: str, side: str) -> None:
    odd = GOOD.having("pyproject.toml", text)
    assert said(odd, CHANGED) == [] if side == "new" else said(CHANGED, odd) == []


def test_faults_that_changelog_rules_report_are_not_reported_again() -> None:
    raised = CHANGED.edited("pyproject.toml", 'version = "0.1.0"', 'version = "0.1.1"')
    announced = CHANGED.edited("CHANGELOG.md", "## 0.1.0 (", "## 0.1.1 (")
    for folder in (raised, announced):
        integration = integration_of(folder)
        facts = Facts(integration, Profile.OCEAN, Fleet([integration]))
        assert any(BY_CODE["CHG201"].problems(facts))


def test_an_ignored_rule_about_changes_is_not_idle_where_nothing_is_compared() -> None:
    ignoring = GOOD.having(
        "pyproject.toml",
        GOOD.text("pyproject.toml") + '\n[tool.seatrial]\nignore = { REL001 = "released weekly" }\n',
    )
    integration = integration_of(ignoring)
    codes = {
        one.code for one in check(Facts(integration, Profile.GUIDE, Fleet([integration])), RULES).findings
    }
    assert "PKG111" not in codes
    assert said(having(ignoring, {"client.py": "x = 1\n"}), ignoring) == []


@pytest.mark.parametrize(
    ("version", "profile", "is_new", "count"),
    [
        ("0.1.0", Profile.OCEAN, True, 1),
        ("0.1.0-beta", Profile.OCEAN, True, 0),
        ("0.1.0-dev", Profile.OCEAN, True, 0),
        ("0.1.0", Profile.OCEAN, False, 0),
        ("0.1.0", Profile.GUIDE, True, 0),
    ],
)
def test_a_new_integration_of_ocean_is_a_beta(
    version: str, profile: Profile, is_new: bool, count: int
) -> None:
    good = good_folder(profile)
    new = good.edited("pyproject.toml", 'version = "0.1.0"', f'version = "{version}"')
    findings = found(new, None if is_new else good, profile=profile)
    assert [one.severity.value for one in findings if one.code == "REL205"] == ["info"] * count
