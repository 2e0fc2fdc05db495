"""Ocean's own judges as a filter: folders in, what they object to out. Run by `drift.py`, in a sandbox.

    python drift_judge.py JUDGE CHECKOUT REQUESTS

REQUESTS is a file of JSON, a list of what the judge is asked about; the answer is a list of the same length, of
lists of objections. A judge that raises objects.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

CHECKOUT = Path(sys.argv[2])
LATE = 120
"""Seconds before a run of poetry is given up."""


def changelog(request: str) -> list[str]:
    """Return what `scripts/validate_changelog.py` says of a folder's changelog."""
    sys.path.insert(0, str(CHECKOUT / "scripts"))
    from validate_changelog import validate_changelog

    path = Path(request, "CHANGELOG.md")
    return [str(one).removeprefix(f"{path}:") for one in validate_changelog(path)]


def poetry(request: str) -> list[str]:
    """Return what `poetry check --lock` says about the lock of a folder."""
    command = [sys.executable, "-m", "poetry", "check", "--lock", "--no-interaction", "--no-plugins"]
    ran = subprocess.run(command, cwd=request, capture_output=True, text=True, timeout=LATE, check=False)
    if "poetry" not in ran.stdout + ran.stderr and ran.returncode and "Error" not in ran.stderr:
        return [f"poetry ended with {ran.returncode}: {ran.stderr.strip()[-200:]}"]
    return [line for line in ran.stderr.splitlines() if "poetry.lock" in line]


JUDGES: dict[str, Callable[[Any], list[str]]] = {"changelog": changelog, "poetry": poetry}


def answer(judge: Callable[[Any], list[str]], request: Any) -> list[str]:
    try:
        return judge(request)
    except Exception as error:
        return [f"raised {type(error).__name__}: {error}"[:300]]


def answers(judge: Callable[[Any], list[str]], requests: list[Any]) -> Iterator[list[str]]:
    if judge is not poetry:
        return (answer(judge, one) for one in requests)
    with ThreadPoolExecutor(2) as pool:
        return iter(list(pool.map(lambda one: answer(judge, one), requests)))


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        found = list(answers(JUDGES[sys.argv[1]], json.loads(Path(sys.argv[3]).read_text())))
    print(json.dumps(found))
