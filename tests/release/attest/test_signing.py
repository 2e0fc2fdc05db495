"""Signed statements."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from seatrial.core.errors import UsageError
from seatrial.release.attest.signing import PASSWORD, PAYLOAD, load, sign, verify, warning
from support.services import needs

STATEMENT = b'{"_type": "https://in-toto.io/Statement/v1"}'
KEYS: dict[str, Callable[[], PrivateKeyTypes]] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
}


def pem(
    key: PrivateKeyTypes,
    encryption: KeySerializationEncryption | None = None,
    form: PrivateFormat = PrivateFormat.PKCS8,
) -> bytes:
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption())


def public(key: PrivateKeyTypes) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def file(folder: Path, data: bytes) -> Path:
    path = folder / "key.pem"
    path.write_bytes(data)
    path.chmod(0o600)
    return path


@pytest.fixture(params=sorted(KEYS))
def private(request: pytest.FixtureRequest) -> PrivateKeyTypes:
    return KEYS[request.param]()


def test_the_public_key_verifies_what_its_private_key_signed(
    tmp_path: Path, private: PrivateKeyTypes
) -> None:
    envelope = sign(STATEMENT, load(file(tmp_path, pem(private)), {}))
    assert verify(envelope, public(private)) == STATEMENT


def test_the_envelope_has_the_form_of_dsse(tmp_path: Path, private: PrivateKeyTypes) -> None:
    key = load(file(tmp_path, pem(private)), {})
    envelope = json.loads(sign(STATEMENT, key))
    assert envelope["payloadType"] == PAYLOAD
    assert base64.b64decode(envelope["payload"]) == STATEMENT
    assert [one["keyid"] for one in envelope["signatures"]] == [key.id]


def test_openssl_verifies_the_signature_over_the_payload_and_its_type(tmp_path: Path) -> None:
    private = KEYS["ecdsa"]()
    envelope = json.loads(sign(STATEMENT, load(file(tmp_path, pem(private)), {})))
    (tmp_path / "pub").write_bytes(public(private))
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    signed = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(STATEMENT), STATEMENT)
    told = subprocess.run(
        [needs("openssl"), "dgst", "-sha256", "-verify", tmp_path / "pub", "-signature", tmp_path / "sig"],
        input=signed,
        capture_output=True,
    )
    assert told.returncode == 0, told.stderr


def test_the_same_key_signs_the_same_to_the_same_bytes(tmp_path: Path, private: PrivateKeyTypes) -> None:
    path = file(tmp_path, pem(private))
    assert sign(STATEMENT, load(path, {})) == sign(STATEMENT, load(path, {}))


def test_an_encrypted_key_is_opened_by_the_password(tmp_path: Path, private: PrivateKeyTypes) -> None:
    path = file(tmp_path, pem(private, BestAvailableEncryption(b"pass word")))
    assert verify(sign(STATEMENT, load(path, {PASSWORD: "pass word"})), public(private)) == STATEMENT


def test_a_password_that_is_not_needed_does_no_harm(tmp_path: Path, private: PrivateKeyTypes) -> None:
    assert load(file(tmp_path, pem(private)), {PASSWORD: "x"}).id


def test_the_older_form_of_openssl_is_read_too(tmp_path: Path) -> None:
    private = KEYS["ecdsa"]()
    plain = pem(private, form=PrivateFormat.TraditionalOpenSSL)
    locked = pem(private, BestAvailableEncryption(b"x"), PrivateFormat.TraditionalOpenSSL)
    assert load(file(tmp_path, plain), {}).id == load(file(tmp_path, locked), {PASSWORD: "x"}).id


def test_a_key_that_comes_through_a_pipe_is_read(tmp_path: Path, private: PrivateKeyTypes) -> None:
    source, sink = os.pipe()
    os.write(sink, pem(private))
    os.close(sink)
    try:
        assert load(Path(f"/dev/fd/{source}"), {}).id
    finally:
        os.close(source)


RSA = rsa.generate_private_key(65537, 1024)
P384 = ec.generate_private_key(ec.SECP384R1())
ED = ed25519.Ed25519PrivateKey.generate()
LOCKED = pem(ED, BestAvailableEncryption(b"right"))


@pytest.mark.parametrize(
    ("data", "password", "words"),
    [
        (b"", "", "holds no private key in PEM; make one with `openssl genpkey"),
        (b"nonsense", "", "holds no private key in PEM"),
        (os.urandom(200_000), "", "holds no private key in PEM"),
        (
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "",
            "holds no private key in PEM",
        ),
        (public(ED), "", "holds a public key; give the private one that belongs to it"),
        (b"-----BEGIN CERTIFICATE-----\n", "", "holds a certificate; give the private key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "", "holds a key in the form of OpenSSH"),
        (b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n", "", "holds a key in the form of cosign"),
        (b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n", "x", "holds a key in the form of cosign"),
        (pem(RSA), "", "is neither of ed25519 nor of ECDSA on P-256"),
        (pem(P384), "", "is neither of ed25519 nor of ECDSA on P-256"),
        (LOCKED, "", "is encrypted; put its password into SEATRIAL_KEY_PASSWORD"),
        (LOCKED, "wr0ng-w0rd", "SEATRIAL_KEY_PASSWORD does not open the key"),
        (LOCKED, "wr0ng-w0rd\udc80", "SEATRIAL_KEY_PASSWORD does not open the key"),
    ],
)
def test_a_file_that_cannot_sign_is_reported_without_key_or_password(
    tmp_path: Path, data: bytes, password: str, words: str
) -> None:
    with pytest.raises(UsageError) as fault:
        load(file(tmp_path, data), {PASSWORD: password})
    assert words in str(fault.value)
    assert "\n" not in str(fault.value)
    assert "wr0ng-w0rd" not in "".join(traceback.format_exception(fault.value))


@pytest.mark.parametrize(
    ("name", "why"),
    [("absent.pem", "no such file or directory"), (".", "is a directory"), ("a\0b", "its name is not valid")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(UsageError, match=f"cannot be read: {why}"):
        load(tmp_path / name, {})


def test_a_key_never_shows_what_is_in_it(tmp_path: Path, private: PrivateKeyTypes) -> None:
    key = load(file(tmp_path, pem(private)), {})
    assert repr(key) == f"Key(id='{key.id}')"


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o400, False), (0o640, True), (0o644, True)])
def test_a_key_that_others_can_read_gives_a_warning(tmp_path: Path, mode: int, warned: bool) -> None:
    path = file(tmp_path, pem(ED))
    path.chmod(mode)
    told = warning(path)
    assert (told is not None) == warned
    assert told is None or f"chmod 600 {path}" in told


def test_a_missing_file_gives_no_warning(tmp_path: Path) -> None:
    assert warning(tmp_path / "absent") is None


def tampered(envelope: bytes, **changes: object) -> bytes:
    return json.dumps({**json.loads(envelope), **changes}).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"payload": base64.b64encode(b"{}").decode()},
        {"payloadType": "application/json"},
        {"signatures": []},
        {"signatures": 3},
        {"payload": None},
        {"signatures": [{"keyid": "x", "sig": "AAAA"}]},
    ],
)
def test_an_envelope_that_was_changed_does_not_verify(tmp_path: Path, changes: dict[str, object]) -> None:
    envelope = sign(STATEMENT, load(file(tmp_path, pem(ED)), {}))
    with pytest.raises(ValueError, match="not signed by this key"):
        verify(tampered(envelope, **changes), public(ED))


@pytest.mark.parametrize("envelope", [b"", b"{}", b"[]", b"nonsense", b"[" * 100_000])
def test_other_content_than_an_envelope_does_not_verify(envelope: bytes) -> None:
    with pytest.raises(ValueError):
        verify(envelope, public(ED))


def test_the_key_of_somebody_else_does_not_verify(tmp_path: Path) -> None:
    envelope = sign(STATEMENT, load(file(tmp_path, pem(ED)), {}))
    with pytest.raises(ValueError, match="not signed by this key"):
        verify(envelope, public(KEYS["ed25519"]()))
