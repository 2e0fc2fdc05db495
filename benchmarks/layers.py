"""The builder `layers` beside another: seconds, bytes, and every difference between the two images.

    python benchmarks/layers.py --root ../ocean --in-base curl,acl --build-arg BASE_RUNNER_PYTHON_IMAGE=... jira kafka

Both build the same folders one after the other. The configuration is compared, and of each path its kind, mode, owner
and content; paths that differ in the same way are counted, so that hundreds of the same kind are one line.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import posixpath
import re
import resource
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seatrial.core.settings import LayersSettings, ReleaseSettings
from seatrial.release.builders.available import choose
from seatrial.release.builders.base_images import missing_bases
from seatrial.release.plan.ports import Build, Builder

Files = dict[str, tuple[str, ...]]

SHOWN = 20


def image(layout: Path) -> tuple[dict[str, Any], Files, int]:
    """Return the configuration of an image, its files and the bytes of its layers."""
    blobs = layout / "blobs" / "sha256"

    def read(digest: str) -> Any:
        return json.loads((blobs / digest[7:]).read_bytes())

    manifest = read(json.loads((layout / "index.json").read_bytes())["manifests"][0]["digest"])
    files: Files = {}
    for layer in manifest["layers"]:
        with (
            gzip.open(blobs / layer["digest"][7:]) as unpacked,
            tarfile.open(fileobj=unpacked) as archive,
        ):
            lay(archive, files)
    return (
        read(manifest["config"]["digest"])["config"],
        files,
        sum(one["size"] for one in manifest["layers"]),
    )


def lay(archive: tarfile.TarFile, files: Files) -> None:
    """Add the members of a layer; contents are told by a part of their hash."""
    for member in archive:
        path = posixpath.normpath("/" + member.name).lstrip("/")
        folder, _, name = path.rpartition("/")
        if name.startswith(".wh."):
            files.pop(f"{folder}/{name[4:]}".lstrip("/"), None)
            continue
        source = archive.extractfile(member) if member.isreg() or member.islnk() else None
        content = hashlib.sha256(source.read()).hexdigest()[:16] if source else member.linkname
        kind = "file" if source else member.type.decode()
        files[path] = (
            kind,
            oct(member.mode & 0o7777),
            str(member.uid),
            str(member.gid),
            content,
        )


def differences(one: Files, other: Files) -> Iterator[tuple[str, str]]:
    """Yield what is different of each path, and the path."""
    for path in sorted(one.keys() | other.keys()):
        if path not in other or path not in one:
            yield "only layers" if path in one else "only the other", path
        elif one[path] != other[path]:
            names = ("kind", "mode", "user", "group", "content")
            parts = zip(names, one[path], other[path], strict=True)
            yield " ".join(name for name, left, right in parts if left != right), path


def short(path: str) -> str:
    """Return a path without what is different for each package."""
    path = re.sub(r"(site-packages/pip|/bin|/var/log|/dpkg|/apt)/.*", r"\1/...", path)
    return re.sub(r"[^/]+\.dist-info", "*.dist-info", path)


def measured(builder: Builder, order: Build) -> str:
    """Build, and return the seconds on the clock and of the processor, those of the builder's processes included."""
    began, before = time.perf_counter(), processor()
    builder.build(order)
    return f"{time.perf_counter() - began:7.1f} s {processor() - before:7.1f} cpu s"


def processor() -> float:
    """Return the seconds that the processor has worked for this process and those that it started."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(kind)[:2]) for kind in kinds)


def main() -> None:
    """Measure and compare the integrations that are named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="+")
    parser.add_argument("--root", type=Path, default=Path())
    parser.add_argument("--dockerfile", default="integrations/_infra/Dockerfile")
    parser.add_argument("--other", default="buildah")
    parser.add_argument("--in-base", default="")
    parser.add_argument("--build-arg", action="append", default=[])
    asked = parser.parse_args()
    settings = ReleaseSettings(layers=LayersSettings(frozenset(asked.in_base.split(",")) - {""}))
    builders = [choose(name, settings) for name in ("layers", asked.other)]
    root, given = asked.root.resolve(), dict(one.split("=", 1) for one in asked.build_arg)
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.names:
            args = {
                "BUILD_CONTEXT": f"integrations/{name}",
                "INTEGRATION_VERSION": "1.0.0",
                **given,
            }
            found = []
            for builder in builders:
                place = Path(folder, name, builder.name)
                order = Build(
                    root,
                    root / asked.dockerfile,
                    args,
                    {},
                    (),
                    1_700_000_000,
                    place,
                    place.with_suffix(".log"),
                )
                if missing := missing_bases(builder, root, [(asked.dockerfile, args)]):
                    raise SystemExit(" | ".join(missing))
                told = measured(builder, order)
                found.append(image(place))
                print(f"{name:20} {builder.name:8} {told} {found[-1][2]:13,} bytes")
            print(f"{name:20} configuration {'the same' if found[0][0] == found[1][0] else 'different'}")
            counted = Counter((what, short(path)) for what, path in differences(found[0][1], found[1][1]))
            for (what, path), number in counted.most_common(SHOWN):
                print(f"  {number:5} {what:20} {path}")


if __name__ == "__main__":
    main()
