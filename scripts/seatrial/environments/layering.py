"""Getting layers ready, several at once: found whole, waited for, or made."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from contextlib import suppress

from seatrial.environments import locks
from seatrial.environments.environment import Environment, Layer, site_of
from seatrial.environments.making import FORMAT, MANIFEST, ClashError, make
from seatrial.environments.shelf import Shelf
from seatrial.errors import ServiceError

ATTEMPTS = 5
"""So often is an environment made that others damage or remove before it can be used."""

Tell = Callable[[str], None]


class Layering:
    """One preparation: each layer is made once, the bases first. Locks are added to `held`."""

    def __init__(self, shelf: Shelf, crew: Executor, held: list[int], tell: Tell) -> None:
        self._shelf = shelf
        self._crew = crew
        self._held = held
        self._tell = tell
        self._stopped = threading.Event()
        self._told = threading.Event()
        self._futures: dict[str, Future[Environment]] = {}

    def all_of(self, layers: Mapping[str, Layer]) -> dict[str, Environment | ServiceError]:
        """The environment of each layer, or why there is none; one layer where two cannot hold the files."""
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
            raise locks.unwritable(self._shelf.root, refused) from refused
        if (self._shelf.manifest(layer.key) or {}).get("clash"):
            raise ClashError
        place = self._shelf.place(layer.key)
        packages = {**(base.packages if base else {}), **layer.versions}
        site = site_of(place, layer.interpreter)
        return Environment(layer.key, place / "bin" / "python", site, packages, base)

    def _hold(self, layer: Layer, base: Environment | None) -> None:
        """Use what stands there; where it does not, or is damaged, make it first."""
        for _ in range(ATTEMPTS):
            descriptor = locks.take(self._shelf.lock(layer.key), exclusive=False, waiting=self._waiting)
            assert descriptor is not None
            if self._shelf.is_intact(layer.key, layer.interpreter):
                self._held.append(descriptor)
                with suppress(OSError):
                    os.utime(descriptor)
                return
            os.close(descriptor)
            self._make(layer, base)
        raise ServiceError("its environment is removed again and again by another program")

    def _make(self, layer: Layer, base: Environment | None) -> None:
        descriptor = locks.take(self._shelf.lock(layer.key), exclusive=True, waiting=self._waiting)
        assert descriptor is not None
        try:
            if not self._shelf.is_intact(layer.key, layer.interpreter):
                self._shelf.remove(layer.key)
                self._put(layer, base)
        finally:
            os.close(descriptor)

    def _put(self, layer: Layer, base: Environment | None) -> None:
        """Make it beside its place and rename it there: it is there whole or not at all."""
        more = f" over {len(base.packages)} that are there" if base else ""
        self._tell(f"installing {len(layer.pins)} packages{more}")
        part = self._shelf.part(layer.key)
        place = self._shelf.place(layer.key)
        try:
            os.rename(make(layer, part, base), place)
        except ClashError:
            clash = part / "clash"
            clash.mkdir()
            (clash / MANIFEST).write_text(json.dumps({"format": FORMAT, "clash": True}))
            os.rename(clash, place)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def stop(self) -> None:
        """Begin nothing more, and wait for nobody."""
        self._stopped.set()

    def _waiting(self) -> None:
        if self._stopped.is_set():
            raise ServiceError("it was interrupted")
        if not self._told.is_set():
            self._told.set()
            self._tell("waiting for another run that makes the same environment")
