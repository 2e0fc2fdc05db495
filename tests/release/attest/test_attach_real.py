"""Attestations attached to images in a real registry and in a folder, found and read again."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from seatrial.release.attest import bill as bills
from seatrial.release.attest import provenance
from seatrial.release.attest.attach import Attestation, artifact, attach
from seatrial.release.attest.packages import ShippedImage
from seatrial.release.attest.signing import MEDIA_TYPE, load, sign, verify
from seatrial.release.plan.ports import Descriptor, Images, Manifest
from seatrial.release.registry.oci_layout import LayoutImages
from seatrial.release.registry.remote import RemoteImages
from seatrial.release.registry.saved_logins import Logins
from support.services import needs, running_registry

pytestmark = pytest.mark.slow

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CREATED = "2026-01-31T00:00:00Z"
LOCK = b"""
[[package]]
name = "app"
version = "1.0"
groups = ["main"]
files = []
[metadata]
lock-version = "2.1"
python-versions = "*"
"""
NUMBERS = count()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real registry that knows nothing of referrers: its host and port."""
    with running_registry(tmp_path_factory.mktemp("registry")) as place:
        yield place


@pytest.fixture(params=["registry", "folder"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Images, str]:
    """Where images are kept, and a repository there that nobody else uses."""
    if request.param == "folder":
        return LayoutImages(tmp_path / "images"), "port-ocean-alpha"
    return remote(tmp_path), fresh(request.getfixturevalue("host"))


def remote(home: Path) -> RemoteImages:
    return RemoteImages(logins=Logins({"HOME": str(home)}))


def fresh(host: str) -> str:
    return f"{host}/tests/attached{next(NUMBERS)}"


def image(images: Images, name: str) -> Descriptor:
    """The least image, put there by its digest as a release does."""
    blobs = [b'{"architecture": "amd64", "os": "linux"}', f"layer of {name}".encode()]
    described = [{"digest": Manifest(one, "").digest, "size": len(one)} for one in blobs]
    for one, data in zip(described, blobs, strict=True):
        images.put_blob(name, str(one["digest"]), data)
    value = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **described[0]},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **described[1]}],
    }
    manifest = Manifest(json.dumps(value).encode(), MANIFEST)
    return Descriptor(MANIFEST, images.put_manifest(name, manifest), len(manifest.data))


def bill(name: str, top: Descriptor) -> Attestation:
    data = bills.bill_of_materials(ShippedImage("alpha", "1.2.3", name, top.digest, 0), LOCK, b"")
    return Attestation("sbom", bills.MEDIA_TYPE, data, CREATED)


def made(name: str, top: Descriptor) -> bytes:
    return provenance.statement(
        provenance.BuildRecord(
            name, top.digest, "integrations/alpha", "alpha", "1.2.3", "Dockerfile", {}, (), "", "", "c" * 40,
            {}, "", "buildah 1", provenance.Invoker(), CREATED, CREATED,
        )
    )  # fmt: skip


def test_attestations_are_found_by_the_digest_with_their_content(
    home: tuple[Images, str], tmp_path: Path
) -> None:
    images, name = home
    top = image(images, name)
    private = Ed25519PrivateKey.generate()
    (tmp_path / "key").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    notes = {"in-toto.io/predicate-type": provenance.PREDICATE}
    envelope = sign(made(name, top), load(tmp_path / "key", {}))
    attach(
        images, name, top, [bill(name, top), Attestation("provenance", MEDIA_TYPE, envelope, CREATED, notes)]
    )

    found = {one.artifact_type: one for one in images.referrers(name, top.digest)}
    assert found.keys() == {bills.MEDIA_TYPE, MEDIA_TYPE}
    assert found[MEDIA_TYPE].annotations["in-toto.io/predicate-type"] == provenance.PREDICATE
    stated = json.loads(content(images, name, found[bills.MEDIA_TYPE]))
    assert stated["metadata"]["component"]["properties"][0]["value"] == f"{name}@{top.digest}"
    statement = json.loads(verify(content(images, name, found[MEDIA_TYPE]), public))
    assert f"sha256:{statement['subject'][0]['digest']['sha256']}" == top.digest


def content(images: Images, name: str, paper: Descriptor) -> bytes:
    (layer,) = json.loads(images.manifest(name, paper.digest).data)["layers"]
    return images.blob(name, layer["digest"])


def test_a_second_time_nothing_is_sent_and_nothing_is_listed_twice(home: tuple[Images, str]) -> None:
    images, name = home
    top = image(images, name)
    first, sent = attach(images, name, top, [bill(name, top)])
    again, sent_again = attach(images, name, top, [bill(name, top)])
    assert (sent, sent_again) == (True, False)
    assert first == again == list(images.referrers(name, top.digest))


def test_an_image_that_nothing_is_attached_to_has_no_referrers(home: tuple[Images, str]) -> None:
    images, name = home
    assert list(images.referrers(name, image(images, name).digest)) == []


def test_a_manifest_that_a_killed_release_left_unlisted_is_listed_by_the_next(
    host: str, tmp_path: Path
) -> None:
    images, name = remote(tmp_path), fresh(host)
    top = image(images, name)
    paper = bill(name, top)
    attached = artifact(top, paper)
    for data in (b"{}", paper.data):
        images.put_blob(name, Manifest(data, "").digest, data)
    put(name, attached)
    assert list(images.referrers(name, top.digest)) == []

    assert attach(images, name, top, [paper])[1]
    assert [one.digest for one in images.referrers(name, top.digest)] == [attached.digest]


def put(name: str, manifest: Manifest) -> None:
    """Send a manifest by hand."""
    host, _, path = name.partition("/")
    url = f"http://{host}/v2/{path}/manifests/{manifest.digest}"
    headers = {"Content-Type": manifest.media_type}
    with urllib.request.urlopen(urllib.request.Request(url, manifest.data, headers, method="PUT")) as reply:
        assert reply.status == 201


def test_other_tools_find_them_under_the_fallback_tag(host: str, tmp_path: Path) -> None:
    skopeo = needs("skopeo")
    images, name = remote(tmp_path), fresh(host)
    top = image(images, name)
    (paper,), _ = attach(images, name, top, [bill(name, top)])

    def raw(reference: str) -> object:
        told = subprocess.run(
            [skopeo, "inspect", "--raw", "--tls-verify=false", f"docker://{name}{reference}"],
            capture_output=True,
            check=True,
        )
        return json.loads(told.stdout)

    listed = raw(f":{top.digest.replace(':', '-')}")
    assert isinstance(listed, dict)
    assert [one["digest"] for one in listed["manifests"]] == [paper.digest]
    assert listed["manifests"][0]["artifactType"] == bills.MEDIA_TYPE
    attached = raw(f"@{paper.digest}")
    assert isinstance(attached, dict) and attached["subject"]["digest"] == top.digest
