"""Importing Invoke without the parts that no task uses; together they cost more than all the rest of it.

Invoke's vendored YAML reads configuration files, unittest.mock serves its test helpers, and importlib.metadata
tells its version. Each is replaced while Invoke is imported, and is as always afterwards.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from types import ModuleType
from typing import Any


class _Unused(ModuleType):
    """A module whose names all exist and lead nowhere."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: ""


def import_invoke() -> None:
    """Import Invoke, if that was not done before; should the short way fail, in full."""
    if "invoke" in sys.modules:
        return
    unused = ("unittest.mock", "importlib.metadata", "invoke.vendor.yaml")
    replaced = {name: _Unused(name) for name in unused if name not in sys.modules}
    sys.modules.update(replaced)
    with suppress(Exception):
        import invoke  # noqa: F401
    for name in replaced:
        del sys.modules[name]
    if "invoke" not in sys.modules:
        for name in [name for name in sys.modules if name.startswith("invoke.")]:
            del sys.modules[name]
