"""What rules talk about: the files of an integration, read once and given meaning.

A rule names what it needs as a parameter; the parameter is an attribute of `Subjects`.
An attribute is None where the subject is missing or unreadable. The `..._document` ones
are there even when unreadable, for the rules that report exactly that.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from seatrial.core.model import Fleet, Integration, Profile
from seatrial.core.settings import Settings
from seatrial.dependencies.locked_core import CoreLock
from seatrial.documents import json, toml, yaml
from seatrial.documents.document import Document
from seatrial.documents.integration import read_document, resource_path
from seatrial.validate.facts.app_config import AppConfig
from seatrial.validate.facts.blueprints import Blueprints
from seatrial.validate.facts.change import Change
from seatrial.validate.facts.changelog import ChangelogText, Fragment, fragments_of
from seatrial.validate.facts.code import Code
from seatrial.validate.facts.configuration_use import ConfigurationUse
from seatrial.validate.facts.conformity import Conformity
from seatrial.validate.facts.contract import Contract
from seatrial.validate.facts.items import Rows
from seatrial.validate.facts.jq_expressions import JqExpressions
from seatrial.validate.facts.kinds import Kinds
from seatrial.validate.facts.package import Package
from seatrial.validate.facts.python_files import PythonFiles
from seatrial.validate.facts.resource_forms import RESOURCE_STEMS, ResourceForms
from seatrial.validate.facts.spec import Peers, Spec, load_spec
from seatrial.validate.facts.suppressions import Suppressions
from seatrial.validate.facts.tree import Litter, Texts, Tree
from seatrial.validate.facts.waiting import Intents


class Facts:
    """Everything a rule may ask for, each worked out once and only when asked for."""

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

    def _document(self, path: str | None) -> Document | None:
        if path is None:
            return None
        return read_document(self.integration, path, json.load if path.endswith(".json") else yaml.load)

    @cached_property
    def tree(self) -> Tree:
        """The paths of the integration, and what stands there."""
        return Tree.of(self.integration)

    @cached_property
    def litter(self) -> Litter:
        """What should not be in the integration."""
        return Litter.of(self.integration)

    @cached_property
    def texts(self) -> Texts:
        """What is wrong with the bytes of the plain files."""
        return Texts.of(self.integration, self.tree)

    @cached_property
    def spec_document(self) -> Document | None:
        """The spec, readable or not."""
        return load_spec(self.integration)

    @cached_property
    def spec(self) -> Spec | None:
        """What the spec says."""
        return Spec.of(self.spec_document)

    @cached_property
    def peers(self) -> Peers:
        """The specs of the other integrations."""
        return Peers(self.fleet, self.integration)

    @cached_property
    def spec_form(self) -> Conformity | None:
        """The spec held against its schema."""
        return Conformity.of(self.spec_document, f"spec-{self.profile.value}")

    @cached_property
    def resource_documents(self) -> Mapping[str, Document]:
        """The resource files that are there, readable or not, by their stem."""
        found = ((stem, self._document(resource_path(self.integration, stem))) for stem in RESOURCE_STEMS)
        return {stem: document for stem, document in found if document}

    @cached_property
    def resource_forms(self) -> ResourceForms:
        """The resource files held against their schemas."""
        return ResourceForms.of(self.resource_documents, lambda: self.code)

    @cached_property
    def blueprints(self) -> Blueprints | None:
        """What the blueprints say."""
        return Blueprints.of(self.resource_documents.get("blueprints"), self.settings.known_blueprints)

    @cached_property
    def app_config(self) -> AppConfig | None:
        """What the port-app-config says."""
        return AppConfig.of(self.resource_documents.get("port-app-config"))

    @cached_property
    def jq_expressions(self) -> JqExpressions:
        """The jq of the mappings and the blueprints."""
        return JqExpressions.of(self.app_config, self.blueprints)

    @cached_property
    def scorecards(self) -> Rows | None:
        """What the scorecards say."""
        return Rows.of(self.resource_documents.get("scorecards"))

    @cached_property
    def pages(self) -> Rows | None:
        """What the pages say."""
        return Rows.of(self.resource_documents.get("pages"))

    @cached_property
    def actions(self) -> Rows | None:
        """What the actions say."""
        return Rows.of(self.resource_documents.get("actions"))

    @cached_property
    def python_files(self) -> PythonFiles:
        """The Python files that run in production."""
        return PythonFiles(self.integration)

    @cached_property
    def code(self) -> Code | None:
        """What the Python code says; None where some of it cannot be parsed."""
        return Code.of(self.python_files)

    @cached_property
    def kinds(self) -> Kinds | None:
        """The kinds of the spec and the port-app-config, beside those of the code."""
        return Kinds.of(self.spec, self.app_config, self.code)

    @cached_property
    def configuration_use(self) -> ConfigurationUse | None:
        """The configurations of the spec, beside what the code reads."""
        return ConfigurationUse.of(self.spec, self.code)

    @cached_property
    def pyproject_document(self) -> Document | None:
        """`pyproject.toml`, readable or not."""
        return read_document(self.integration, "pyproject.toml", toml.load)

    @cached_property
    def package(self) -> Package | None:
        """What `pyproject.toml` says of the package."""
        return Package.of(self.integration, self.pyproject_document)

    @cached_property
    def spec_type(self) -> str:
        """The type that the spec states; empty where it states none."""
        return self.spec.root.text("type").strip() if self.spec else ""

    @cached_property
    def core_floor(self) -> tuple[int, ...]:
        """The lowest framework version that the integration asks for; empty where it does not say."""
        return self.package.core_floor if self.package else ()

    @cached_property
    def ignore_form(self) -> Conformity | None:
        """`[tool.seatrial]` of `pyproject.toml` held against its schema."""
        return Conformity.below(self.pyproject_document, ("tool", "seatrial"), "ignore")

    @cached_property
    def changelog(self) -> ChangelogText | None:
        """`CHANGELOG.md`, readable or not."""
        return ChangelogText.of(self.integration)

    @cached_property
    def fragments(self) -> tuple[Fragment, ...]:
        """The changes that wait in `changelog` to be written into the changelog."""
        return fragments_of(self.integration, self.tree)

    @cached_property
    def lock(self) -> CoreLock | None:
        """What `poetry.lock` says."""
        return CoreLock.of(self.integration)

    @cached_property
    def intents(self) -> Intents:
        """The release intents that wait in `.ocean-release`."""
        return Intents.of(self.integration, self.tree)

    @cached_property
    def contract(self) -> Contract:
        """What the integration promises to those who have it installed."""
        return Contract.of(self.spec, self.app_config, self.blueprints, self.resource_documents)
