"""A build with uv, and with a base image in a registry on loopback."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from test_layers_build import INSTALLING, LOCK, PROJECT

from seatrial.core.errors import ServiceError
from seatrial.release.builders.available import choose
from seatrial.release.builders.base_images import missing_bases
from seatrial.release.builders.layers.base_image import BaseImages
from seatrial.release.builders.layers.layers_builder import LayersBuilder
from seatrial.release.registry import media
from seatrial.release.registry.remote import RemoteImages
from support import built
from support.layers_base import BASE, MemoryRegistry, layers_order, members, text_in
from support.services import running_registry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of the base image in a registry on loopback."""
    with running_registry(tmp_path_factory.mktemp("registry")) as host:
        images, memory, name = RemoteImages(), MemoryRegistry(), f"{host}/python"
        index = memory.manifest(BASE.rpartition(":")[0], "3.12")
        for child in media.children(index):
            manifest = memory.manifest(BASE.rpartition(":")[0], child.digest)
            for one in media.children(manifest):
                images.put_blob(name, one.digest, memory.blobs[one.digest])
            images.put_manifest(name, manifest)
        images.put_manifest(name, index, "3.12")
        yield f"{name}:3.12"


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The SHA-256 of the only package that uv finds: one with a program, and a script that names Python."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    path = folder / "click-8.1-py3-none-any.whl"
    texts = {
        "click/__init__.py": "def main(): ...\n",
        "click-8.1.data/scripts/told": "#!python\nprint(1)\n",
        "click-8.1.dist-info/METADATA": "Metadata-Version: 2.1\nName: click\nVersion: 8.1\n",
        "click-8.1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "click-8.1.dist-info/entry_points.txt": "[console_scripts]\nocean = click:main\n",
    }
    rows = [f"{name},{_hashed(text)},{len(text)}" for name, text in texts.items()]
    texts["click-8.1.dist-info/RECORD"] = "\n".join([*rows, "click-8.1.dist-info/RECORD,,", ""])
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    for name, value in {
        "FIND_LINKS": str(folder),
        "NO_INDEX": "1",
        "CACHE_DIR": str(tmp_path / "uv"),
    }.items():
        monkeypatch.setenv(f"UV_{name}", value)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _hashed(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"


def test_uv_installs_the_lock_over_an_image_of_a_registry(tmp_path: Path, registry: str, wheel: str) -> None:
    builder = choose("layers")
    assert isinstance(builder, LayersBuilder)
    builder = replace(builder, bases=BaseImages(RemoteImages(), tmp_path / "cache"))
    files = {**PROJECT, "poetry.lock": LOCK.replace("0" * 64, wheel)}
    order = layers_order(tmp_path, INSTALLING.replace(BASE, registry), files)
    assert missing_bases(builder, order.context, [("Dockerfile", {})]) == []
    builder.build(order)

    manifest = built.manifest(order.into)
    found = members(order.into, manifest)
    site = "app/.venv/lib/python3.12/site-packages"
    record = {
        row.split(",")[0]: row
        for row in text_in(order.into, manifest, f"{site}/click-8.1.dist-info/RECORD").splitlines()
    }
    for name in ("ocean", "told"):
        text = text_in(order.into, manifest, f"app/.venv/bin/{name}")
        assert text.startswith("#!/app/.venv/bin/python\n")
        assert record[f"../../../bin/{name}"] == f"../../../bin/{name},{_hashed(text)},{len(text)}"
        assert found[f"app/.venv/bin/{name}"].mode == 0o755
    assert builder.digest(registry).startswith("sha256:")


def test_a_file_with_other_hashes_than_the_lock_s_is_not_installed(
    tmp_path: Path, registry: str, wheel: str
) -> None:
    builder = LayersBuilder(bases=BaseImages(RemoteImages(), tmp_path / "cache"))
    order = layers_order(tmp_path, INSTALLING.replace(BASE, registry), PROJECT)
    with pytest.raises(ServiceError, match=r'the files of "click" 8\.1 are not those that poetry.lock pins'):
        builder.build(order)


def test_a_base_image_that_no_registry_has_is_told_in_a_line(tmp_path: Path, registry: str) -> None:
    builder = LayersBuilder(bases=BaseImages(RemoteImages(), tmp_path / "cache"))
    nowhere = registry.replace("3.12", "3.99")
    order = layers_order(tmp_path, f"FROM {nowhere}\n", {})
    (line,) = missing_bases(builder, order.context, [("Dockerfile", {})])
    assert line.startswith(f'base image "{nowhere}" (FROM in Dockerfile:1) cannot be pulled: ')
    assert "does not have it" in line
