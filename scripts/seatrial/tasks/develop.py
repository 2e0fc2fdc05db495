"""The tasks for working on Seatrial itself, and the namespace of a checkout, which has them beside all others."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from seatrial.core.errors import UsageError
from seatrial.core.findings import Outcome
from seatrial.core.model import Finding
from seatrial.report import Options
from seatrial.report.text import render, summary
from seatrial.scaffold import skeleton
from seatrial.system import git, process
from seatrial.system.atomic import write_whole
from seatrial.tasks.cli import Ended, jobs_of, note
from seatrial.tasks.menu import VERBS, Option, OptionKind, Verb, options_of
from seatrial.tasks.program import namespace

CHECKOUT = Path(__file__).parents[3]


LATEST = Option("latest", "with the newest packages of others instead of the locked ones", OptionKind.SWITCH)
OWN = (
    Verb(
        "test",
        "Run the tests of Seatrial itself.",
        "develop:test",
        (
            Option(
                "tests",
                "what to run instead of all: unit (in memory), a folder such as tests/lint, or options of pytest",
            ),
            LATEST,
        ),
    ),
    Verb("docs", "Write every generated page, and the generated part of the Makefile, anew.", "develop:docs"),
    Verb("lock", "Renew locks/, the packages that make and make test install.", "lock:lock", (LATEST,)),
    Verb(
        "lock.template",
        "Renew the poetry.lock that new integrations get.",
        "lock:lock_template",
        (LATEST,),
    ),
    Verb(
        "template.keep",
        "After a change of the template: keep what the last commit has otherwise, and raise the revision.",
        "develop:keep_template",
    ),
    Verb(
        "drift",
        "Ask Ocean's own judges what Seatrial's rules judge, and tell what changed upstream.",
        "develop:drift",
        (
            Option("ocean", "a checkout of port-labs/ocean; ../ocean by default"),
            Option("states", "how many states of its history to judge besides; 0 by default"),
        ),
    ),
)
"""The tasks for working on Seatrial itself."""


PARALLEL = (f"--numprocesses={jobs_of(None) + 1}", "--dist=loadscope", "--no-loadscope-reorder")
"""One process more than cores, as tests wait for programs; with four more, they cost a fifth more of the processor."""

IN_MEMORY = (
    "core", "dependencies", "lint/tools", "preview", "release/plan", "report", "scaffold", "schemas", "test_layers.py",
    "validate/facts", "validate/rules",
)  # fmt: skip
"""The tests of rooms that touch nothing outside of the process, less those of documents, whose floods take long."""

UNIT = (
    f"--numprocesses={jobs_of(None) + 1}",
    *PARALLEL[1:],
    "-m",
    "not slow",
    *(f"tests/{place}" for place in IN_MEMORY),
)


def test(tests: str | None, latest: bool) -> None:
    """Run the tests of Seatrial itself; `latest` is for make, which sets up another environment for it."""
    chosen = UNIT if tests == "unit" else shlex.split(tests) if tests else PARALLEL
    with _test_folder(MEMORY) as place:
        status = process.follow([sys.executable, "-m", "pytest", *place, *chosen], cwd=CHECKOUT)
    if status:
        raise Ended(code=status)


MEMORY = Path("/dev/shm")  # noqa: S108
"""The file system in memory that Linux has."""

ROOMY = 6 * 1024**3
"""The bytes that a file system in memory must have free for the files of all tests, which are 4 GiB at most."""

_KEPT_FOR = "seatrial-tests-"


@contextmanager
def _test_folder(memory: Path) -> Iterator[list[str]]:
    """Yield pytest's option for a folder in memory, where nobody waits for a disk; none where memory has no room."""
    if not _has_room(memory):
        yield []
        return
    for folder in memory.glob(f"{_KEPT_FOR}*"):
        if not _is_running(folder.name.split("-")[2]):
            shutil.rmtree(folder, ignore_errors=True)
    prefix = f"{_KEPT_FOR}{os.getpid()}-"
    with TemporaryDirectory(dir=memory, prefix=prefix, ignore_cleanup_errors=True) as place:
        yield [f"--basetemp={place}/tests"]


def _has_room(memory: Path) -> bool:
    """Return whether a file system is there, may be written to, runs programs and has ROOMY bytes free."""
    try:
        facts = os.statvfs(memory)
    except OSError:
        return False
    runs = not facts.f_flag & os.ST_NOEXEC
    return runs and os.access(memory, os.W_OK) and facts.f_bavail * facts.f_frsize >= ROOMY


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def drift(ocean: str | None, states: str | None) -> None:
    """Compare Seatrial with the judges of a checkout of Ocean; `ocean` and `states` as their options say."""
    program = CHECKOUT / "benchmarks" / "drift.py"
    status = process.follow([sys.executable, str(program), ocean or "../ocean", "--states", states or "0"])
    if status:
        raise Ended(code=status)


def docs() -> None:
    """Write every generated file whose text has changed."""
    for path, text in generated().items():
        place = CHECKOUT / path
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            _write(path, text)


SHOWN = (
    "misspelled-key",
    "unknown-mapped-property",
    "changelog-version-disagrees",
    "unused-configuration",
    "missing-gitignore",
)
"""The rules that the folder in the README's picture breaks."""

TOOLS_SHOWN = ("LNT102", "LNT103", "LNT104", "LNT201")
"""The laws of lint that the other picture shows broken."""


@cache
def generated() -> dict[str, str]:
    """Return every generated page, by its path in the checkout."""
    from seatrial.handbook.rule_examples import example
    from seatrial.handbook.rule_pages import EVERY, listing, page
    from seatrial.handbook.scale_page import page as scale
    from seatrial.schemas.jsonschema import derived_files

    schemas = {f"docs/schemas/{name}": text for name, text in derived_files().items()}
    return {
        "CONTRIBUTING.md": _with_rooms(_read("CONTRIBUTING.md")),
        "Makefile": _with_targets(_read("Makefile")),
        "docs/quality.md": scale(),
        "docs/reference.md": reference_page(VERBS, OWN),
        "scripts/seatrial/handbook/rules.txt": listing(EVERY),
        "docs/rules.md": page({rule: example(rule) for rule in EVERY}),
        **schemas,
        **_pictures(),
    }


def _read(path: str) -> str:
    return (CHECKOUT / path).read_text(encoding="utf-8")


def _with_rooms(text: str) -> str:
    """Return CONTRIBUTING.md with the table of rooms as it is now."""
    from seatrial.handbook.rooms import table

    return _between(text, "rooms.py -->\n", "<!-- end of rooms -->", f"\n{table()}\n")


def _with_targets(text: str) -> str:
    """Return the Makefile with the variables and targets of the menu as it is now."""
    verbs = (*VERBS, *OWN)
    targets = "\n".join((makefile_targets(VERBS, "READY"), makefile_targets(OWN, "DEVELOP")))
    text = _between(text, "# variables\n", "# end of variables\n", makefile_variables(verbs))
    return _between(text, "# targets\n", "# end of targets\n", f"{targets}\n")


def _between(text: str, begin: str, end: str, new: str) -> str:
    """Return a text with `new` in place of what stands between two marks."""
    head, first, rest = text.partition(begin)
    _, second, tail = rest.partition(end)
    return head + first + new + second + tail


def _pictures() -> dict[str, str]:
    """Return the pictures of a terminal, drawn from what is really printed, by path."""
    from seatrial.handbook.picture import picture
    from seatrial.handbook.rule_examples import broken_by, example
    from seatrial.handbook.rule_pages import entry
    from seatrial.lint.tools.registry import LINT_RULE_OF
    from seatrial.validate.rules import BY_NAME

    rule = BY_NAME[SHOWN[1]]
    validated = broken_by(*(BY_NAME[name] for name in SHOWN))
    linted = sorted(
        (finding for name in TOOLS_SHOWN for finding in example(LINT_RULE_OF[name]).findings),
        key=lambda finding: finding.sort_key,
    )
    return {
        "docs/pictures/validate.svg": picture("validate", "make validate", _shown(validated)),
        "docs/pictures/lint.svg": picture("lint", "make lint", _shown(linted)),
        "docs/pictures/release.svg": picture("release", "make release DRY_RUN=1", _planned().rstrip()),
        "docs/pictures/explain.svg": picture(
            "explain", f"make explain CODE={rule.code}", entry(rule, example(rule)).rstrip()
        ),
    }


def _planned() -> str:
    """Return the table of what a release would do for a few integrations in different states."""
    from seatrial.release.plan.plan import plan
    from seatrial.release.plan.ports import Absent, Present, Unknown
    from seatrial.release.plan.state import Candidate, Checks, IndexSeen, State, Tally, VersionStatus
    from seatrial.release.run.release_tables import plan_table

    there = Present("sha256:" + "5ea" * 21 + "5")
    whole = VersionStatus(there, there, spec=True, receipt=True, type_spec=True, git_tag="c0ffee")
    stand = {
        "amber-desk": (VersionStatus(Absent(), there), "1.4.0"),
        "blue-ledger": (replace(whole, spec=False, git_tag=""), "0.9.2"),
        "coral-board": (VersionStatus(Absent(), Absent()), "0.3.0-beta"),
        "drift-wood": (VersionStatus(Unknown("ghcr.io gave no answer in time"), Absent()), "2.0.1"),
        "east-pier": (whole, "1.0.0"),
    }
    found = [Candidate(name, name, name, version, name, "", "D") for name, (_, version) in stand.items()]
    good = Checks(Tally(), Tally())
    checks = {"amber-desk": good, "coral-board": replace(good, lint=Tally(errors=2))}
    index = IndexSeen("", {"amber-desk": "1.3.2", "blue-ledger": "0.9.1", "east-pier": "1.0.0"})
    statuses = {name: standing for name, (standing, _) in stand.items()}
    return plan_table(plan(State("", 0, "", index, tuple(found), statuses), checks))


def _shown(findings: Sequence[Finding]) -> str:
    """Return what a run prints that found these in the folder of the examples."""
    outcome = Outcome(tuple(findings), ("good-service",))
    return render(outcome, Options(colour=True)) + summary(outcome, "make explain CODE=")


WIDTH = 100


def makefile_variables(verbs: Sequence[Verb]) -> str:
    """Return the lists of variables: those that keep a value from the environment, those of one call; and .PHONY."""
    options = options_of(verbs)
    kept = [option.variable for option in options if option.inherited]
    of_one_call = [option.variable for option in options if not option.inherited]
    targets = " ".join(("help", *(verb.target for verb in verbs), "setup", "clean"))
    lists = {"override INHERITED :=": kept, "override VARIABLES :=": of_one_call, ".PHONY:": [targets]}
    return "".join(f"{name} {' '.join(words)}\n" for name, words in lists.items())


def makefile_targets(verbs: Sequence[Verb], stamp: str) -> str:
    """Return a target for each task; `make help` prints what follows its `##` and `#:`."""
    return "\n".join(_target(verb, stamp) for verb in verbs)


def _target(verb: Verb, stamp: str) -> str:
    variables = " ".join(f"{option.variable}=" for option in verb.options)
    arguments = ' ""' * len(
        verb.positional
    )  # empty, so that SEATRIAL_NAME counts: a name is never read as a flag
    lines = [f"{verb.target}: $({stamp}) ## {verb.summary}"]
    lines += [f"#: {line}" for line in textwrap.wrap(variables, WIDTH)]
    return "\n".join([*lines, f"\t@$(INVOKE) {verb.name}{arguments}", ""])


def reference_page(verbs: Sequence[Verb], own: Sequence[Verb]) -> str:
    """Return docs/reference.md: every task with its options, and `own`, the tasks for working on Seatrial itself."""
    parts = [
        "# Reference: tasks and options",
        "This page is written by `make docs` from the menu of tasks.",
        "Each task can be called in three ways: `make validate`, `invoke validate` in this checkout, and "
        "`seatrial validate` wherever Seatrial is installed; `release.status` is `make release-status`. An option is a "
        "flag for `invoke` and `seatrial`, a variable for `make`, and for all of them an environment variable: "
        "`--root DIR`, `ROOT=DIR`, `SEATRIAL_ROOT=DIR`. A flag wins over the environment; an empty value counts as not "
        "given. Switches are on unless they are empty, `0`, `no`, `false` or `off`.",
        "## Exit statuses",
        "| status | meaning |\n|---|---|\n"
        "| 0 | nothing wrong |\n"
        "| 1 | findings of severity error; with `--strict`, of severity warning too |\n"
        "| 2 | wrong use, or a wrong configuration |\n"
        "| 3 | a tool or a service failed |\n"
        "| 130 | interrupted |",
        "## Tasks",
        *map(_section, verbs),
        "## Tasks for working on Seatrial itself",
        *map(_section, own),
    ]
    return "\n\n".join(parts) + "\n"


def _section(verb: Verb) -> str:
    usage = " ".join([verb.name, *(f"[{name.upper()}]" for name in verb.positional)])
    rows = [_row(option) for option in verb.options]
    table = ["| flag | variable | |", "|---|---|---|", *rows] if rows else []
    return "\n\n".join([f"### `{usage}`", verb.summary, *(["\n".join(table)] if table else [])])


def _row(option: Option) -> str:
    flags = f"`{option.flag}`" + (f", `-{option.short}`" if option.short else "")
    return f"| {flags} | `{option.variable}` | {option.help} |"


HISTORY = "templates/history"
DIGEST = f"{HISTORY}/DIGEST"
REVISION = "REVISION = {}\n"
SOURCE = "scripts/seatrial/scaffold/skeleton.py"
SUFFIX = ".tmpl"


def keep_template() -> None:
    """Write the committed files that the template has changed since into its history, and raise the revision.

    Raises UsageError where the template has not changed since the last commit.
    """
    before = git.folder_at(CHECKOUT, git.resolve(CHECKOUT, "HEAD"), "templates/integration")
    paths = [path for path in before.paths() if path.endswith(SUFFIX)]
    former = {path.removesuffix(SUFFIX): before.read(path).decode() for path in paths}
    otherwise = skeleton.difference(former)
    if not otherwise:
        raise UsageError("the template has not changed since the last commit")
    for path, text in otherwise.items():
        name = path if path == skeleton.ABSENT else f"{path}{SUFFIX}"
        _write(f"{HISTORY}/{skeleton.REVISION}/{name}", text)
    source = (CHECKOUT / SOURCE).read_text(encoding="utf-8")
    numbers = (REVISION.format(skeleton.REVISION), REVISION.format(skeleton.REVISION + 1))
    _write(SOURCE, source.replace(*numbers, 1))
    _write(DIGEST, f"{skeleton.digest()}\n")


def _write(path: str, text: str) -> None:
    write_whole(CHECKOUT / path, text, root=CHECKOUT, make=True)
    note(f"wrote {path}")


ns = namespace((*VERBS, *OWN))
