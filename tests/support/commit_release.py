"""A release of a commit in memory: a builder that stands in, services that tell of each call, checks that pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.findings import Outcome
from seatrial.release.plan.plan import Failure, Plan
from seatrial.release.plan.state import Checks, Tally
from seatrial.release.run import planner, publication
from seatrial.release.run.apply import Applied, apply, finish
from seatrial.release.run.checks import CheckResults
from seatrial.release.run.export import exported
from seatrial.release.run.release_context import ReleaseContext, open_context
from seatrial.workspace.workspace import Workspace, open_workspace
from support.memory_images import MemoryImages
from support.memory_store import MemoryStore
from support.release_workspace import StandInBuilder

Told = Callable[[str], None]


class Telling:
    """Anything whose methods are told of before they are called."""

    def __init__(self, inner: Any, tell: Told) -> None:
        self._inner, self._tell = inner, tell

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **more: Any) -> Any:
            self._tell(name)
            return found(*arguments, **more)

        return call


@dataclass
class CommitRelease:
    """Releases of one checkout, whose services outlive them; `checked` has the bytes that checks were given.

    If `local`, images and specs go below `dist/`.
    """

    root: Path
    images: MemoryImages = field(default_factory=MemoryImages)
    store: MemoryStore = field(default_factory=MemoryStore)
    builder: StandInBuilder = field(default_factory=StandInBuilder)
    checked: list[bytes] = field(default_factory=list)
    errors: int = 0
    local: bool = False
    build_args: tuple[str, ...] = ()
    key: Path | None = None
    made: list[Plan] = field(default_factory=list)

    @contextmanager
    def context(self, tell: Told = lambda name: None) -> Iterator[ReleaseContext]:
        """The context of a release, with the services of these."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(planner, "lint_and_validate", self._check)
            patch.setattr(publication, "choose", lambda *wanted: Telling(self.builder, tell))
            opened = open_context(open_workspace(str(self.root)), None, self.build_args)
            images, store = (opened.images, opened.store) if self.local else (self.images, self.store)
            yield replace(opened, images=Telling(images, tell), store=Telling(store, tell))

    def _check(self, workspace: Workspace, chosen: Any, jobs: int, notify: Any) -> CheckResults:
        for one in chosen:
            self.checked.append(b"\n".join(one.read(path) for path in one.paths() if one.has(path)))
            folder = workspace.root / one.path
            self.checked += [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
        passed = Checks(Tally(self.errors), Tally())
        return CheckResults(Outcome(), {one.path: passed for one in chosen})

    def run(self, tell: Told = lambda name: None, adopt: bool = False) -> list[Failure]:
        """Plan, publish and finish; what failed or was held back."""
        with self.context(tell) as context:
            assert context.head
            with exported(context, context.head.commit) as files:
                request = planner.PlanRequest(adopt=adopt)
                chosen = context.workspace.integrations
                made, _ = planner.make(context, chosen, files, 1, lambda line: None, request)
                self.made.append(made)
                tell("planned")
                applied, unfinished = self.publish(context, made, made.todo, files)
        held = [Failure(part.title, part.reason) for part in made.held]
        return [*held, *applied.failures, *unfinished]

    def publish(self, context: ReleaseContext, made: Plan, parts: Any, files: Any) -> tuple[Applied, Any]:
        with publication.publication(context, made, files, self.key, lambda event: None) as run:
            chosen = {one.path: one for one in context.workspace.integrations}
            applied = apply(run, parts, chosen, 1)
            return applied, finish(run, applied.done)

    def resume(self, text: bytes | str) -> list[Failure]:
        """Do what is left of a saved plan, as `release.apply` does."""
        from seatrial.release.plan.plan_files import plan_of_json

        with self.context() as context:
            assert context.head
            made = plan_of_json(text, "plan.json")
            parts = planner.parts_of(made)
            chosen = context.workspace.integrations
            state = planner.still_valid(context, made, parts, chosen)
            left = [planner.remaining(part, state) for part in parts]
            with exported(context, context.head.commit) as files:
                planner.must_pass(context, state, made.force, left, files, 1, lambda line: None)
                applied, unfinished = self.publish(context, made, [one for one in left if one.steps], files)
        return [*applied.failures, *unfinished]

    def everything(self) -> bytes:
        """All bytes that are published anywhere, and those that were checked."""
        manifests = (one.data for one in self.images.manifests.values())
        return b"\n".join(
            [*manifests, *self.images.blobs.values(), *self.store.objects.values(), *self.checked]
        )
