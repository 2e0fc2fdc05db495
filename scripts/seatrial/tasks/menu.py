"""The menu: every task with its options. The command line, the Makefile and docs/reference.md are made from it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from importlib import import_module

from seatrial.system.interrupts import held_back


class OptionKind(Enum):
    """The form of an option's value: a text, a switch, a repeatable text, or one whose variable holds words."""

    TEXT = "text"
    SWITCH = "switch"
    LIST = "list"
    WORDS = "words"


Value = str | bool | list[str] | None


@dataclass(frozen=True)
class Option:
    """One option: `--no-cache` on the command line, NO_CACHE= in make, SEATRIAL_NO_CACHE in the environment.

    `short` is its letter, if it has one. `inherited` options keep the value that the environment around make
    gives them; the others count for one call only. `choices` are offered by the completion of a shell. `beside` names
    a switch without which the environment's value, which may be meant for another task, does not count.
    """

    name: str
    help: str
    kind: OptionKind = OptionKind.TEXT
    short: str = ""
    inherited: bool = False
    choices: tuple[str, ...] = ()
    beside: str = ""

    @property
    def flag(self) -> str:
        """The long flag."""
        return "--" + self.name.replace("_", "-")

    @property
    def flags(self) -> tuple[str, ...]:
        """The long flag, and the short one if there is one."""
        return (self.flag, f"-{self.short}") if self.short else (self.flag,)

    @property
    def is_switch(self) -> bool:
        """True where it takes no value."""
        return self.kind is OptionKind.SWITCH

    @property
    def is_list(self) -> bool:
        """True where it may be stated several times."""
        return self.kind in (OptionKind.LIST, OptionKind.WORDS)

    @property
    def variable(self) -> str:
        """The variable of make."""
        return self.name.upper()

    def value(self, given: Value) -> Value:
        """Return what the flag says, else what SEATRIAL_<NAME> says; empty counts as not given.

        A switch in the environment is on unless it is empty, 0, no, false or off.
        """
        stated = os.environ.get(f"SEATRIAL_{self.variable}", "")
        if self.kind is OptionKind.SWITCH:
            return bool(given) or stated.lower() not in ("", "0", "no", "false", "off")
        if self.kind is OptionKind.TEXT:
            return given or stated or None
        values = list(given) if isinstance(given, list) else []
        return values or (stated.split() if self.kind is OptionKind.WORDS else [stated] if stated else [])


@dataclass(frozen=True)
class Verb:
    """One task: its name, one line about it, the function that does it, and its options.

    `run` names a module of this package and a function in it, which takes the value of each option under its
    name. `positional` options may be given without their flag.
    """

    name: str
    summary: str
    run: str
    options: tuple[Option, ...] = ()
    positional: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The target of the Makefile."""
        return self.name.replace(".", "-")

    def call(self, given: Mapping[str, Value]) -> None:
        """Do the task with these flags."""
        module, _, function = self.run.partition(":")
        with held_back():
            body = getattr(import_module(f"seatrial.tasks.{module}"), function)
        values = {option.name: option.value(given.get(option.name)) for option in self.options}
        for option in () if os.environ.get("MAKELEVEL") else self.options:  # make hands on what was typed
            if option.beside and not (given.get(option.name) or values[option.beside]):
                values[option.name] = None
        body(**values)


ROOT = Option(
    "root",
    "the repository; by default the nearest folder above with integrations/, .port/ or seatrial.toml",
    short="r",
    inherited=True,
)
INTEGRATION = Option(
    "integration",
    "an integration by name, which may stand behind the task without this flag; repeatable, commas allowed; by "
    "default the one you are in, or all",
    OptionKind.LIST,
    short="i",
    inherited=True,
)
WHERE = Option(
    "where",
    "of these only those that a filter fits, such as 'core<0.48 and (type=jira or owner=@team)'; fields: name, type, "
    "section, core, version, level, owner, changed-days, age-days",
    inherited=True,
)
SINCE = Option("since", "of these only what has changed since a revision such as origin/main", inherited=True)
NEW = Option(
    "new",
    "fail only on what the change brought; the default with --since in CI for a pull request",
    OptionKind.SWITCH,
    inherited=True,
)
OLD = Option(
    "old", "fail on old findings too, in CI for a pull request as well", OptionKind.SWITCH, inherited=True
)
FORMAT = Option(
    "format",
    "text, json, github, sarif, junit or gitlab; by default text, and github under GitHub Actions",
    short="f",
    inherited=True,
    choices=("text", "json", "github", "sarif", "junit", "gitlab"),
)
OUTPUT = Option(
    "output", "write the findings to this file instead of standard output", short="o", inherited=True
)
STRICT = Option("strict", "fail on warnings as well", OptionKind.SWITCH, inherited=True)
ADVICE = Option("advice", "show advice as well, which is below info", OptionKind.SWITCH, inherited=True)
VERBOSE = Option(
    "verbose",
    "show below each finding the lines that it is about, as on a terminal",
    OptionKind.SWITCH,
    inherited=True,
)
NO_CACHE = Option("no_cache", "use no results of earlier runs", OptionKind.SWITCH)
SANDBOX = Option(
    "sandbox",
    "auto, or required to refuse to run tools where the kernel gives no namespaces; by default auto",
    inherited=True,
    choices=("auto", "required"),
)
JOBS = Option("jobs", "processes to use; by default one per core", short="j", inherited=True)
CHECK_JOBS = replace(JOBS, help="processes to use for the checks; by default one per core")

FILES = Option(
    "files",
    "the names are files, as pre-commit gives them: of these only the integrations that they are in",
    OptionKind.SWITCH,
)
QUIET = Option("quiet", "show errors only, and the line at the end", OptionKind.SWITCH)
STATISTICS = Option(
    "statistics",
    "show the number of findings by code, and which of them can be repaired; text or json",
    OptionKind.SWITCH,
)
WATCH = Option("watch", "show it again whenever a file has changed, until Ctrl-C", OptionKind.SWITCH)

CHOOSING = (INTEGRATION, WHERE, ROOT)
COMPARING = (*CHOOSING, SINCE)
REPORTING = (FORMAT, OUTPUT, STRICT, JOBS)

VALIDATING = (
    *COMPARING,
    NEW,
    OLD,
    *REPORTING,
    VERBOSE,
    ADVICE,
    NO_CACHE,
    FILES,
    QUIET,
    STATISTICS,
    WATCH,
)
LINTING = (
    Option(
        "tools",
        "only these, such as black,ruff; by default those of the profile",
        inherited=True,
        choices=("poetry", "mypy", "ruff", "black", "yamllint"),
    ),
    Option("fix", "first let ruff and black repair what they safely can", OptionKind.SWITCH),
    NO_CACHE,
    Option("why", "say why each tool would run again on this integration, or not, and run nothing"),
    Option(
        "verbose",
        "show the tools' own output as well, and below each finding the lines that it is about",
        OptionKind.SWITCH,
        inherited=True,
    ),
    SANDBOX,
)
WITHOUT = Option(
    "without",
    "checks to leave out, such as unit,lint; of layout, spec, mapping, version, change, lint, unit, schema and release",
    inherited=True,
    choices=("layout", "spec", "mapping", "version", "change", "lint", "unit", "schema", "release"),
)
TIMEOUT = Option(
    "timeout", "seconds after which the tests of an integration are ended; by default 600", inherited=True
)
TESTING = (
    TIMEOUT,
    Option("network", "let the tests use the network, and keep no result of them", OptionKind.SWITCH),
    NO_CACHE,
    Option(
        "verbose",
        "show what pytest printed as well, and below each finding the lines that it is about",
        OptionKind.SWITCH,
        inherited=True,
    ),
    SANDBOX,
)
MAKING = (
    Option("name", 'the title that people read, such as "My Service"; asked for on a terminal'),
    ROOT,
    Option("profile", "guide or ocean; by default that of the repository", choices=("guide", "ocean")),
    Option("slug", "name of the folder and the package; by default made from the title"),
    Option("parent", "the first kind that it exports"),
    Option("child", "a second kind, which belongs to the first"),
    Option(
        "kinds",
        "instead of these two any kinds, each perhaps behind the one it belongs to: project,issue:project,user",
    ),
    Option(
        "pagination",
        "how the API gives long lists: page, offset, cursor or link; by default page",
        choices=("page", "offset", "cursor", "link"),
    ),
    Option("live_events", "receive the events of the service, by webhooks", OptionKind.SWITCH),
    Option("actions", "offer an action that people start in Port", OptionKind.SWITCH),
    Option("oauth", "take the token of a person who signs in, where Port hosts it", OptionKind.SWITCH),
    Option("rate_limits", "wait before the service refuses, by what its answers say", OptionKind.SWITCH),
    Option("description", "one line about what the integration does"),
    Option("section", "the section of the catalogue"),
    Option("icon", "the icon in Port"),
    Option("author", "by default git's user.name"),
    Option("email", "by default git's user.email"),
    Option("core", "the framework's version; by default the template's, or a newer one that another locks"),
    Option("no_lock", "make no poetry.lock", OptionKind.SWITCH),
)
DRY_RUN = Option("dry_run", "show what would be done, and do nothing", OptionKind.SWITCH)
SUBMITTING = (
    INTEGRATION,
    ROOT,
    Option("title", "the title of the pull request; by default made from the change, as earlier ones are"),
    Option("upstream", "the remote that it is for; by default upstream, else origin"),
    Option("fork", "the remote to push to; by default fork, else origin"),
    Option("branch", "the branch to make; by default the one you are on, else integration/NAME"),
    Option("draft", "submit although a check fails, as a draft", OptionKind.SWITCH),
    Option("yes", "do not ask before pushing and opening", OptionKind.SWITCH),
    replace(DRY_RUN, help="check, and show what would be done"),
    JOBS,
    SANDBOX,
    WITHOUT,
    TIMEOUT,
)
BUILDING = (
    Option(
        "build_arg",
        "NAME=VALUE for an ARG of the Dockerfiles, such as a base image, or NAME of a variable; repeatable",
        OptionKind.WORDS,
        inherited=True,
    ),
    Option(
        "builder",
        "docker, podman, buildah or layers; by default whichever is there",
        inherited=True,
        choices=("docker", "podman", "buildah", "layers"),
    ),
    Option("key", "a private key, in PEM, by which provenance is signed", inherited=True),
)
PLANNING = (
    Option("matrix", "print the plan as a CI matrix", OptionKind.SWITCH),
    Option(
        "force", "release even though checks fail or a version was published before; the reason is recorded"
    ),
)
FORMER = (
    Option("plan", "the former way of release.plan --output FILE"),
    Option("apply", "the former way of release.apply FILE"),
    Option("only", "with --plan: the former way of release.apply FILE --only NAMES"),
    Option("finish", "with --plan: the former way of release.finish FILE RECEIPTS"),
)
UNPUSHED = Option(
    "allow_unpushed",
    "release a commit that the remote's release branch does not have; the plan records it",
    OptionKind.SWITCH,
)
ADOPT = Option(
    "adopt",
    "publish the spec of a version whose image Seatrial did not publish, as after a change to Seatrial",
    OptionKind.SWITCH,
)
TO = Option(
    "to",
    "rehearse: release to file:FOLDER, or to IMAGE,STORE, instead of where the settings say, without git tags",
)
PLAN = Option("plan", "the file of the plan; by default the one that release.plan left in dist/release")
CI_PLAN = replace(PLAN, help="the file of the plan; by default the one that ci.matrix left in dist/ci")
COSTS = Option("costs", "the file in which costs are kept from run to run; by default dist/ci/costs.json")
SERVICE = Option("service", "github or gitlab", choices=("github", "gitlab"))
INSTALL = Option(
    "install",
    "where CI installs Seatrial from, pinned, such as git+https://HOST/OWNER/seatrial@COMMIT or seatrial==1.2.3; by "
    "default where this one came from",
)
TEXT_OR_JSON = replace(FORMAT, help="text or json", choices=("text", "json"))

VERBS = (
    Verb(
        "lint",
        "Run black, mypy, ruff and poetry check, each as in the integration's own environment.",
        "lint:lint",
        (*COMPARING, *REPORTING, *LINTING, FILES, QUIET, STATISTICS),
    ),
    Verb(
        "unit",
        "Run the integrations' own tests, each in the environment of its lock, in the sandbox.",
        "own_code:unit",
        (*COMPARING, *REPORTING, *TESTING),
    ),
    Verb(
        "schema",
        "Ask the framework, in the environment of the lock, what the resource classes of integrations accept.",
        "own_code:schema",
        (*COMPARING, *REPORTING, TIMEOUT, NO_CACHE, VERBOSE, SANDBOX),
    ),
    Verb(
        "validate",
        "Check everything about the folder: layout, spec and version.",
        "validate:validate",
        VALIDATING,
    ),
    Verb(
        "validate-spec",
        "Check the .port folder and what must agree with it (SPC, RES, COD).",
        "validate:validate_spec",
        VALIDATING,
    ),
    Verb(
        "check-layout",
        "Check the folder's hierarchy (LAY).",
        "validate:check_layout",
        VALIDATING,
    ),
    Verb(
        "check-version",
        "Check pyproject, lock, version, changelog and intents (PKG, CHG, REL).",
        "validate:check_version",
        VALIDATING,
    ),
    Verb(
        "check",
        "Check all that CI checks: the folder, its mapping, lint, tests, and what a release would do.",
        "check:check",
        (*COMPARING, NEW, OLD, *REPORTING, VERBOSE, SANDBOX, WITHOUT, TIMEOUT),
    ),
    Verb(
        "fix",
        "Apply the repairs that findings offer, each of which is proved first.",
        "fix:fix",
        (
            *COMPARING,
            JOBS,
            Option("diff", "show the repairs and change nothing", OptionKind.SWITCH),
            Option(
                "unsafe",
                "also write names that are only likely, and replace what was written",
                OptionKind.SWITCH,
            ),
            replace(ADVICE, help="also repair what is only advised, such as blanks at the ends of lines"),
            Option("lock", "also make each poetry.lock that is missing or stale", OptionKind.SWITCH),
            SANDBOX,
        ),
    ),
    Verb(
        "exempt",
        "Let findings stay up to a day, with a reason, in a file of the integration's folder.",
        "exempt:exempt",
        (
            *COMPARING,
            Option(
                "codes",
                "a rule's code, which may stand behind the task without this flag; repeatable, commas allowed",
                OptionKind.WORDS,
            ),
            Option("all", "every code for which an integration fails today", OptionKind.SWITCH),
            Option("reason", "why it may stay for now, in a line"),
            Option("until", "the last day, as YYYY-MM-DD"),
            replace(STRICT, help="with --all: those with which a strict run fails as well"),
            JOBS,
            DRY_RUN,
        ),
    ),
    Verb(
        "submit",
        "Check an integration, commit and push it, and open its pull request; ask before each effect outside.",
        "submit:submit",
        SUBMITTING,
    ),
    Verb(
        "preview",
        "Map the examples of an integration, or a sample, and show the entities that Port would get.",
        "preview:preview",
        (
            *COMPARING,
            Option("kind", "only this kind"),
            Option(
                "sample",
                "a file with a raw object, or a list of them, that the API gave; - for standard input",
            ),
            replace(FORMAT, help="text, json or html", choices=("text", "json", "html")),
            replace(OUTPUT, help="write the preview to this file instead of standard output"),
            WATCH,
            Option(
                "record", "write the entities of examples that lack them below examples/", OptionKind.SWITCH
            ),
            Option(
                "accept",
                "show how recorded entities differ, ask, and bring them up to date",
                OptionKind.SWITCH,
            ),
            Option("yes", "with --accept: do not ask", OptionKind.SWITCH),
        ),
    ),
    Verb(
        "fleet.run",
        "Run a command, which stands behind --, in the folder of each integration.",
        "fleet_run:run",
        (
            *COMPARING,
            Option(
                "command",
                "the command; behind -- it needs no quotes; {name}, {path} and {root} are those of each integration",
            ),
            replace(JOBS, help="commands to run at once; by default one per core"),
        ),
    ),
    Verb(
        "fleet.bump-core",
        "Raise the framework's version in each integration: pyproject, lock, version and changelog.",
        "fleet_bump_core:bump_core",
        (
            Option("version", "the version of port-ocean, such as 0.48.12"),
            *COMPARING,
            Option(
                "no_lock",
                "leave poetry.lock as it is, which is then stale, as without the network; a later run makes it",
                OptionKind.SWITCH,
            ),
            Option(
                "fold",
                "raise no version: write one group intent, which the next version of each integration takes up; the "
                "default where the settings say for how long",
                OptionKind.SWITCH,
            ),
            Option("no_fold", "raise versions, whatever the settings say", OptionKind.SWITCH),
            Option(
                "own_poetry",
                "make locks with your own Poetry, its settings and credentials, outside of the sandbox",
                OptionKind.SWITCH,
            ),
            SANDBOX,
            DRY_RUN,
            replace(JOBS, help="locks to make at once; by default one per core"),
        ),
        ("version",),
    ),
    Verb("new", "Make a new integration folder from the template.", "new:new", MAKING, ("name",)),
    Verb(
        "init",
        "Set Seatrial up in an existing repository: settings, Makefile, tasks, hook, editor, CI; keep what is there.",
        "init:init",
        (
            ROOT,
            replace(DRY_RUN, help="show the files, and write nothing"),
            replace(SERVICE, help="write the files of CI too, as ci.workflow does: github or gitlab"),
            INSTALL,
        ),
    ),
    Verb(
        "template.update",
        "Bring later changes of the template into folders made from it; keep what their authors changed.",
        "template:update_template",
        (
            *CHOOSING,
            Option("diff", "show the changes and write nothing", OptionKind.SWITCH),
            Option(
                "adopt", "write the record that a folder lacks, and change nothing else", OptionKind.SWITCH
            ),
        ),
    ),
    Verb(
        "template.drift",
        "Tell for each integration what the newest template would change in it.",
        "template:drift",
        CHOOSING,
    ),
    Verb(
        "explain",
        "Explain a rule: its law, its reason, and an example with real output.",
        "explain:explain",
        (Option("code", "a rule's code or name, such as SPC001"), ROOT),
        ("code",),
    ),
    Verb(
        "ci.matrix",
        "Spread integrations over the jobs of a run in CI, and print the matrix.",
        "ci_jobs:plan",
        (
            *COMPARING,
            replace(
                NEW,
                help="compare with the branch that the pull request is for, and fail only on what it brought",
            ),
            Option(
                "verb",
                "what the jobs run: check, lint or validate; by default check",
                choices=("check", "lint", "validate"),
            ),
            Option("most", "the most jobs; by default one for each 8 integrations, and never above 256"),
            COSTS,
        ),
    ),
    Verb(
        "ci.shard",
        "Judge the integrations of one job of ci.matrix, and leave their findings and a receipt.",
        "ci_jobs:shard",
        (
            Option("number", "the number of the job, which the matrix has as shard"),
            CI_PLAN,
            ROOT,
            STRICT,
            JOBS,
            SANDBOX,
            WITHOUT,
            TIMEOUT,
        ),
        ("number",),
    ),
    Verb(
        "ci.collect",
        "Put the receipts of all jobs together: one report, which fails if a planned integration is missing.",
        "ci_jobs:gather",
        (
            Option("receipts", "the folder of the receipts; by default dist/ci/receipts"),
            CI_PLAN,
            ROOT,
            replace(FORMAT, help="the format on standard output; every format is written to dist/ci/reports"),
            COSTS,
        ),
        ("receipts",),
    ),
    Verb(
        "ci.workflow",
        "Write the workflow files of CI: of pull requests, of releases, and of raised versions.",
        "ci_workflow:write",
        (
            SERVICE,
            ROOT,
            INSTALL,
            replace(WITHOUT, help="checks that pull requests leave out besides release, such as unit,schema"),
            Option("most", "the most jobs; by default one for each 8 integrations, and never above 256"),
            Option(
                "comments",
                "how the comments of forks are posted: schedule, every ten minutes, workflow_run, at once, which "
                "zizmor warns of, or none; by default schedule",
                choices=("schedule", "workflow_run", "none"),
            ),
            Option(
                "overwrite", "write over files that somebody else wrote or changed, too", OptionKind.SWITCH
            ),
            replace(DRY_RUN, help="show what would be written, and write nothing"),
        ),
        ("service",),
    ),
    Verb(
        "schemas",
        "Write JSON Schemas of the files under .port for editors, and print the settings that use them.",
        "schemas:schemas",
        (ROOT, Option("write", "the folder of the repository to write them to, such as schemas")),
    ),
    Verb("rules", "List all rules, one a line.", "explain:rules", (ROOT,)),
    Verb(
        "rules.test",
        "Prove the repository's own rules by their examples.",
        "explain:rules_test",
        (Option("code", "a rule's code or name; by default all"), ROOT),
        ("code",),
    ),
    Verb(
        "completion",
        "Print the script by which bash, zsh or fish completes verbs, flags, integrations and codes.",
        "completion:completion",
        (Option("program", "the shell: bash, zsh or fish", choices=("bash", "zsh", "fish")),),
        ("program",),
    ),
    Verb(
        "lsp",
        "Serve an editor on standard input and output: findings while typing, repairs, meanings, completions.",
        "lsp:lsp",
    ),
    Verb(
        "rules.preview",
        "Tell what a rule would do if it were an error: who would fail, where, and what repairs itself.",
        "rules_preview:rules_preview",
        (
            Option("code", "a rule's code or name, such as SPC001"),
            *COMPARING,
            TEXT_OR_JSON,
            JOBS,
        ),
        ("code",),
    ),
    Verb(
        "verdict-diff",
        "Tell what a change of integrations or settings since a revision does to each verdict.",
        "verdict_diff:verdict_diff",
        (
            Option("rev", "the revision, such as origin/main; its merge base is judged by its own settings"),
            Option(
                "against",
                "compare with this report instead, which `validate --format json` of any version wrote",
            ),
            *CHOOSING,
            TEXT_OR_JSON,
            JOBS,
        ),
        ("rev",),
    ),
    Verb(
        "affected",
        "Name the integrations that a change affects, or say why it affects one.",
        "affected:affected",
        (
            *COMPARING,
            Option("why", "the name of an integration: show the chain from what has changed to it"),
        ),
    ),
    Verb(
        "doctor",
        "Tell what this machine has and lacks: Pythons, uv, git, the sandbox, a builder of images.",
        "doctor:doctor",
    ),
    Verb(
        "status",
        "Show a line an integration: its version, its level, the cheapest step to the next one, its findings.",
        "status:status",
        (
            *CHOOSING,
            Option("level", "only integrations at these levels, such as none,bronze"),
            Option(
                "sort",
                "the order of the lines: name, level, version, published, findings, suppressed, framework, lag or "
                "missing; with - before it the other way round; by default name",
            ),
            Option(
                "published",
                "read the published versions from the store's index instead of from git tags",
                OptionKind.SWITCH,
            ),
            replace(FORMAT, help="text, json or markdown", choices=("text", "json", "markdown")),
            replace(OUTPUT, help="write the lines to this file instead of standard output"),
            Option("badges", "write a badge of each integration's level to this folder"),
            Option(
                "dashboard",
                "write the text of one living issue, between marks by which it can be replaced",
                OptionKind.SWITCH,
            ),
            Option("html", "write a site of static pages to this folder"),
            JOBS,
            NO_CACHE,
        ),
    ),
    Verb(
        "release",
        "Publish what is not published yet: image, spec, index, git tag.",
        "release:release",
        (
            *CHOOSING,
            replace(JOBS, help="images to build at once; by default one per core"),
            DRY_RUN,
            *FORMER,
            *PLANNING,
            ADOPT,
            UNPUSHED,
            TO,
            replace(TEXT_OR_JSON, help="text or json: the plan with --dry-run, else what came out of it"),
            *BUILDING,
        ),
    ),
    Verb(
        "release.plan",
        "Write what a release does as a plan, or as a CI matrix, and publish nothing.",
        "release:plan",
        (
            *CHOOSING,
            replace(
                OUTPUT,
                help="write the plan to this file instead of dist/release/plan.json, and do not show it",
            ),
            *PLANNING,
            UNPUSHED,
            replace(TEXT_OR_JSON, help="text or json, for standard output"),
            CHECK_JOBS,
            BUILDING[0],
        ),
    ),
    Verb(
        "release.apply",
        "Do what a plan says.",
        "release:apply",
        (
            PLAN,
            Option("only", "publish only these integrations of the plan, and leave a receipt of each"),
            Option("force", "apply a plan that was made with --force; your own reason"),
            UNPUSHED,
            ROOT,
            replace(JOBS, help="images to build at once; by default one per core"),
            replace(TEXT_OR_JSON, help="text or json, for what came out of it"),
            *BUILDING,
        ),
        ("plan",),
    ),
    Verb(
        "release.finish",
        "Write index, pointers and git tags of a plan that CI jobs applied, from their receipts.",
        "release:finish",
        (
            PLAN,
            Option("receipts", "the folder of the receipts; by default dist/release/receipts"),
            UNPUSHED,
            ROOT,
            replace(JOBS, help="integrations to work on at once; by default one per core"),
            replace(TEXT_OR_JSON, help="text or json, for what came out of it"),
            BUILDING[0],
        ),
        ("plan", "receipts"),
    ),
    Verb(
        "release.intent",
        "Declare what the next version brings, in a file that release.bump applies.",
        "release_bump:intent",
        (
            *CHOOSING,
            Option(
                "bump",
                "the part of the version to raise: patch, minor or major",
                choices=("patch", "minor", "major"),
            ),
            Option(
                "type",
                "the type of the change: breaking, deprecation, feature, improvement, bugfix or doc",
                choices=("breaking", "deprecation", "feature", "improvement", "bugfix", "doc"),
            ),
            Option("message", "what changes for users, in one line"),
        ),
    ),
    Verb(
        "release.bump",
        "Apply the release intents: raise versions, write changelog entries, remove the intents.",
        "release_bump:bump",
        (
            *CHOOSING,
            Option("date", "the day of the entries, as YYYY-MM-DD; by default today, in UTC"),
            Option(
                "folded",
                "raise those too that have been folded for so many days, 0 for all; by default as the settings say",
            ),
            Option("commit", "commit what is changed, and nothing else", OptionKind.SWITCH),
            Option(
                "pull_request",
                "change nothing here, and open a pull request with it, or renew the open one; ask before each effect "
                "outside",
                OptionKind.SWITCH,
            ),
            Option(
                "branch", "the branch of the pull request; by default seatrial/bump", beside="pull_request"
            ),
            Option("yes", "do not ask before pushing and opening", OptionKind.SWITCH),
            DRY_RUN,
            FORMAT,
        ),
    ),
    Verb(
        "release.check",
        "Check what a pull request brings: is each changed integration released, and by enough (REL)?",
        "release_check:check",
        (
            *CHOOSING,
            replace(
                SINCE,
                help="the revision to compare with; by default the remote's main branch, such as origin/main",
            ),
            *REPORTING,
        ),
    ),
    Verb(
        "release.status",
        "Show what is published: git, registry, specs and index side by side, and what a release would repair.",
        "release:status",
        (
            *CHOOSING,
            TEXT_OR_JSON,
            CHECK_JOBS,
        ),
    ),
    Verb(
        "release.compare",
        "Show how two places differ in what is published: index, specs, receipts, images, pointers.",
        "release_compare:compare",
        (
            Option("first", "a place as --to has it, or `settings` for the one that the settings name"),
            Option("second", "another place; without it the first is compared with that of the settings"),
            Option("type", "only these types, with commas"),
            Option("current", "only the versions that an index names", OptionKind.SWITCH),
            TEXT_OR_JSON,
            ROOT,
        ),
        ("first", "second"),
    ),
    Verb(
        "release.verify",
        "Check a published version: image, layers, SBOM, provenance, signature, commit, spec, index.",
        "release_verify:verify",
        (
            Option("type", "the type"),
            Option("version", "the version; by default the one that the index names"),
            Option(
                "public_key", "the public key, in PEM, that belongs to the one by which provenance is signed"
            ),
            Option("identity", "who signs without a key, such as the address of a workflow with its branch"),
            Option(
                "issuer", "who vouches for the identity, such as https://token.actions.githubusercontent.com"
            ),
            Option("offline", "go by the roots of trust of Sigstore of the last time", OptionKind.SWITCH),
            replace(STRICT, help="fail where something cannot be checked as well"),
            replace(TIMEOUT, help="seconds after which the rest counts as not reached; by default 1800"),
            TEXT_OR_JSON,
            ROOT,
        ),
        ("type", "version"),
    ),
    Verb(
        "release.hold",
        "Keep integrations from being released, by a file in each that is reviewed like code.",
        "release_hold:hold",
        (
            *CHOOSING,
            Option("reason", "why, for those who look for it"),
            Option("until", "the day by which somebody looks at it again, as YYYY-MM-DD"),
        ),
    ),
    Verb(
        "release.unhold",
        "Lift the holds of integrations, so that they are released again.",
        "release_hold:unhold",
        CHOOSING,
    ),
    Verb(
        "release.yank",
        "Take a version out of the index; nothing is deleted.",
        "release:yank",
        (
            Option("type", "the type whose version is taken out"),
            Option("version", "the version"),
            Option("reason", "why, for those who look for it"),
            Option(
                "built_with",
                "instead of a version: all whose SBOM has this package, such as 'port-ocean<0.48.3'",
            ),
            DRY_RUN,
            ROOT,
        ),
        ("type", "version"),
    ),
    Verb(
        "release.unyank",
        "Take a yank back, so that the version can be in the index again.",
        "release:unyank",
        (
            Option("type", "the type of the version"),
            Option("version", "the version"),
            Option("reason", "why, for those who look for it"),
            ROOT,
        ),
        ("type", "version"),
    ),
)
"""Every task that the console script offers, in the order of `make help`."""


def options_of(verbs: Iterable[Verb]) -> Sequence[Option]:
    """Return the options of these tasks, each once, by name; where tasks word one differently, the first."""
    found: dict[str, Option] = {}
    for verb in verbs:
        for option in verb.options:
            found.setdefault(option.name, option)
    return [found[name] for name in sorted(found)]
