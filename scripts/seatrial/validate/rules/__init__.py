"""The rules, in one or several modules a family, and the registry of all of them."""

from seatrial.core.rules import Rule
from seatrial.validate.rules import (
    changelog,
    code,
    code_actions,
    code_calls,
    code_classes,
    code_selectors,
    examples,
    examples_recorded,
    examples_values,
    layout_content,
    layout_presence,
    maturity,
    package,
    release,
    resources,
    resources_blueprints,
    resources_catalog,
    resources_mapping,
    resources_values,
    spec,
    spec_configurations,
    spec_content,
    suppressions,
)

_PARTS = (
    layout_presence,
    layout_content,
    spec,
    spec_content,
    spec_configurations,
    resources,
    resources_blueprints,
    resources_mapping,
    resources_values,
    resources_catalog,
    examples,
    examples_values,
    examples_recorded,
    package,
    changelog,
    code,
    code_actions,
    code_calls,
    code_classes,
    code_selectors,
    release,
    maturity,
    suppressions,
)
RULES: tuple[Rule, ...] = tuple(
    sorted(
        (one for part in _PARTS for one in vars(part).values() if isinstance(one, Rule)),
        key=lambda one: one.code,
    )
)
BY_CODE = {rule.code: rule for rule in RULES}
BY_NAME = {rule.name: rule for rule in RULES}

PROVING = tuple(rule for rule in RULES if "tried" not in rule.needs)
"""The rules that a repair must satisfy: all but those that try the mapping on examples, as a name that is put right
lets these see more, and what they then find was there before."""
