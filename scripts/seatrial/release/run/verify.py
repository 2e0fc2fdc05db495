"""Checking a published version against what was recorded of it: an image, its attestations, its spec, the pointers.

Nothing that a service answers is believed: sizes are limited, and content counts once it has the digest that names it.
"""

from __future__ import annotations

import enum
import hashlib
import shlex
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

from seatrial.core.errors import SeatrialError, ServiceError, Unreadable, UsageError
from seatrial.core.names import counted, shown
from seatrial.core.printable import one_line
from seatrial.release.attest import signing, sigstore_bundles
from seatrial.release.attest.sigstore_bundles import Signatory, TrustSource
from seatrial.release.plan import index, store_keys
from seatrial.release.plan.plan import NO_RECEIPT
from seatrial.release.plan.plan_files import Attached, Receipt
from seatrial.release.plan.ports import Absent, Damaged, Images, Manifest, Present, Unknown
from seatrial.release.registry import media
from seatrial.release.registry.archives import UnreadForm
from seatrial.release.registry.deadline_pool import run_all
from seatrial.release.registry.image_names import is_digest
from seatrial.release.registry.layers import Content, content_of
from seatrial.release.registry.sizes import MAX_PLATFORMS, platforms_of
from seatrial.release.run import verify_image
from seatrial.release.run.latest import LATEST, current
from seatrial.release.run.release_context import ReleaseContext
from seatrial.release.store.receipts import receipt_in
from seatrial.system import git

T = TypeVar("T")


class ClaimState(enum.Enum):
    """What became of a claim. UNCHECKED lacks something that the person can give; UNREACHED a service's answer."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNCHECKED = "cannot be checked"
    UNREACHED = "not reached"


@dataclass(frozen=True)
class Claim:
    """What is claimed of a version, whether that holds, and what was seen or why not."""

    subject: str
    state: ClaimState
    words: str


@dataclass(frozen=True)
class Verification:
    """The claims about a version; `digest` is that of its tag, empty where nobody knows it."""

    type: str
    version: str
    image: str
    digest: str
    claims: tuple[Claim, ...]

    def count(self, state: ClaimState) -> int:
        """Return the number of claims of which that became."""
        return sum(one.state is state for one in self.claims)


@dataclass(frozen=True)
class VerifyInputs:
    """What the person gives: the public key in PEM, None for none, and where base images are looked for.

    `signatory` is who signs without a key, None where nobody says, and `trust` by what that is checked.
    """

    key: bytes | None
    bases: Images
    signatory: Signatory | None = None
    trust: TrustSource = field(default_factory=TrustSource)


class Unsaid(Exception):
    """A claim cannot be checked, for want of something that the text names."""


def version_of(context: ReleaseContext, type: str, version: str | None) -> str:
    """Return the version that is meant: the stated one, else that which the index names. Raises UsageError."""
    store_keys.of_type(type)
    found = version or current(context.store).versions.get(type, "")
    if not found:
        raise UsageError(
            f'the index has no "{shown(type)}"; name the version as well, or look with `seatrial release.status`'
        )
    store_keys.of_version(type, found)
    return found


SECONDS = 1800.0
"""Seconds that a verification may take in all, by default."""


def verify(
    context: ReleaseContext,
    type: str,
    version: str,
    given: VerifyInputs,
    names: Collection[str] = (),
    seconds: float = SECONDS,
) -> Verification:
    """Check all that is claimed of a published version, or what these names say; nothing is written.

    Nothing is raised for a claim that does not hold, or that nobody can check; those that are left after `seconds` are
    not reached. The checks run in a thread, so that Ctrl-C ends the wait for a service.
    """
    subject = _Subject(context, type, version, given)
    checks = {name: check for name, check in CHECKS if not names or name in names}

    def checked(name: str) -> tuple[Sequence[Claim], Exception | None]:
        try:
            return tuple(_claimed(name, subject, checks[name])), None
        except Exception as raised:
            return (), raised

    found = run_all(checked, checks, time.monotonic() + seconds, threads=1)
    late = f"the time was over after {seconds:g} seconds; give more with --timeout"
    told = [found.get(name, ((Claim(name, ClaimState.UNREACHED, late),), None)) for name in checks]
    for _, raised in told:
        if raised is not None:
            raise raised
    claims = tuple(one for some, _ in told for one in some)
    return Verification(type, version, subject.image, subject.seen_digest, claims)


def _claimed(name: str, subject: _Subject, check: Callable[[_Subject], Iterator[str]]) -> Iterator[Claim]:
    """Yield a claim for each line of a check, and how it ended where that is not well."""
    try:
        for words in check(subject):
            yield Claim(name, ClaimState.HOLDS, words)
    except (Unsaid, UnreadForm) as lacking:
        yield Claim(name, ClaimState.UNCHECKED, str(lacking))
    except (Damaged, ValueError, RecursionError) as wrong:
        yield Claim(name, ClaimState.FAILS, str(wrong))
    except ServiceError as failed:
        yield Claim(name, ClaimState.UNREACHED, str(failed))
    except SeatrialError as wrong:
        yield Claim(name, ClaimState.FAILS, str(wrong))


@dataclass
class _Subject:
    """A version and what is known of it, each fetched once; what cannot be had raises each time it is asked for."""

    context: ReleaseContext
    type: str
    version: str
    given: VerifyInputs
    _kept: dict[str, Any] = field(default_factory=dict)

    @property
    def image(self) -> str:
        """The repository of its images."""
        return self.context.repository(self.type)

    @property
    def seen_digest(self) -> str:
        """The digest that was seen behind its tag; empty where nobody has looked, or knows it."""
        answer = vars(self).get("answer")
        return answer.digest if isinstance(answer, Present) else ""

    @cached_property
    def answer(self) -> Present | Absent | Unknown:
        """The answer for its tag."""
        reference = (self.image, self.version)
        return self.context.images.find([reference])[reference]

    @property
    def stated(self) -> Receipt:
        """The receipt of it. Raises ValueError where there is none, or it is of something else."""
        found = self._once("receipt", lambda: receipt_in(self.context.store, self.type, self.version))
        if found is None:
            raise ValueError(NO_RECEIPT)
        if (found.type, found.version) != (self.type, self.version):
            raise ValueError(f"it is of {shown(found.type)} {shown(found.version)}")
        if not is_digest(found.digest):
            raise ValueError("it names no digest")
        return found

    @property
    def receipt(self) -> Receipt:
        """The receipt of it, to compare something else with. Raises Unsaid where it does not hold itself."""
        try:
            return self.stated
        except (UsageError, ValueError):
            raise Unsaid("there is no receipt of it that could be compared") from None

    @property
    def digest(self) -> str:
        """The digest that the receipt names."""
        return self.receipt.digest

    @property
    def manifest(self) -> Manifest:
        """The manifest with that digest."""
        return self._once("manifest", lambda: self.context.images.manifest(self.image, self.digest))

    @property
    def platforms(self) -> Sequence[tuple[str, Manifest]]:
        """The platforms and their manifests. Raises ValueError for none, for too many, and for an index in an index."""
        entries = media.children(self.manifest) if self.manifest.media_type in media.INDEXES else []
        if len(entries) > MAX_PLATFORMS or not {one.media_type for one in entries} <= media.MANIFESTS:
            raise ValueError(f"its index has more than {MAX_PLATFORMS} entries, or one that is not an image")
        found = self._once(
            "platforms", lambda: list(platforms_of(self.context.images, self.image, self.manifest))
        )
        if not found:
            raise ValueError("its index has no image")
        return found

    def content(self, manifest: Manifest) -> Content:
        """The content of one platform."""
        return self._once(manifest.digest, lambda: content_of(self.context.images, self.image, manifest))

    def layers_of_base(self, platform: str, content: Content) -> int | None:
        """The number of layers that one platform has from a base image, as `verify_image.layers_of_base` finds it."""
        return self._once(
            f"base of {platform} {content.diff_ids}",
            lambda: verify_image.layers_of_base(self.given.bases, self.statement, platform, content.diff_ids),
        )

    @property
    def listed(self) -> index.Index:
        """The index of the store."""
        return self._once("index", lambda: current(self.context.store))

    @property
    def keys(self) -> frozenset[str]:
        """The keys that the store has of its type."""
        return self._once("keys", lambda: frozenset(self.context.store.keys(store_keys.of_type(self.type))))

    @property
    def components(self) -> Mapping[str, str]:
        """The packages of the SBOM and their versions, by name."""
        return self._once("components", lambda: verify_image.components(self.attached("sbom")))

    def attached(self, kind: str) -> bytes:
        """The bytes of an attestation. Raises ValueError where it is not attached to this image."""
        return self._once(kind, lambda: self._attached(kind))

    def _attached(self, kind: str) -> bytes:
        images, found = self.context.images, self._recorded(kind)
        assert self.manifest
        if found.digest not in {one.digest for one in images.referrers(self.image, self.digest)}:
            raise ValueError(f"{found.digest}, which the receipt names, is not attached to the image")
        manifest = images.manifest(self.image, found.digest)
        if media.subject_of(manifest) != self.digest:
            raise ValueError(f"{found.digest} is attached to another image")
        _, *layers = media.children(manifest)
        if [one.media_type for one in layers] != [found.media_type]:
            raise ValueError(f"{found.digest} does not hold what the receipt says")
        return images.blob(self.image, layers[0].digest)

    def _recorded(self, kind: str) -> Attached:
        found = [one for one in self.receipt.attached if one.kind == kind]
        if len(found) != 1 or not is_digest(found[0].digest):
            raise ValueError("the receipt names none")
        return found[0]

    @property
    def signed_as(self) -> str:
        """The media type that the receipt states of the provenance."""
        return self._recorded("provenance").media_type

    @property
    def statement(self) -> Mapping[str, Any]:
        """The provenance, whoever signed it. Raises ValueError."""
        stated = self._recorded("provenance").media_type
        return media.json_object(signing.unsealed(stated, self.attached("provenance")))

    def _once(self, key: str, make: Callable[[], T]) -> T:
        if key not in self._kept:
            try:
                self._kept[key] = make()
            except (SeatrialError, UnreadForm, ValueError, RecursionError) as failure:
                self._kept[key] = failure
        found = self._kept[key]
        if isinstance(found, Exception):
            raise found
        return cast(T, found)


def _image(subject: _Subject) -> Iterator[str]:
    answer, digest = subject.answer, subject.digest
    if isinstance(answer, Unknown):
        raise ServiceError(answer.reason)
    if isinstance(answer, Absent):
        raise ValueError(f"{subject.image}:{subject.version} is not there; its receipt names {digest}")
    if answer.digest != digest:
        raise ValueError(f"{subject.image}:{subject.version} is {answer.digest}; its receipt names {digest}")
    size = len(subject.manifest.data)
    if size != subject.receipt.size:
        raise ValueError(f"its manifest has {size} bytes; its receipt says {subject.receipt.size}")
    yield f"{subject.image}:{subject.version} is {digest}, as its receipt says"


def _layers(subject: _Subject) -> Iterator[str]:
    for platform, manifest in subject.platforms:
        content = subject.content(manifest)
        config = verify_image.config_of(subject.context.images, subject.image, manifest)
        if list(content.diff_ids) != config.diff_ids:
            raise ValueError(f"{platform}: its layers are not those that its config names")
        yield f"{platform}: {counted(len(content.diff_ids), 'layer')}, with the digests that manifest and config name"


def _sbom(subject: _Subject) -> Iterator[str]:
    verify_image.must_be_of(subject.attached("sbom"), subject.receipt)
    yield f"CycloneDX of this image, with {counted(len(subject.components), 'package')}"


def _packages(subject: _Subject) -> Iterator[str]:
    components = subject.components
    for platform, manifest in subject.platforms:
        content = subject.content(manifest)
        compared = verify_image.compared(components, content, _own_layers(subject, platform, content))
        wrong = compared.fault(subject.type)
        if wrong:
            raise ValueError(f"{platform}: {wrong}")
        _must_be_of_lock(subject, compared.missing, compared.python, platform)
        if compared.strangers:
            raise Unsaid(
                f"{platform}: {_some(compared.strangers)} not in the SBOM; the base image may have brought them, "
                "and that could not be looked at"
            )
        yield f"{platform}: {counted(len(compared.equal), 'package')}, in the image as in the SBOM"
    yield from _packages_of_system(subject)


def _packages_of_system(subject: _Subject) -> Iterator[str]:
    """Compare the packages of the system; nothing is said of an SBOM that has none, as those of older versions."""
    stated = verify_image.system_components(subject.attached("sbom"))
    if not stated:
        return
    contents = [subject.content(manifest) for _, manifest in subject.platforms]
    there = {(one.kind, one.name, one.version) for content in contents for one in content.system}
    different = sorted(" ".join(one[1:]) for one in stated ^ there)
    if different:
        raise ValueError(f"{_some(different)} in only one of image and SBOM")
    yield f"{counted(len(there), 'package')} of the system, in the image as in the SBOM"


def _own_layers(subject: _Subject, platform: str, content: Content) -> int | None:
    """Return the number of layers that the base image brought; None where that is not known."""
    try:
        return subject.layers_of_base(platform, content)
    except (SeatrialError, ValueError, RecursionError):
        return None


def _must_be_of_lock(subject: _Subject, missing: Sequence[str], python: str, platform: str) -> None:
    """Raise ValueError where SBOM, image and lock disagree on which packages there are.

    `missing` are those of the SBOM that the image lacks, as other Pythons and machines may need them alone. Raises
    Unsaid where there are some, and the lock is not at hand.
    """
    locked = _locked(subject, python, platform)
    if locked is None and (missing or not subject.components):
        what = (
            f"{_some(missing)} of the SBOM and not in the image" if missing else "the SBOM names no package"
        )
        raise Unsaid(
            f"{platform}: {what}, which is right for some locks; fetch the commit "
            f"{shown(subject.receipt.commit[:12])}, whose lock tells"
        )
    if lacking := [one for one in missing if locked and locked.get(one, True)]:
        raise ValueError(f"{platform}: {_some(lacking)} of the SBOM, and the image lacks that")
    if unnamed := [one for one, here in (locked or {}).items() if here and one not in subject.components]:
        raise ValueError(f"{platform}: {_some(unnamed)} of the lock, and the SBOM lacks that")


def _locked(subject: _Subject, python: str, platform: str) -> Mapping[str, bool] | None:
    """Return the packages of the lock and whether such an image gets them; None where the lock is not at hand."""
    receipt, root = subject.receipt, subject.context.root
    try:
        folder = git.folder_at(root, receipt.commit, receipt.path) if git.find(root, receipt.commit) else None
        return verify_image.locked(folder, subject.statement, python, platform) if folder else None
    except (SeatrialError, Unreadable, ValueError, RecursionError):
        return None


def _some(names: Sequence[str]) -> str:
    more = len(names) - 5
    listed = ", ".join(shown(one) for one in names[:5]) + (f" and {more} more" if more > 0 else "")
    return f"{listed} {'are' if names[1:] else 'is'}"


def _provenance(subject: _Subject) -> Iterator[str]:
    receipt = subject.receipt
    verify_image.must_state(subject.statement, receipt)
    yield f"SLSA provenance of this image, by plan {receipt.plan[:19]}, built by {shown(receipt.builder)}"


def _signature(subject: _Subject) -> Iterator[str]:
    data, key, signatory = subject.attached("provenance"), subject.given.key, subject.given.signatory
    if subject.signed_as not in signing.SIGNED:
        if key is not None or signatory is not None:
            raise ValueError("the provenance is not signed")
        raise Unsaid("the provenance is not signed")
    if subject.signed_as == signing.BUNDLE:
        yield _keyless_signature(data, subject.given)
        return
    if key is None:
        if signatory is not None:
            raise ValueError(f"the provenance is signed by a key, not by {signatory}")
        raise Unsaid("no public key is given; name its file with --public-key")
    signing.verify(data, key)
    yield "the provenance is signed by the given key"


def _keyless_signature(bundle: bytes, given: VerifyInputs) -> str:
    """Return who signed without a key. Raises ValueError where that is somebody else, Unsaid, ServiceError."""
    if given.key is not None and given.signatory is None:
        raise ValueError("the provenance is signed without a key, not by the given one")
    try:
        trust = given.trust.load()
    except UsageError as lacking:
        raise Unsaid(str(lacking)) from None
    statement, by = sigstore_bundles.verify(bundle, given.signatory, trust)
    if statement != signing.unsealed(signing.BUNDLE, bundle):
        raise ValueError("the bundle has two statements")
    if given.signatory is None:
        raise Unsaid(
            f"it is signed by {by}; if that is right, say so with "
            f"--identity {shlex.quote(one_line(by.identity, 300))} --issuer {shlex.quote(one_line(by.issuer, 300))}"
        )
    return f"the provenance is signed by {by}, as the public log has it"


def _commit(subject: _Subject) -> Iterator[str]:
    receipt, root = subject.receipt, subject.context.root
    stated = verify_image.commit_of(subject.statement)
    if stated != receipt.commit:
        raise ValueError(f"the provenance says {shown(stated)}; the receipt says {shown(receipt.commit)}")
    try:
        known = git.find(root, receipt.commit)
        tree = git.trees(root, receipt.commit, [receipt.path]).get(receipt.path, "") if known else ""
    except SeatrialError as failed:
        raise Unsaid(f"git does not tell: {failed}") from None
    if not known:
        raise Unsaid(
            f"this checkout does not have the commit {receipt.commit[:12]}; fetch it, and verify again"
        )
    if receipt.path and tree != receipt.tree:
        raise ValueError(
            f"the folder {shown(receipt.path)} of {receipt.commit[:12]} is not that of the receipt"
        )
    yield f"{receipt.commit[:12]} has the folder that the receipt and the provenance name"


def _git_tag(subject: _Subject) -> Iterator[str]:
    context, receipt = subject.context, subject.receipt
    name = context.settings.git_tag(subject.type, subject.version)
    try:
        commit = git.tags_called(context.root, [name]).get(name)
        if commit is None and context.pushes_tags:
            commit = git.remote_tags(context.root, context.settings.remote).get(name)
    except SeatrialError as failed:
        raise Unsaid(f"git does not tell: {failed}") from None
    if commit is None:
        raise Unsaid(f"this checkout has no tag {name}; fetch it with `git fetch --tags`")
    if commit != receipt.commit:
        raise ValueError(f"{name} marks {commit[:12]}; the receipt says {shown(receipt.commit[:12])}")
    yield f"{name} marks {commit[:12]}"


def _bases(subject: _Subject) -> Iterator[str]:
    bases = verify_image.bases_of(subject.statement)
    if not bases:
        yield "the provenance names none"
        return
    for platform, manifest in subject.platforms:
        content = subject.content(manifest)
        try:
            count = subject.layers_of_base(platform, content)
        except ServiceError as failed:
            raise Unsaid(f"{platform}: {failed}") from None
        if count is None:
            raise Unsaid(f"{platform}: the provenance does not say which digest the base image had")
        if not count:
            raise ValueError(f"{platform}: the image does not begin with the layers of any of them")
        yield f"{platform}: the image begins with {counted(count, 'layer')} of a base image that the provenance names"


def _spec(subject: _Subject) -> Iterator[str]:
    receipt, store = subject.receipt, subject.context.store
    stored = store.get(store_keys.spec(subject.type, subject.version))
    if receipt.spec is None:
        if stored is not None:
            raise ValueError("there is one, but its receipt says that it has none")
        yield "none, as the receipt says"
        return
    if stored is None:
        raise ValueError("it is not in the store")
    if stored.data != index.spec_bytes(receipt.spec):
        raise ValueError("the spec in the store is not that of the receipt")
    yield f"{hashlib.sha256(stored.data).hexdigest()[:12]} is that of the receipt"


def _index(subject: _Subject) -> Iterator[str]:
    name, keys = subject.type, subject.keys
    found, wanted = subject.listed, index.indexed(name, keys)
    named = found.versions.get(name, "")
    if named != (wanted.text if wanted else ""):
        raise ValueError(
            f'it names "{shown(named)}", but the latest published version is "{wanted or "none"}"'
        )
    if named == subject.version and found.entries[name] != subject.receipt.spec:
        raise ValueError("its entry is not the spec of the receipt")
    yanked = f"; {subject.version} is yanked" if index.is_yanked(name, subject.version, keys) else ""
    yield f"it names {named or 'none'}, the latest of the published versions{yanked}"


def _latest(subject: _Subject) -> Iterator[str]:
    context = subject.context
    named = subject.listed.versions.get(subject.type, "")
    if not named:
        yield "the index names no version"
        return
    tagged = index.tagged(subject.type, subject.keys, context.habits.beta_latest)
    wanted = tagged.text if tagged and index.is_beta(tagged) else named
    references = [(subject.image, LATEST), (subject.image, wanted)]
    answers = context.images.find(references)
    for answer in answers.values():
        if isinstance(answer, Unknown):
            raise ServiceError(answer.reason)
    if answers[references[0]] != answers[references[1]]:
        raise ValueError(f"{subject.image}:{LATEST} is not {wanted}")
    spec = context.store.get(store_keys.spec(subject.type, named))
    legacy = store_keys.legacy_specs(subject.type, context.habits.legacy_specs)
    for key in (store_keys.latest_spec(subject.type), *legacy):
        copied = context.store.get(key)
        if spec is None or copied is None or copied.data != spec.data:
            raise ValueError(f"{key} is not the spec of {named}")
    yield (
        f"image and spec lead to {named}"
        if wanted == named
        else f"the image leads to {wanted}, the spec to {named}"
    )


def _receipt(subject: _Subject) -> Iterator[str]:
    receipt = subject.stated
    forced = f", released in spite of failed checks: {shown(receipt.force)}" if receipt.force else ""
    yield f"published as {shown(receipt.image)}@{subject.digest[:19]} at {shown(receipt.finished)}{forced}"


CHECKS: Sequence[tuple[str, Callable[[_Subject], Iterator[str]]]] = (
    ("receipt", _receipt),
    ("image", _image),
    ("layers", _layers),
    ("SBOM", _sbom),
    ("packages", _packages),
    ("provenance", _provenance),
    ("signature", _signature),
    ("commit", _commit),
    ("git tag", _git_tag),
    ("base images", _bases),
    ("spec", _spec),
    ("index", _index),
    ("latest", _latest),
)
"""The claims in the order in which they are shown."""
