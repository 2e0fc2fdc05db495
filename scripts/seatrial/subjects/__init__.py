"""What rules talk about: the files of an integration, read once and given meaning.

A rule names what it needs as a parameter; the parameter is an attribute of `Subjects`.
An attribute is None where the subject is missing or unreadable. The `..._document` ones
are there even when unreadable, for the rules that report exactly that.
"""

from __future__ import annotations

from functools import cached_property

from seatrial.documents import json, toml, yaml
from seatrial.documents.document import Document
from seatrial.model import Fleet, Integration, Profile
from seatrial.settings import Settings
from seatrial.subjects.conformity import Conformity
from seatrial.subjects.suppressions import Suppressions
from seatrial.subjects.reading import read_document, resource_path
from seatrial.subjects.litter import Litter
from seatrial.subjects.texts import Texts
from seatrial.subjects.tree import Tree
from seatrial.subjects.spec import Peers, Spec, load_spec


class Subjects:
    """Everything a rule may ask for, each worked out once and only when asked for."""

    def __init__(
        self, integration: Integration, profile: Profile, fleet: Fleet, settings: Settings | None = None
    ) -> None:
        self.integration = integration
        self.profile = profile
        self.fleet = fleet
        self.settings = settings or Settings()
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
        """The bytes of every plain file."""
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
    def pyproject_document(self) -> Document | None:
        """`pyproject.toml`, readable or not."""
        return read_document(self.integration, "pyproject.toml", toml.load)
