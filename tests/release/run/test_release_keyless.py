"""A release that a job of CI signs without a key, and what `release.verify` says of its signature."""

from __future__ import annotations

import base64
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import ConfigurationError, ServiceError, UsageError
from seatrial.core.settings import KeylessSettings
from seatrial.release.attest import signing
from seatrial.release.attest.sigstore_bundles import Signatory, TrustSource, load
from seatrial.release.run import apply as applying
from seatrial.release.run import publish as publishing
from seatrial.release.run.attestations import signatory_of
from seatrial.release.run.verify import ClaimState, VerifyInputs, verify
from seatrial.system import held_secrets
from seatrial.tasks.release import _rehearsal
from support.commit_release import CommitRelease
from support.key_pair import key_in
from support.memory_images import MemoryImages
from support.release_workspace import commit, git, workspace
from support.sigstore_made import IDENTITY, ISSUER, REQUEST_TOKEN, SigstoreMade, sigstore

TYPE, VERSION = "alpha-service", "0.1.0"
OURS = Signatory(IDENTITY, ISSUER)
SETTINGS = f"""[release]
signing = "keyless"
[release.keyless]
identity = "{IDENTITY}"
issuer = "{ISSUER}"
trust-config = "sigstore.json"
"""


@pytest.fixture(scope="module")
def service() -> Iterator[SigstoreMade]:
    with sigstore() as made:
        yield made


@pytest.fixture(autouse=True)
def job(service: SigstoreMade, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job of GitHub that may ask for a token, whose services all work."""
    service.fails, service.claims, service.identity = {}, {}, IDENTITY
    environment = dict(service.environment)
    monkeypatch.setattr(held_secrets, "_held", {held_secrets.REQUEST_TOKEN: REQUEST_TOKEN})
    environment.pop(held_secrets.REQUEST_TOKEN)
    monkeypatch.delenv(held_secrets.ID_TOKEN, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def root(service: SigstoreMade, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = workspace(tmp_path_factory.mktemp("keyless") / "repo", "Alpha Service")
    (made / "sigstore.json").write_bytes(service.config())
    (made / "seatrial.toml").write_text(SETTINGS)
    commit(made, "settings")
    return made


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """The same checkout, from which nothing was released."""
    shutil.copytree(root, tmp_path / "repo", ignore=shutil.ignore_patterns("dist"))
    if git(tmp_path / "repo", "tag"):
        git(tmp_path / "repo", "tag", "-d", f"{TYPE}/{VERSION}")
    return tmp_path / "repo"


@dataclass
class Case:
    """A release and its verification by different people."""

    made: CommitRelease

    def claim(
        self, data: Callable[[bytes], bytes] = lambda data: data, **given: Any
    ) -> tuple[ClaimState, str]:
        """Return what becomes of the signature; `data` changes its bytes, as who can write the registry could."""
        inputs = replace(VerifyInputs(None, MemoryImages()), **given)
        with self.made.context() as context, pytest.MonkeyPatch.context() as patch:
            read = context.images.blob
            patch.setattr(
                self.made.images,
                "blob",
                lambda name, digest: data(read(name, digest)) if digest == self.layer else read(name, digest),
            )
            (found,) = verify(
                replace(context, images=self.made.images), TYPE, VERSION, inputs, ["signature"]
            ).claims
        return found.state, found.words

    @property
    def attached(self) -> dict[str, Any]:
        receipt = json.loads(self.made.store.objects[f"{TYPE}/{VERSION}/receipt.json"])
        found: dict[str, Any] = next(one for one in receipt["attached"] if one["kind"] == "provenance")
        return found

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.made.images.manifests[TYPE, self.attached["digest"]].data)
        return found

    @property
    def layer(self) -> str:
        found: str = self.manifest["layers"][0]["digest"]
        return found


def everything(root: Path, made: CommitRelease) -> bytes:
    return made.everything() + b"".join(
        path.read_bytes() for path in (root / "dist").rglob("*") if path.is_file()
    )


@pytest.fixture(scope="module")
def released(service: SigstoreMade, root: Path) -> Case:
    """A release by such a job."""
    made = CommitRelease(root)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in service.environment.items():
            patch.setenv(name, value)
        assert made.run() == []
    return Case(made)


def test_the_job_s_identity_signs_and_everybody_can_check_it(released: Case, service: SigstoreMade) -> None:
    trust = TrustSource(service.config())
    assert released.claim(signatory=OURS, trust=trust) == (
        ClaimState.HOLDS,
        f"the provenance is signed by {IDENTITY} (issuer {ISSUER}), as the public log has it",
    )
    assert released.attached["media-type"] == signing.BUNDLE == released.manifest["artifactType"]


def test_cosign_finds_it_by_its_type_and_annotations(released: Case) -> None:
    assert released.manifest["annotations"].items() >= {
        ("dev.sigstore.bundle.content", "dsse-envelope"),
        ("dev.sigstore.bundle.predicateType", "https://slsa.dev/provenance/v1"),
    }


def test_no_token_is_in_anything_that_a_release_writes(
    released: Case, root: Path, service: SigstoreMade
) -> None:
    written = everything(root, released.made)
    head = service.token().partition(".")[0]
    assert b"SLSA" in written or b"slsa" in written
    assert REQUEST_TOKEN.encode() not in written and f"{head}.".encode() not in written


def without_signature(data: bytes) -> bytes:
    value = json.loads(data)
    value["dsseEnvelope"]["signatures"] = []
    return json.dumps(value).encode()


def other_payload(data: bytes) -> bytes:
    value = json.loads(data)
    payload = json.loads(base64.b64decode(value["dsseEnvelope"]["payload"]))
    payload["predicate"]["buildDefinition"]["externalParameters"]["version"] = "9.9.9"
    value["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    return json.dumps(value).encode()


def without_log(data: bytes) -> bytes:
    value = json.loads(data)
    value["verificationMaterial"]["tlogEntries"] = []
    return json.dumps(value).encode()


@pytest.mark.parametrize("change", [without_signature, other_payload, without_log, lambda data: b"[" * 9_000])
def test_a_bundle_that_was_tampered_with_does_not_hold(
    released: Case, service: SigstoreMade, change: Callable[[bytes], bytes]
) -> None:
    state, words = released.claim(change, signatory=OURS, trust=TrustSource(service.config()))
    assert state is ClaimState.FAILS and len(words) < 400


@pytest.mark.parametrize(
    ("given", "state", "words"),
    [
        ({"signatory": Signatory(f"{IDENTITY}-2", ISSUER)}, ClaimState.FAILS, f"it is signed by {IDENTITY}"),
        ({"signatory": Signatory(IDENTITY, "https://gitlab.com")}, ClaimState.FAILS, "not by"),
        ({}, ClaimState.UNCHECKED, f"--identity {IDENTITY} --issuer {ISSUER}"),
        ({"key": b"a key"}, ClaimState.FAILS, "signed without a key"),
        ({"trust": TrustSource(SigstoreMade().config()), "signatory": OURS}, ClaimState.FAILS, "does not verify"),
        ({"trust": TrustSource(b"{}"), "signatory": OURS}, ClaimState.UNCHECKED, "trust-config below"),
    ],
)  # fmt: skip
def test_who_expects_somebody_else_or_nobody_is_told_who_signed(
    released: Case, service: SigstoreMade, given: dict[str, Any], state: ClaimState, words: str
) -> None:
    found = released.claim(**{"trust": TrustSource(service.config()), **given})
    assert found[0] is state and words in found[1]


def test_without_the_library_nothing_is_checked_and_the_package_is_named(
    released: Case, service: SigstoreMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sigstore.models", None)
    found = released.claim(signatory=OURS, trust=TrustSource(service.config()))
    assert found[0] is ClaimState.UNCHECKED and "pip install 'seatrial[keyless]'" in found[1]
    with pytest.raises(UsageError, match="pip install"):
        load(service.environment, TrustSource(service.config()), None)


def test_a_release_that_died_before_its_tag_goes_on_with_the_signature_it_has(
    service: SigstoreMade, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, before = CommitRelease(checkout), service.entries
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_tag", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            made.run()
    assert made.run() == []
    assert service.entries == before + 1
    digest = made.images.tags[TYPE, VERSION]
    assert len(made.images.referrers(TYPE, digest)) == 2  # with the bill of materials


def test_a_key_goes_before_the_setting_and_is_nobody_s_identity(
    service: SigstoreMade, checkout: Path, tmp_path: Path
) -> None:
    before = service.entries
    case = Case(CommitRelease(checkout, key=key_in(tmp_path)))
    assert case.made.run() == [] and service.entries == before
    assert case.attached["media-type"] == signing.MEDIA_TYPE
    assert case.claim(signatory=OURS)[0] is ClaimState.FAILS
    public = (tmp_path / "key.pub").read_bytes()
    assert case.claim(signatory=OURS, key=public)[0] is ClaimState.HOLDS


@pytest.mark.parametrize(
    ("environment", "advice"),
    [
        ({"GITHUB_ACTIONS": "true"}, "`id-token: write` below its `permissions`"),
        ({"GITLAB_CI": "true"}, "`id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}`"),
        ({}, "--key FILE"),
    ],
)
def test_without_a_token_nothing_is_built_and_the_line_says_what_to_do(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], advice: str
) -> None:
    monkeypatch.setattr(held_secrets, "_held", {})
    for name in ("GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    made = CommitRelease(checkout)
    with pytest.raises(UsageError) as raised:
        made.run()
    assert advice in str(raised.value) and "\n" not in str(raised.value)
    assert made.builder.built == [] and made.images.tags == {}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/token", "GitHub gave no id token (status 503)"),
        ("/api/v2/signingCert", "127.0.0.1 answered 503"),
        ("/api/v1/log/entries", "127.0.0.1 answered 503"),
    ],
)
def test_a_service_that_is_down_is_named_in_one_line_and_no_version_is_tagged(
    service: SigstoreMade, checkout: Path, path: str, words: str
) -> None:
    service.fails = {path: 503}
    made = CommitRelease(checkout)
    (failure,) = made.run()
    assert words in failure.reason and REQUEST_TOKEN not in failure.reason and "\n" not in failure.reason
    assert (TYPE, VERSION) not in made.images.tags


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"aud": "another"}, "Audience doesn't match"),
        ({"exp": 1}, "expired"),
        ({"sub": None}, "cannot be used"),
    ],
)
def test_a_token_that_is_not_for_this_says_why(
    service: SigstoreMade, claims: dict[str, Any], words: str
) -> None:
    service.claims = claims
    signer = load(service.environment, TrustSource(service.config()), None)
    with pytest.raises(UsageError, match=words) as raised:
        signer.sign(b"{}")
    assert "audience sigstore" in str(raised.value)


def test_another_job_than_the_settings_name_attaches_nothing(service: SigstoreMade, checkout: Path) -> None:
    service.identity = IDENTITY.replace("release", "other")
    made = CommitRelease(checkout)
    (failure,) = made.run()
    assert f"not by {OURS}" in failure.reason and "correct [release.keyless]" in failure.reason
    assert (TYPE, VERSION) not in made.images.tags


def test_a_service_that_never_answers_is_given_up(
    service: SigstoreMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seatrial.release.attest import sigstore_bundles

    monkeypatch.setattr(sigstore_bundles, "SECONDS", 0.05)
    monkeypatch.setattr(sigstore_bundles, "id_token", lambda environment: time.sleep(0.5))
    signer = load(service.environment, TrustSource(service.config()), None)
    with pytest.raises(Exception, match="no answer within") as raised:
        signer.sign(b"{}")
    assert "run it again" in str(raised.value)


def test_the_token_of_gitlab_is_taken_as_it_is(service: SigstoreMade) -> None:
    service.seen.clear()
    environment = {"GITLAB_CI": "true", held_secrets.ID_TOKEN: service.token()}
    signer = load(environment, TrustSource(service.config()), OURS)
    assert service.token()[:20] not in repr(signer)
    statement = b'{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a","digest":{"sha256":"aa"}}],"predicateType":"https://a.test","predicate":{}}'
    assert signing.unsealed(signing.BUNDLE, signer.sign(statement)) == statement
    assert service.seen == ["/api/v2/signingCert", "/api/v1/log/entries"]


def test_a_rehearsal_is_signed_by_a_key_only_and_says_so(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with CommitRelease(root, local=True).context() as context:
        assert _rehearsal(context, "file:rehearsal/", in_part=False).settings.signing == ""
    assert "signed only by a key" in capsys.readouterr().err


@pytest.mark.parametrize("half", [{"identity": IDENTITY}, {"issuer": ISSUER}])
def test_half_an_identity_is_refused(half: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="give both"):
        signatory_of(KeylessSettings(**half))


def test_a_release_that_builds_nothing_needs_no_token(
    root: Path, released: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_secrets, "_held", {})
    monkeypatch.setattr(applying, "must_have_bases", lambda *args: pytest.fail("something was built"))
    assert released.made.run() == []


def test_roots_of_trust_that_cannot_be_fetched_are_told_with_what_to_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sigstore.models import ClientTrustConfig

    def fails(offline: bool) -> None:
        raise OSError("Bearer s3cret" if not offline else "")

    monkeypatch.setattr(ClientTrustConfig, "production", fails)
    with pytest.raises(ServiceError, match=r"roots of trust: no answer.*--offline") as raised:
        TrustSource().load()
    assert "s3cret" not in str(raised.value) and raised.value.__cause__ is None
