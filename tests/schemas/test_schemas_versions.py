"""The schemas in older and newer versions of the framework."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.framework import PARTS, Framework
from seatrial.schemas import NAMES, violations
from seatrial.schemas.engine import breaches
from seatrial.schemas.grammar import _parts, grammar, in_framework
from seatrial.schemas.quick import conforming
from support.schema_samples import SPEC

AS_LIST = [{"name": "Saas__Saas", "enabled": True, "docs": "a", "jumpTo": "setup"}]
OLD, NEW = Framework((0, 26, 1)), Framework((0, 26, 2))


def spec(**changes: Any) -> dict[str, Any]:
    return {**SPEC, **changes}


def test_a_form_of_its_day_is_accepted_in_the_versions_of_its_day() -> None:
    document = spec(installationDocs=AS_LIST)
    assert violations("spec-ocean", document, OLD) == ()
    (violation,) = violations("spec-ocean", document, NEW)
    assert violation.message == '"installationDocs" is a list, not an object'


def test_without_a_version_the_newest_form_is_asked_for() -> None:
    assert len(violations("spec-ocean", spec(installationDocs=AS_LIST))) == 1


def test_the_form_of_today_is_accepted_in_both() -> None:
    assert violations("spec-ocean", spec(), OLD) == violations("spec-ocean", spec(), NEW) == ()


@pytest.mark.parametrize("release", [(0, 26, 1), (0, 48, 12), (0, 60, 0)])
@pytest.mark.parametrize("documents", [{}, {"installationDocs": AS_LIST}, {"resources": 3}])
def test_the_quick_test_and_cerberus_agree_in_every_version(release: Any, documents: Any) -> None:
    for name in ("spec-ocean", "port-app-config"):
        schema = in_framework(name, Framework(release))
        document = {**(SPEC if name == "spec-ocean" else {}), **documents}
        assert conforming(schema)(document) == (not breaches(schema, document))


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_names_only_parts_that_the_table_has(name: str) -> None:
    assert set(_parts(name.removesuffix("-guide").removesuffix("-ocean"))) <= {part.name for part in PARTS}


def test_a_version_without_such_parts_has_the_schema_of_today() -> None:
    assert grammar(in_framework("blueprints", OLD)) == grammar("blueprints")
