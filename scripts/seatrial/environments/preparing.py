"""From what integrations install to environments that are ready: those found, those made, those that cannot be."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from types import TracebackType

from seatrial.environments import locks
from seatrial.environments.environment import Environment, Layer, Wanted
from seatrial.environments.layering import Layering, Tell
from seatrial.environments.local import locals_of
from seatrial.environments.own import own_environment
from seatrial.environments.shelf import Shelf
from seatrial.errors import ServiceError
from seatrial.lint.bases import choose_bases
from seatrial.lint.requirements import Requirement


class Environments:
    """The environments below a folder. What `prepare` gives stays in place until `close`.

    `tracked` says whether git tracks files in a folder; without it no `.venv` of an integration is used.
    """

    def __init__(self, root: Path, tracked: Callable[[Path], bool] = lambda folder: True) -> None:
        self._shelf = Shelf(root)
        self._tracked = tracked
        self._held: list[int] = []

    def __enter__(self) -> Environments:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let others remove what is no longer used here."""
        while self._held:
            os.close(self._held.pop())

    def sweep(self, max_age: float, max_bytes: int) -> int:
        """See `Shelf.sweep`; what `prepare` gave stays. Nothing is removed where the folder cannot be written."""
        with suppress(ServiceError, OSError):
            return self._shelf.sweep(max_age, max_bytes)
        return 0

    def prepare(
        self, wanted: Sequence[Wanted], jobs: int = 2, tell: Tell = lambda line: None
    ) -> dict[str, Environment | ServiceError]:
        """The environment of each integration by name, or one line that says why there is none.

        What is missing is made, `jobs` at a time; `tell` is told of each that is begun, from any thread.
        """
        own = {one.name: found for one in wanted if (found := own_environment(one, self._tracked))}
        rest = [one for one in wanted if one.name not in own]
        try:
            self._shelf.root.mkdir(parents=True, exist_ok=True)
        except OSError as refused:
            return {
                **own,
                **{one.name: _of(one, locks.unwritable(self._shelf.root, refused)) for one in rest},
            }
        layers = dict(self._layers(rest))
        return {**own, **self._made(rest, layers, jobs, tell)}

    def _layers(self, wanted: Sequence[Wanted]) -> Iterator[tuple[str, Layer | ServiceError]]:
        """What to make for each, by Python."""
        by_python = sorted(wanted, key=lambda one: (str(one.interpreter.path), one.name))
        for _, group in groupby(by_python, key=lambda one: one.interpreter.path):
            members = list(group)
            sets = {one.name: frozenset(pin.digest for pin in _shareable(one)) for one in members}
            existing = list(self._shelf.bases(members[0].interpreter))
            bases = choose_bases(sets, existing)
            for one in members:
                try:
                    yield one.name, _layer(one, bases[one.name])
                except ServiceError as failed:
                    yield one.name, _of(one, failed)

    def _made(
        self, wanted: Sequence[Wanted], layers: Mapping[str, Layer | ServiceError], jobs: int, tell: Tell
    ) -> dict[str, Environment | ServiceError]:
        good = {name: layer for name, layer in layers.items() if isinstance(layer, Layer)}
        with ThreadPoolExecutor(max(jobs, 1)) as crew:
            layering = Layering(self._shelf, crew, self._held, tell)
            try:
                ready = layering.all_of(good)
            except BaseException:
                layering.stop()
                crew.shutdown(wait=False, cancel_futures=True)
                raise
        named = {one.name: one for one in wanted}
        failed = {name: layer for name, layer in layers.items() if isinstance(layer, ServiceError)}
        found = {n: _of(named[n], one) if isinstance(one, ServiceError) else one for n, one in ready.items()}
        return {**failed, **found}


def _of(one: Wanted, failed: ServiceError) -> ServiceError:
    """The failure, naming the integration."""
    return ServiceError(f"{one.name}: {failed}")


def _shareable(one: Wanted) -> Iterator[Requirement]:
    """What may lie in a base: what does not come from the workspace."""
    return (pin for pin in one.requirements.pins if not pin.local)


def _layer(one: Wanted, base: frozenset[str]) -> Layer:
    """What to make for one: a base and what lies over it, or the whole."""
    shared = tuple(pin for pin in _shareable(one) if pin.digest in base)
    rest = tuple(pin for pin in one.requirements.pins if pin not in shared)
    if not shared:
        return Layer(one.interpreter, rest, locals_of(one), one.requirements.indexes)
    below = Layer(one.interpreter, shared, {}, one.requirements.indexes)
    return Layer(one.interpreter, rest, locals_of(one), one.requirements.indexes, below) if rest else below
