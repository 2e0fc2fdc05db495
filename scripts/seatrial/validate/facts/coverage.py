"""The kinds of an integration beside what shows that they work: examples, recorded entities, and tests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.model import Integration
from seatrial.preview.goldens import expected_of
from seatrial.validate.facts.code import Kinds, StatedKind
from seatrial.validate.facts.python_modules import PythonFiles
from seatrial.validate.facts.raw_examples import Examples, same_kind
from seatrial.validate.facts.tree import Tree, content

MOST_TEST_BYTES = 32 * 1024 * 1024
"""The bytes of tests that are looked at; the largest real ones have 2 MB."""

_CONSTANT = re.compile(
    rb"^[ \t]*([A-Za-z]\w{2,60})[ \t]*(?::[^=\n]{0,80})?=[ \t]*[\"']([^\"'\n]{1,120})[\"']", re.MULTILINE
)
_MARKS = bytes(one for one in range(128) if not chr(one).isalnum())


@dataclass(frozen=True)
class Coverage:
    """The kinds that the spec lists, or where it lists none, those that are mapped, and what covers them."""

    integration: Integration
    stated: tuple[StatedKind, ...]
    tree: Tree
    examples: Examples | None
    python_files: PythonFiles

    @classmethod
    def of(
        cls,
        integration: Integration,
        kinds: Kinds | None,
        tree: Tree,
        examples: Examples | None,
        python_files: PythonFiles,
    ) -> Coverage | None:
        """None where the spec or the port-app-config cannot be read."""
        if kinds is None:
            return None
        return cls(integration, kinds.listed or kinds.mapped, tree, examples, python_files)

    @cached_property
    def _files(self) -> Mapping[str, set[str]]:
        """The files of examples of each kind that has some."""
        found: dict[str, set[str]] = {}
        if self.examples:
            for case in self.examples.example_set.cases:
                found.setdefault(case.source.kind, set()).add(case.name)
            names = [one.kind for one in self.stated]
            for folder, paths in self.examples.folders.items():
                for kind in same_kind(folder, names):
                    found.setdefault(kind, set()).update(paths)
        return found

    @cached_property
    def without_example(self) -> tuple[StatedKind, ...]:
        """The kinds of which no example is kept."""
        return tuple(one for one in self.stated if one.kind not in self._files)

    @cached_property
    def without_recording(self) -> tuple[StatedKind, ...]:
        """The kinds with examples of none of which the entities are recorded."""
        if self.examples is None:
            return ()
        names = {case.name for case in self.examples.example_set.cases}
        recorded = {
            path for one in expected_of(self.examples.example_set.outputs, names) for path in one.examples
        } | {path for path in names if self._is_recorded_with(path)}
        files = {kind: paths & names for kind, paths in self._files.items()}
        return tuple(one for one in self.stated if files.get(one.kind) and not files[one.kind] & recorded)

    def _is_recorded_with(self, path: str) -> bool:
        """Return whether an output lies beside where the entities of a published example are recorded."""
        assert self.examples
        folder = path.replace(".port/", "", 1).rpartition("/")[0]
        return any(one.path.rpartition("/")[0] == folder for one in self.examples.example_set.outputs)

    @cached_property
    def without_test(self) -> tuple[StatedKind, ...]:
        """The kinds that no test names, in any spelling or by a constant; none where there are no tests."""
        text = self._tests
        constants = self._constants if text else {}
        return tuple(
            one
            for one in self.stated
            if text and not any(name in text for name in _spellings(one.kind, constants))
        )

    @cached_property
    def _tests(self) -> bytes:
        """The names and texts of the tests in lower case, letters and digits only."""
        paths = [path for path in self.tree.plain_files() if path.startswith("tests/")]
        return b"\n".join(_squashed(one) for one in self._texts(paths)) if paths else b""

    def _texts(self, paths: list[str]) -> Iterator[bytes]:
        left = MOST_TEST_BYTES
        yield "\n".join(paths).encode("utf-8", "replace")
        for path in paths:
            if path.endswith(".py") and left > 0:
                data = content(self.integration, path) or b""
                left -= len(data)
                yield data

    @cached_property
    def _constants(self) -> Mapping[str, set[str]]:
        """The names of constants by the text that they stand for."""
        found: dict[str, set[str]] = {}
        for path in self.python_files.paths:
            for name, text in _CONSTANT.findall(self.python_files.data(path)):
                found.setdefault(text.decode("utf-8", "replace"), set()).add(name.decode())
        return found


def _spellings(kind: str, constants: Mapping[str, set[str]]) -> Iterator[bytes]:
    """Yield what names a kind: itself, its plural, the end of a name like AWS::ECS::Cluster, constants."""
    names = [kind, "".join(kind.split("::")[-2:]), *constants.get(kind, ())]
    for name in names:
        word = _squashed(name.encode("utf-8", "replace")).removesuffix(b"s") or b"\0"
        yield word
        if word.endswith((b"y", b"ie")):
            yield word.removesuffix(b"y").removesuffix(b"ie") + (b"ie" if word.endswith(b"y") else b"y")


def _squashed(text: bytes) -> bytes:
    return text.lower().translate(None, _MARKS)
