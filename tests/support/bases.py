"""Base images for tests, made from Debian's packages, as no public registry of images may be within reach.

`small_base` is busybox in OCI layout, made in a moment without any builder; `debian_base` is a whole Debian,
made once for a machine. Both have a `poetry` that installs nothing, so that a Dockerfile of an integration
builds on them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import platform
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from support.services import CACHE, needs, unpacked

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
HERE = f"linux/{ARCHITECTURE}"

OCEAN = '#!/bin/sh\necho ocean "$@"\n'
POETRY = f"""#!/bin/sh
test -f pyproject.toml && test -f poetry.lock || exit 3
mkdir -p .venv/bin
cat > .venv/bin/ocean <<'END'
{OCEAN}END
chmod 755 .venv/bin/ocean
"""
"""A stand-in for poetry: an environment with nothing in it but an `ocean` that says how it was called."""

DEBIAN = ("--variant=minbase", "--mode=auto", "--format=tar", "bookworm")


def own_storage(folder: Path) -> dict[str, str]:
    """What to set so that buildah and podman keep all they have below `folder`, and run steps without namespaces."""
    settings = folder / "storage.conf"
    settings.write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n'
    )
    return {
        "CONTAINERS_STORAGE_CONF": str(settings),
        "STORAGE_DRIVER": "vfs",
        "BUILDAH_ISOLATION": "chroot",
    }


def small_base(into: Path, platforms: Iterable[str] = (HERE,)) -> Path:
    """A layout with busybox, a shell and the stand-in for poetry; other platforms have the same files."""
    files = {"bin/busybox": _busybox(), "usr/local/bin/poetry": POETRY.encode(), "tmp/.keep": b""}
    listed = subprocess.run(
        [unpacked("busybox-static") / "bin/busybox", "--list"], capture_output=True, check=True
    )
    links = {f"bin/{name}": "busybox" for name in listed.stdout.decode().split() if name != "busybox"}
    return _layout(into, [_layer(files, links)], list(platforms))


def debian_base(into: Path) -> Path:
    """A layout with a minimal Debian and the stand-in for poetry."""
    return _layout(into, [gzip.compress(_debian().read_bytes(), 1, mtime=0), _poetry()], [HERE])


def push(layout: Path, reference: str) -> str:
    """Send a layout to a registry on loopback; the reference."""
    _run(
        [
            needs("skopeo"),
            "copy",
            "--all",
            "--quiet",
            "--dest-tls-verify=false",
            f"oci:{layout}",
            f"docker://{reference}",
        ]
    )
    return reference


def _busybox() -> bytes:
    return (unpacked("busybox-static") / "bin" / "busybox").read_bytes()


def _poetry() -> bytes:
    return _layer({"usr/local/bin/poetry": POETRY.encode()}, {})


def _debian() -> Path:
    """The archive of a root file system, made once for a machine; about a minute and a half."""
    kept = CACHE / f"debian-{hashlib.sha256(' '.join(DEBIAN).encode()).hexdigest()[:12]}.tar"
    if not kept.is_file():
        program = needs("mmdebstrap")
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            _run([program, *DEBIAN, f"{folder}/root.tar"])
            Path(folder, "root.tar").rename(kept)
    return kept


def _run(command: list[str], cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]} failed: {done.stderr or done.stdout}"


def _layer(files: Mapping[str, bytes], links: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in _folders(files):
            archive.addfile(_member(name, tarfile.DIRTYPE, mode=0o1777 if name == "tmp" else 0o755))
        for name, data in files.items():
            archive.addfile(_member(name, tarfile.REGTYPE, size=len(data)), io.BytesIO(data))
        for name, target in links.items():
            archive.addfile(_member(name, tarfile.SYMTYPE, linkname=target))
    return gzip.compress(packed.getvalue(), 6, mtime=0)


def _folders(files: Mapping[str, bytes]) -> list[str]:
    """The folders that files lie in, each after the one it lies in itself."""
    return sorted({str(above) for name in files for above in PurePosixPath(name).parents} - {"."})


def _member(name: str, kind: bytes, **fields: Any) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.mode = 0o755
    for field, value in fields.items():
        setattr(member, field, value)
    return member


def _layout(into: Path, layers: list[bytes], platforms: list[str]) -> Path:
    """A folder in OCI layout: one manifest, or for several platforms one index."""
    (into / "blobs" / "sha256").mkdir(parents=True)
    (into / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    found = [_manifest(into, layers, one) for one in platforms]
    if len(found) > 1:
        index = {"schemaVersion": 2, "mediaType": _media("index.v1"), "manifests": found}
        found = [_blob(into, "index.v1", index)]
    (into / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": found}))
    return into


def _manifest(into: Path, layers: list[bytes], stated: str) -> dict[str, Any]:
    system, architecture = stated.split("/")[:2]
    unpacked = [f"sha256:{hashlib.sha256(gzip.decompress(one)).hexdigest()}" for one in layers]
    config = {
        "architecture": architecture,
        "os": system,
        "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},
        "rootfs": {"type": "layers", "diff_ids": unpacked},
        "history": [{"created_by": "tests"} for _ in layers],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": _media("manifest.v1"),
        "config": _blob(into, "config.v1", config),
        "layers": [_blob(into, "layer.v1.tar+gzip", one) for one in layers],
    }
    described = _blob(into, "manifest.v1", manifest)
    return {**described, "platform": {"architecture": architecture, "os": system}}


def _blob(into: Path, kind: str, content: Any) -> dict[str, Any]:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    digest = hashlib.sha256(data).hexdigest()
    (into / "blobs" / "sha256" / digest).write_bytes(data)
    return {"mediaType": _media(kind), "digest": f"sha256:{digest}", "size": len(data)}


def _media(kind: str) -> str:
    return f"application/vnd.oci.image.{kind}" + ("" if kind.endswith("gzip") else "+json")
