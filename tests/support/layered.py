"""Images whose layers are archives with Python packages in them, made in memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.release.plan.ports import Build, Images, Manifest
from support.images_made import CONFIG, MANIFEST, digest_of, pointing
from support.release_workspace import StandInBuilder

GZIPPED = "application/vnd.oci.image.layer.v1.tar+gzip"
SITE = "app/.venv/lib/python3.12/site-packages"
BASE_SITE = "usr/local/lib/python3.12/site-packages"


def archive(files: Mapping[str, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar archive with these files."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=format) as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return data.getvalue()


def package(name: str, version: str, site: str = SITE) -> dict[str, bytes]:
    """Return the files of an installed package."""
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nVersion: 9\n"
    return {f"{site}/{name.replace('-', '_')}-{version}.dist-info/METADATA": text.encode()}


@dataclass(frozen=True)
class Layered:
    """An image by its layers, each unpacked."""

    layers: Sequence[bytes]

    @property
    def blobs(self) -> Sequence[bytes]:
        """The config, and the layers as they are stored."""
        diff_ids = [digest_of(one) for one in self.layers]
        config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
        return [json.dumps(config).encode(), *(gzip.compress(one, mtime=0) for one in self.layers)]

    @property
    def manifest(self) -> Manifest:
        """The manifest."""
        config, *layers = self.blobs
        value = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": pointing(config, CONFIG),
            "layers": [pointing(one, GZIPPED) for one in layers],
        }
        return Manifest(json.dumps(value).encode(), MANIFEST)

    def send(self, images: Images, name: str) -> Manifest:
        """Send it to a repository."""
        for data in self.blobs:
            images.put_blob(name, digest_of(data), data)
        images.put_manifest(name, self.manifest)
        return self.manifest

    def lay(self, folder: Path) -> None:
        """Write it as a folder in OCI layout."""
        blobs = folder / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        for data in (*self.blobs, self.manifest.data):
            (blobs / hashlib.sha256(data).hexdigest()).write_bytes(data)
        entries: list[Any] = [pointing(self.manifest.data, MANIFEST)]
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


BASE = Layered([archive({"etc/os-release": b"ID=test\n"}), archive(package("pip", "24.0", BASE_SITE))])


@dataclass
class LayeringBuilder(StandInBuilder):
    """A builder that puts packages, and then the folder, onto a base image."""

    packages: dict[str, bytes] = field(default_factory=lambda: package("port-ocean", "0.48.12"))

    def digest(self, image: str) -> str:
        return BASE.manifest.digest

    def build(self, order: Build) -> None:
        folder = order.context / order.args["BUILD_CONTEXT"]
        files = {
            f"app/{path.relative_to(folder)}": path.read_bytes() for path in sorted(folder.rglob("*.py"))
        }
        order.log.write_text("built\n")
        Layered([*BASE.layers, archive(self.packages), archive(files)]).lay(order.into)
