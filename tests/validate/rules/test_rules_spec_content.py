"""Rules of family SPC about icons, sections, docs, kinds, saas, actions and ambiguous scalars."""

from __future__ import annotations

import pytest

from seatrial.core.model import Fleet, Profile
from seatrial.core.settings import Settings
from seatrial.validate.facts.facts import Facts
from seatrial.validate.rules import BY_NAME
from support.good import integration_of
from support.spec_cases import DEFAULT, RESOURCES, SAAS, Edits, edited, of_spec, said

ONE_ACTION = SAAS + "actions:\n  - name: run\n"
INPUTS = "    inputs:\n      - {name: a}\n      - {name: b}\n      - {name: a}\n"


@pytest.mark.parametrize(
    ("name", "edit", "line", "message"),
    [
        (
            "unknown-section",
            ("section: Other", "section: Git Provider"),
            9,
            'section "Git Provider" is not known; did you mean "Git Providers"?',
        ),
        (
            "unknown-icon",
            ("icon: Microservice", "icon: Jirra"),
            5,
            'icon "Jirra" is not known; did you mean "Jira"?',
        ),
        (
            "placeholder-left",
            ("icon: Microservice", "icon: Cookiecutter"),
            5,
            'icon "Cookiecutter" is a placeholder',
        ),
        (
            "saas-off-but-set-up",
            (SAAS, SAAS + "  liveEvents:\n    enabled: true\n"),
            30,
            '"saas.liveEvents" is set up, but "saas.enabled" is false',
        ),
        (
            "actions-switch-disagrees",
            (SAAS, ONE_ACTION),
            30,
            'there are actions, but "actionsProcessingEnabled" is not true',
        ),
        ("duplicate-action", (SAAS, ONE_ACTION + INPUTS), 35, 'input "a" is already there in line 33'),
        (
            "miscased-icon",
            (SAAS, ONE_ACTION + "    icon: jira\n"),
            32,
            'icon "jira" is in the wrong case; did you mean "Jira"?',
        ),
    ],
)
def test_a_mistake_in_the_content_is_reported_at_its_place(
    name: str, edit: tuple[str, str], line: int, message: str
) -> None:
    assert said(name, edited(edit)) == [(line, message)]


@pytest.mark.parametrize(
    ("name", "edits"),
    [
        ("foreign-docs", [("https://docs.port.io/", "https://[/")]),
        ("unknown-icon", [("icon: Microservice", "icon: microservice")]),
        ("unknown-icon", [("icon: Microservice", "icon: 3")]),
        ("empty-resources", [(RESOURCES, "")]),
        ("empty-resources", [(RESOURCES, "    resources:\n")]),
        ("saas-off-but-set-up", [(SAAS, SAAS + "  liveEvents:\n    enabled: false\n")]),
        ("saas-off-but-set-up", [(SAAS, "saas:\n  liveEvents:\n    enabled: true\n")]),
        ("actions-switch-disagrees", [(SAAS, SAAS + "actionsProcessingEnabled: false\n")]),
        ("actions-switch-disagrees", [(SAAS, SAAS + "actions: []\n")]),
    ],
)
def test_correct_content_is_not_reported(name: str, edits: Edits) -> None:
    assert said(name, edited(*edits)) == []


@pytest.mark.parametrize(
    ("own", "others", "is_found"),
    [
        ("docs.example.com", [], True),
        ("docs.example.com", ["docs.port.io", "docs.port.io", "docs.example.com"], True),
        ("docs.example.com", ["docs.port.io", "docs.example.com", "docs.example.com"], False),
        ("docs.port.io", ["docs.example.com"] * 9, False),
    ],
)
def test_the_host_of_the_docs_is_compared_with_the_others(
    own: str, others: list[str], is_found: bool
) -> None:
    folder = edited(("https://docs.port.io/", f"https://{own}/"))
    siblings = {f"other{number}": of_spec(f"docs: https://{host}/") for number, host in enumerate(others)}
    assert bool(said("foreign-docs", folder, siblings=siblings)) is is_found


@pytest.mark.parametrize("name", ["fake-integration", "example", "my_test", "Sample"])
def test_an_integration_not_for_production_may_keep_placeholders(name: str) -> None:
    folder = edited(("section: Other", "section: Under Development"))
    facts = Facts(integration_of(folder, name), Profile.GUIDE, Fleet())
    assert list(BY_NAME["placeholder-left"].problems(facts)) == []


@pytest.mark.parametrize("name", ["unknown-icon", "unknown-section"])
def test_names_known_to_the_repository_or_the_workspace_are_accepted(name: str) -> None:
    folder = edited(("section: Other", "section: Games"), ("icon: Microservice", "icon: Chess"))
    settings = Settings(known_icons=frozenset({"Chess"}), known_sections=frozenset({"Games"}))
    siblings = {"other": of_spec("icon: Chess\nfeatures: [{section: Games}]")}
    assert said(name, folder)
    assert said(name, folder, settings=settings) == []
    assert said(name, folder, siblings=siblings) == []


@pytest.mark.parametrize(
    "scalar",
    ["yes", "No", "ON", "off", "0b101", "1_000", "12:30", "1:30.5", "2026-11-22", "017", "0o17", "1e3"],
)
def test_a_scalar_that_two_yaml_versions_read_differently_is_reported(scalar: str) -> None:
    wanted = (26, f"{scalar} is one thing in YAML 1.1 and another in YAML 1.2")
    for text in (f"default: {scalar}", f"default: {scalar}  # so", f"enum: [a, {scalar}, b]"):
        assert said("unportable-scalar", edited((DEFAULT, f"    {text}\n"))) == [wanted]


@pytest.mark.parametrize(
    "text",
    [
        "default: 'yes'",
        'default: "017"',
        "default: |\n      yes",
        "default: 100",
        "default: -1.5",
        "default: 0",
        "default: true",
        "default: yes we can",
        "default: from 12:30 on",
        "default: 1.2.3",
        "dependencies:\n      - on: apiUrl",
    ],
)
def test_a_scalar_that_both_yaml_versions_read_alike_is_accepted(text: str) -> None:
    assert said("unportable-scalar", edited((DEFAULT, f"    {text}\n"))) == []
