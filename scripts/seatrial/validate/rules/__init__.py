"""The rules, in one or several modules a family, and the registry of all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.rules import Rule
from seatrial.validate.rules import (
    changelog_form,
    code_actions,
    code_agreement,
    code_calls,
    code_classes,
    code_selectors,
    code_wiring,
    examples,
    examples_recorded,
    examples_values,
    layout_content,
    layout_presence,
    maturity,
    package,
    release_intents,
    resources,
    resources_blueprints,
    resources_catalog,
    resources_mapping,
    resources_values,
    spec_configurations,
    spec_content,
    spec_form,
    suppressions,
)

_PARTS = (
    layout_presence,
    layout_content,
    spec_form,
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
    changelog_form,
    code_agreement,
    code_actions,
    code_calls,
    code_classes,
    code_selectors,
    code_wiring,
    release_intents,
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


@dataclass(frozen=True)
class Rulebook:
    """The look-up of rules: those of `validate`, and further ones, such as the repository's `own`."""

    own: tuple[Rule, ...] = ()

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """All of them, those of Seatrial first."""
        return (*RULES, *self.own)

    @cached_property
    def proving(self) -> tuple[Rule, ...]:
        """Those that a repair must satisfy."""
        return (*PROVING, *(rule for rule in self.own if "tried" not in rule.needs))

    @property
    def words(self) -> Collection[str]:
        """Their codes and names."""
        return [*(rule.code for rule in self.rules), *(rule.name for rule in self.rules)]

    def of(self, families: Collection[str]) -> Sequence[Rule]:
        """Return those of some families of Seatrial, and all own ones."""
        return [rule for rule in self.rules if rule.origin or rule.family in families]

    def find(self, word: str) -> Rule | None:
        """Return the rule of a code in any letters, or of a name; None where there is none."""
        code, name = word.strip().upper(), word.strip().lower()
        known = BY_CODE.get(code) or BY_NAME.get(name)
        return known or next((one for one in self.own if code == one.code or name == one.name), None)
