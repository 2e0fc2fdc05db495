"""The laws, one file a family. The registry is this file; a rule's place is its family's file."""

from types import ModuleType

from seatrial.core.rules import Rule
from seatrial.validate.rules import (
    changelog,
    code,
    layout,
    layout_presence,
    package,
    release,
    resources,
    resources_blueprints,
    resources_catalog,
    resources_mapping,
    spec,
    spec_configurations,
    spec_content,
)

_PARTS = (
    layout_presence,
    layout,
    spec,
    spec_content,
    spec_configurations,
    resources,
    resources_blueprints,
    resources_mapping,
    resources_catalog,
    package,
    changelog,
    code,
    release,
)
"""Every file of rules; a family has one or several."""


def _rules_of(family: ModuleType) -> tuple[Rule, ...]:
    return tuple(value for value in vars(family).values() if isinstance(value, Rule))


RULES: tuple[Rule, ...] = tuple(
    sorted(
        (one for part in _PARTS for one in _rules_of(part)),
        key=lambda one: one.code,
    )
)

BY_CODE = {rule.code: rule for rule in RULES}
BY_NAME = {rule.name: rule for rule in RULES}
