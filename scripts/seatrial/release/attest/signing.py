"""Signed statements: DSSE envelopes, by a private key in PEM. The only user of securesystemslib and cryptography.

Source: https://github.com/secure-systems-lab/dsse (envelope.md, protocol.md).
"""

from __future__ import annotations

import base64
import json
import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.core.errors import UsageError, reason
from seatrial.release.registry.media import json_object
from seatrial.system.held_secrets import KEY_PASSWORD

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

PASSWORD = KEY_PASSWORD
MEDIA_TYPE = "application/vnd.dsse.envelope.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
"""The media type of an envelope with a certificate and an entry of a public log instead of a key id."""

SIGNED = frozenset({MEDIA_TYPE, BUNDLE})
PAYLOAD = "application/vnd.in-toto+json"
MAX_BYTES = 64 * 1024

MAKE_ONE = "make one with `openssl genpkey -algorithm ed25519 -out key.pem`"

_OTHERS = {
    b"PUBLIC KEY": "a public key; give the private one that belongs to it",
    b"CERTIFICATE": "a certificate; give the private key that belongs to it",
    b"OPENSSH PRIVATE KEY": f"a key in the form of OpenSSH; {MAKE_ONE}",
    b"SIGSTORE PRIVATE KEY": f"a key in the form of cosign; {MAKE_ONE}",
    b"COSIGN PRIVATE KEY": f"a key in the form of cosign; {MAKE_ONE}",
}
"""Files that are given instead of a private key, by text in their first line."""


@dataclass(frozen=True)
class Key:
    """A private key, ready to sign and never shown; `id` is the key id of its public key."""

    id: str
    private: Ed25519PrivateKey | EllipticCurvePrivateKey = field(repr=False, compare=False)


def load(path: Path, environment: Mapping[str, str]) -> Key:
    """Return the key in a file, decrypted with the password in SEATRIAL_KEY_PASSWORD if needed. Raises UsageError."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from securesystemslib.signer import SSlibKey

    private = _opened(path, _read(path), environment.get(PASSWORD, ""))
    other_curve = isinstance(private, EllipticCurvePrivateKey) and not isinstance(private.curve, SECP256R1)
    if other_curve or not isinstance(private, Ed25519PrivateKey | EllipticCurvePrivateKey):
        raise UsageError(f'the key "{path}" is neither of ed25519 nor of ECDSA on P-256; {MAKE_ONE}')
    return Key(SSlibKey.from_crypto(private.public_key()).keyid, private)


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES)
    except (OSError, ValueError) as failed:
        why = reason(failed) if isinstance(failed, OSError) else "its name is not valid"
        raise UsageError(f'the key "{path}" cannot be read: {why}') from None


def _opened(path: Path, data: bytes, password: str) -> PrivateKeyTypes:
    """Return the key in these bytes. Errors of the library are not repeated, since they may quote the bytes."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    encrypted = b"ENCRYPTED" in data
    if encrypted and not password and not _instead(data):
        raise UsageError(f'the key "{path}" is encrypted; put its password into {PASSWORD}')
    try:
        return load_pem_private_key(data, os.fsencode(password) if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UsageError(_no_key(path, data, encrypted)) from None


def _no_key(path: Path, data: bytes, encrypted: bool) -> str:
    if _instead(data):
        return f'"{path}" holds {_instead(data)}'
    if encrypted:
        return f'{PASSWORD} does not open the key "{path}"'
    return f'"{path}" holds no private key in PEM; {MAKE_ONE}'


def _instead(data: bytes) -> str:
    """Return the description of what was given instead of a private key; empty for anything else."""
    first = next((line for line in data.splitlines() if line.startswith(b"-----BEGIN ")), b"")
    return next((what for word, what in _OTHERS.items() if word in first), "")


def public_key(path: Path) -> bytes:
    """Return the public key in a file, in PEM. Raises UsageError for one that cannot verify what `sign` signs."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    data = _read(path)
    try:
        found = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PublicKey | EllipticCurvePublicKey):
        raise UsageError(
            f'"{path}" holds no public key in PEM of ed25519 or ECDSA; '
            "make it from the private one with `openssl pkey -in key.pem -pubout -out key.pub`"
        )
    return data


def warning(path: Path) -> str | None:
    """Return a warning about a key that others on this machine can read; None for other keys."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(mode) or not mode & 0o077:
        return None
    return f'others on this machine can read the key "{path}"; type `chmod 600 {path}`'


def sign(statement: bytes, key: Key) -> bytes:
    """Return an envelope with a statement, the same bytes for the same key and statement."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import Signature

    envelope = Envelope(statement, PAYLOAD, {})
    envelope.signatures[key.id] = Signature(key.id, _signature(key, envelope.pae()).hex())
    return json.dumps(envelope.to_dict(), sort_keys=True, separators=(",", ":")).encode()


def _signature(key: Key, data: bytes) -> bytes:
    """Sign, by ECDSA deterministically (RFC 6979), so that a release that is run again attaches nothing twice."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

    if isinstance(key.private, Ed25519PrivateKey):
        return key.private.sign(data)
    try:
        return key.private.sign(data, ECDSA(SHA256(), deterministic_signing=True))
    except UnsupportedAlgorithm:  # an OpenSSL before 3.2
        return key.private.sign(data, ECDSA(SHA256()))


def unsealed(media_type: str, data: bytes) -> bytes:
    """Return the statement in a provenance of this media type, whoever signed it. Raises ValueError."""
    if media_type not in SIGNED:
        return data
    value = json_object(data)
    envelope = value.get("dsseEnvelope") if media_type == BUNDLE else value
    payload = envelope.get("payload") if isinstance(envelope, dict) else None
    if not isinstance(payload, str):
        raise ValueError("the envelope has no payload")
    return base64.b64decode(payload, validate=True)


def verify(envelope: bytes, public: bytes) -> bytes:
    """Return the payload of an envelope that was signed by this public key, in PEM. Raises ValueError."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import FormatError, VerificationError
    from securesystemslib.signer import SSlibKey

    key = SSlibKey.from_crypto(load_pem_public_key(public))
    try:
        found = Envelope.from_dict(json.loads(envelope))
        found.verify([key], 1)
    except (VerificationError, FormatError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("the envelope is not signed by this key") from None
    if found.payload_type != PAYLOAD:
        raise ValueError(f"the envelope does not hold a statement but {found.payload_type[:60]}")
    return found.payload


SEAL = b"seatrial-seal-1"
SEALED = "application/vnd.seatrial.kept"
"""The type of what is sealed, which is signed with it: no signature of a release is one of a kept result."""

MOST_HEADER = 400


@dataclass(frozen=True)
class SealingKey:
    """A private key of ed25519 that seals what is kept for other machines; `public` is its public key."""

    public: str
    private: Ed25519PrivateKey = field(repr=False, compare=False)

    def seal(self, body: bytes) -> bytes:
        """Return a body with its signature and the key that made it."""
        made = b64encode(self.private.sign(_pae(SEALED, body)))
        return b"\n".join((b" ".join((SEAL, self.public.encode(), made)), body))


def sealing_key(text: str, name: str, environment: Mapping[str, str]) -> SealingKey:
    """Return the key whose PEM is in the environment variable `name`. Raises UsageError, which does not quote it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    private = _opened(Path(name), text.strip().encode() + b"\n", environment.get(PASSWORD, ""))
    if not isinstance(private, Ed25519PrivateKey):
        raise UsageError(f"the key in {name} is not of ed25519; {MAKE_ONE}")
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SealingKey(b64encode(public).decode(), private)


def sealed_body(data: bytes, keys: Collection[str]) -> bytes:
    """Return the body of what one of these keys sealed, each a public key in base64. Raises ValueError."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    end = data.find(b"\n", 0, MOST_HEADER)
    parts = data[: max(end, 0)].split(b" ")
    named = next((key for key in keys if len(parts) == 3 and key.encode() == parts[1]), None)
    if named is None or parts[0] != SEAL:
        raise ValueError("no known key has sealed it")
    try:
        public = load_der_public_key(b64decode(named, validate=True))
        if not isinstance(public, Ed25519PublicKey):
            raise ValueError("the key is not of ed25519")
        body = data[end + 1 :]
        public.verify(b64decode(parts[2], validate=True), _pae(SEALED, body))
    except (InvalidSignature, UnsupportedAlgorithm):
        raise ValueError("the seal is broken") from None
    return body


def _pae(kind: str, body: bytes) -> bytes:
    """Return what is signed of a body, as DSSE has it."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(body), body)
