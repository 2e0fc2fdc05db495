"""Family PKG, the part about `[tool.seatrial] ignore`: run after all other rules."""

from __future__ import annotations

from seatrial.model import Edit, Fix, MemoryFolder, Problem
from seatrial.near import nearest
from seatrial.rules.rule import WARNING, Problems, rule
from seatrial.subjects.suppressions import IGNORE, Suppressions


def _ignoring(folder: MemoryFolder, code: str) -> MemoryFolder:
    text = folder.text("pyproject.toml") + f'\n[tool.seatrial]\nignore = {{ {code} = "the reason" }}\n'
    return folder.having("pyproject.toml", text)


LINT_WAIVER = Fix(
    "write the tool's own word where it is meant, such as `# noqa: F401` or `# type: ignore[arg-type]`"
)


@rule("PKG110", bad=lambda folder: _ignoring(folder, "SPC99"))
def unknown_code_ignored(suppressions: Suppressions) -> Problems:
    """Each code under `[tool.seatrial] ignore` is that of a rule.

    A slip in the code leaves the finding it was meant for on the page. What the lint tools find (`LNT`) is held
    back in their own way, where they and everyone who reads the code can see it.
    """
    for code in suppressions.codes - set(suppressions.known):
        if code.upper().startswith("LNT"):
            where = suppressions.document.key(*IGNORE, code)
            yield Problem(
                where, f'"{code}" is what a lint tool finds, which is not ignored here', LINT_WAIVER
            )
            continue
        near = nearest(code, suppressions.known)
        where = suppressions.document.key(*IGNORE, code)
        fix = (
            Fix(f'write "{near}"', Edit(where, code, near))
            if near
            else Fix("see `seatrial rules` for the codes")
        )
        yield Problem(where, f'no rule has the code "{code}"', fix)


@rule("PKG111", severity=WARNING, bad=lambda folder: _ignoring(folder, "LAY001"))
def idle_ignore(suppressions: Suppressions) -> Problems:
    """What `[tool.seatrial] ignore` holds back is there.

    An ignore that no longer catches anything would hide the fault when it comes back.
    """
    for code in suppressions.idle:
        where = suppressions.document.key(*IGNORE, code)
        yield Problem(
            where, f"{code} is ignored, but there is nothing of it to ignore", Fix("delete the line")
        )
