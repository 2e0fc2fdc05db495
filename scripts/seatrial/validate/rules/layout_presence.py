"""Family LAY, codes 0xx: the files that every integration has.

Which ones is the custom of the public integrations. Where a workspace shows another
custom, its own counts for the files that neither Ocean nor its release needs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from posixpath import splitext
from typing import Any

from seatrial.core.model import Fix, Fleet, Integration, Location, MemoryFolder, Problem, Severity
from seatrial.core.rules import ERROR, INFO, WARNING, Problems, Rule, rule
from seatrial.documents.integration import RESOURCES, SPEC_FILES, resource_files
from seatrial.validate.facts.tree import Custom, Tree

CORE_WITH_SCHEMA = (0, 48, 9)
"""From this version Ocean builds the schema of the mapping from the classes in `integration.py`."""


@dataclass(frozen=True)
class RequiredFile:
    """Something that must stand at one of `paths`; a firm wish holds whatever the other integrations do."""

    paths: tuple[str, ...]
    cure: str
    severity: Severity = ERROR
    firm: bool = False

    def problems(self, integration: Integration, tree: Tree, fleet: Fleet) -> Problems:
        """The one problem, where nothing stands there and custom asks for it."""
        if tree.has(*self.paths) or tree.is_blocked(self.paths[0]) or self._is_misnamed_in_port(tree):
            return
        custom = Custom.of(integration, fleet, *self.paths)
        weight = self._weight(custom)
        if weight:
            path = self.paths[0]
            near = tree.misnamed(path)
            fix = Fix(f'rename "{near}" to "{path}"' if near else self.cure)
            evidence = custom.evidence("have it") if custom.is_common else ""
            yield Problem(Location(path), f'"{path}" is missing', fix, evidence, weight)

    def _is_misnamed_in_port(self, tree: Tree) -> bool:
        """Whether something in `.port` has nearly this name; the rules about unknown files speak of it."""
        path, folder = self.paths[0], self.paths[0].rpartition("/")[0]
        if not path.startswith(".port/"):
            return False
        is_folder_misnamed = folder != ".port" and not tree.has(folder) and tree.misnamed(folder) is not None
        stems = {splitext(f"{folder}/{name}")[0] for name in tree.within(folder)}
        return is_folder_misnamed or splitext(path)[0] in stems or tree.misnamed(path) is not None

    def _weight(self, custom: Custom) -> Severity | None:
        """The severity that custom leaves: none where it is rare, a warning where not all hold to it."""
        if self.firm or custom.is_common or not custom.is_shown:
            return self.severity
        return None if custom.is_rare or self.severity is INFO else WARNING


def _required(code: str, name: str, *paths: str, why: str, **wanted: Any) -> Rule:
    """The rule that something stands at one of `paths`, the first of which the template has."""
    want = RequiredFile(paths, **wanted)

    def missing(integration: Integration, tree: Tree, fleet: Fleet) -> Problems:
        return want.problems(integration, tree, fleet)

    def without(folder: MemoryFolder) -> MemoryFolder:
        return folder.without(paths[0])

    missing.__name__ = name.replace("-", "_")
    missing.__doc__ = f"An integration has a `{paths[0]}`.\n\n{why}"
    return rule(code, bad=without, severity=want.severity)(missing)


missing_readme = _required(
    "LAY001",
    "missing-readme",
    "README.md",
    why="It is the first thing that a user and a reviewer open.",
    cure='add a "README.md" that says what is exported and what must be configured',
)

missing_changelog = _required(
    "LAY002",
    "missing-changelog",
    "CHANGELOG.md",
    why="Users read there what a new version brings, and the pull-request gate wants an entry for each.",
    cure='add a "CHANGELOG.md" with the line "<!-- towncrier release notes start -->" and an entry',
    firm=True,
)

missing_pyproject = _required(
    "LAY003",
    "missing-pyproject",
    "pyproject.toml",
    why="It holds the name and the version under which the image and the spec are published.",
    cure='add a "pyproject.toml" with [tool.poetry]; `seatrial new` writes one',
    firm=True,
)

missing_lock = _required(
    "LAY004",
    "missing-lock",
    "poetry.lock",
    why="Without it the image holds the versions of the day it is built, not those that were tested.",
    cure="type `poetry lock` in this folder, and commit the file",
)

missing_poetry_settings = _required(
    "LAY005",
    "missing-poetry-settings",
    "poetry.toml",
    why="It puts the virtual environment into `.venv`, where the Makefile and the editors look for it.",
    cure='add a "poetry.toml" with [virtualenvs], create = true and in-project = true',
)

missing_makefile = _required(
    "LAY006",
    "missing-makefile",
    "Makefile",
    why="People and CI type `make install`, `make lint` and `make test` in every integration's folder.",
    cure='add a "Makefile"; where there is a shared one, "include ../_infra/Makefile" is all it holds',
)

missing_main = _required(
    "LAY007",
    "missing-main",
    "main.py",
    why="Ocean starts an integration by importing it; the resync functions are registered there.",
    cure='add a "main.py" that registers a resync function for each kind',
    firm=True,
)

missing_debug = _required(
    "LAY008",
    "missing-debug",
    "debug.py",
    why="It starts the integration under a debugger, by the same name everywhere.",
    cure='add a "debug.py" that imports run from port_ocean and calls it',
)


@rule("LAY009", bad=lambda folder: folder.without("integration.py"))
def missing_integration_class(
    integration: Integration, tree: Tree, fleet: Fleet, core_floor: tuple[int, ...]
) -> Problems:
    """An integration has an `integration.py`.

    Ocean takes the integration's class from it, and with it the schema that the mapping is
    checked by. Before core 0.48.9 there was no such schema, and many integrations did without.
    """
    wanted = RequiredFile(
        ("integration.py",), 'add an "integration.py" with a class derived from BaseIntegration'
    )
    is_needed = core_floor >= CORE_WITH_SCHEMA
    is_custom = Custom.of(integration, fleet, "integration.py").is_common
    for problem in wanted.problems(integration, tree, fleet):
        if is_needed or is_custom:
            yield problem if is_needed and is_custom else replace(problem, severity=WARNING)


@rule("LAY010", bad=lambda folder: folder.without("tests"))
def missing_tests(integration: Integration, tree: Tree, fleet: Fleet) -> Problems:
    """An integration has tests, in the package `tests`.

    `make test` runs them. Without `tests/__init__.py` pytest imports them as loose
    modules, and two files of one name collide.
    """
    wanted = RequiredFile(("tests/__init__.py",), 'add an empty file "tests/__init__.py"')
    if not tree.has("tests"):
        wanted = RequiredFile(("tests",), 'add a folder "tests" with an empty "__init__.py" and a test')
    yield from wanted.problems(integration, tree, fleet)


missing_spec = _required(
    "LAY011",
    "missing-spec",
    ".port/spec.yaml",
    *SPEC_FILES,
    why="It is what the registry publishes. The release job passes over a folder without one.",
    cure='add a ".port/spec.yaml" with title, description, icon, features and configurations',
    firm=True,
)

missing_blueprints = _required(
    "LAY012",
    "missing-blueprints",
    *resource_files("blueprints"),
    why="Ocean creates these blueprints on the first start. A list without any is written `[]`.",
    cure=f'add a "{RESOURCES}/blueprints.json"; "[]" where there are none on purpose',
    firm=True,
)

missing_port_app_config = _required(
    "LAY013",
    "missing-port-app-config",
    f"{RESOURCES}/port-app-config.yaml",
    *resource_files("port-app-config"),
    why="It is the mapping that Ocean starts with; without it nothing is exported at first.",
    cure=f'add a "{RESOURCES}/port-app-config.yaml" that maps each kind',
    firm=True,
)

missing_gitignore = _required(
    "LAY014",
    "missing-gitignore",
    ".gitignore",
    why="It keeps secrets, environments and caches out of the repository.",
    cure='add a ".gitignore" with ".env", ".venv/" and "__pycache__/"',
    severity=WARNING,
)

missing_changelog_folder = _required(
    "LAY015",
    "missing-changelog-folder",
    "changelog/.gitignore",
    why="It keeps the folder in git, into which towncrier writes the fragments of the next release.",
    cure='add a "changelog/.gitignore" of two lines, "*" and "!.gitignore"',
    severity=WARNING,
)

missing_env_example = _required(
    "LAY016",
    "missing-env-example",
    ".env.example",
    why="It shows which variables must be set to run the integration on one's own machine.",
    cure='add a ".env.example" with the variables that this integration reads',
    severity=INFO,
)

missing_resources_gitignore = _required(
    "LAY017",
    "missing-resources-gitignore",
    f"{RESOURCES}/.gitignore",
    why="It keeps an ignore rule further up from dropping the resources, which must be published.",
    cure=f'add a "{RESOURCES}/.gitignore" with the line "!.gitignore"',
    severity=INFO,
)
