"""What the Python code of an integration says, without running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from seatrial.subjects import code_actions, code_configuration, code_kinds
from seatrial.subjects.code_actions import Executor
from seatrial.subjects.code_configuration import Reads
from seatrial.subjects.code_kinds import ResourceClass, Resyncs
from seatrial.subjects.code_selectors import Unread, unread_keys
from seatrial.subjects.python_files import PythonFiles
from seatrial.subjects.python_models import FRAMEWORK, model_of
from seatrial.subjects.python_names import Names, Own


class Code:
    """The code of an integration all of whose Python files can be parsed.

    Where the code leaves a question open, the answer is None, and no rule speaks.
    """

    def __init__(self, files: PythonFiles) -> None:
        self.files = files
        self._names = Names(files)

    @classmethod
    def of(cls, files: PythonFiles) -> Code | None:
        """None where there is no Python, or some of it cannot be parsed."""
        return cls(files) if files.paths and not any(True for _ in files.faults()) else None

    @cached_property
    def _app_configs(self) -> tuple[Own, ...] | None:
        return code_kinds.app_config_classes(self.files, self._names)

    @cached_property
    def app_config_fields(self) -> frozenset[str] | None:
        """The keys, aliases included, that the integration reads at the top of `port-app-config`.

        Those of Ocean itself are among them. None where that cannot be told, or any key is read.
        """
        if self._app_configs is None:
            return None
        models = [model_of(self._names, own) for own in self._app_configs]
        known = [frozenset(model.keys) for model in models if model]
        return FRAMEWORK["PortAppConfig"].union(*known) if len(known) == len(models) else None

    @cached_property
    def _resource_classes(self) -> tuple[ResourceClass, ...] | None:
        return code_kinds.resource_classes(self._names, self._app_configs) if self._app_configs else None

    @cached_property
    def accepted_kinds(self) -> frozenset[str] | None:
        """The kinds a mapping may have: those of all resource classes. None where any kind may do."""
        found = [one.kinds for one in self._resource_classes or ()]
        known = [kinds for kinds in found if kinds is not None]
        return frozenset().union(*known) if known and len(known) == len(found) else None

    @cached_property
    def _resyncs(self) -> Resyncs:
        return code_kinds.resyncs(self.files, self._names)

    @property
    def resynced_kinds(self) -> frozenset[str] | None:
        """The kinds for which a resync function is registered. None where one is for any kind."""
        return self._resyncs.kinds if self._resyncs.whole else None

    @cached_property
    def named_kinds(self) -> frozenset[str]:
        """The kinds that the code names as such, whatever others it takes."""
        return self._resyncs.kinds.union(*(one.kinds or () for one in self._resource_classes or ()))

    def unread_keys(self, kind: str, selector: Any) -> Iterator[Unread]:
        """The keys of a selector that the code never reads.

        Where it cannot be told by which classes a mapping is read, those that no code names.
        """
        if not isinstance(selector, dict) or selector.keys() <= FRAMEWORK["Selector"]:
            return iter(())
        if self._resource_classes is None:
            return self._unmentioned(selector)
        classes = [one for one in self._resource_classes if one.takes(kind)]
        found = [code_kinds.selector_of(self._names, one) for one in classes]
        known = [model for model in found if model]
        return unread_keys(self._names, known if len(known) == len(found) else (), selector)

    def _unmentioned(self, selector: Mapping[str, Any]) -> Iterator[Unread]:
        if "integration.py" in self.files.paths:
            for key in sorted(map(str, selector.keys() - FRAMEWORK["Selector"])):
                if not self.mentions(key):
                    yield Unread((key,), frozenset())

    @cached_property
    def configuration_reads(self) -> Reads:
        """The configuration keys that are read where it is certain that they are."""
        return code_configuration.configuration_reads(self.files, self._names)

    @cached_property
    def executors(self) -> Sequence[Executor]:
        """The classes that carry out actions."""
        return code_actions.executors(self.files, self._names)

    @cached_property
    def listens(self) -> bool:
        """Whether anything that receives webhooks is named in the code."""
        return bool(code_actions.listeners(self.files))

    @cached_property
    def processors(self) -> Sequence[str]:
        """The files that register webhook processors."""
        return self.files.holding(b"add_webhook_processor")

    def mentions(self, word: str) -> bool:
        """Whether a word occurs anywhere in the code."""
        return not word or bool(self.files.holding(word.encode("utf-8", "surrogatepass")))
