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
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agreement import Agreement, Judged, table
from upstream import Known, changes, hashes, judges_in, newer_framework, newest_known, release_of

from seatrial.core.errors import SeatrialError, ServiceError
from seatrial.core.framework import Framework
from seatrial.core.model import Integration
from seatrial.core.printable import one_line
from seatrial.handbook.rule_examples import NAME, good_folder
from seatrial.system import process
from seatrial.system.cache import home
from seatrial.system.folder import DiskFolder
from seatrial.system.sandbox import View, sandbox
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.package_metadata import TITLE_FORMAT
from seatrial.validate.rules import RULES
from seatrial.validate.run import check
from seatrial.validate.since import since
from seatrial.workspace.workspace import Workspace, open_workspace

PROGRAM = Path(__file__).with_name("drift_judge.py")
SECONDS = 3600
"""Seconds before a judge is given up."""

CLASSES = PROGRAM.parents[1] / "scripts/seatrial/lint/own_code/programs"
RUNTIME = (Path(sys.prefix), Path(sys.base_prefix), PROGRAM.parent, CLASSES)
"""The folders that an interpreter of this environment reads."""


@dataclass(frozen=True)
class State:
    """An integration at a commit, or in the work tree if that is empty, and the folder that holds it.

    `planted` is the code of the rule whose bad example it is; empty for a real state.
    """

    name: str
    commit: str
    folder: Path
    planted: str = ""

    def __str__(self) -> str:
        if self.planted:
            return f"bad example of {self.planted}"
        return f"{self.name} at {self.commit[:10]}" if self.commit else self.name


@dataclass(frozen=True)
class Judge:
    """One judge: its name, what it judges, the codes that judge the same, and the file that it needs.

    `applies` tells whether a state has what is judged; `reason` gives the reason of a known difference, if any.
    Only findings in files whose path has `within` count. With `framework` the judge is part of port-ocean.
    """

    name: str
    about: str
    codes: frozenset[str]
    needs: str
    applies: Callable[[State], bool]
    reason: Callable[[State, Judged], str] = lambda state, judged: ""
    within: str = ""
    framework: bool = False


_LOCKED = re.compile(r'^name = "port-ocean"\nversion = "([\d.]+)"', re.MULTILINE)


def _has(name: str) -> Callable[[State], bool]:
    return lambda state: (state.folder / name).is_file()


def _has_any(name: str) -> Callable[[State], bool]:
    return lambda state: any(
        (state.folder / f"{name}.{ending}").is_file() for ending in ("json", "yaml", "yml")
    )


def _changelog_reason(state: State, judged: Judged) -> str:
    if judged.theirs and f'title_format = "{TITLE_FORMAT}"' not in _text(state, "pyproject.toml"):
        return "the integration declares another form of headings, which was right in its day"
    if judged.ours and re.search(r"^#+ *\xa0", _text(state, "CHANGELOG.md"), re.MULTILINE):
        return "a heading with a no-break space is none to Markdown, and the judge passes it over"
    if judged.ours and all(one.startswith("CHG104 ") for one in judged.ours):
        return "the judge asks a date for its digits alone, and lets 2026-31-01 pass"
    return ""


def _configurations_reason(state: State, judged: Judged) -> str:
    if judged.ours and all(one.startswith("SPC104 ") for one in judged.ours):
        return "pydantic makes a boolean of `no`; Port's form of a spec has true and false"
    return ""


def _is_gated(state: State) -> bool:
    """Whether a state has resource classes, and locks a framework with the gate."""
    locked = _LOCKED.search(_text(state, "poetry.lock"))
    has_gate = bool(locked and Framework.of(locked[1]).has("own-kind"))
    return has_gate and (state.folder / "integration.py").is_file()


def _schema_reason(state: State, judged: Judged) -> str:
    if any("ModuleNotFoundError" in one for one in judged.theirs):
        return "the environment of the framework lacks a package that the integration imports"
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
        frozenset({"PKG103", "REL101", "REL102", "REL103"}),
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
    Judge(
        "mapping",
        "port_ocean's PortAppConfig: the default mapping",
        frozenset({"RES001", "RES003", "RES104"}),
        "port_ocean/core/handlers/port_app_config/models.py",
        _has_any(".port/resources/port-app-config"),
        within="/port-app-config.",
        framework=True,
    ),
    Judge(
        "schema",
        "ocean port-app-config schema: resource classes, and the mapping by them",
        frozenset({"COD101", "COD102", "COD103", "COD104", "COD105", "COD160", "COD161", "COD164", "COD165"}),
        "port_ocean/core/handlers/port_app_config/validators.py",
        _is_gated,
        _schema_reason,
        framework=True,
    ),
    Judge(
        "configurations",
        "port_ocean's default_config_factory: the spec's configurations",
        frozenset({"SPC001", "SPC104", "SPC105", "SPC120"}),
        "port_ocean/config/dynamic.py",
        _has_any(".port/spec"),
        _configurations_reason,
        within="/.port/spec.",
        framework=True,
    ),
)
NOT_ASKED = (
    Agreement(
        "openapi",
        "Port's public OpenAPI: blueprints",
        skipped="no checkout holds it; compare schemas/blueprints.yaml with Port's page by hand",
    ),
)
"""The judges that are known and cannot be asked here."""


def ask(
    name: str, checkout: Path, requests: Sequence[Any], see: Sequence[Path], python: Path
) -> list[list[str]]:
    """Return what a judge objects to in each request, run by `python`; it sees the files `see`.

    Raises ServiceError where it cannot be run.
    """
    with TemporaryDirectory(prefix="seatrial-drift-") as place:
        asked = Path(place, "requests.json")
        asked.write_text(json.dumps(requests))
        own = (python.parents[1], python.resolve().parents[1])
        command = [str(python), str(PROGRAM), name, str(checkout), str(asked)]
        readable = (*RUNTIME, *own, checkout, Path(place), *see)
        confined = sandbox().command(command, View(readable=readable))
        ran = process.run_confined(
            confined, {"PATH": "/usr/bin:/bin", "HOME": "/tmp"}, cwd=None, seconds=SECONDS
        )
    if ran.status:
        raise ServiceError(f"{name} cannot be asked: {one_line(ran.err.decode(errors='replace')[-300:])}")
    answers: list[list[str]] = json.loads(ran.out)
    return answers


def ours(workspace: Workspace, state: State, judge: Judge) -> tuple[str, ...]:
    """Return what Seatrial finds in a state, among the other integrations of the workspace."""
    folder = DiskFolder(state.folder, state.folder.parents[1], None)
    integration = Integration(state.name, f"integrations/{state.name}", folder)
    return said(Facts.of(workspace, integration, None), judge.codes, judge.within)


def said(facts: Facts, codes: frozenset[str], within: str = "") -> tuple[str, ...]:
    """Return the findings of these codes, in files whose path has `within`, one line each."""
    found = check(facts, [rule for rule in RULES if rule.code in codes]).findings
    return tuple(f"{one.code} {one.severity.value}: {one.message}" for one in found if within in one.path)


def agreement(judge: Judge, workspace: Workspace, states: Sequence[State], python: Path | None) -> Agreement:
    """Return what a judge and Seatrial say about the states to which it applies.

    `python` has the framework; None where there is none.
    """
    checkout = workspace.root
    if judge.framework and python is None:
        return Agreement(judge.name, judge.about, skipped="no environment with port-ocean could be made")
    if not (checkout / judge.needs).exists():
        return Agreement(judge.name, judge.about, skipped=f"the checkout has no {judge.needs}")
    meant = [state for state in states if not state.planted or state.planted in judge.codes]
    chosen = [state for state in meant if judge.applies(state)]
    folders = [state.folder for state in chosen]
    interpreter = python if judge.framework and python else Path(sys.executable)
    answers = ask(judge.name, checkout, [str(one) for one in folders], folders, interpreter)
    pairs = zip(chosen, answers, strict=True)
    judged = [_judged(judge, workspace, state, theirs) for state, theirs in pairs]
    return Agreement(judge.name, judge.about, judged)


def _judged(judge: Judge, workspace: Workspace, state: State, theirs: Sequence[str]) -> Judged:
    plain = Judged(str(state), tuple(theirs), ours(workspace, state, judge))
    return replace(plain, reason=judge.reason(state, plain))


def framework(workspace: Workspace, python: str) -> Path | None:
    """Return the interpreter of an environment with the framework that most integrations lock; None without one."""
    locked = (_LOCKED.search(_text(one, "poetry.lock")) for one in current(workspace))
    versions = Counter(found[1] for found in locked if found)
    if not versions:
        return None
    version = versions.most_common(1)[0][0]
    interpreter = home(os.environ) / "drift" / f"port-ocean-{version}" / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    make = [*uv, "venv", "--quiet", "--allow-existing", "--python", python, str(interpreter.parents[1])]
    fill = [*uv, "pip", "install", "--quiet", "--python", str(interpreter), f"port-ocean[cli]=={version}"]
    for command in (make, fill):
        ran = process.run(command)
        if ran.status:
            print(f"drift: {one_line(ran.err.decode(errors='replace')[-300:])}", file=sys.stderr)
            return None
    return interpreter


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
    for number, (commit, name) in enumerate(spread(touched(repository), count) if count else []):
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


def planted(place: Path) -> Iterator[State]:
    """Yield the bad example of each rule that a judge is compared with: a judge that never refuses proves nothing."""
    codes = frozenset().union(*(judge.codes for judge in JUDGES))
    for rule in (rule for rule in RULES if rule.code in codes):
        bad = rule.bad(good_folder(rule.profile))
        folder = place / rule.code / "integrations" / NAME
        for path in bad.paths():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(bad.read(path))
        yield State(NAME, "", folder, rule.code)


def current(workspace: Workspace) -> list[State]:
    """Return the integrations of the checkout as they are."""
    return [State(one.name, "", workspace.root / one.path) for one in workspace.integrations]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("ocean", type=Path, help="the checkout of port-labs/ocean")
    parser.add_argument("--history", type=Path, help="the repository of the commits; the checkout by default")
    parser.add_argument("--states", type=int, default=0, help="how many states of the history to judge")
    parser.add_argument(
        "--python", default=os.environ.get("UV_PYTHON", "3.12"), help="the Python for port-ocean"
    )
    parser.add_argument("--compared", metavar="DATE", help="note the judges as compared, and do nothing else")
    return parser.parse_args()


def agreed(checkout: Path, history: Path, count: int, python: str) -> list[Agreement]:
    """Return what each judge and Seatrial say about the checkout, the bad examples and states of the history."""
    workspace = open_workspace(str(checkout))
    with TemporaryDirectory(prefix="seatrial-drift-") as folder:
        place = Path(folder)
        states = [*current(workspace), *planted(place / "planted"), *historic(history, count, place)]
        interpreter = framework(workspace, python)
        agreements = [agreement(judge, workspace, states, interpreter) for judge in JUDGES]
        return [*agreements, changes_judged(checkout, history, count, place)]


def main() -> int:
    given: Any = arguments()
    checkout = Path(os.path.abspath(given.ocean))
    if given.compared:
        Known(given.compared, hashes(judges_in(checkout))).write()
        return 0
    history = Path(os.path.abspath(given.history or checkout))
    try:
        agreements = [*agreed(checkout, history, given.states, given.python), *NOT_ASKED]
    except SeatrialError as wrong:
        print(f"drift: {wrong}", file=sys.stderr)
        return 2
    changed = upstream(checkout)
    print("\n".join([table(agreements), *changed]))
    return int(bool(changed) or any(one.unexplained for one in agreements))


CHANGE = Judge(
    "change",
    "validate_ocean_release.py: what a commit brings",
    frozenset({"PKG103", "CHG201", "REL001", "REL101", "REL102", "REL103"}),
    "scripts/ci/ocean_release/validator.py",
    lambda state: True,
)


def changes_judged(checkout: Path, repository: Path, count: int, place: Path) -> Agreement:
    """Return what the judge of releases and Seatrial say about commits spread over the history."""
    if not (checkout / CHANGE.needs).exists():
        return Agreement(CHANGE.name, CHANGE.about, skipped=f"the checkout has no {CHANGE.needs}")
    commits = list(dict.fromkeys(commit for commit, _ in touched(repository))) if count else []
    if not count or len(commits) < 2:
        return Agreement(
            CHANGE.name, CHANGE.about, skipped="no states of the history are asked for, or there are none"
        )
    work = place / "work"
    git(place, "clone", "--quiet", "--shared", "--no-checkout", str(repository), str(work))
    judged = [
        one
        for commit, _ in spread([(commit, "") for commit in commits[:-1]], count)
        for one in _change(checkout, repository, work, commit)
    ]
    return Agreement(CHANGE.name, CHANGE.about, judged)


def _change(checkout: Path, repository: Path, work: Path, commit: str) -> Iterator[Judged]:
    """Yield what is said of each integration that a commit changes."""
    git(work, "checkout", "--quiet", "--force", "--detach", commit)
    request = {"repository": str(work), "base": "HEAD^"}
    (theirs,) = ask(CHANGE.name, checkout, [request], (work, repository), Path(sys.executable))
    workspace = open_workspace(str(work))
    compared = since(workspace, "HEAD^")
    changed = compared.touched(workspace.integrations)
    found = compared.changes(changed)
    for one in changed:
        about = tuple(
            line for line in theirs if re.match(rf"(?:.*/)?{re.escape(one.name)}[:/]|raised ", line)
        )
        facts = Facts.of(workspace, one, found.get(one.path))
        mine = said(facts, CHANGE.codes)
        yield Judged(f"{one.name} by {commit[:10]}", about, mine, _change_reason(about, mine))


def _change_reason(theirs: Sequence[str], mine: Sequence[str]) -> str:
    if not theirs and mine and all(one.startswith("CHG201 ") for one in mine):
        return "the newest entry is for another version, and the judge only asks that the changelog changes"
    return ""


def upstream(checkout: Path) -> list[str]:
    """Return what changed upstream, a sentence each."""
    release = release_of((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    judges = changes(Known.read(), judges_in(checkout))
    return [*judges, *newer_framework(release, newest_known())]


if __name__ == "__main__":
    sys.exit(main())
