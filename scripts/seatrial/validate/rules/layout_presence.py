"""Family LAY, codes 0xx: the files that every integration has.

The list follows the public integrations. For files that neither Ocean nor its release needs, a workspace
whose other integrations do otherwise sets its own standard.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from posixpath import splitext
from typing import Any

from seatrial.core.model import MAKE, Edit, Fix, Fleet, Integration, Location, Problem, Severity
from seatrial.core.names import decamelize
from seatrial.core.rules import ADVICE, ERROR, INFO, WARNING, Problems, Rule, rule
from seatrial.documents.integration import RESOURCES, SPEC_FILES, resource_files
from seatrial.validate.facts.credentials import PREFIX
from seatrial.validate.facts.package_metadata import Package
from seatrial.validate.facts.spec import Spec, load_spec
from seatrial.validate.facts.tree import SHARED, Convention, Tree, doing, is_tested, sharing

CORE_WITH_SCHEMA = (0, 48, 9)
"""The first version of Ocean that builds the schema of the mapping from the classes in `integration.py`."""


FIRST_IN = {".port": ".port/spec.yaml", RESOURCES: f"{RESOURCES}/blueprints.json"}
"""Of each folder the required file for which the missing folder is reported, once for all files in it."""

FOLDERS = {
    ".port": 'add a ".port" folder with the spec, and in "resources" the blueprints and the mapping',
    RESOURCES: f'add a "{RESOURCES}" folder with the blueprints and the mapping',
}


def _missing_folder(path: str, tree: Tree) -> str:
    """Return the topmost folder of `.port` that is missing for a file; empty where the folder is there."""
    return next((one for one in FIRST_IN if path.startswith(f"{one}/") and not tree.has(one)), "")


@dataclass(frozen=True)
class RequiredFile:
    """A file or folder required at one of `paths`; an `always` one even where other integrations lack it."""

    paths: tuple[str, ...]
    how_to_add: str
    severity: Severity = ERROR
    always: bool = False
    text: str | None = None
    """The text of the file where it is the same everywhere; None where somebody has to write it."""

    def problems(self, integration: Integration, tree: Tree, fleet: Fleet) -> Problems:
        """Yield one problem where none of the paths exists and the other integrations do not contradict."""
        if tree.has(*self.paths) or tree.is_blocked(self.paths[0]) or self._is_misnamed_in_port(tree):
            return
        severity = self._severity(Convention.of(integration, fleet, *self.paths))
        folder = _missing_folder(self.paths[0], tree)
        if folder and FIRST_IN[folder] not in self.paths:
            return
        path = folder or self._usual(integration, fleet)
        if severity:
            convention = Convention.of(integration, fleet, path)
            near = tree.misnamed(path)
            how = FOLDERS[folder] if folder else self.how_to_add.format(path=path)
            fix = Fix(f'rename "{near}" to "{path}"' if near else how)
            if not near and not folder and path == self.paths[0]:
                fix = self.fix
            evidence = convention.evidence("have it") if convention.is_common else ""
            yield Problem(Location(path), f'"{path}" is missing', fix, evidence, severity)

    @property
    def fix(self) -> Fix:
        """The repair that makes the first of its paths."""
        path = self.paths[0]
        edit = None if self.text is None else Edit(Location(path), "", self.text, MAKE)
        return Fix(self.how_to_add.format(path=path), edit)

    def _usual(self, integration: Integration, fleet: Fleet) -> str:
        """Return the path that most other integrations have, the first of equals."""
        return max(self.paths, key=lambda path: Convention.of(integration, fleet, path).having)

    def _is_misnamed_in_port(self, tree: Tree) -> bool:
        """Return True where a path in `.port` nearly has this name; the rules about unknown files report that."""
        path, folder = self.paths[0], self.paths[0].rpartition("/")[0]
        if not path.startswith(".port/"):
            return False
        is_folder_misnamed = folder != ".port" and not tree.has(folder) and tree.misnamed(folder) is not None
        stems = {splitext(f"{folder}/{name}")[0] for name in tree.within(folder)}
        return is_folder_misnamed or splitext(path)[0] in stems or tree.misnamed(path) is not None

    def _severity(self, convention: Convention) -> Severity | None:
        """Return None where few other integrations have the file, a warning where not nearly all of them do."""
        if self.always or convention.is_common or not convention.is_shown:
            return self.severity
        return None if convention.is_rare or self.severity in (INFO, ADVICE) else WARNING


def _required(code: str, name: str, *paths: str, why: str, how_to_add: str, **options: Any) -> Rule:
    """Return the rule that one of `paths` exists; the template has the first of them."""
    required = RequiredFile(paths, how_to_add, **options)

    def missing(integration: Integration, tree: Tree, fleet: Fleet) -> Problems:
        return required.problems(integration, tree, fleet)

    missing.__name__ = name.replace("-", "_")
    *names, last = (f"`{path}`" for path in dict.fromkeys(paths))
    listed = f"{', '.join(names)} or {last}" if names else last
    missing.__doc__ = f"An integration has a {listed}.\n\n{why}"
    return rule(code, bad=lambda folder: folder.without(paths[0]), severity=required.severity)(missing)


missing_readme = _required(
    "LAY001",
    "missing-readme",
    "README.md",
    why="It is the first thing that a user and a reviewer open.",
    how_to_add='add a "README.md" that describes what is exported and what must be configured',
)

missing_changelog = _required(
    "LAY002",
    "missing-changelog",
    "CHANGELOG.md",
    why="Users read in it what a new version brings, and the pull-request check requires an entry for each.",
    how_to_add='add a "CHANGELOG.md" with the line "<!-- towncrier release notes start -->" and an entry',
)

missing_pyproject = _required(
    "LAY003",
    "missing-pyproject",
    "pyproject.toml",
    why="It holds the name and the version under which the image and the spec are published.",
    how_to_add='add a "pyproject.toml" with [tool.poetry]; `seatrial new` writes one',
    always=True,
)

missing_lock = _required(
    "LAY004",
    "missing-lock",
    "poetry.lock",
    why="Without it the image contains whatever versions are current when it is built, not the tested ones.",
    how_to_add="type `poetry lock` in this folder, and commit the file",
)

missing_poetry_settings = _required(
    "LAY005",
    "missing-poetry-settings",
    "poetry.toml",
    why="It puts the virtual environment in `.venv`, where the Makefile and editors look for it.",
    how_to_add='add a "poetry.toml" with [virtualenvs], create = true and in-project = true',
    text="[virtualenvs]\ncreate = true\nin-project = true\n",
)


@rule("LAY006", bad=lambda folder: folder.without("Makefile"))
def missing_makefile(integration: Integration, tree: Tree, fleet: Fleet) -> Problems:
    """An integration has a `Makefile`.

    People and CI type `make install`, `make lint` and `make test` in every integration's folder.
    """
    how = f'add a "Makefile"; where there is a shared one, it contains only "include {SHARED}"'
    wanted = RequiredFile(("Makefile",), how)
    for problem in wanted.problems(integration, tree, fleet):
        is_shared = Convention.among(integration, fleet, sharing(fleet)).is_common
        yield replace(problem, fix=replace(wanted, text=f"include {SHARED}\n").fix) if is_shared else problem


missing_main = _required(
    "LAY007",
    "missing-main",
    "main.py",
    why="Ocean starts an integration by importing it; the resync functions are registered there.",
    how_to_add='add a "main.py" that registers a resync function for each kind',
    always=True,
)

missing_debug = _required(
    "LAY008",
    "missing-debug",
    "debug.py",
    why="It starts the integration under a debugger, and has the same name in every integration.",
    how_to_add='add a "debug.py" that imports run from port_ocean and calls it',
    text='from port_ocean import run\n\nif __name__ == "__main__":\n    run()\n',
)


@rule("LAY009", bad=lambda folder: folder.without("integration.py"))
def missing_integration_class(
    integration: Integration, tree: Tree, fleet: Fleet, core_floor: tuple[int, ...]
) -> Problems:
    """An integration has an `integration.py`.

    Ocean loads the integration's class from it, and with it the schema for checking the mapping.
    Before core 0.48.9 there was no such schema, and many integrations had no such file.
    """
    wanted = RequiredFile(
        ("integration.py",), 'add an "integration.py" with a class derived from BaseIntegration'
    )
    is_needed = core_floor >= CORE_WITH_SCHEMA
    is_conventional = Convention.of(integration, fleet, "integration.py").is_common
    for problem in wanted.problems(integration, tree, fleet):
        if is_needed or is_conventional:
            yield problem if is_needed and is_conventional else replace(problem, severity=WARNING)


@rule("LAY010", bad=lambda folder: folder.without("tests"))
def missing_tests(integration: Integration, tree: Tree, fleet: Fleet) -> Problems:
    """An integration has tests, in the package `tests`.

    `make test` runs them. Without `tests/__init__.py`, pytest imports them as top-level modules, and
    two files of the same name collide.
    """
    wanted = RequiredFile(("tests/__init__.py",), 'add an empty file "tests/__init__.py"', text="")
    if not tree.has("tests"):
        wanted = RequiredFile(("tests",), 'add a folder "tests" with an empty "__init__.py" and a test')
    yield from wanted.problems(integration, tree, fleet)


missing_spec = _required(
    "LAY011",
    "missing-spec",
    ".port/spec.yaml",
    *SPEC_FILES,
    why="It is published to the registry. The release job skips a folder without one.",
    how_to_add='add a "{path}" with title, description, icon, features and configurations',
    always=True,
)

missing_blueprints = _required(
    "LAY012",
    "missing-blueprints",
    *resource_files("blueprints"),
    why="Ocean creates these blueprints on the first start. An empty list is written `[]`.",
    how_to_add='add a "{path}", containing "[]" if it should have none',
)

missing_port_app_config = _required(
    "LAY013",
    "missing-port-app-config",
    f"{RESOURCES}/port-app-config.yaml",
    *resource_files("port-app-config"),
    why="It is the default mapping; without it nothing is exported until somebody writes one.",
    how_to_add='add a "{path}" that maps each kind',
    always=True,
)

missing_gitignore = _required(
    "LAY014",
    "missing-gitignore",
    ".gitignore",
    why="It keeps secrets, environments and caches out of the repository.",
    how_to_add='add a ".gitignore" with ".env", ".venv/" and "__pycache__/"',
    severity=WARNING,
    text=".env\n.venv/\n__pycache__/\n",
)

missing_changelog_folder = _required(
    "LAY015",
    "missing-changelog-folder",
    "changelog/.gitignore",
    why="It keeps the folder for towncrier's fragments in git while there are none.",
    how_to_add='add a "changelog/.gitignore" with two lines, "*" and "!.gitignore"',
    severity=WARNING,
    text="*\n!.gitignore\n",
)


@rule("LAY016", bad=lambda folder: folder.without(".env.example"), severity=INFO)
def missing_env_example(integration: Integration, tree: Tree, fleet: Fleet) -> Problems:
    """An integration has a `.env.example`.

    It shows which variables must be set to run the integration locally.
    """
    how = 'add a ".env.example" with the variables that this integration reads'
    wanted = RequiredFile((".env.example",), how, INFO)
    for problem in wanted.problems(integration, tree, fleet):
        text = _example_of(integration)
        yield replace(problem, fix=replace(wanted, text=text).fix) if text else problem


PORT_VARIABLES = {
    "CLIENT_ID": "your-port-client-id",
    "CLIENT_SECRET": "your-port-client-secret",
    "BASE_URL": "https://api.getport.io",
}


def _example_of(integration: Integration) -> str | None:
    """Return the variables of Port, and those of the configurations in the spec; None where one cannot be set."""
    spec = Spec.of(load_spec(integration))
    names = [decamelize(one.text("name")) for one in spec.configurations] if spec else []
    if not spec or not all(name.isidentifier() for name in names):
        return None
    port = [f"OCEAN__PORT__{name}={value}\n" for name, value in PORT_VARIABLES.items()]
    own = (f"{PREFIX}{name.upper()}=<{name}>\n" for name in dict.fromkeys(names))
    return "".join([*port, *own])


missing_resources_gitignore = _required(
    "LAY017",
    "missing-resources-gitignore",
    f"{RESOURCES}/.gitignore",
    why="It keeps an ignore rule in a parent folder from excluding the resources, which must be published.",
    how_to_add=f'add a "{RESOURCES}/.gitignore" with the line "!.gitignore"',
    severity=INFO,
    text="!.gitignore\n",
)

missing_contributing = _required(
    "LAY018",
    "missing-contributing",
    "CONTRIBUTING.md",
    why="It says how to run and test the integration, and what is odd about it. Ocean's own scaffold writes one.",
    how_to_add='add a "CONTRIBUTING.md" that says how to run and test this integration',
    severity=ADVICE,
)


@rule("LAY019", bad=lambda folder: folder.without("tests/test_client.py").without("tests/test_defaults.py"))
def untested(integration: Integration, tree: Tree, fleet: Fleet, package: Package) -> Problems:
    """An integration has at least one test that pytest collects.

    The pull-request job runs pytest, which fails if it collects nothing. It looks for functions and methods whose
    names begin with `test`, in files called `test_*.py` or `*_test.py`.
    """
    settings = package.table("tool", "pytest", "ini_options")
    if "tests" not in tree.folders or "python_files" in settings or "python_functions" in settings:
        return
    if not is_tested(integration):
        convention = Convention.among(integration, fleet, doing(fleet, is_tested))
        if not convention.is_rare:
            fix = Fix('write a function "test_..." in a file "tests/test_....py"')
            evidence = convention.evidence("have one") if convention.is_common else ""
            yield Problem(Location("tests"), "pytest collects no test", fix, evidence)
