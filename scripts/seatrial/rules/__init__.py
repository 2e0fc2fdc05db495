"""The laws, one file a family. The registry is this file; a rule's place is its family's file."""

from types import ModuleType

from seatrial.rules import (
    changelog,
    changelog_entry,
    code,
    code_kinds,
    layout,
    layout_presence,
    package,
    package_core,
    release,
    release_change,
    resources,
    resources_blueprints,
    resources_catalog,
    resources_coverage,
    resources_mapping,
    resources_paths,
    spec,
    spec_agreement,
    spec_configurations,
    spec_content,
    spec_references,
    spec_scalars,
    suppressing,
)
from seatrial.rules.rule import Rule

_PARTS = (
    layout_presence,
    layout,
    spec,
    spec_content,
    spec_configurations,
    spec_references,
    spec_scalars,
    spec_agreement,
    resources,
    resources_blueprints,
    resources_paths,
    resources_mapping,
    resources_coverage,
    resources_catalog,
    package,
    package_core,
    changelog,
    changelog_entry,
    code,
    code_kinds,
    release,
    release_change,
    suppressing,
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

__all__ = ["BY_CODE", "BY_NAME", "RULES", "Rule"]
