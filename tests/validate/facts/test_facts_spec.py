"""Tests of reading a spec tolerantly: parts of the wrong shape are left out."""

from __future__ import annotations

import json

import pytest

from seatrial.core.model import Fleet, MemoryFolder
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.spec import Peers, Spec, load_spec
from support.good import facts_of, good_folder, integration_of

SPEC = ".port/spec.yaml"


def spec_of(text: str) -> Spec | None:
    return Spec.of(load_spec(integration_of(MemoryFolder.of({SPEC: text}))))


def known(text: str) -> Spec:
    found = spec_of(text)
    assert found
    return found


@pytest.mark.parametrize("text", ["", "[]", "- a", "3", "null", "a: [", "a: 1\n b: 2"])
def test_only_an_object_is_a_spec(text: str) -> None:
    assert spec_of(text) is None


def test_a_folder_without_a_spec_has_none() -> None:
    assert load_spec(integration_of(MemoryFolder.of({}))) is None
    assert facts_of(MemoryFolder.of({})).spec is None


@pytest.mark.parametrize(("first", "second"), [("json", "yaml"), ("yaml", "yml"), ("json", "yml")])
def test_the_first_of_json_yaml_yml_is_read(first: str, second: str) -> None:
    folder = MemoryFolder.of({f".port/spec.{first}": "{}", f".port/spec.{second}": "{}"})
    document = load_spec(integration_of(folder))
    assert document
    assert document.path == f".port/spec.{first}"


def test_a_json_spec_is_read_as_json() -> None:
    text = json.dumps({"configurations": [{"name": "on"}]})
    spec = Spec.of(load_spec(integration_of(MemoryFolder.of({".port/spec.json": text}))))
    assert spec
    assert list(spec.by_name) == ["on"]


def test_the_parts_of_the_template_are_found() -> None:
    spec = facts_of(good_folder()).spec
    assert spec
    assert [item.text("kind") for item in spec.resources] == ["project", "task"]
    assert list(spec.by_name) == ["pageSize", "apiToken", "apiUrl"]
    assert (spec.actions, spec.secrets, spec.overrides.value) == ((), (), {})


@pytest.mark.parametrize(
    "value", ["null", "3", "text", "[]", "{}", "[1, text, null, [a]]", "[{}]", "[{name: 1}]"]
)
@pytest.mark.parametrize("key", ["features", "configurations", "actions", "saas", "interface"])
def test_a_part_of_the_wrong_shape_is_left_out(key: str, value: str) -> None:
    spec = known(f"{key}: {value}")
    assert (spec.resources, spec.configurations, spec.by_name, spec.actions, spec.secrets) == (
        (),
        (),
        {},
        (),
        (),
    )
    assert spec.oauth.value == {}


def test_an_item_knows_its_keys() -> None:
    spec = known("saas:\n  oauthConfiguration:\n    requiredSecrets: [1, {name: token}]\n")
    (secret,) = spec.secrets
    assert secret.way("name") == ("saas", "oauthConfiguration", "requiredSecrets", 1, "name")
    assert spec.document.at(*secret.way("name")).line == 3


def test_the_first_of_two_configurations_of_one_name_is_found() -> None:
    spec = known("configurations: [{name: a, type: url}, {name: a, type: string}]")
    assert spec.by_name["a"].text("type") == "url"


def test_only_the_texts_of_a_list_are_yielded() -> None:
    assert list(Item((), {"names": ["a", 1, None, "b"]}).texts("names")) == [
        (("names", 0), "a"),
        (("names", 3), "b"),
    ]


@pytest.mark.parametrize(
    ("text", "is_old"),
    [
        ("version: v0.1.4", True),
        ("ingressRequired: true", True),
        ("version: 0.1.4", False),
        ("version: 1", False),
        ("type: jira", False),
    ],
)
def test_the_form_of_2023_is_recognised_by_its_version_or_ingress(text: str, is_old: bool) -> None:
    assert known(text).is_of_2023 is is_old


def test_peers_are_the_readable_specs_of_the_others() -> None:
    texts = {"one": "title: One", "two": "title: Two\nicon: Jira", "broken": "[", "none": None}
    folders = {name: MemoryFolder.of({SPEC: text} if text else {}) for name, text in texts.items()}
    integrations = [integration_of(folder, name) for name, folder in folders.items()]
    peers = Peers(Fleet(integrations), integrations[0])
    assert peers.size == 1
    assert [peers.counted("titled", lambda habits: [habits["title"]]).of(one) for one in (True, False)] == [
        1,
        0,
    ]
    assert [peers.texts("icon").of("Jira"), peers.texts("icon").total, peers.texts("docs").total] == [1, 1, 0]


def test_the_specs_of_a_workspace_are_read_once() -> None:
    integrations = [integration_of(MemoryFolder.of({SPEC: "title: A"}), name) for name in "abc"]
    fleet = Fleet(integrations)
    first, second = (Peers(fleet, integration).texts("icon") for integration in integrations[:2])
    assert first.counts is second.counts
