"""A Sigstore on loopback: its authority of certificates, its two logs, GitHub's tokens, and the roots of trust."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ISSUER = "https://token.actions.githubusercontent.com"
IDENTITY = "https://github.com/org/repo/.github/workflows/seatrial-release.yml@refs/heads/main"

REQUEST_TOKEN = "s3cret-of-the-runner"

_DAY = timedelta(days=1)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class LogKey:
    """The key of a log or an authority."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.public = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.id = hashlib.sha256(self.public).digest()

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data, ec.ECDSA(SHA256()))

    def instance(self, url: str) -> dict[str, Any]:
        """The log as the roots of trust name it."""
        key = {"rawBytes": b64(self.public), "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
        key["validFor"] = {"start": "2020-01-01T00:00:00Z"}  # type: ignore[assignment]
        return {
            "baseUrl": url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": key,
            "logId": {"keyId": b64(self.id)},
        }


@dataclass
class SigstoreMade:
    """The services. `fails` maps a path to the status that it answers; `seen` has the paths that were asked for."""

    url: str = "http://127.0.0.1:9"
    identity: str = IDENTITY
    claims: dict[str, Any] = field(default_factory=dict)
    fails: dict[str, int] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    entries: int = 0

    def __post_init__(self) -> None:
        self.authority, self.certificates, self.log = LogKey(), LogKey(), LogKey()
        self.root = self._root()

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment of a job of GitHub that may ask for a token."""
        return {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
        }

    def token(self) -> str:
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": "repo:org/repo", "aud": "sigstore", "iat": now, "exp": now + 300}
        parts = ({"alg": "RS256", "typ": "JWT"}, claims | self.claims)
        text = [base64.urlsafe_b64encode(canonical(part)).decode().rstrip("=") for part in parts]
        return ".".join([*text, "bm8tc2lnbmF0dXJl"])

    def config(self) -> bytes:
        """The trust configuration, as `trust-config` names its file."""
        from_2020 = {"start": "2020-01-01T00:00:00Z"}
        service = {"url": self.url, "majorApiVersion": 1, "validFor": from_2020, "operator": "test"}
        chain = {"certificates": [{"rawBytes": b64(self.root.public_bytes(Encoding.DER))}]}
        name = {"organization": "test", "commonName": "test"}
        return canonical(
            {
                "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
                "trustedRoot": {
                    "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                    "tlogs": [self.log.instance(self.url)],
                    "ctlogs": [self.certificates.instance(self.url)],
                    "certificateAuthorities": [{"subject": name, "certChain": chain, "validFor": from_2020}],
                },
                "signingConfig": {
                    "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
                    "caUrls": [service],
                    "rekorTlogUrls": [service],
                    "rekorTlogConfig": {"selector": "ANY"},
                },
            }
        )

    def _root(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test root")])
        usage = dict.fromkeys(_USES, False) | {"key_cert_sign": True, "crl_sign": True}
        public = self.authority.private.public_key()
        return (
            self._builder(name, name, public, 3650 * _DAY)
            .add_extension(x509.BasicConstraints(True, 0), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self.authority.private, SHA256())
        )

    def _builder(self, subject: Any, issuer: Any, public: Any, life: timedelta) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
        return builder.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + life)

    def certificate(self, request: str) -> list[str]:
        """The chain for a request: a certificate of ten minutes with the promise of the log of certificates."""
        public = x509.load_pem_x509_csr(request.encode()).public_key()
        usage = dict.fromkeys(_USES, False) | {"digital_signature": True}
        issuer = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
        above = self.authority.private.public_key()
        base = (
            self._builder(x509.Name([]), self.root.subject, public, timedelta(minutes=10))
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False)
            .add_extension(x509.UnrecognizedExtension(issuer, ISSUER.encode()), critical=False)
            .add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier(self.identity)]), critical=True
            )
        )
        draft = self._promised(base, b"")
        at = int(time.time() * 1000)
        body = draft.tbs_precertificate_bytes
        entry = self.authority.id + struct.pack("!I", len(body))[1:] + body
        made = self.certificates.sign(struct.pack("!BBQH", 0, 0, at, 1) + entry + struct.pack("!H", 0))
        promise = struct.pack("!B32sQHBBH", 0, self.certificates.id, at, 0, 4, 3, len(made)) + made
        final = self._promised(base, promise)
        return [one.public_bytes(Encoding.PEM).decode() for one in (final, self.root)]

    def _promised(self, base: x509.CertificateBuilder, promise: bytes) -> x509.Certificate:
        listed = struct.pack("!H", len(promise)) + promise if promise else b""
        listed = struct.pack("!H", len(listed)) + listed
        value = (
            b"\x04" + (bytes([len(listed)]) if len(listed) < 128 else b"\x81" + bytes([len(listed)])) + listed
        )
        oid = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
        named = base.add_extension(x509.UnrecognizedExtension(oid, value), critical=False)
        return named.sign(self.authority.private, SHA256())

    def entry(self, proposed: Mapping[str, Any]) -> dict[str, Any]:
        """The entry of the public log for a proposed one; each is the first of a log of its own."""
        content = proposed["spec"]["proposedContent"]
        envelope = json.loads(content["envelope"])
        payload = base64.b64decode(envelope["payload"])
        spec = {
            "envelopeHash": {"algorithm": "sha256", "value": _hex(content["envelope"].encode())},
            "payloadHash": {"algorithm": "sha256", "value": _hex(payload)},
            "signatures": [
                {"signature": envelope["signatures"][0]["sig"], "verifier": content["verifiers"][0]}
            ],
        }
        body = b64(canonical({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}))
        named = {
            "body": body,
            "integratedTime": int(time.time()),
            "logID": self.log.id.hex(),
            "logIndex": 0,
        }
        root = hashlib.sha256(b"\0" + base64.b64decode(body)).digest()
        note = f"log.test\n1\n{b64(root)}\n"
        proof = {"hashes": [], "logIndex": 0, "treeSize": 1, "rootHash": root.hex()}
        proof["checkpoint"] = f"{note}\n— log.test {b64(self.log.id[:4] + self.log.sign(note.encode()))}\n"
        signed = b64(self.log.sign(canonical(named)))
        self.entries += 1
        return {"1": named | {"verification": {"signedEntryTimestamp": signed, "inclusionProof": proof}}}


_USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def _hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def sigstore() -> Iterator[SigstoreMade]:
    """Serve a Sigstore until the end of the block."""
    made = SigstoreMade()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            pass

        def do_GET(self) -> None:
            sent = (
                self.headers.get("Authorization") == f"bearer {REQUEST_TOKEN}"
                and "&audience=sigstore" in self.path
            )
            self._answer(200 if sent else 401, {"value": made.token()})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/api/v2/signingCert":
                request = base64.b64decode(asked["certificateSigningRequest"]).decode()
                chain = {"chain": {"certificates": made.certificate(request)}}
                self._answer(200, {"signedCertificateEmbeddedSct": chain})
            else:
                self._answer(201, made.entry(asked))

        def _answer(self, status: int, value: Any) -> None:
            path = self.path.partition("?")[0]
            made.seen.append(path)
            data = json.dumps(value).encode()
            self.send_response(made.fails.get(path, status))
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
