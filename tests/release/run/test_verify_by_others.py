"""The commands of docs/release-engineers.md that check a version with other tools, run on one in a real registry."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_release_verify import TYPE, VERSION, key_in, released

from seatrial.release.plan.ports import Manifest
from seatrial.release.registry.remote import RemoteImages
from support.paths import ROOT
from support.release_workspace import workspace
from support.services import needs, running_registry

pytestmark = pytest.mark.slow

SECTION = re.compile(r"<!-- run by tests/\S+ -->(?P<text>.*?)<!-- end of what is run -->", re.DOTALL)


def commands() -> str:
    """Return the indented lines of the section."""
    found = SECTION.search((ROOT / "docs/release-engineers.md").read_text())
    assert found
    return "".join(f"{line[4:]}\n" for line in found["text"].splitlines() if line.startswith("    "))


def test_a_version_is_verified_with_skopeo_openssl_and_cyclonedx(tmp_path: Path) -> None:
    for program in ("skopeo", "jq", "openssl"):
        needs(program)
    key = key_in(tmp_path)
    case = released(workspace(tmp_path / "repo", "Alpha Service"), key)
    with running_registry(tmp_path / "registry", memory=True) as host:
        name, images = f"{host}/{TYPE}", RemoteImages()
        for (_, digest), data in case.images.blobs.items():
            images.put_blob(name, digest, data)
        for manifest in case.images.manifests.values():
            images.put_manifest(name, Manifest(manifest.data, manifest.media_type))
        images.put_manifest(name, case.images.manifest(TYPE, VERSION), VERSION)
        # this registry speaks plain http, which skopeo must be told
        text = commands().replace("skopeo inspect", "skopeo inspect --tls-verify=false")
        text = text.replace("skopeo copy", "skopeo copy --src-tls-verify=false")
        text = text.replace("python3 -c", f"{sys.executable} -c")
        values = {
            "IMAGE": name,
            "VERSION": VERSION,
            "PROVENANCE": case.attached("provenance")["digest"],
            "SBOM": case.attached("sbom")["digest"],
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=tmp_path,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), **values},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    assert case.receipt["digest"].removeprefix("sha256:") in done.stdout
    assert "Signature Verified Successfully" in done.stdout
    assert case.receipt["commit"] in done.stdout
    bill = json.loads((tmp_path / "sbom.json").read_text())
    assert bill["metadata"]["component"]["name"] == TYPE
