"""Signing without a key: an id token of the CI's job, a certificate of minutes, a public log, all in one bundle.

The only user of sigstore, which is the extra `keyless`. Its errors are never chained, as they may quote a request.
Source: https://github.com/sigstore/architecture-docs (client-spec.md).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from seatrial.core.errors import SeatrialError, ServiceError, UsageError
from seatrial.core.names import shown
from seatrial.core.printable import one_line
from seatrial.release.attest.signing import PAYLOAD
from seatrial.release.registry.deadline_pool import run
from seatrial.release.registry.http import NoAnswer
from seatrial.system.held_secrets import ID_TOKEN, REQUEST_TOKEN

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.models import ClientTrustConfig

REQUEST_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
AUDIENCE = "sigstore"

SECONDS = 120.0
"""Seconds after which the services of Sigstore are given up; sigstore itself waits for ever."""

MOST = 300
"""Characters of an identity that are shown."""

LIBRARY = "the library sigstore is not here; type `pip install 'seatrial[keyless]'`"

_ISSUER, _ISSUER_TEXT = "1.3.6.1.4.1.57264.1.8", "1.3.6.1.4.1.57264.1.1"
"""The extensions of a certificate that name the issuer of the id token: in DER, and its bytes alone."""

T = TypeVar("T")


@dataclass(frozen=True)
class Signatory:
    """A signer: what the certificate names, such as the workflow's address, and who vouched for that."""

    identity: str
    issuer: str

    def __str__(self) -> str:
        return f"{one_line(self.identity, MOST)} (issuer {one_line(self.issuer, MOST)})"


@dataclass(frozen=True)
class TrustSource:
    """Where the roots of trust come from: a trust configuration in JSON, else Sigstore's public one.

    With `offline`, the public one is that of the last time, or as the library brings it.
    """

    config: bytes | None = None
    offline: bool = False

    def load(self) -> ClientTrustConfig:
        """Return the roots of trust and the addresses of the services. Raises UsageError, ServiceError."""
        with _library():
            from sigstore.models import ClientTrustConfig
        if self.config is None:
            fetched = "; `release.verify --offline` goes by those of the last time"
            return _asked("roots of trust", lambda: ClientTrustConfig.production(self.offline), fetched)
        try:
            return ClientTrustConfig.from_json(self.config.decode())
        except Exception:
            raise UsageError(
                "trust-config below [release.keyless] names no trust configuration of Sigstore; "
                "leave it out for the public services"
            ) from None


@contextmanager
def _library() -> Iterator[None]:
    """Raise UsageError where sigstore cannot be imported, and keep its log from the terminal."""
    for name in ("sigstore", "tuf"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    try:
        yield
    except ImportError:
        raise UsageError(LIBRARY) from None


@dataclass(frozen=True)
class KeylessSigner:
    """A signer for one job of CI. `environment` holds the job's token, or what asks for one; it is never shown.

    If `expected` is stated, nobody else's signature is accepted.
    """

    environment: Mapping[str, str] = field(repr=False)
    trust: ClientTrustConfig = field(repr=False)
    expected: Signatory | None = None

    def sign(self, statement: bytes) -> bytes:
        """Return a bundle with a statement, another one each time. Raises UsageError, ServiceError."""
        made = _asked("signing", lambda: self._bundle(statement))
        try:
            verify(made, self.expected, self.trust)
        except ValueError as wrong:
            raise UsageError(f"{wrong}; nothing was attached: correct [release.keyless]") from None
        return made

    def _bundle(self, statement: bytes) -> bytes:
        from sigstore.dsse import Statement
        from sigstore.oidc import IdentityToken
        from sigstore.sign import SigningContext

        raw = id_token(self.environment)
        try:
            token = IdentityToken(raw)
        except Exception as failed:
            why = one_line(str(failed.__cause__ or failed), MOST)
            raise UsageError(
                f"the id token of this job cannot be used: {why}; it must be a new one for the audience {AUDIENCE}"
            ) from None
        with SigningContext.from_trust_config(self.trust).signer(token) as signer:
            return signer.sign_dsse(Statement(statement)).to_json().encode()


def load(environment: Mapping[str, str], source: TrustSource, expected: Signatory | None) -> KeylessSigner:
    """Return a signer for this job. Raises UsageError where library or token are missing, ServiceError."""
    if not environment.get(ID_TOKEN) and not (
        environment.get(REQUEST_TOKEN) and environment.get(REQUEST_URL)
    ):
        raise UsageError(f'signing = "keyless" below [release]: {_no_token(environment)}')
    return KeylessSigner(environment, source.load(), expected)


def _no_token(environment: Mapping[str, str]) -> str:
    if environment.get("GITHUB_ACTIONS"):
        return "this job has no id token; give it `id-token: write` below its `permissions`"
    if environment.get("GITLAB_CI"):
        return f"this job has no {ID_TOKEN}; give it `id_tokens: {{{ID_TOKEN}: {{aud: {AUDIENCE}}}}}`"
    return "only jobs of GitHub and GitLab have an id token; here sign by a key: --key FILE"


def id_token(environment: Mapping[str, str]) -> str:
    """Return the job's id token: the one of GitLab, or a new one from GitHub. Raises ServiceError."""
    return environment.get(ID_TOKEN) or _of_github(environment[REQUEST_URL], environment[REQUEST_TOKEN])


def _of_github(url: str, token: str) -> str:
    """Ask GitHub for a token, which lives for minutes.

    Source: docs.github.com, "OpenID Connect reference", "Methods for requesting the OIDC token".
    """
    import requests

    answer = requests.get(
        url,
        params={"audience": AUDIENCE},
        headers={"Authorization": f"bearer {token}"},
        timeout=30,
        allow_redirects=False,
    )
    found = answer.json().get("value") if answer.status_code == 200 else None
    if not isinstance(found, str):
        raise ServiceError(f"GitHub gave no id token (status {answer.status_code})")
    return found


def _asked(what: str, work: Callable[[], T], more: str = "") -> T:
    """Return what the services of Sigstore answer. Raises ServiceError in one line, without what was sent.

    `more` is what else may be done about it.
    """
    try:
        return run(work, time.monotonic() + SECONDS)
    except SeatrialError:
        raise
    except NoAnswer:
        why = f"no answer within {SECONDS:g} seconds"
    except Exception as failed:
        why = _words(failed)
    raise ServiceError(f"Sigstore, {what}: {why}; run it again{more}") from None


def _words(failed: BaseException | None) -> str:
    """Return the cause of an error, as far as it is known to hold nothing secret."""
    kind = type(failed).__name__
    for _ in range(5):
        answer, asked = getattr(failed, "response", None), getattr(failed, "request", None)
        host = urlsplit(str(getattr(asked, "url", "") or "")).hostname or ""
        if answer is not None:
            return f"{shown(host)} answered {answer.status_code}"
        if host:
            return f"{shown(host)} was not reached"
        inner = next((one for one in getattr(failed, "args", ()) if isinstance(one, Exception)), None)
        failed = inner or getattr(failed, "__cause__", None) or getattr(failed, "__context__", None)
    return f"no answer that can be used ({kind})"


def verify(bundle: bytes, expected: Signatory | None, trust: ClientTrustConfig) -> tuple[bytes, Signatory]:
    """Return the statement in a bundle and who signed it; with `expected`, nobody else. Raises ValueError."""
    from sigstore.errors import VerificationError
    from sigstore.models import Bundle
    from sigstore.verify import Verifier
    from sigstore.verify.policy import Identity

    try:
        found = Bundle.from_json(bundle)
        kind, payload = Verifier(trusted_root=trust.trusted_root).verify_dsse(found, _Anybody())
        signatory = _signatory(found.signing_certificate)
    except (
        Exception
    ) as wrong:  # sigstore and cryptography raise many kinds for bytes that anybody may have made
        raise ValueError(
            f"the bundle does not verify: {one_line(str(wrong), MOST) or type(wrong).__name__}"
        ) from None
    if kind != PAYLOAD:
        raise ValueError(f"the bundle does not hold a statement but {shown(kind)}")
    if expected is not None:
        try:
            Identity(identity=expected.identity, issuer=expected.issuer).verify(found.signing_certificate)
        except VerificationError:
            raise ValueError(f"it is signed by {signatory}, not by {expected}") from None
    return payload, signatory


class _Anybody:
    """The policy that leaves the question of who signed to the caller."""

    def verify(self, cert: Certificate) -> None:
        """Accept any certificate."""


def _signatory(certificate: Certificate) -> Signatory:
    """Return who a certificate is for."""
    from cryptography.x509 import RFC822Name, SubjectAlternativeName, UniformResourceIdentifier

    names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    found = [
        *names.get_values_for_type(UniformResourceIdentifier),
        *names.get_values_for_type(RFC822Name),
    ]
    stated: dict[str, Any] = {one.oid.dotted_string: one.value for one in certificate.extensions}
    issuer = stated[_ISSUER_TEXT].value if _ISSUER_TEXT in stated else stated[_ISSUER].value[2:]
    return Signatory(found[0], issuer.decode())
