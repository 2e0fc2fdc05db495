"""A shared cache in memory: keys, a place whose entries a test can spoil, and caches of machines that use it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from seatrial.release.attest.signing import SealingKey, sealed_body, sealing_key
from seatrial.system.remote_cache import RemoteCache


def made_key() -> tuple[str, SealingKey]:
    """A new private key, in PEM and ready to seal."""
    made = Ed25519PrivateKey.generate()
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem, sealing_key(pem, "KEY", {})


PEM, MAIN_KEY = made_key()
"""The key of the main branch's CI."""


@dataclass
class MemoryEntries:
    """A place in memory; `before` is called before each request and may raise or wait."""

    objects: dict[str, bytes] = field(default_factory=dict)
    before: Callable[[str], None] = lambda name: None
    asked: int = 0

    def get(self, name: str) -> bytes | None:
        self.asked += 1
        self.before(name)
        return self.objects.get(name)

    def put(self, name: str, data: bytes) -> None:
        self.before(name)
        self.objects[name] = data


def machine(
    place: MemoryEntries,
    folder: Path,
    key: SealingKey | None = None,
    keys: Collection[str] = (MAIN_KEY.public,),
    **more: Any,
) -> RemoteCache:
    """The cache of one run on a machine whose own files are in a folder; with a key it writes."""
    folder.mkdir(parents=True, exist_ok=True)
    program = more.pop("program", "p" * 40)
    stated = {"trust": "trusted", "identify": lambda: program, **more}
    return RemoteCache(
        place,
        partial(sealed_body, keys=keys),
        memory=folder / "given-up",
        seal=key.seal if key else None,
        **stated,
    )
