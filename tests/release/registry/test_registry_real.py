"""Images in a real registry, as its own client and other programs see them."""

from __future__ import annotations

import datetime
import ipaddress
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from seatrial.core.errors import ServiceError, UsageError
from seatrial.release.plan.ports import Absent, Present, Unknown
from seatrial.release.registry.oci_layout import push
from seatrial.release.registry.remote import RemoteImages
from support.images_made import digest_of, index, lay, manifest, send
from support.services import PASSWORD, USER, needs, running_registry

NOTHING = digest_of(b"nothing has this digest")


@pytest.fixture
def name(upstream: str, path: str) -> str:
    return f"{upstream}/{path}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_registry(tmp_path_factory.mktemp("guarded"), auth=True) as host:
        yield host


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], None]:
    """Write a login to Docker's config.json, as `docker login` does."""

    def act(host: str, password: str) -> None:
        entry = {"username": USER, "password": password}
        (tmp_path / "config.json").write_text(json.dumps({"auths": {host: entry}}))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    return act


def test_a_tag_is_absent_until_it_is_set(name: str) -> None:
    images = RemoteImages()
    assert images.find([(name, "1.0.0")]) == {(name, "1.0.0"): Absent()}
    made = send(images, name, "image", "1.0.0")
    assert images.find([(name, "1.0.0"), (name, made.digest), (name, NOTHING)]) == {
        (name, "1.0.0"): Present(made.digest),
        (name, made.digest): Present(made.digest),
        (name, NOTHING): Absent(),
    }
    assert images.manifest(name, "1.0.0") == made


def test_invalid_names_are_unknown_and_affect_no_others(name: str) -> None:
    send(RemoteImages(), name, "image", "1.0.0")
    wrong = [("../../etc", "1"), (name, "a/../b"), ("UPPER/Case", "1"), (name, "sha256:1"), ("a\nb", "1")]
    answers = RemoteImages().find([*wrong, (name, "1.0.0")])
    assert isinstance(answers[name, "1.0.0"], Present)
    for one in wrong:
        assert isinstance(answers[one], Unknown), one


def test_an_unreachable_registry_is_unknown_and_affects_no_others(name: str) -> None:
    send(RemoteImages(), name, "image", "1.0.0")
    nowhere = ("127.0.0.1:1/org/image", "1.0.0")
    answers = RemoteImages().find([nowhere, (name, "1.0.0")])
    assert isinstance(answers[name, "1.0.0"], Present)
    assert answers[nowhere] == Unknown(
        "127.0.0.1:1/org/image:1.0.0: 127.0.0.1:1 cannot be reached; check that it runs, and the network"
    )


@pytest.mark.parametrize("contents", [("one",), ("one", "two")])
@pytest.mark.parametrize("nested", [False, True])
def test_an_image_from_a_folder_is_sent_once(
    contents: tuple[str, ...], nested: bool, name: str, tmp_path: Path
) -> None:
    layout = lay(tmp_path, *contents, nested=nested)
    images = RemoteImages()
    top, sent = push(images, name, layout)
    assert sent
    assert images.manifest(name, top.digest).digest == top.digest
    assert push(images, name, layout) == (top, False)


def test_another_program_pulls_a_sent_image(name: str, tmp_path: Path) -> None:
    layout = lay(tmp_path / "built", "one", "two")
    images = RemoteImages()
    top, _ = push(images, name, layout)
    images.put_manifest(name, images.manifest(name, top.digest), "1.0.0")
    told = subprocess.run(
        [needs("skopeo"), "inspect", "--raw", "--tls-verify=false", f"docker://{name}:1.0.0"],
        capture_output=True,
        check=True,
    )
    assert told.stdout == index("one", "two").data


def test_a_large_blob_is_sent_from_its_file(name: str, tmp_path: Path) -> None:
    data = bytes(range(256)) * 40_000
    (tmp_path / "layer").write_bytes(data)
    images = RemoteImages()
    images.put_blob(name, digest_of(data), tmp_path / "layer")
    assert images.blob(name, digest_of(data)) == data


def test_a_file_with_another_digest_is_not_sent(name: str, tmp_path: Path) -> None:
    (tmp_path / "layer").write_bytes(b"something else")
    with pytest.raises(ServiceError, match="does not match its digest"):
        RemoteImages().put_blob(name, NOTHING, tmp_path / "layer")
    assert not RemoteImages().has_blob(name, NOTHING)


def test_a_manifest_whose_blobs_are_missing_is_refused(name: str) -> None:
    with pytest.raises(ServiceError, match=r"answered 400 \(MANIFEST_BLOB_UNKNOWN"):
        RemoteImages().put_manifest(name, manifest("never sent"), "1.0.0")


def test_missing_manifests_and_blobs_are_reported(name: str) -> None:
    images = RemoteImages()
    with pytest.raises(ServiceError, match=rf"{name}:1.0.0: .* does not have it"):
        images.manifest(name, "1.0.0")
    with pytest.raises(ServiceError, match=r"answered 404 \(BLOB_UNKNOWN"):
        images.blob(name, NOTHING)
    with pytest.raises(UsageError, match="is not a digest"):
        images.blob(name, "sha256:../../etc/passwd")


def test_with_a_login_everything_works_by_basic(guarded: str, log_in: Callable[..., None]) -> None:
    log_in(guarded, PASSWORD)
    name = f"{guarded}/org/image"
    made = send(RemoteImages(), name, "image", "1.0.0")
    assert RemoteImages().find([(name, "1.0.0")]) == {(name, "1.0.0"): Present(made.digest)}


def test_without_a_login_answers_are_unknown(guarded: str) -> None:
    reference = (f"{guarded}/org/unseen", "1.0.0")
    assert RemoteImages().find([reference])[reference] == Unknown(
        f"{guarded}/org/unseen:1.0.0: {guarded} answered 401 without a login; type: docker login {guarded}"
    )


def test_a_wrong_password_is_reported_without_showing_it(
    guarded: str, log_in: Callable[..., None], tmp_path: Path
) -> None:
    log_in(guarded, "not-the-password")
    name = f"{guarded}/org/image"
    answer = RemoteImages().find([(name, "1.0.0")])[name, "1.0.0"]
    assert isinstance(answer, Unknown)
    assert f"with the login in {tmp_path / 'config.json'}; type: docker login {guarded}" in answer.reason
    with pytest.raises(ServiceError) as failed:
        RemoteImages().put_blob(name, digest_of(b"{}"), b"{}")
    assert "not-the-password" not in f"{answer.reason} {failed.value!r}"


def test_a_login_that_cannot_be_read_is_one_line(
    guarded: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text('{"auths": ')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    reference = (f"{guarded}/org/image", "1.0.0")
    answer = RemoteImages().find([reference])[reference]
    assert isinstance(answer, Unknown)
    assert f"was not asked: {tmp_path / 'config.json'}, which holds logins, cannot be read" in answer.reason


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Run a registry with https; yield its host and its self-signed certificate."""
    folder = tmp_path_factory.mktemp("encrypted")
    make_certificate(folder)
    with running_registry(folder, tls=True) as host:
        yield host, folder / "certificate.pem"


def make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def test_https_is_used_on_loopback_if_the_registry_uses_it(
    encrypted: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, certificate = encrypted
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    made = send(RemoteImages(), f"{host}/org/image", "image", "1.0.0")
    assert RemoteImages().manifest(f"{host}/org/image", "1.0.0") == made


def test_an_unknown_certificate_is_not_trusted(encrypted: tuple[str, Path]) -> None:
    reference = (f"{encrypted[0]}/org/image", "1.0.0")
    answer = RemoteImages().find([reference])[reference]
    assert isinstance(answer, Unknown)
    assert "has a certificate that this machine does not trust; SSL_CERT_FILE" in answer.reason
