"""Tests of the configurations of the spec, compared with those that the code reads."""

from __future__ import annotations

import pytest

from seatrial.validate.facts.code import ConfigurationUse
from support.code_cases import SPEC, facts


def use(configurations: str, code: str = "") -> ConfigurationUse | None:
    spec = f"configurations: {configurations}\n"
    return facts((SPEC, "", spec), ("client.py", "", code), ("main.py", "", "")).configuration_use


@pytest.mark.parametrize(
    "configurations", ["3", "{}", "[3]", "[{}]", "[{name: 3}]", "[{name: a}, {title: b}]", ""]
)
def test_configurations_without_a_name_are_not_compared(configurations: str) -> None:
    assert use(configurations) is None


def test_without_code_nothing_is_compared() -> None:
    assert use("[]", "def f(:") is None


def test_the_code_reads_names_in_snake_case() -> None:
    found = use("[{name: apiURL}, {name: isVersion8Point7}, {name: plain}]")
    assert found
    assert set(found.declared) == {"api_url", "is_version8_point7", "plain"}


READS = """
config = ocean.integration_config
a = config.get("missing")
b = config["missing"]
c = config["apiUrl"]
d = config["api_url"]
"""


def test_reads_are_sorted_into_right_miscased_and_undeclared() -> None:
    found = use("[{name: apiUrl}]", READS)
    assert found
    assert [(read.key, read.where.line, others) for read, others in found.undeclared()] == [
        ("missing", 4, [])
    ]
    assert [(read.key, key, read.where.line) for read, key in found.miscased()] == [("apiUrl", "api_url", 5)]


def test_a_read_that_probably_means_a_configuration_uses_it() -> None:
    found = use("[{name: myApiToken}, {name: other}]", 'ocean.integration_config["api_token"]')
    assert found
    assert [key for _, key in found.unused()] == ["other"]


def test_a_blank_name_does_no_harm() -> None:
    found = use('[{name: " "}]')
    assert found
    assert list(found.unused()) == []
