"""The codes that a `seatrial.toml` may name."""

from __future__ import annotations

from collections.abc import Collection


def known_codes(asked: str) -> Collection[str]:
    """Return the codes of all rules; those of lint are loaded only when `asked` may be one of them."""
    from seatrial.validate.rules import BY_CODE

    if not asked.upper().startswith("L"):
        return BY_CODE.keys()
    from seatrial.lint.tools.registry import LINT_RULE_OF

    return BY_CODE.keys() | LINT_RULE_OF.keys()
