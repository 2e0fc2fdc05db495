"""The codes of rules that a `seatrial.toml` may name."""

from __future__ import annotations

from collections.abc import Collection


def known_codes(code: str) -> Collection[str]:
    """Return the codes among which `code` may be; those of lint and tests are loaded only when it may be one."""
    from seatrial.validate.rules import BY_CODE

    if code.upper().startswith(("T", "COD")) and code not in BY_CODE:
        from seatrial.lint.own_code.framework_schema import SCHEMA_RULES
        from seatrial.lint.own_code.pytest import UNIT_RULES

        return BY_CODE.keys() | {rule.code for rule in (*UNIT_RULES, *SCHEMA_RULES)}
    if not code.upper().startswith("L"):
        return BY_CODE.keys()
    from seatrial.lint.tools.registry import LINT_RULE_OF

    return BY_CODE.keys() | LINT_RULE_OF.keys()
