"""Tests of keys at the top of the port-app-config that the integration's own code declares."""

from __future__ import annotations

import pytest

from seatrial.core.model import MemoryFolder
from seatrial.scaffold.answers import Answers
from seatrial.scaffold.skeleton import render
from support.good import facts_of

APP_CONFIG = ".port/resources/port-app-config.yaml"
GOOD = render(Answers.of("Good Service"))


def rules_of(folder: MemoryFolder) -> set[str]:
    return {violation.rule for form in facts_of(folder).resource_forms.all for violation in form.violations}


def with_key(key: str, folder: MemoryFolder = GOOD) -> MemoryFolder:
    return folder.having(APP_CONFIG, f"{key}: true\n" + folder.text(APP_CONFIG))


def test_a_key_that_nobody_declares_is_unknown() -> None:
    assert rules_of(with_key("repositoryType")) == {"resource-unknown-key"}


@pytest.mark.parametrize(
    "field", ["repositoryType: bool = False", 'kind: bool = Field(alias="repositoryType")']
)
def test_a_field_or_alias_of_the_configuration_class_is_known(field: str) -> None:
    declared = GOOD.edited(
        "integration.py",
        "class GoodServicePortAppConfig(PortAppConfig):\n",
        f"class GoodServicePortAppConfig(PortAppConfig):\n    {field}\n",
    )
    assert rules_of(with_key("repositoryType", declared)) == set()


def test_without_code_a_key_may_be_declared_but_not_one_that_is_nearly_known() -> None:
    bare = MemoryFolder.of({APP_CONFIG: GOOD.text(APP_CONFIG)})
    assert rules_of(with_key("repositoryType", bare)) == set()
    assert rules_of(with_key("enableMergeEntities", bare)) == {"resource-misspelled-key"}


def test_a_file_that_cannot_be_read_has_no_form() -> None:
    assert rules_of(GOOD.having(APP_CONFIG, "resources: [")) == set()
