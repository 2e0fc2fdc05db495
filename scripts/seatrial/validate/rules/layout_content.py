"""Family LAY, codes 1xx: the files and folders in an integration's folder, and those that must not be there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from posixpath import dirname, join, normpath, splitext

from seatrial.core.model import (
    REMOVE,
    Edit,
    Entry,
    Fix,
    Fleet,
    Integration,
    Kind,
    Location,
    MemoryFolder,
    Problem,
)
from seatrial.core.names import SLUG, decamelize, shown
from seatrial.core.printable import argument
from seatrial.core.rules import ADVICE, INFO, WARNING, Edited, Problems, rule
from seatrial.core.suggest import nearest
from seatrial.documents.integration import RESOURCE_SUFFIXES, RESOURCES, SPEC_FILES, resource_files
from seatrial.validate.facts.code import FRAMEWORK_READ, Code
from seatrial.validate.facts.credentials import (
    LISTENER,
    LISTENERS,
    PREFIX,
    TYPES,
    LostLine,
    Variable,
    is_refused,
    looks_real,
    meant_setting,
)
from seatrial.validate.facts.source import appended
from seatrial.validate.facts.spec import Spec
from seatrial.validate.facts.tree import (
    SHARED,
    Convention,
    Litter,
    Texts,
    Tidiness,
    Tree,
    content,
    is_of_tests,
    is_shared,
    sharing,
)
from seatrial.validate.rules.shared import folder_name, renamed, replaced

STEMS = ("blueprints", "port-app-config", "scorecards", "pages", "actions")
"""The resources that Ocean reads."""

PORT_FILES = frozenset(path.rpartition("/")[2] for path in SPEC_FILES)
PORT_FOLDERS = frozenset({"resources", "examples"})

ROOT_FILES = ("README.md", "CHANGELOG.md", "pyproject.toml", "poetry.lock", "poetry.toml", "Makefile")
DESKTOP = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What a desktop makes anew by itself, so that nothing is lost with it."""

_PLAIN = re.compile(r"[\w.@+=,: ][\w./@+=,: -]*")
"""Paths that mean the same in double quotes."""

FILES = (*ROOT_FILES, "main.py", "debug.py", "integration.py", ".gitignore", *SPEC_FILES)
FOLDERS = (".port", RESOURCES, "tests", "changelog")

RETIRED = {
    "Dockerfile": "it takes the place of the shared one unnoticed",
    ".dockerignore": "the build starts from the repository's root, where it has no effect",
    "config.yaml": "the settings come from the environment and the spec",
    "sonar-project.properties": "no job reads it any more",
}


def _with_shared_makefile(name: str) -> Edited:
    """Return the edit that makes another integration, with a Makefile that only includes the shared one."""
    return lambda folder: renamed(name)(folder).having("Makefile", f"include {SHARED}\n")


def _with_secrets(folder: MemoryFolder) -> MemoryFolder:
    unlisted = folder.edited(".gitignore", "\n.env\n", "\n")
    return unlisted.having(".env", "OCEAN__INTEGRATION__CONFIG__API_TOKEN=secret\n")


CONFLICT = "<<<<<<< HEAD\n# Good Service\n=======\n# Good service\n>>>>>>> main\n"

OTHERS = ("billing", "storage", "tickets")


@rule("LAY101", bad=lambda folder: folder.having(".port/spec.yml", folder.read(".port/spec.yaml")))
def several_specs(tree: Tree) -> Problems:
    """An integration has one spec.

    Ocean and its release read the first of `spec.json`, `spec.yaml` and `spec.yml`, and ignore
    the others.
    """
    first, *ignored = [path for path in SPEC_FILES if path in tree.files] or [""]
    for path in ignored:
        fix = Fix(f'delete "{path}", or "{first}" if "{path}" is the right one')
        yield Problem(Location(path), f'"{path}" is never read, because "{first}" comes first', fix)


@rule("LAY102", bad=lambda folder: folder.having(f"{RESOURCES}/port-app-config.yml", "resources: []\n"))
def resource_in_two_files(tree: Tree) -> Problems:
    """Each resource is in one file only.

    Ocean reads the folder in no fixed order: of `port-app-config.yaml` and `port-app-config.yml`
    the one it reads last counts, which can differ from machine to machine.
    """
    for stem in STEMS:
        first, *more = [path for path in resource_files(stem) if path in tree.files] or [""]
        for path in more:
            message = f'"{path}" stands beside "{first}", and either may be the one that counts'
            yield Problem(Location(path), message, Fix(f'delete "{path}" or "{first}"'))


@rule("LAY103", bad=lambda folder: folder.having(".port/blueprints.json", "[]\n"))
def unknown_port_file(tree: Tree) -> Problems:
    """`.port` contains the spec, `resources` and `examples`, and nothing else.

    Port and Ocean silently ignore anything else.
    """
    for name in sorted(tree.within(".port") - PORT_FILES - PORT_FOLDERS):
        path = f".port/{name}"
        if not name.startswith("."):
            yield Problem(Location(path), f'"{path}" is read by nobody', Fix(_port_fix(name)))


def _port_fix(name: str) -> str:
    stem, _, suffix = name.partition(".")
    if stem in STEMS and suffix:
        return f'move it to "{RESOURCES}/{name}"'
    near = nearest(name, PORT_FILES | PORT_FOLDERS)
    return f'rename it to ".port/{near}"' if near else "delete it, or move it out of .port"


@rule(
    "LAY104", bad=lambda folder: folder.moved(f"{RESOURCES}/scorecards.json", f"{RESOURCES}/scorecard.json")
)
def unknown_resource_file(integration: Integration, tree: Tree) -> Problems:
    """The resources are `blueprints`, `port-app-config`, `scorecards`, `pages`, `actions`, as JSON or YAML.

    Ocean silently skips any other name, and fails on one of these names with another suffix or on a folder.
    """
    for name in sorted(tree.within(RESOURCES) | set(_empty_folders(integration))):
        path = f"{RESOURCES}/{name}"
        fault = None if name.startswith(".") else _resource_fault(name, path in tree.files)
        if fault:
            message, title = fault
            yield Problem(Location(path), f'"{path}" {message}', Fix(title))


def _empty_folders(integration: Integration) -> Iterator[str]:
    """Yield the names of optional resources that are folders; an empty folder is in no list of files."""
    for name in (f"{stem}{suffix}" for stem in STEMS[2:] for suffix in RESOURCE_SUFFIXES):
        entry = integration.entry(f"{RESOURCES}/{name}")
        if entry is not None and entry.kind is Kind.FOLDER:
            yield name


def _resource_fault(name: str, is_file: bool) -> tuple[str, str] | None:
    stem, suffix = splitext(name)
    if stem not in STEMS:
        near = nearest(stem, STEMS)
        title = f'rename it to "{near}{suffix}"' if near else f"delete it, or move it out of {RESOURCES}"
        return "is read by nobody", title
    if not is_file:
        return "is a folder, and Ocean stops at it", f'replace it with a file "{stem}.json"'
    if suffix not in RESOURCE_SUFFIXES:
        return f'ends in "{suffix}", and Ocean stops at it', f'write it as JSON, in "{stem}.json"'
    return None


@rule("LAY105", bad=lambda folder: folder.without("debug.py").having("debug.py/__init__.py", ""))
def unreadable_file(tree: Tree, texts: Texts) -> Problems:
    """Each file is a readable regular file, and each folder a folder.

    A folder with a file's name, a pipe or a device cannot be read; a file that is too large cannot be reviewed.
    """
    for path in FILES:
        if path in tree.folders or _kind(tree, path) is Kind.FOLDER:
            yield Problem(Location(path), f'"{path}" is a folder, not a file', Fix("replace it with a file"))
    for path in FOLDERS:
        if path in tree.files and _kind(tree, path) in (None, Kind.FILE):
            yield Problem(
                Location(path), f'"{path}" is a file, not a folder', Fix("replace it with a folder")
            )
    for path, entry in tree.irregular.items():
        if entry.kind is Kind.SPECIAL:
            yield Problem(Location(path), f'"{path}" is a pipe, a socket or a device', Fix("delete it"))
    for path, reason in texts.unread:
        if path in FOLDERS:
            continue
        fix = Fix("make it smaller, or delete it")
        yield Problem(Location(path), f'"{path}" is not read: {reason}', fix, severity=WARNING)


def _kind(tree: Tree, path: str) -> Kind | None:
    return tree.irregular[path].kind if path in tree.irregular else None


@rule("LAY106", bad=lambda folder: folder.linked("docs", "../../docs/good-service", Kind.DANGLING))
def dangling_link(tree: Tree) -> Problems:
    """A symbolic link leads to an existing file or folder.

    The build copies only the link, so its target would be missing from the image.
    """
    for path, entry in tree.linked(Kind.DANGLING):
        message = f'"{path}" is a link to "{entry.target}", and nothing is there'
        yield Problem(Location(path), message, Fix("correct its target, or replace it with a file"))


@rule("LAY107", bad=lambda folder: folder.linked("shared.py", "../../../tools/shared.py", Kind.ESCAPING))
def escaping_link(tree: Tree, integration: Integration) -> Problems:
    """A symbolic link has a relative target in the repository, in files that git holds.

    A target elsewhere is a different file on each machine, and is missing on most. A link may lead on to another
    link, as long as the last one ends in the repository.
    """
    for path, entry in tree.linked(*Kind):
        fault = _astray(integration.below(path), entry)
        if fault:
            message, fix = fault
            yield Problem(Location(path), f'"{path}" is a link to "{entry.target}", {message}', Fix(fix))


def _astray(path: str, entry: Entry) -> tuple[str, str] | None:
    """Return what is wrong with the target of a link at a path from the root, and the repair."""
    target = entry.target or ""
    if entry.kind is Kind.DANGLING:
        return None
    if target.startswith("/"):
        return "an absolute path, which leads elsewhere on each machine", ABSOLUTE
    if entry.kind is Kind.IGNORED:
        return "which git leaves out, so that nobody else has it", "replace it with a file"
    if entry.kind is not Kind.ESCAPING:
        return None
    if normpath(join(dirname(path), target)).startswith("../"):
        return "which is outside the repository", "replace it with a file"
    return "from which another link leads out of the repository", "replace it with a file"


ABSOLUTE = "write the path relative to the link's own folder, or replace it with a file"


@rule("LAY108", bad=_with_secrets)
def committed_secrets(litter: Litter) -> Problems:
    """No `.env` file is committed.

    It contains the secrets of whoever ran the integration last, and they stay in git's history for good.
    """
    for path in litter.secrets:
        fix = Fix(
            f'type `git rm --cached {_quoted(path)}`, add ".env" to .gitignore, and revoke the secrets in it'
        )
        severity = WARNING if path in litter.ignored else None
        yield Problem(Location(path), f'"{path}" holds secrets', fix, severity=severity)


def _quoted(path: str) -> str:
    """Return a path for a command: in double quotes if it means the same in them, else as a shell needs it."""
    return f'"{path}"' if _PLAIN.fullmatch(path) else argument(path)


@rule("LAY109", bad=lambda folder: folder.having("client.py.orig", folder.read("client.py")))
def junk(litter: Litter) -> Problems:
    """No leftovers of editors, desktops, caches, builds and package managers are committed.

    It differs from machine to machine, and ends up in the image. A folder is reported as a whole; no other rule
    looks into it. A virtual environment is recognised by its `pyvenv.cfg`, whatever its name.
    """
    for path, nature in litter.junk.items():
        name = path.rpartition("/")[2]
        edit = Edit(Location(path), "", "", REMOVE) if name in DESKTOP else None
        fix = Fix(f'type `git rm -r --cached {_quoted(path)}`, and add "{name}" to .gitignore', edit)
        severity = WARNING if path in litter.ignored else None
        yield Problem(Location(path), f'"{path}" {nature}', fix, severity=severity)


@rule(
    "LAY110",
    severity=WARNING,
    bad=lambda folder: folder.having("sonar-project.properties", "sonar.projectKey=good-service\n"),
    siblings={name: renamed(name) for name in OTHERS},
)
def retired_file(integration: Integration, tree: Tree, fleet: Fleet) -> Problems:
    """A file that the other integrations no longer use is deleted.

    It looks as if it had an effect, but it has none, or one that nobody expects.
    """
    for path, why in RETIRED.items():
        convention = Convention.of(integration, fleet, path)
        if path in tree.files and convention.is_unheard_of:
            message = f'"{path}" is out of use: {why}'
            fix = Fix("delete it", Edit(Location(path), "", "", REMOVE))
            yield Problem(Location(path), message, fix, convention.evidence("have it"))


@rule(
    "LAY111",
    severity=WARNING,
    bad=lambda folder: folder.having("Makefile", "lint:\n\truff check .\n"),
    siblings={name: _with_shared_makefile(name) for name in OTHERS},
)
def own_makefile(integration: Integration, tree: Tree, fleet: Fleet) -> Problems:
    """Each integration uses the shared Makefile, if there is one.

    A copy misses every later fix of the shared one, and in time its `make lint` gives other results.
    """
    if "Makefile" not in tree.files or is_shared(integration):
        return
    convention = Convention.among(integration, fleet, sharing(fleet))
    if convention.is_common:
        text = (content(integration, "Makefile") or b"").decode("utf-8", "replace")
        edit = Edit(Location("Makefile"), text, f"include {SHARED}\n") if text else None
        fix = Fix(f'replace its whole content with "include {SHARED}"', edit, guessed=True)
        message = f'"Makefile" is not the shared one, "{SHARED}"'
        yield Problem(Location("Makefile"), message, fix, convention.evidence("use it"))


@rule("LAY112", bad=lambda folder: folder.having("README.md", CONFLICT))
def conflict_marker(texts: Texts) -> Problems:
    """No file contains the conflict markers of an unfinished merge.

    The file contains both sides at once, and the marker lines are not valid in any language.
    """
    for where in texts.conflicts:
        fix = Fix('keep one side, and delete the lines with "<<<<<<<", "=======" and ">>>>>>>"')
        yield Problem(where, "a merge conflict was left unresolved", fix)


@rule("LAY113", bad=lambda folder: folder.having(".port/examples/project/a.json", '{"name": "Alpha",}\n'))
def malformed_data_file(texts: Texts) -> Problems:
    """Every JSON, YAML and TOML file is valid, except in tests and fixtures.

    The examples in `.port` are published with the spec; the other files are copied by users.
    """
    for path, fault in texts.malformed:
        severity = None if path.startswith(".port/") else WARNING
        where = Location(path, fault.line, fault.column)
        yield Problem(where, f"does not parse: {fault.message}", Fix("correct it"), severity=severity)


@rule("LAY114", bad=lambda folder: folder.having("README.md", "\n"), severity=WARNING)
def empty_readme(texts: Texts) -> Problems:
    """`README.md` is not empty.

    It is the first thing that a user and a reviewer open.
    """
    if "README.md" in texts.blank:
        fix = Fix("describe what is exported and what must be configured")
        yield Problem(Location("README.md"), '"README.md" is empty', fix)


@rule(
    "LAY115", bad=lambda folder: folder.linked(".port/examples/shared.json", "../../../tickets/shared.json")
)
def published_link(tree: Tree) -> Problems:
    """Everything below `.port` is a file or a folder, not a symbolic link.

    Its content is published with the spec, and a link would publish what somebody else keeps at its target.
    """
    for path, entry in tree.linked(Kind.FILE, Kind.FOLDER, Kind.SPECIAL):
        is_elsewhere = (entry.target or "").startswith("/")
        if f"{path}/".startswith(".port/") and not is_elsewhere:
            message = f'"{path}" is a link to "{entry.target}", and only files are published'
            yield Problem(Location(path), message, Fix("replace it with a file"))


AWS = "AKIA" + "Q7DYX2MBL5ZK3RVN"


@rule("LAY116", severity=ADVICE, bad=lambda folder: folder.having("README.md", folder.text("README.md")[:-1]))
def unended_file(tidiness: Tidiness) -> Problems:
    """A text file ends with one line end, and with no empty line.

    Ocean's pre-commit hooks write it so, and then the next change touches a line that it is not about. Python is
    left to black.
    """
    for where, edit in tidiness.unended:
        fix = Fix("end its last line, and let nothing follow", edit)
        yield Problem(where, "the file does not end in one line end", fix)


@rule(
    "LAY117",
    severity=ADVICE,
    bad=lambda folder: folder.having("README.md", folder.text("README.md").replace("\n", "  \n", 1)),
)
def trailing_blanks(tidiness: Tidiness) -> Problems:
    """No line of a text file ends in blanks.

    Ocean's pre-commit hooks remove them, and then the next change touches a line that it is not about.
    """
    for where, edit in tidiness.trailing:
        fix = Fix("remove them here, and in the lines below", edit)
        yield Problem(where, "blanks stand at the end of a line", fix)


@rule("LAY118", severity=INFO, bad=lambda folder: folder.having("catalog.csv", "id,name\n" * 80_000))
def large_file(texts: Texts) -> Problems:
    """No file but a lock file is larger than 500 kB.

    It stays in git's history for good, is fetched with every clone, and is copied into the image. Ocean's pre-commit
    hook refuses it.
    """
    for path, size in texts.large:
        fix = Fix("delete it, or fetch it where it is needed")
        yield Problem(Location(path), f'"{path}" has {size // 1024:,} kB, more than 500', fix)


@rule(
    "LAY119", bad=lambda folder: folder.having("client.py", folder.text("client.py") + f'\nKEY = "{AWS}"\n')
)
def committed_credential(texts: Texts) -> Problems:
    """No file contains a credential.

    Everybody who can read the repository can use it, and it stays in git's history for good. Credentials are
    recognised by the forms that their issuers give them; made-up ones, such as with `example` in them, are not
    reported. In tests only some forms are looked for.
    """
    for where, name in texts.credentials:
        severity = WARNING if is_of_tests(where.path) else None
        fix = Fix("revoke it, and read it from the configuration")
        yield Problem(where, f"{name} is committed here", fix, severity=severity)


ENV_EXAMPLE = ".env.example"

MOST_VARIABLES = 200
"""The most variables whose names are compared with those that Ocean reads; real files have up to 30."""


def _example(text: str) -> Edited:
    return lambda folder: folder.having(ENV_EXAMPLE, folder.text(ENV_EXAMPLE) + text)


@rule(
    "LAY120", severity=WARNING, bad=replaced(ENV_EXAMPLE, "your-port-client-secret", "q8Zr2LmX0vTn5KcW7yBd")
)
def secret_in_example(env_example: Sequence[Variable], texts: Texts) -> Problems:
    """A secret in `.env.example` is a placeholder.

    The file is committed to be copied. A value that looks random was probably copied the other way. What LAY119
    recognises is left to it.
    """
    known = {where.line for where, _ in texts.credentials if where.path == ENV_EXAMPLE}
    for one in env_example:
        if one.line not in known and looks_real(one.name, one.value):
            where = Location(ENV_EXAMPLE, one.line)
            fix = Fix(
                f"write a placeholder, such as <{one.name.rpartition('__')[2].lower()}>, and revoke the secret"
            )
            yield Problem(where, f'the value of "{shown(one.name)}" looks like a real secret', fix)


@rule("LAY121", severity=INFO, bad=_example(f"{PREFIX}PAGE_SIZES=100\n"))
def example_disagrees(
    env_example: Sequence[Variable],
    lost_lines: Sequence[LostLine],
    spec: Spec,
    code: Code,
    integration: Integration,
) -> Problems:
    """`.env.example` names the configurations of the spec, each as Ocean reads it from the environment.

    That is `OCEAN__INTEGRATION__CONFIG__` and the name in snake case. Whoever copies the file gets what is required,
    and nothing that is never read.
    """
    names = [one.text("name") for one in spec.configurations]
    known = {decamelize(name).lower(): name for name in names if name}
    stated = {
        one.name[len(PREFIX) :].lower(): one for one in env_example if one.name.upper().startswith(PREFIX)
    }
    for name, one in stated.items():
        if (
            name not in known
            and name not in FRAMEWORK_READ
            and not one.is_mention
            and not code.mentions(name)
        ):
            near = nearest(name, known)
            where = Location(ENV_EXAMPLE, one.line)
            right = f"{PREFIX}{near.upper()}" if near else ""
            edit = Edit(where, one.name, right) if right else None
            fix = Fix(
                f'write "{right}"' if near else "delete the line, or add it to the spec", edit, guessed=True
            )
            yield Problem(where, f'"{shown(one.name)}" is no configuration of the spec', fix)
    lost = [*(one.name.upper() for one in lost_lines), *_misnamed(env_example, known)]
    meant = {nearest(name, known) for name in stated.keys() - known.keys()}
    meant |= {one.removeprefix(PREFIX).lower() for one in lost}
    for name, configuration in known.items():
        can_be_set = configuration.strip().isidentifier() and name not in meant
        if can_be_set and name not in stated and env_example and _is_required(spec, configuration):
            edit = appended(integration, ENV_EXAMPLE, f"{PREFIX}{name.upper()}=<{name}>\n")
            fix = Fix(f'add a line "{PREFIX}{name.upper()}=" with a placeholder', edit)
            message = f'"{shown(configuration)}" is required, and not in this file'
            yield Problem(Location(ENV_EXAMPLE), message, fix)


def _misnamed(env_example: Sequence[Variable], known: Collection[str]) -> dict[str, Variable]:
    """Return the variables that nothing reads, each by the name of the one that was probably meant."""
    stated = {one.name.upper() for one in env_example}
    set_ones = [one for one in env_example if not one.is_mention][:MOST_VARIABLES]
    found = ((meant_setting(one.name.upper(), known), one) for one in set_ones)
    own = ((name, one) for name, one in found if name and not one.name.upper().startswith(PREFIX))
    return {name: one for name, one in own if name not in stated}


@rule("LAY141", severity=INFO, bad=replaced(ENV_EXAMPLE, f"{LISTENER}=", f"{LISTENER}: "))
def unread_line_of_example(lost_lines: Sequence[LostLine]) -> Problems:
    """Each line of `.env.example` is a comment or `NAME=value`, with nothing after a quoted value.

    python-dotenv, with which Ocean reads the copy, passes over any other line with a warning.
    """
    named = [one for one in lost_lines if one.name]
    for one in named[:1]:
        edit = Edit(Location(ENV_EXAMPLE, one.line), one.old, one.new) if len(named) == 1 else None
        message = f'this line does not set "{shown(one.name)}"'
        if len(named) > 1:
            message += f", nor do {len(named) - 1} others theirs" if len(named) > 2 else ", nor does another"
        fix = Fix(f"write {shown(one.new)} in place of {shown(one.old)}", edit)
        yield Problem(Location(ENV_EXAMPLE, one.line), message, fix)
    for one in lost_lines if not named else ():
        message = "this line is neither a comment nor NAME=value"
        fix = Fix('put "# " before it, or write NAME=value')
        yield Problem(Location(ENV_EXAMPLE, one.line), message, fix)


@rule("LAY142", severity=INFO, bad=replaced(ENV_EXAMPLE, "OCEAN__EVENT_LISTENER__", "OCEAN__EVENT_LISTENER_"))
def setting_nothing_reads(env_example: Sequence[Variable], spec: Spec) -> Problems:
    """The variables in `.env.example` have the names under which Ocean reads them.

    It splits them at two underscores: what has one or three there, or a letter too many, sets nothing. A
    configuration that is not in the spec is told by another rule.
    """
    names = (one.text("name") for one in spec.configurations)
    for right, one in _misnamed(env_example, [decamelize(name) for name in names if name]).items():
        where = Location(ENV_EXAMPLE, one.line)
        message = f'Ocean does not read "{shown(one.name)}"; did you mean "{right}"?'
        yield Problem(where, message, Fix(f'write "{right}"', Edit(where, one.name, right), guessed=True))


@rule("LAY143", severity=INFO, bad=replaced(ENV_EXAMPLE, f"{LISTENER}=POLLING", f"{LISTENER}=POLL"))
def example_value_refused(env_example: Sequence[Variable], spec: Spec) -> Problems:
    """Each value in `.env.example` is a placeholder, or of the type that the spec or Ocean gives the setting.

    The integration of somebody who copies the file does not start otherwise. An event listener has one of the types
    that Ocean knows, in capitals.
    """
    stated = [(decamelize(one.text("name")).upper(), one.text("type")) for one in spec.configurations]
    count = Counter(name for name, _ in stated)
    typed = {f"{PREFIX}{name}": kind for name, kind in stated if count[name] == 1}
    for one in env_example:
        name, where = one.name.upper(), Location(ENV_EXAMPLE, one.line)
        kind = {**typed, **TYPES}.get(name, "")
        if one.is_mention:
            continue
        if is_refused(one.value, kind):
            example = "100" if kind == "integer" else "true"
            message = f'"{shown(one.value)}" is no {kind}, which "{shown(one.name)}" is'
            yield Problem(where, message, Fix(f"write one, such as {example}"))
        elif name == LISTENER and SLUG.fullmatch(one.value.lower().replace("_", "-")):
            yield from _listener(where, one.value)


def _listener(where: Location, value: str) -> Problems:
    near = nearest(value.upper(), LISTENERS, cutoff=0.6)
    if value not in LISTENERS:
        fix = Fix(f'write "{near}"' if near else f"write one of {', '.join(LISTENERS)}")
        yield Problem(where, f'Ocean has no event listener of the type "{shown(value)}"', fix)


@rule("LAY144", severity=INFO, bad=_example(f"{PREFIX}PAGE_SIZE=50\n"))
def variable_stated_twice(env_example: Sequence[Variable]) -> Problems:
    """No variable is set twice in `.env.example`.

    Only the last one counts. One of several to choose from is put into a comment.
    """
    first: dict[str, Variable] = {}
    for one in env_example:
        before = first.setdefault(one.name.upper(), one) if not one.is_mention else one
        if before is not one:
            message = f'"{shown(one.name)}" is stated in line {before.line} too, and only this line counts'
            fix = Fix('delete one of the two lines, or put "# " before it')
            yield Problem(Location(ENV_EXAMPLE, one.line), message, fix)


_TYPE = "OCEAN__INTEGRATION__TYPE"


@rule("LAY140", severity=INFO, bad=replaced(ENV_EXAMPLE, f"{_TYPE}=good-service", f"{_TYPE}=other-service"))
def type_of_another_integration(
    env_example: Sequence[Variable], published_as: tuple[str, str], spec_type: str, integration: Integration
) -> Problems:
    """The type in `.env.example` is that of this integration.

    Whoever copies the file starts the integration under it, and Port takes it for the one that was copied from.
    """
    own = {published_as[0], spec_type, folder_name(integration)} - {""}
    for one in env_example:
        is_plain = SLUG.fullmatch(one.value) and one.value not in own
        if one.name.upper() == _TYPE and own and is_plain and not one.is_mention:
            right = published_as[0] or spec_type or folder_name(integration)
            where = Location(ENV_EXAMPLE, one.line)
            yield Problem(
                where,
                f'the type is "{shown(one.value)}", not "{shown(right)}"',
                Fix(f'write "{shown(right)}"'),
            )


def _is_required(spec: Spec, name: str) -> bool:
    return any(
        one.value.get("required") is True and one.value.get("default") is None
        for one in spec.configurations
        if one.text("name") == name
    )
