"""The attestations of an image: its bill of materials and its provenance."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from seatrial.core.days import iso
from seatrial.core.errors import ConfigurationError, ServiceError, Unreadable, UsageError, reason
from seatrial.core.model import Integration
from seatrial.core.settings import KeylessSettings
from seatrial.dependencies.lockfile import LOCK, BadLock
from seatrial.release.attest import provenance, signing
from seatrial.release.attest.attach import Attestation
from seatrial.release.attest.packages import ShippedImage
from seatrial.release.attest.sigstore_bundles import KeylessSigner, Signatory, TrustSource
from seatrial.release.plan.plan import Part, Plan
from seatrial.release.plan.ports import Built, Descriptor
from seatrial.release.registry.archives import UnreadForm
from seatrial.release.registry.layers import Content, content_of
from seatrial.release.registry.oci_layout import LayoutImages, digest_in
from seatrial.release.registry.sizes import platforms_of
from seatrial.release.run.release_context import ReleaseContext
from seatrial.system.atomic import replace_file
from seatrial.system.folder import read_beneath, read_plain

BUNDLE_NOTES: Mapping[str, str] = {
    "dev.sigstore.bundle.content": "dsse-envelope",
    "dev.sigstore.bundle.predicateType": provenance.PREDICATE,
}
"""The annotations by which cosign finds a bundle. Source: its BUNDLE_SPEC.md."""


def trust_source(context: ReleaseContext, offline: bool = False) -> TrustSource:
    """Return where the roots of trust for signatures without a key come from. Raises UsageError."""
    path = context.settings.keyless.trust_config
    try:
        return TrustSource(read_beneath(str(context.root), path) if path else None, offline)
    except (OSError, Unreadable) as failed:
        raise UsageError(
            f'trust-config "{path}" below [release.keyless] cannot be read: {reason(failed)}'
        ) from None


def signatory_of(stated: KeylessSettings) -> Signatory | None:
    """Return whose signature counts; None where nobody says. Raises ConfigurationError for half of it."""
    if bool(stated.identity) != bool(stated.issuer):
        raise ConfigurationError(
            "identity and issuer are two halves; give both, such as "
            "--identity https://github.com/ORG/REPO/.github/workflows/seatrial-release.yml@refs/heads/main "
            "--issuer https://token.actions.githubusercontent.com, or both below [release.keyless]"
        )
    return Signatory(stated.identity, stated.issuer) if stated.identity else None


@dataclass(frozen=True)
class Attestations:
    """The content of attestations beside the image and the commit: plan, `source`, the signing key if any.

    `keyless` gives the signer without a key; it is asked where there is no key.
    """

    context: ReleaseContext
    plan: Plan
    source: str
    key: signing.Key | None
    keyless: Callable[[], KeylessSigner] | None = None

    def of(
        self, part: Part, integration: Integration, image: Built, top: Descriptor
    ) -> Sequence[Attestation]:
        """Return the bill of materials and the provenance of an image. Raises ServiceError where one cannot be made."""
        lock, pyproject = _read(integration, LOCK), _read(integration, "pyproject.toml")
        contents = contents_of(image.layout)
        bill = self._bill(part, top, lock, pyproject, contents)
        return [bill, self._provenance(part, image, top, lock)]

    def _bill(
        self,
        part: Part,
        top: Descriptor,
        lock: bytes | None,
        pyproject: bytes | None,
        contents: Sequence[Content],
    ) -> Attestation:
        from seatrial.release.attest import bill  # cyclonedx is slow to import

        candidate = part.candidate
        shipped = ShippedImage(
            candidate.type, candidate.version, candidate.image, top.digest, self.plan.committed
        )
        try:
            data = bill.bill_of_materials(shipped, lock, pyproject or b"", contents)
        except BadLock as reason:
            raise ServiceError(f"no bill of materials can be made of it: {reason}") from None
        return Attestation("sbom", bill.MEDIA_TYPE, data, iso(self.plan.committed))

    def _provenance(self, part: Part, image: Built, top: Descriptor, lock: bytes | None) -> Attestation:
        statement = provenance.statement(self._record(part, image, top, lock))
        notes = {"in-toto.io/predicate-type": provenance.PREDICATE}
        plain = Attestation("provenance", provenance.MEDIA_TYPE, statement, image.finished, notes)
        if self.key is not None:
            return replace(plain, media_type=signing.MEDIA_TYPE, data=signing.sign(statement, self.key))
        if self.keyless is None:
            return plain
        data = self._bundle(part, statement, self.keyless)
        return replace(plain, media_type=signing.BUNDLE, data=data, annotations={**notes, **BUNDLE_NOTES})

    def _bundle(self, part: Part, statement: bytes, signer: Callable[[], KeylessSigner]) -> bytes:
        """Return the bundle of a statement: that of an earlier run which ended before its tag was set, or a new one."""
        name = f"{hashlib.sha256(statement).hexdigest()[:16]}.sigstore.json"
        kept = self.context.build_folder(self.plan, part, self.source) / name
        with suppress(OSError, Unreadable, ValueError):
            earlier = read_plain(str(kept))
            if signing.unsealed(signing.BUNDLE, earlier) == statement:
                return earlier
        made = signer().sign(statement)
        replace_file(kept, lambda file: file.write(made), root=self.context.root)
        return made

    def _record(
        self, part: Part, image: Built, top: Descriptor, lock: bytes | None
    ) -> provenance.BuildRecord:
        candidate = part.candidate
        return provenance.BuildRecord(
            image=candidate.image,
            digest=top.digest,
            path=candidate.path,
            type=candidate.type,
            version=candidate.version,
            dockerfile=candidate.dockerfile,
            args=self.context.build_args_of(part),
            platforms=image.platforms,
            plan=image.plan,
            source=self.source,
            commit=self.plan.commit,
            bases=image.bases,
            lock=hashlib.sha256(lock).hexdigest() if lock is not None else "",
            builder=image.builder,
            by=provenance.Invoker(image.runner, image.run),
            started=image.started,
            finished=image.finished,
            force=self.plan.force,
        )


def contents_of(layout: Path) -> Sequence[Content]:
    """Return what an image in OCI layout has for each platform; nothing if it has a layer of another form.

    Raises ServiceError for a damaged layout.
    """
    images = LayoutImages(layout.parent)
    try:
        whole = images.manifest(layout.name, digest_in(layout))
        return [content_of(images, layout.name, one) for _, one in platforms_of(images, layout.name, whole)]
    except (ValueError, UnreadForm):
        return ()


def _read(integration: Integration, path: str) -> bytes | None:
    try:
        return integration.read(path)
    except Unreadable:
        return None
