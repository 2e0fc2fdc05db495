"""A store and a registry in memory with versions that are published already."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from seatrial.release.plan import index, store_keys
from seatrial.release.plan.index import Entry
from seatrial.release.plan.ports import Manifest, Store
from seatrial.release.store.leases import Holder
from support.memory_images import MemoryImages
from support.memory_store import MemoryStore

HOLDER = Holder("anna@ship", "a")


def image_of(type: str) -> str:
    """The repository of a type's images."""
    return f"registry.example/{type}"


def put_spec(store: Store, type: str, version: str) -> Entry:
    """Publish the spec of a version."""
    entry = index.entry_of({"title": type.title()}, type, version)
    store.create(store_keys.spec(type, version), index.spec_bytes(entry))
    return entry


@dataclass
class Shelf:
    """What is published."""

    store: MemoryStore = field(default_factory=MemoryStore)
    images: MemoryImages = field(default_factory=MemoryImages)

    def publish(self, type: str, version: str) -> Entry:
        """All of a version but what is done once for all."""
        manifest = Manifest(
            json.dumps([type, version]).encode(), "application/vnd.oci.image.manifest.v1+json"
        )
        self.images.put_manifest(image_of(type), manifest, version)
        self.store.put(store_keys.example(type, version, "one.json"), version.encode())
        return put_spec(self.store, type, version)

    def indexed(self) -> dict[str, str]:
        """The versions that the index names."""
        stored = self.store.get(store_keys.INDEX)
        return dict(index.parse(stored.data).versions) if stored else {}

    def pointers(self, type: str) -> tuple[str, str, str]:
        """The versions that the tag latest, the spec and the example of a type lead to; empty for none."""
        digest = self.images.tags.get((image_of(type), "latest"), "")
        tag = json.loads(self.images.manifests[image_of(type), digest].data)[1] if digest else ""
        spec = json.loads(self.store.objects.get(store_keys.latest_spec(type), b"{}")).get("version", "")
        return tag, spec, self.store.objects.get(store_keys.example(type, "", "one.json"), b"").decode()

    def forget_writes(self) -> None:
        """Count anew from here on."""
        self.store.writes.clear()
        self.images.puts.clear()
