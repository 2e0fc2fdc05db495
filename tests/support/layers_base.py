"""A base image in memory with a Python that is only a name, and orders of images over it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from seatrial.core.errors import ServiceError
from seatrial.core.settings import LayersSettings, ReleaseSettings
from seatrial.release.builders.layers.base_image import BaseImages
from seatrial.release.builders.layers.layers_builder import LayersBuilder
from seatrial.release.plan.ports import Build, Descriptor, Manifest
from seatrial.release.registry import media
from seatrial.release.registry.media import INDEX, MANIFEST
from support.images_made import CONFIG, digest_of, pointing

BASE = "registry.test/python:3.12"
DPKG = "\n\n".join(
    f"Package: {name}\nStatus: install ok installed\nVersion: {version}"
    for name, version in (("curl", "7"), ("libc6", "2.36-9"))
)
FILES: Mapping[str, str] = {
    "bin": "-> usr/bin",
    "etc/group": "root:x:0:\n",
    "etc/gshadow": "root:*::\n",
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
    "etc/shadow": "root:*:1::::::\n",
    "tmp": "/",
    "usr/bin": "/",
    "usr/local/bin/python3": "-> python3.12",
    "usr/local/bin/python3.12": "a program",
    "usr/lib/x86_64-linux-gnu/libc.so.6": "a library",
    "var/lib/dpkg/status": DPKG,
}
"""What the base image has: text of files, `/` for a folder, and `->` for a link."""

ENV = ("PATH=/usr/local/bin:/usr/bin:/bin", "PYTHON_VERSION=3.12.7")


@dataclass
class MemoryRegistry:
    """A registry with one base image for some platforms; `fetched` are the layers that were asked for."""

    files: Mapping[str, str] = field(default_factory=lambda: FILES)
    env: Sequence[str] = ENV
    platforms: Sequence[str] = ("linux/amd64", "linux/arm64")
    settings: Mapping[str, Any] = field(default_factory=dict)
    layer_type: str = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    blobs: dict[str, bytes] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    def manifest(self, name: str, reference: str) -> Manifest:
        if name != BASE.rpartition(":")[0]:
            raise ServiceError(f"{name} is not there")
        listed = [
            {**pointing(self._image(one), MANIFEST), "platform": _platform(one)} for one in self.platforms
        ]
        index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": listed}).encode()
        if reference.startswith("sha256:"):
            return Manifest(self.blobs[reference], MANIFEST)
        return Manifest(index, INDEX)

    def blob(self, name: str, digest: str) -> bytes:
        return self.blobs[digest]

    def fetch(self, name: str, blob: Descriptor, into: IO[bytes]) -> None:
        self.fetched.append(blob.digest)
        into.write(self.blobs[blob.digest])
        media.must_match(into, blob)

    def _image(self, platform: str) -> bytes:
        archive = archived(self.files)
        layer = gzip.compress(archive, 1, mtime=0)
        config = {
            **_platform(platform),
            "config": {"Env": list(self.env), "Cmd": ["python3"], **self.settings},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(archive)]},
        }
        described = pointing(self._kept(json.dumps(config).encode()), CONFIG)
        layers = [pointing(self._kept(layer), self.layer_type)]
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": layers}
        return self._kept(json.dumps(manifest).encode())

    def _kept(self, data: bytes) -> bytes:
        self.blobs.setdefault(digest_of(data), data)
        return data


def _platform(text: str) -> dict[str, str]:
    system, architecture = text.split("/")[:2]
    return {"os": system, "architecture": architecture}


def archived(files: Mapping[str, str]) -> bytes:
    """An archive of such files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.mode = 0o755
            if text == "/":
                member.type = tarfile.DIRTYPE
            elif text.startswith("-> "):
                member.type, member.linkname = tarfile.SYMTYPE, text[3:]
            else:
                member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()) if member.isreg() else None)
    return packed.getvalue()


def layers_builder(
    cache: Path, registry: MemoryRegistry | None = None, in_base: Sequence[str] = (), python: str = ""
) -> LayersBuilder:
    """The builder over a registry in memory."""
    settings = ReleaseSettings(layers=LayersSettings(frozenset(in_base), python), platforms=("linux/amd64",))
    return LayersBuilder(settings, BaseImages(registry or MemoryRegistry(), cache))


def layers_order(root: Path, dockerfile: str, files: Mapping[str, str], **stated: Any) -> Build:
    """An order to build `dockerfile` over files in `root/context`; a text that begins with `->` is a link."""
    context = root / "context"
    for name, text in {"Dockerfile": dockerfile, **files}.items():
        path = context / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            path.symlink_to(text[3:])
        else:
            path.write_text(text)
            path.chmod(0o755 if text.startswith("#!") else 0o644)
    usual: dict[str, Any] = {
        "context": context,
        "dockerfile": context / "Dockerfile",
        "args": {},
        "labels": {},
        "platforms": ("linux/amd64",),
        "timestamp": 1_700_000_000,
        "into": root / "out" / "layout",
        "log": root / "logs" / "build.log",
    }
    return Build(**{**usual, **stated})


def members(layout: Path, manifest: Any) -> dict[str, tarfile.TarInfo]:
    """What the layers over the base image have, by path."""
    found: dict[str, tarfile.TarInfo] = {}
    for layer in manifest["layers"][1:]:
        with tarfile.open(layout / "blobs" / "sha256" / layer["digest"][7:]) as archive:
            found |= {member.name: member for member in archive}
    return found


def text_in(layout: Path, manifest: Any, path: str) -> str:
    """The text of a file in the layers over the base image."""
    for layer in manifest["layers"][1:]:
        with tarfile.open(layout / "blobs" / "sha256" / layer["digest"][7:]) as archive:
            if path in archive.getnames() and (source := archive.extractfile(path)):
                return source.read().decode()
    raise KeyError(path)


def sha(text: str) -> str:
    """The digest that a lock states."""
    return hashlib.sha256(text.encode()).hexdigest()
