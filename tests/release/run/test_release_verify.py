"""What `release.verify` says of a version as it was published, of one that was tampered with, and of none."""

from __future__ import annotations

import copy
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.release.plan.ports import Manifest, Unknown
from seatrial.release.registry import media
from seatrial.release.registry.layers import DPKG, content_of
from seatrial.release.run.release_context import ReleaseContext
from seatrial.release.run.verify import ClaimState, Verification, VerifyInputs, verify, version_of
from seatrial.release.run.verify_image import compared
from seatrial.release.run.verify_tables import verification_json, verification_table
from seatrial.release.run.yank import built_with, filter_of
from support.commit_release import CommitRelease
from support.images_made import digest_of
from support.key_pair import key_in
from support.layered import BASE, BASE_SITE, SITE, Layered, LayeringBuilder, archive, package
from support.memory_images import MemoryImages
from support.memory_store import MemoryStore
from support.release_workspace import git, workspace

TYPE, VERSION = "alpha-service", "0.1.0"
BASE_NAME = "base.test/python"


@dataclass
class Case:
    """A published version, to be tampered with: where it is, and the key by which it was signed."""

    context: ReleaseContext
    images: MemoryImages
    store: MemoryStore
    bases: MemoryImages
    key: bytes | None

    def verify(self, *names: str) -> Verification:
        here = replace(self.context, images=self.images, store=self.store)
        return verify(here, TYPE, VERSION, VerifyInputs(self.key, self.bases), names)

    def of(self, subject: str) -> tuple[ClaimState, str]:
        """Return what became of one claim; of several lines the last."""
        found = self.verify(subject).claims
        return found[-1].state, found[-1].words

    @property
    def receipt(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.store.objects[f"{TYPE}/{VERSION}/receipt.json"])
        return value

    def record(self, **changed: Any) -> None:
        """Write another receipt."""
        key = f"{TYPE}/{VERSION}/receipt.json"
        self.store.objects[key] = json.dumps(self.receipt | changed).encode()

    def attached(self, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.receipt["attached"] if one["kind"] == kind)
        return found

    def layer_of(self, digest: str, number: int = 0) -> str:
        """Return the digest of a layer of a manifest."""
        value = json.loads(self.images.manifests[TYPE, digest].data)
        found: str = value["layers"][number]["digest"]
        return found

    def exchange(self, kind: str, change: Callable[[Any], None]) -> None:
        """Attach another document in place of one, and have the receipt name it, as one could who may write all."""
        old = self.attached(kind)
        manifest = json.loads(self.images.manifests[TYPE, old["digest"]].data)
        value = json.loads(self.images.blobs[TYPE, manifest["layers"][0]["digest"]])
        change(value)
        data = json.dumps(value).encode()
        self.images.put_blob(TYPE, digest_of(data), data)
        manifest["layers"][0] |= {"digest": digest_of(data), "size": len(data)}
        made = Manifest(json.dumps(manifest).encode(), media.MANIFEST)
        self.images.put_manifest(TYPE, made)
        others = [one for one in self.receipt["attached"] if one["kind"] != kind]
        self.record(attached=[*others, old | {"digest": made.digest}])


def released(root: Path, key: Path | None, **builder: Any) -> Case:
    """Release a workspace with a builder that puts packages on a base image."""
    public = key.with_suffix(".pub").read_bytes() if key else None
    made = CommitRelease(
        root, builder=LayeringBuilder(**builder), build_args=(f"BASE_IMAGE={BASE_NAME}:3.12",), key=key
    )
    assert made.run() == []
    bases = MemoryImages()
    BASE.send(bases, BASE_NAME)
    with made.context() as context:
        return Case(context, made.images, made.store, bases, public)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("verify") / "repo", "Alpha Service")


@pytest.fixture(scope="module")
def published(root: Path) -> Case:
    """A signed release of one integration."""
    return released(root, key_in(root.parent))


@pytest.fixture
def case(published: Case) -> Case:
    """A copy of it."""
    images, store = MemoryImages(), MemoryStore(published.store.objects)
    for name in ("manifests", "tags", "blobs"):
        setattr(images, name, dict(getattr(published.images, name)))
    bases = copy.copy(published.bases)
    bases.manifests = dict(published.bases.manifests)
    return replace(published, images=images, store=store, bases=bases)


def test_all_that_is_claimed_of_a_published_version_holds(case: Case) -> None:
    found = case.verify()
    assert [(one.subject, one.words) for one in found.claims if one.state is not ClaimState.HOLDS] == []
    words = {one.subject: one.words for one in found.claims}
    assert words["packages"] == "linux/amd64: 1 package, in the image as in the SBOM"
    assert words["base images"].startswith("linux/amd64: the image begins with 2 layers")
    assert words["layers"].startswith("linux/amd64: 4 layers, with the digests")
    table = verification_table(found)
    assert table.splitlines()[-1] == f"alpha-service 0.1.0; holds: {len(found.claims)}"
    value = json.loads(verification_json(found))
    assert value["summary"] == {
        "holds": 13,
        "does not hold": 0,
        "cannot be checked": 0,
        "not reached": 0,
    }
    assert value["subject"]["digest"] == case.receipt["digest"]


@pytest.fixture
def with_system(tmp_path: Path) -> Case:
    """A release of an image that lists a package of its system."""
    text = b"Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 7.88-1\n"
    licence = b"Name: port-ocean\nVersion: 0.48.12\nLicense: Apache-2.0\n\n"
    [path] = package("port-ocean", "0.48.12")
    root = workspace(tmp_path / "repo", "Alpha Service")
    return released(root, None, packages={path: licence, DPKG: text})


def test_licences_and_packages_of_the_system_are_in_the_sbom_and_compared_with_the_image(
    with_system: Case,
) -> None:
    held: list[Any] = []
    with_system.exchange("sbom", lambda bill: held.append(copy.deepcopy(bill)))
    curl, ocean = held[0]["components"]
    assert ocean["licenses"] == [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]
    assert curl["purl"] == "pkg:deb/test/curl@7.88-1?arch=amd64&distro=test"
    claims = with_system.verify("SBOM", "packages").claims
    assert [(one.state, one.words) for one in claims] == [
        (ClaimState.HOLDS, "CycloneDX of this image, with 1 package"),
        (ClaimState.HOLDS, "linux/amd64: 1 package, in the image as in the SBOM"),
        (ClaimState.HOLDS, "1 package of the system, in the image as in the SBOM"),
    ]
    with_system.exchange("sbom", lambda bill: bill["components"][0].update(version="9"))
    assert with_system.of("packages") == (
        ClaimState.FAILS,
        "curl 7.88-1, curl 9 are in only one of image and SBOM",
    )
    yanked = built_with(with_system.store, with_system.images, TYPE, filter_of("curl<9"))
    assert (yanked.versions, yanked.unknown) == ((), ())


def test_a_package_of_the_system_without_a_version_is_the_same_in_the_sbom_and_in_the_image(
    tmp_path: Path,
) -> None:
    text = b"".join(
        b"Package: %s\nStatus: install ok installed\nVersion: %s\n\n" % one
        for one in ((b"curl", b""), (b"wget", b"1\x1b[31m"), (b"Tar", b"x" * 5000), (b"tar", b"1"))
    )
    root = workspace(tmp_path / "repo", "Alpha Service")
    case = released(root, None, packages={**package("port-ocean", "0.48.12"), DPKG: text})
    assert [one.words for one in case.verify("packages").claims][-1] == (
        "4 packages of the system, in the image as in the SBOM"
    )


def moved_tag(case: Case) -> None:
    case.images.put_manifest(TYPE, BASE.manifest, VERSION)


def gone_tag(case: Case) -> None:
    del case.images.tags[TYPE, VERSION]


def gone_receipt(case: Case) -> None:
    del case.store.objects[f"{TYPE}/{VERSION}/receipt.json"]


def layer_of_others(case: Case) -> None:
    case.images.blobs[TYPE, case.layer_of(case.receipt["digest"], 2)] = b"other bytes"


def gone_layer(case: Case) -> None:
    del case.images.blobs[TYPE, case.layer_of(case.receipt["digest"], 2)]


def bill(change: Callable[[Any], None]) -> Callable[[Case], None]:
    return lambda case: case.exchange("sbom", change)


def payload(change: Callable[[Any], None]) -> Callable[[Case], None]:
    """Change the statement within the envelope, and leave the signature."""
    import base64

    def changed(envelope: Any) -> None:
        value = json.loads(base64.b64decode(envelope["payload"]))
        change(value)
        envelope["payload"] = base64.b64encode(json.dumps(value).encode()).decode()

    return lambda case: case.exchange("provenance", changed)


def other_key(case: Case) -> None:
    folder = case.context.root.parent / "other"
    folder.mkdir(exist_ok=True)
    case.key = key_in(folder).with_suffix(".pub").read_bytes()


def other_entry(case: Case) -> None:
    (entry,) = json.loads(case.store.objects["index.json"])
    case.store.objects["index.json"] = json.dumps([entry | {"title": "Other"}]).encode()


def other_version(case: Case) -> None:
    (entry,) = json.loads(case.store.objects["index.json"])
    case.store.objects["index.json"] = json.dumps([entry | {"version": "9.0.0"}]).encode()


def written(key: str, data: bytes) -> Callable[[Case], None]:
    def write(case: Case) -> None:
        case.store.objects[f"{TYPE}/{key}"] = data

    return write


def another_subject(value: Any) -> None:
    value["subject"][0]["digest"]["sha256"] = "0" * 64


def another_commit(value: Any) -> None:
    source = value["predicate"]["buildDefinition"]["resolvedDependencies"][0]
    source["digest"]["gitCommit"] = "1" * 40


def another_base(case: Case) -> None:
    name, digest = next(iter(case.bases.manifests))
    case.bases.manifests[name, digest] = replace(
        BASE.manifest, data=BASE.manifest.data.replace(b"\x22", b"\x22")
    )
    other = type(BASE)([archive({"etc/other": b""})])
    other.send(case.bases, BASE_NAME)
    case.bases.manifests[name, digest] = other.manifest


EVIL = {"name": "evil", "version": "1"}

FAILS = [
    (moved_tag, "image", "its receipt names sha256:"),
    (gone_tag, "image", "is not there; its receipt names sha256:"),
    (gone_receipt, "receipt", "the store has none, so nobody says"),
    (lambda case: case.record(version="0.2.0"), "receipt", "it is of alpha-service 0.2.0"),
    (lambda case: case.record(digest="sha256:no"), "receipt", "it names no digest"),
    (lambda case: case.record(size=1), "image", "its receipt says 1"),
    (written(f"{VERSION}/receipt.json", b"[" * 100_000), "receipt", "is not a receipt"),
    (layer_of_others, "layers", "does not have the "),
    (gone_layer, "layers", "is missing"),
    (bill(lambda value: value["components"].append(EVIL)), "packages", "evil is of the SBOM, and the image lacks that"),
    (bill(lambda value: value.update(components=[])), "packages", "port-ocean is of the lock, and the SBOM lacks that"),
    (bill(lambda value: value["components"][0].update(version="0.1")), "packages", "0.48.12 where the SBOM has 0.1"),
    (bill(lambda value: value.update(components=[{"name": 1}])), "SBOM", "without name or version"),
    (bill(lambda value: value["metadata"]["component"].update(properties=[])), "SBOM", "of another image"),
    (bill(lambda value: value["metadata"]["component"].update(name="x")), "SBOM", "of another integration"),
    (bill(lambda value: value.update(bomFormat="SPDX")), "SBOM", "in CycloneDX"),
    (payload(another_subject), "provenance", "it is of another image"),
    (payload(another_subject), "signature", "not signed by this key"),
    (payload(another_commit), "commit", "the provenance says 1111"),
    (payload(lambda value: value.update(predicate=[])), "provenance", "its type is not that of the receipt"),
    (other_key, "signature", "not signed by this key"),
    (lambda case: case.record(commit="0" * 40), "git tag", "the receipt says 000000000000"),
    (lambda case: case.record(tree="0" * 40), "commit", "is not that of the receipt"),
    (another_base, "base images", "does not begin with the layers of any of them"),
    (written(f"{VERSION}/spec.json", b"{}"), "spec", "is not that of the receipt"),
    (lambda case: case.store.objects.pop(f"{TYPE}/{VERSION}/spec.json"), "spec", "it is not in the store"),
    (other_entry, "index", "its entry is not the spec of the receipt"),
    (other_version, "index", 'it names "9.0.0", but the latest published version is "0.1.0"'),
    (lambda case: case.images.put_manifest(TYPE, BASE.manifest, "latest"), "latest", "latest is not 0.1.0"),
    (written("spec.json", b"{}"), "latest", "alpha-service/spec.json is not the spec of 0.1.0"),
]  # fmt: skip


@pytest.mark.parametrize(("tamper", "subject", "words"), FAILS)
def test_what_was_tampered_with_does_not_hold(
    case: Case, tamper: Callable[[Case], None], subject: str, words: str
) -> None:
    tamper(case)
    state, said = case.of(subject)
    assert (state, words in said) == (ClaimState.FAILS, True), said


def test_an_attestation_that_is_not_attached_any_more_does_not_hold(case: Case) -> None:
    del case.images.manifests[TYPE, case.attached("sbom")["digest"]]
    assert case.of("SBOM")[0] is ClaimState.FAILS
    assert case.of("packages")[0] is ClaimState.FAILS


def test_without_a_key_or_a_commit_or_a_base_image_that_is_said(case: Case, tmp_path: Path) -> None:
    case.key = None
    assert case.of("signature") == (
        ClaimState.UNCHECKED,
        "no public key is given; name its file with --public-key",
    )
    case.bases = MemoryImages()
    state, said = case.of("base images")
    assert (state, "is not there" in said) == (ClaimState.UNCHECKED, True)
    git(tmp_path, "init", "-q")
    case.context = replace(case.context, workspace=replace(case.context.workspace, root=tmp_path))
    state, said = case.of("commit")
    assert (state, "this checkout does not have the commit" in said) == (ClaimState.UNCHECKED, True)
    assert case.of("git tag")[0] is ClaimState.UNCHECKED
    bill(lambda value: value["components"].append({"name": "tomli", "version": "2"}))(case)
    state, said = case.of("packages")
    assert (state, "tomli is of the SBOM and not in the image" in said) == (ClaimState.UNCHECKED, True)


class Down(MemoryImages):
    """A registry that gives no answer, and counts how often it is asked."""

    asked = 0

    def find(self, references: Any) -> Any:
        return {one: Unknown("registry.test did not answer") for one in references}

    def manifest(self, name: str, reference: str) -> Manifest:
        self.asked += 1
        raise ServiceError("registry.test did not answer")


def test_a_registry_that_gives_no_answer_is_asked_once_and_reached_for_nothing(case: Case) -> None:
    case.images = down = Down()
    found = case.verify()
    states = {one.subject: one.state for one in found.claims}
    assert {name for name, state in states.items() if state is ClaimState.UNREACHED} == {
        "image", "layers", "SBOM", "packages", "provenance", "signature", "commit", "base images", "latest",
    }  # fmt: skip
    assert found.count(ClaimState.FAILS) == 0
    assert down.asked == 1


PACKAGES: list[tuple[dict[str, bytes], int | None, str]] = [
    ({**package("port-ocean", "0.48.12"), **package("evil", "6.6")}, 2, "the image has evil, which the SBOM"),
    ({**package("port-ocean", "0.48.12"), **package("setuptools", "6")}, 2, ""),
    ({**package("port-ocean", "0.48.12"), **package("Alpha.Service", "6")}, 2, ""),
    ({**package("port-ocean", "0.48.12"), **package("evil", "6", "opt/other/site-packages")}, 2, ""),
    ({**package("port-ocean", "0.48.12"), **package("evil", "6", f"{SITE}/x/_vendor")}, 2, ""),
    ({**package("port-ocean", "0.48.12", BASE_SITE)}, 2, ""),
    (package("port-ocean", "0.1"), 2, "port-ocean 0.1 where the SBOM has 0.48.12"),
    (package("Port_Ocean", "0.48.12.0"), 2, ""),
    (package("evil", "1"), 2, "none of the packages of the SBOM is in the image"),
    ({}, 2, "none of the packages"),
]


@pytest.mark.parametrize(("packages", "of_base", "words"), PACKAGES)
def test_packages_beside_those_of_the_bill_are_seen(
    packages: dict[str, bytes], of_base: int | None, words: str
) -> None:
    made, images = Layered([*BASE.layers, archive(packages)]), MemoryImages()
    content = content_of(images, "x", made.send(images, "x"))
    fault = compared({"port-ocean": "0.48.12"}, content, of_base).fault(TYPE)
    assert words in fault
    assert bool(words) == bool(fault)


@pytest.mark.parametrize(
    ("of_base", "fault"), [(1, ""), (None, ""), (0, "port-ocean 0.1 where the SBOM has 0.48.12")]
)
def test_another_version_that_the_base_image_brought_is_not_that_of_the_bill(
    of_base: int | None, fault: str
) -> None:
    site = "usr/lib/python3/dist-packages"
    made = Layered([archive(package("port-ocean", "0.1", site)), archive(package("port-ocean", "0.48.12"))])
    images = MemoryImages()
    content = content_of(images, "x", made.send(images, "x"))
    assert fault in compared({"port-ocean": "0.48.12"}, content, of_base).fault(TYPE)
    found = compared({"port-ocean": "0.48.12"}, content, of_base)
    assert bool(found.fault(TYPE)) == bool(fault)


def test_what_a_base_image_that_cannot_be_pulled_may_have_brought_is_not_called_wrong() -> None:
    made, images = Layered([archive({**package("port-ocean", "1"), **package("tool", "6")})]), MemoryImages()
    found = compared({"port-ocean": "1"}, content_of(images, "x", made.send(images, "x")), None)
    assert (found.strangers, found.others, found.fault(TYPE)) == (["tool"], (), "")
    assert found.python == "3.12"


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "has no image"),
        ([{"mediaType": media.INDEX}], "or one that is not an image"),
        ([{"mediaType": media.MANIFEST}] * 33, "more than 32 entries"),
    ],
)
def test_an_index_that_hides_images_does_not_hold(
    case: Case, entries: list[dict[str, Any]], words: str
) -> None:
    stated = {"digest": BASE.manifest.digest, "size": 1}
    value = {"mediaType": media.INDEX, "manifests": [{**one, **stated} for one in entries]}
    made = Manifest(json.dumps(value).encode(), media.INDEX)
    case.images.put_manifest(TYPE, made, VERSION)
    case.record(digest=made.digest)
    state, said = case.of("layers")
    assert (state, words in said) == (ClaimState.FAILS, True), said


def test_a_layer_in_a_form_that_is_not_read_is_not_called_wrong(case: Case) -> None:
    old = case.images.manifests[TYPE, case.receipt["digest"]]
    made = replace(old, data=old.data.replace(b"tar+gzip", b"tar+zstd"))
    case.images.put_manifest(TYPE, made, VERSION)
    case.record(digest=made.digest)
    assert case.of("layers") == (ClaimState.UNCHECKED, "it has a layer in zstd, which is not read")


def test_without_a_receipt_only_that_does_not_hold(case: Case) -> None:
    gone_receipt(case)
    states = {one.subject: one.state for one in case.verify().claims}
    assert [name for name, state in states.items() if state is ClaimState.FAILS] == ["receipt"]
    assert states["image"] is states["index"] is ClaimState.UNCHECKED


def test_the_version_is_that_of_the_index_unless_it_is_named(case: Case) -> None:
    here = replace(case.context, images=case.images, store=case.store)
    assert version_of(here, TYPE, None) == VERSION
    assert version_of(here, TYPE, "0.0.9") == "0.0.9"
    for name, version in (("beta-service", None), ("../x", None), (TYPE, "../x")):
        with pytest.raises(UsageError):
            version_of(here, name, version)


def test_what_several_claims_need_is_asked_for_once(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def count(owner: object, call: str) -> None:
        answer = getattr(owner, call)
        monkeypatch.setattr(owner, call, lambda *given: (asked.append(given[0]), answer(*given))[1])

    count(case.bases, "manifest")
    count(case.store, "keys")
    count(case.store, "get")
    assert case.verify("packages", "base images", "index", "latest").count(ClaimState.HOLDS) == 4
    assert [asked.count(one) for one in (BASE_NAME, f"{TYPE}/", "index.json")] == [1, 1, 1]


def test_what_is_left_when_the_time_is_over_is_not_reached(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = threading.Event()
    monkeypatch.setattr(case.images, "fetch", lambda *arguments: stuck.wait(60))
    here = replace(case.context, images=case.images, store=case.store)
    found = verify(here, TYPE, VERSION, VerifyInputs(case.key, case.bases), seconds=0.5)
    stuck.set()
    states = [(one.subject, one.state) for one in found.claims]
    assert states[:2] == [("receipt", ClaimState.HOLDS), ("image", ClaimState.HOLDS)]
    assert [state for _, state in states[2:]] == [ClaimState.UNREACHED] * 11
    assert found.claims[-1].words == "the time was over after 0.5 seconds; give more with --timeout"
    assert found.digest == case.receipt["digest"]


def test_ctrl_c_ends_a_verification_that_waits_for_a_service(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = threading.Event()

    def press(*arguments: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        stuck.wait(60)

    monkeypatch.setattr(case.images, "fetch", press)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        case.verify()
    stuck.set()
    assert time.monotonic() - begun < 30
