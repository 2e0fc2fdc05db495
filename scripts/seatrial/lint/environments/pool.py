"""The environments of a run: those found ready, those made, several at once, and those that cannot be made."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from types import TracebackType

from seatrial.core.errors import ServiceError
from seatrial.dependencies.requirements import Requirement
from seatrial.lint.environments import inventory
from seatrial.lint.environments.bases import choose_bases
from seatrial.lint.environments.creation import ClashError, make
from seatrial.lint.environments.environment import (
    FORMAT,
    MANIFEST,
    Environment,
    EnvironmentRequest,
    Layer,
    locals_of,
    site_of,
)
from seatrial.lint.environments.environment_store import EnvironmentStore
from seatrial.lint.environments.venv import own_environment
from seatrial.system import locks, trees
from seatrial.system.sandbox import Sandbox

ATTEMPTS = 5
"""How often an environment is made again that others damage or remove before it can be used."""

Tell = Callable[[str], None]


class Layering:
    """One preparation: each layer is made once, the bases first. Locks are added to `held`."""

    def __init__(
        self, store: EnvironmentStore, sandbox: Sandbox, crew: Executor, held: list[int], tell: Tell
    ) -> None:
        self._store = store
        self._sandbox = sandbox
        self._crew = crew
        self._held = held
        self._tell = tell
        self._stopped = threading.Event()
        self._has_told = threading.Event()
        self._futures: dict[str, Future[Environment]] = {}

    def all_of(self, layers: Mapping[str, Layer]) -> dict[str, Environment | ServiceError]:
        """Return the environment of each layer, or why there is none; flattened where two layers clash."""
        for layer in layers.values():
            if layer.base:
                self._begin(layer.base)
        for layer in layers.values():
            self._begin(layer)
        found = {name: self._result(layer) for name, layer in layers.items()}
        ready = {name: one for name, one in found.items() if one is not None}
        clashing = {name: layer.flat() for name, layer in layers.items() if found[name] is None}
        return {**ready, **self.all_of(clashing)} if clashing else ready

    def _begin(self, layer: Layer) -> None:
        if layer.key not in self._futures:
            self._futures[layer.key] = self._crew.submit(self._ready, layer)

    def _result(self, layer: Layer) -> Environment | ServiceError | None:
        try:
            return self._futures[layer.key].result()
        except ServiceError as failed:
            return failed
        except ClashError:
            return None

    def _ready(self, layer: Layer) -> Environment:
        base = self._futures[layer.base.key].result() if layer.base else None
        try:
            self._hold(layer, base)
        except OSError as refused:
            raise locks.unwritable(self._store.root, refused) from refused
        if (self._store.manifest(layer.key) or {}).get("clash"):
            raise ClashError
        place = self._store.place(layer.key)
        packages = {**(base.packages if base else {}), **layer.versions}
        site = site_of(place, layer.interpreter)
        return Environment(layer.key, place / "bin" / "python", site, packages, base)

    def _hold(self, layer: Layer, base: Environment | None) -> None:
        """Lock an environment for use; make it first where it does not exist or is damaged."""
        for _ in range(ATTEMPTS):
            descriptor = locks.take(self._store.lock(layer.key), exclusive=False, waiting=self._waiting)
            assert descriptor is not None
            if self._store.is_intact(layer.key):
                self._held.append(descriptor)
                with suppress(OSError):
                    os.utime(descriptor)
                return
            os.close(descriptor)
            self._make(layer, base)
        raise ServiceError("its environment is removed again and again by another program")

    def _make(self, layer: Layer, base: Environment | None) -> None:
        descriptor = locks.take(self._store.lock(layer.key), exclusive=True, waiting=self._waiting)
        assert descriptor is not None
        try:
            if not self._store.is_intact(layer.key):
                self._store.remove(layer.key)
                self._put(layer, base)
        finally:
            os.close(descriptor)

    def _put(self, layer: Layer, base: Environment | None) -> None:
        """Make an environment beside its place and rename it: it is there whole or not at all."""
        more = f" over {len(base.packages)} that are there" if base else ""
        self._tell(f"installing {len(layer.pins)} packages{more}")
        part = self._store.part(layer.key)
        try:
            self._finish(layer.key, make(layer, part, base, self._sandbox))
        except ClashError:
            clash = part / "clash"
            clash.mkdir()
            (clash / MANIFEST).write_text(json.dumps({"format": FORMAT, "clash": True}))
            self._finish(layer.key, clash)
        finally:
            trees.remove(part)

    def _finish(self, key: str, made: Path) -> None:
        """Write the inventory, then put the environment in its place."""
        inventory.write(made, self._store.inventory(key))
        os.rename(made, self._store.place(key))

    def stop(self) -> None:
        """Start nothing more, and stop waiting for other processes."""
        self._stopped.set()

    def _waiting(self) -> None:
        if self._stopped.is_set():
            raise ServiceError("it was interrupted")
        if not self._has_told.is_set():
            self._has_told.set()
            self._tell("waiting for another run that makes the same environment")


class Environments:
    """The environments below a folder. Those that `prepare` returns stay in place until `close`.

    `private` returns whether a folder is not part of the repository; without it no `.venv` of an integration is used.
    Packages that are not wheels are built in the `sandbox`.
    """

    def __init__(
        self,
        root: Path,
        private: Callable[[Path], bool] = lambda folder: False,
        sandbox: Sandbox | None = None,
    ) -> None:
        self._store = EnvironmentStore(root)
        self._sandbox = sandbox or Sandbox()
        self._private = private
        self._held: list[int] = []

    def __enter__(self) -> Environments:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the locks, so that others may remove what is no longer used here."""
        while self._held:
            os.close(self._held.pop())

    def sweep(self, max_age: float, max_bytes: int) -> int:
        """Sweep the store, but keep what `prepare` returned; remove nothing in a folder that cannot be written."""
        with suppress(ServiceError, OSError):
            return self._store.sweep(max_age, max_bytes)
        return 0

    def prepare(
        self, wanted: Sequence[EnvironmentRequest], jobs: int = 2, tell: Tell = lambda line: None
    ) -> dict[str, Environment | ServiceError]:
        """Return the environment of each integration by name, or an error of one line.

        Missing environments are made, `jobs` at a time; `tell` is called for each, from any thread.
        """
        own = {one.name: found for one in wanted if (found := own_environment(one, self._private))}
        rest = [one for one in wanted if one.name not in own]
        try:
            self._store.root.mkdir(parents=True, exist_ok=True)
        except OSError as refused:
            return {
                **own,
                **{one.name: _of(one, locks.unwritable(self._store.root, refused)) for one in rest},
            }
        layers = dict(self._layers(rest))
        return {**own, **self._made(rest, layers, jobs, tell)}

    def _layers(self, wanted: Sequence[EnvironmentRequest]) -> Iterator[tuple[str, Layer | ServiceError]]:
        """Yield the layer to make for each integration, by Python."""
        by_python = sorted(wanted, key=lambda one: (str(one.interpreter.path), one.name))
        for _, group in groupby(by_python, key=lambda one: one.interpreter.path):
            members = list(group)
            sets = {one.name: frozenset(pin.digest for pin in _shareable(one)) for one in members}
            existing = list(self._store.bases(members[0].interpreter))
            bases = choose_bases(sets, existing)
            for one in members:
                try:
                    yield one.name, _layer(one, bases[one.name])
                except ServiceError as failed:
                    yield one.name, _of(one, failed)

    def _made(
        self,
        wanted: Sequence[EnvironmentRequest],
        layers: Mapping[str, Layer | ServiceError],
        jobs: int,
        tell: Tell,
    ) -> dict[str, Environment | ServiceError]:
        good = {name: layer for name, layer in layers.items() if isinstance(layer, Layer)}
        with ThreadPoolExecutor(max(jobs, 1)) as crew:
            layering = Layering(self._store, self._sandbox, crew, self._held, tell)
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


def _of(one: EnvironmentRequest, failed: ServiceError) -> ServiceError:
    """Return the failure with the integration's name."""
    return ServiceError(f"{one.name}: {failed}")


def _shareable(one: EnvironmentRequest) -> Iterator[Requirement]:
    """Return the packages that may be in a base: all that do not come from the workspace."""
    return (pin for pin in one.requirements.pins if not pin.local)


def _layer(one: EnvironmentRequest, base: frozenset[str]) -> Layer:
    """Return the layer for an integration: a base and the rest on top of it, or all in one."""
    shared = tuple(pin for pin in _shareable(one) if pin.digest in base)
    rest = tuple(pin for pin in one.requirements.pins if pin not in shared)
    if not shared:
        return Layer(one.interpreter, rest, locals_of(one), one.requirements.indexes)
    below = Layer(one.interpreter, shared, {}, one.requirements.indexes)
    return Layer(one.interpreter, rest, locals_of(one), one.requirements.indexes, below) if rest else below
