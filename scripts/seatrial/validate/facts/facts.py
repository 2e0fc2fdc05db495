"""The facts about an integration that rules need: its files, read once and given meaning.

A rule names each fact it needs as a parameter; the parameter is an attribute of `Facts`.
An attribute is None where the fact is missing or unreadable. The `..._document` attributes
exist even where unreadable, for the rules that report exactly that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, Protocol

from seatrial.core.framework import Framework
from seatrial.core.model import Fleet, Integration, Profile
from seatrial.core.settings import Settings
from seatrial.dependencies.lockfile import CoreLock
from seatrial.documents import toml
from seatrial.documents.document import Document
from seatrial.documents.integration import read_document, resource_path
from seatrial.system import clock
from seatrial.validate.facts.app_config import AppConfig
from seatrial.validate.facts.blueprints import Blueprints, Required
from seatrial.validate.facts.changelog_entries import ChangelogText, Fragment, fragments_of
from seatrial.validate.facts.code import Code, ConfigurationUse, Kinds
from seatrial.validate.facts.config_classes import KindOf, misnamed
from seatrial.validate.facts.conformity import RESOURCE_STEMS, Conformity, ResourceForms
from seatrial.validate.facts.contract import Contract, Selectors, selectors_of
from seatrial.validate.facts.coverage import Coverage
from seatrial.validate.facts.credentials import LostLine, Variable, lost_lines, variables
from seatrial.validate.facts.items import Item, Rows
from seatrial.validate.facts.jq_expressions import JqExpressions
from seatrial.validate.facts.package_metadata import Package
from seatrial.validate.facts.python_modules import PythonFiles
from seatrial.validate.facts.raw_examples import Examples, Tried
from seatrial.validate.facts.release_change import Change, Intents, ReleaseHold
from seatrial.validate.facts.spec import Peers, Spec, load_document, load_spec
from seatrial.validate.facts.suppressed_codes import EXEMPTIONS, Suppressions, load_exemptions
from seatrial.validate.facts.tree import Litter, Texts, Tidiness, Tree, content


class WorkspaceView(Protocol):
    """The parts of a workspace that the facts depend on."""

    @property
    def profile(self) -> Profile: ...
    @property
    def fleet(self) -> Fleet: ...
    @property
    def settings(self) -> Settings: ...


class Facts:
    """The facts about an integration, each worked out once and only when needed."""

    def __init__(
        self,
        integration: Integration,
        profile: Profile,
        fleet: Fleet,
        settings: Settings | None = None,
        change: Change | None = None,
    ) -> None:
        self.integration = integration
        self.profile = profile
        self.fleet = fleet
        self.settings = settings or Settings()
        self.change = change
        self.suppressions: Suppressions | None = None

    @classmethod
    def of(cls, workspace: WorkspaceView, integration: Integration, change: Change | None = None) -> Facts:
        """The facts about an integration of a workspace."""
        return cls(integration, workspace.profile, workspace.fleet, workspace.settings, change)

    @cached_property
    def tree(self) -> Tree:
        """The paths of the integration, and their entries."""
        return Tree.of(self.integration)

    @cached_property
    def litter(self) -> Litter:
        """Files that do not belong in the integration."""
        return Litter.of(self.integration)

    @cached_property
    def texts(self) -> Texts:
        """Faults in the bytes of the plain files."""
        parsed = self.examples.example_set.documents if self.examples else {}
        return Texts.of(self.integration, self.tree, self.python_files.held, parsed)

    @cached_property
    def env_example(self) -> Sequence[Variable]:
        """The variables of `.env.example`; none where there is no such file."""
        return tuple(variables(content(self.integration, ".env.example") or b""))

    @cached_property
    def lost_lines(self) -> Sequence[LostLine]:
        """The lines of `.env.example` that set nothing."""
        return tuple(lost_lines(content(self.integration, ".env.example") or b""))

    @cached_property
    def tidiness(self) -> Tidiness:
        """The ends of the lines of texts."""
        return Tidiness.of(self.integration, self.tree)

    @cached_property
    def spec_document(self) -> Document | None:
        """The spec, readable or not."""
        return load_spec(self.integration)

    @cached_property
    def spec(self) -> Spec | None:
        """The readable spec."""
        return Spec.of(self.spec_document)

    @cached_property
    def spec_type(self) -> str:
        """The type in the spec; empty where there is none."""
        return self.spec.root.text("type").strip() if self.spec else ""

    @cached_property
    def spec_version(self) -> str:
        """The version in the spec; empty where there is none."""
        return self.spec.root.text("version").strip() if self.spec else ""

    @cached_property
    def logged_version(self) -> str:
        """The version of the newest entry of the changelog; empty where there is none."""
        top = self.changelog.top if self.changelog else None
        return (top.version or "") if top else ""

    @cached_property
    def published_as(self) -> tuple[str, str]:
        """The type and version a release publishes the integration by, each empty if not stated.

        Under the guide profile the spec states them, under the ocean profile `pyproject.toml`.
        """
        if self.profile is Profile.OCEAN:
            return (self.package.name, _version(self.package.stated("version"))) if self.package else ("", "")
        return self.spec_type, _version(self.spec.root.value.get("version")) if self.spec else ""

    @cached_property
    def spec_form(self) -> Conformity | None:
        """The spec compared with its schema."""
        return Conformity.of(self.spec_document, f"spec-{self.profile.value}", self.framework)

    @cached_property
    def peers(self) -> Peers:
        """The specs of the other integrations."""
        return Peers(self.fleet, self.integration)

    @cached_property
    def resource_documents(self) -> Mapping[str, Document]:
        """The existing resource files, readable or not, by their stem."""
        paths = ((stem, resource_path(self.integration, stem)) for stem in RESOURCE_STEMS)
        found = ((stem, load_document(self.integration, path)) for stem, path in paths)
        return {stem: document for stem, document in found if document}

    @cached_property
    def resource_forms(self) -> ResourceForms:
        """The resource files compared with their schemas."""
        return ResourceForms.of(
            self.resource_documents,
            lambda key: self.code.declares(key) if self.code else None,
            self.framework,
            lambda: self.code.misspelled_queries(self.app_config) if self.code and self.app_config else (),
        )

    @cached_property
    def blueprints(self) -> Blueprints | None:
        """The readable blueprints."""
        mapped = [one.blueprint for one in self.app_config.resources] if self.app_config else []
        return Blueprints.of(
            self.resource_documents.get("blueprints"), self.settings.known_blueprints, mapped
        )

    @cached_property
    def lacking_blueprints(self) -> frozenset[str]:
        """The blueprints that do not exist, and that are mapped, related to or aggregated."""
        return self.blueprints.lacking if self.blueprints else frozenset()

    @cached_property
    def app_config(self) -> AppConfig | None:
        """The readable port-app-config."""
        edge_quotes = self.framework.has("edge-quotes")
        return AppConfig.of(self.resource_documents.get("port-app-config"), edge_quotes)

    @cached_property
    def jq_expressions(self) -> JqExpressions:
        """The jq of the mappings and the blueprints."""
        return JqExpressions.of(self.app_config, self.blueprints)

    @cached_property
    def examples(self) -> Examples | None:
        """The examples that the integration keeps."""
        return Examples.of(self.integration, self.resource_documents.values())

    @cached_property
    def tried(self) -> Tried | None:
        """What the mappings make of the examples."""
        return Tried.of(self.examples, self.framework)

    @cached_property
    def coverage(self) -> Coverage | None:
        """The kinds beside their examples, recorded entities and tests."""
        return Coverage.of(self.integration, self.kinds, self.tree, self.examples, self.python_files)

    @cached_property
    def scorecards(self) -> Rows | None:
        """The readable scorecards."""
        return Rows.of(self.resource_documents.get("scorecards"))

    @cached_property
    def pages(self) -> Rows | None:
        """The readable pages."""
        return Rows.of(self.resource_documents.get("pages"))

    @cached_property
    def actions(self) -> Rows | None:
        """The readable actions."""
        return Rows.of(self.resource_documents.get("actions"))

    @cached_property
    def python_files(self) -> PythonFiles:
        """The Python files that run in production."""
        return PythonFiles(self.integration)

    @cached_property
    def code(self) -> Code | None:
        """The Python code; None where some of it cannot be parsed."""
        return Code.of(self.python_files)

    @cached_property
    def kinds(self) -> Kinds | None:
        """The kinds of the spec and the port-app-config, compared with those of the code."""
        return Kinds.of(self.spec, self.app_config, self.code)

    @cached_property
    def misnamed_classes(self) -> Mapping[str, KindOf]:
        """The kinds that no class takes because one has the kind of another, where Ocean's gate refuses that one."""
        if not (self.kinds and self.code and self.framework.has("own-kind")):
            return {}
        lacking = {one.kind for one in self.kinds.unaccepted((*self.kinds.listed, *self.kinds.mapped))}
        return misnamed(self.code.config_classes, lacking) if lacking else {}

    @cached_property
    def configuration_use(self) -> ConfigurationUse | None:
        """The configurations of the spec, compared with those that the code reads."""
        return ConfigurationUse.of(self.spec, self.code)

    @cached_property
    def repeated_configurations(self) -> Mapping[str, Item]:
        """The configurations that have the name of another, by the undeclared key that the code reads each by."""
        return self.configuration_use.repeated if self.configuration_use else {}

    @cached_property
    def misnamed_configurations(self) -> Mapping[str, Item]:
        """The configurations of the spec to be renamed, by the key under which the code reads each."""
        use = self.configuration_use
        variables = {one.name.lower() for one in self.env_example} if use else set()
        keys = [read.key for read, _ in use.undeclared()] if use else []
        found = {key: use.misnamed(key, variables) for key in keys} if use else {}
        return {key: item for key, item in found.items() if item}

    @cached_property
    def pyproject_document(self) -> Document | None:
        """`pyproject.toml`, readable or not."""
        return read_document(self.integration, "pyproject.toml", toml.load)

    @cached_property
    def package(self) -> Package | None:
        """The package in a readable `pyproject.toml`."""
        return Package.of(self.integration, self.pyproject_document)

    @cached_property
    def core_floor(self) -> tuple[int, ...]:
        """The lowest framework version that the integration allows; empty where it names none."""
        return self.package.core_floor if self.package else ()

    @cached_property
    def framework(self) -> Framework:
        """The framework that the integration runs with: the locked version, else the lowest that it allows."""
        locked = self.lock.cores[0].text if self.lock and self.lock.cores else ""
        return Framework.of(locked, self.core_floor)

    @cached_property
    def newest_core(self) -> tuple[int, ...]:
        """The newest release of the framework in use: that of an integration, or the one that the settings state."""
        told = self.fleet.each(core_release)
        used = self.fleet.keep("newest core", lambda: max(map(tuple, told.values()), default=()))
        return max(used, self.settings.newest_core)

    @cached_property
    def required(self) -> Required:
        """What the blueprints require of their entities."""
        return Required(self.blueprints)

    @cached_property
    def poetry_form(self) -> Conformity | None:
        """`[tool.poetry]` of `pyproject.toml` compared with its schema."""
        return Conformity.below(self.pyproject_document, ("tool", "poetry"), "poetry")

    @cached_property
    def ignore_form(self) -> Conformity | None:
        """`[tool.seatrial]` of `pyproject.toml` compared with its schema."""
        return Conformity.below(self.pyproject_document, ("tool", "seatrial"), "ignore")

    @cached_property
    def exemptions_document(self) -> Document | None:
        """The file of exemptions, readable or not."""
        return read_document(self.integration, EXEMPTIONS, load_exemptions)

    @cached_property
    def stated_suppressions(self) -> Suppressions | None:
        """The suppressed codes; None where nothing states any."""
        granted = self.settings.exemptions.granted
        own = None if granted is None else granted.get(self.integration.path, {})
        return Suppressions.of(self.pyproject_document, self.exemptions_document, self.today, own)

    @cached_property
    def changelog(self) -> ChangelogText | None:
        """`CHANGELOG.md`, readable or not."""
        return ChangelogText.of(self.integration)

    @cached_property
    def today(self) -> date:
        """The day on which the verdict is given, the only fact that is not in the files."""
        return clock.today()

    @cached_property
    def fragments(self) -> tuple[Fragment, ...]:
        """The changes in `changelog` that are not yet in `CHANGELOG.md`."""
        return fragments_of(self.integration, self.tree)

    @cached_property
    def lock(self) -> CoreLock | None:
        """The facts of `poetry.lock`."""
        return CoreLock.of(self.integration)

    @cached_property
    def intents(self) -> Intents:
        """The release intents in `.ocean-release`."""
        return Intents.of(self.integration, self.tree)

    @cached_property
    def release_hold(self) -> ReleaseHold | None:
        """The hold that keeps the integration from being released."""
        return ReleaseHold.of(self.integration)

    @cached_property
    def contract(self) -> Contract:
        """The contract of the integration with those who have installed it."""
        return Contract.of(self.spec, self.app_config, self.blueprints, self.resource_documents)

    @cached_property
    def selectors(self) -> Selectors:
        """The keys that the selectors of a mapping may have; none where some of the code cannot be parsed."""
        return selectors_of(self.python_files) if self.code else {}


def core_release(integration: Integration) -> list[int]:
    """Return the release of the framework that an integration runs with; empty where nothing tells it."""
    return list(Facts(integration, Profile.GUIDE, Fleet()).framework.release)


def identity(integration: Integration, profile: str) -> list[str]:
    """Return the type and the version that a release publishes an integration by, in a profile."""
    return list(Facts(integration, Profile(profile), Fleet()).published_as)


def _version(stated: Any) -> str:
    """Return a version as it is written; `1.2` is a number in YAML and TOML, and not a valid version."""
    is_number = isinstance(stated, int | float) and not isinstance(stated, bool)
    return str(stated).strip() if is_number or isinstance(stated, str) else ""
