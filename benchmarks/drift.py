"""Seatrial's rules beside Ocean's own judges: do they agree, and what has changed upstream?

    .venv/bin/python benchmarks/drift.py ../ocean --states 300
    .venv/bin/python benchmarks/drift.py ../ocean --compared 2026-08-20

Asks the judges of a checkout of port-labs/ocean about each integration in it, and about integrations at commits
spread over its history. Ends with status 1 if a judge and a rule disagree, or if upstream has changed.
The second form takes the judges of the checkout for known, after the rules have been compared with them.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agreement import Agreement, Judged, table
from upstream import Known, changes, hashes, judges_in, newer_framework, newest_known, release_of

from seatrial.core.errors import SeatrialError
from seatrial.core.model import Integration
from seatrial.system import process
from seatrial.system.folder import DiskFolder
from seatrial.system.sandbox import View, sandbox
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.package import TITLE_FORMAT
from seatrial.validate.rules import RULES
from seatrial.validate.run import check
from seatrial.workspace.workspace import Workspace, open_workspace

PROGRAM = Path(__file__).with_name("drift_judge.py")
SECONDS = 3600
"""Seconds before a judge is given up."""

RUNTIME = (Path(sys.prefix), Path(sys.base_prefix), PROGRAM.parent)
"""The folders that an interpreter of this environment reads."""


@dataclass(frozen=True)
class State:
    """An integration at a commit, or in the work tree if that is empty, and the folder that holds it."""

    name: str
    commit: str
    folder: Path

    def __str__(self) -> str:
        return f"{self.name} at {self.commit[:10]}" if self.commit else self.name


@dataclass(frozen=True)
class Judge:
    """One judge: its name, what it judges, the codes that judge the same, and the file that it needs.

    `applies` tells whether a state has what is judged; `reason` gives the reason of a known difference, if any.
    """

    name: str
    about: str
    codes: frozenset[str]
    needs: str
    applies: Callable[[State], bool]
    reason: Callable[[State, Judged], str] = lambda state, judged: ""


def _has(name: str) -> Callable[[State], bool]:
    return lambda state: (state.folder / name).is_file()


def _changelog_reason(state: State, judged: Judged) -> str:
    if judged.theirs and f'title_format = "{TITLE_FORMAT}"' not in _text(state, "pyproject.toml"):
        return "the integration declares another form of headings, which was right in its day"
    if judged.ours and re.search(r"^#+ *\xa0", _text(state, "CHANGELOG.md"), re.MULTILINE):
        return "a heading with a no-break space is none to Markdown, and the judge passes it over"
    return ""


def _text(state: State, name: str) -> str:
    path = state.folder / name
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


JUDGES = (
    Judge(
        "changelog",
        "validate_changelog.py: form of CHANGELOG.md",
        frozenset({"CHG001", "CHG103", "CHG104", "CHG105", "CHG106", "CHG107", "CHG110"}),
        "scripts/validate_changelog.py",
        _has("CHANGELOG.md"),
        _changelog_reason,
    ),
    Judge(
        "version",
        "ocean_release: version and release intents",
        frozenset({"PKG003", "PKG103", "REL101", "REL102", "REL103"}),
        "scripts/ci/ocean_release/validator.py",
        _has("pyproject.toml"),
    ),
    Judge(
        "poetry",
        "poetry check --lock: poetry.lock",
        frozenset({"PKG201"}),
        "pyproject.toml",
        _has("poetry.lock"),
    ),
)


def ask(name: str, checkout: Path, states: Sequence[State]) -> list[list[str]]:
    """Return what a judge objects to in each state. Raises ServiceError where it cannot be run."""
    with TemporaryDirectory(prefix="seatrial-drift-") as place:
        requests = Path(place, "requests.json")
        requests.write_text(json.dumps([str(state.folder) for state in states]))
        readable = (*RUNTIME, checkout, Path(place), *(state.folder for state in states))
        command = [sys.executable, str(PROGRAM), name, str(checkout), str(requests)]
        confined = sandbox().command(command, View(readable=readable))
        ran = process.run_confined(
            confined, {"PATH": "/usr/bin:/bin", "HOME": "/tmp"}, cwd=None, seconds=SECONDS
        )
    if ran.status:
        raise SystemExit(f"{name} cannot be asked: {ran.err.decode(errors='replace')[-2000:]}")
    answers: list[list[str]] = json.loads(ran.out)
    return answers


def ours(workspace: Workspace, state: State, codes: frozenset[str]) -> tuple[str, ...]:
    """Return the codes of what Seatrial finds in a state, among the other integrations of the workspace."""
    folder = DiskFolder(state.folder, state.folder.parents[1], None)
    integration = Integration(state.name, f"integrations/{state.name}", folder)
    rules = [rule for rule in RULES if rule.code in codes]
    found = check(Facts.of(workspace, integration, None), rules).findings
    return tuple(f"{one.code} {one.severity.value}: {one.message}" for one in found)


def agreement(judge: Judge, checkout: Path, workspace: Workspace, states: Sequence[State]) -> Agreement:
    """Return what a judge and Seatrial say about the states to which it applies."""
    if not (checkout / judge.needs).exists():
        return Agreement(judge.name, judge.about, skipped=f"the checkout has no {judge.needs}")
    chosen = [state for state in states if judge.applies(state)]
    answers = ask(judge.name, checkout, chosen)
    pairs = zip(chosen, answers, strict=True)
    judged = [_judged(judge, workspace, state, theirs) for state, theirs in pairs]
    return Agreement(judge.name, judge.about, judged)


def _judged(judge: Judge, workspace: Workspace, state: State, theirs: Sequence[str]) -> Judged:
    plain = Judged(str(state), tuple(theirs), ours(workspace, state, judge.codes))
    return replace(plain, reason=judge.reason(state, plain))


def git(repository: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


_TOUCHED = re.compile(r"integrations/([a-z0-9][\w.-]*)/")


def touched(repository: Path) -> list[tuple[str, str]]:
    """Return every commit of the history with an integration that it touches, the newest first."""
    log = git(repository, "log", "--first-parent", "--format=:%H", "--name-only", "--", "integrations")
    found: dict[tuple[str, str], None] = {}
    commit = ""
    for line in log.decode(errors="replace").splitlines():
        if line.startswith(":"):
            commit = line[1:]
        elif name := _TOUCHED.match(line):
            found[commit, name[1]] = None
    return list(found)


def spread(pairs: Sequence[tuple[str, str]], count: int) -> list[tuple[str, str]]:
    """Return `count` of the pairs, evenly spread."""
    return [pairs[at * len(pairs) // count] for at in range(min(count, len(pairs)))] if count else []


def historic(repository: Path, count: int, place: Path) -> Iterator[State]:
    """Yield integrations at commits spread over the history, each taken out into a folder of its own."""
    for number, (commit, name) in enumerate(spread(touched(repository), count)):
        try:
            archive = git(repository, "archive", commit, f"integrations/{name}")
        except subprocess.CalledProcessError:
            continue
        target = place / str(number)
        with tarfile.open(fileobj=io.BytesIO(archive)) as members:
            members.extractall(target, filter="data")
        folder = target / "integrations" / name
        if (folder / "pyproject.toml").is_file():
            yield State(name, commit, folder)


def current(workspace: Workspace) -> list[State]:
    """Return the integrations of the checkout as they are."""
    return [State(one.name, "", workspace.root / one.path) for one in workspace.integrations]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("ocean", type=Path, help="the checkout of port-labs/ocean")
    parser.add_argument("--history", type=Path, help="the repository of the commits; the checkout by default")
    parser.add_argument("--states", type=int, default=0, help="how many states of the history to judge")
    parser.add_argument("--compared", metavar="DATE", help="note the judges as compared, and do nothing else")
    return parser.parse_args()


def main() -> int:
    given: Any = arguments()
    checkout = Path(os.path.abspath(given.ocean))
    if given.compared:
        Known(given.compared, hashes(judges_in(checkout))).write()
        return 0
    try:
        workspace = open_workspace(str(checkout))
    except SeatrialError as wrong:
        raise SystemExit(f"drift: {wrong}") from None
    with TemporaryDirectory(prefix="seatrial-drift-") as place:
        states = [*current(workspace), *historic(given.history or checkout, given.states, Path(place))]
        agreements = [agreement(judge, checkout, workspace, states) for judge in JUDGES]
    changed = upstream(checkout)
    print("\n".join([table(agreements), *changed]))
    return int(bool(changed) or any(one.unexplained for one in agreements))


def upstream(checkout: Path) -> list[str]:
    """Return what changed upstream, a sentence each."""
    release = release_of((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    judges = changes(Known.read(), judges_in(checkout))
    return [*judges, *newer_framework(release, newest_known())]


if __name__ == "__main__":
    sys.exit(main())
