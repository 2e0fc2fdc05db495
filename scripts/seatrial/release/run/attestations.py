"""The attestations of an image: its bill of materials and its provenance."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.core.days import iso
from seatrial.core.errors import ServiceError, Unreadable
from seatrial.core.model import Integration
from seatrial.dependencies.lockfile import LOCK, BadLock
from seatrial.release.attest import provenance, signing
from seatrial.release.attest.attach import Attestation
from seatrial.release.attest.packages import ShippedImage
from seatrial.release.plan.plan import Part, Plan
from seatrial.release.plan.ports import Built, Descriptor
from seatrial.release.run.release_context import ReleaseContext


@dataclass(frozen=True)
class Attestations:
    """The content of attestations beside the image and the commit: plan, `source`, the signing key if any."""

    context: ReleaseContext
    plan: Plan
    source: str
    key: signing.Key | None

    def of(
        self, part: Part, integration: Integration, image: Built, top: Descriptor
    ) -> Sequence[Attestation]:
        """Return the bill of materials and the provenance of an image. Raises ServiceError where one cannot be made."""
        lock, pyproject = _read(integration, LOCK), _read(integration, "pyproject.toml")
        return [self._bill(part, top, lock, pyproject), self._provenance(part, image, top, lock)]

    def _bill(self, part: Part, top: Descriptor, lock: bytes | None, pyproject: bytes | None) -> Attestation:
        from seatrial.release.attest import bill  # cyclonedx is slow to import

        candidate = part.candidate
        shipped = ShippedImage(
            candidate.type, candidate.version, candidate.image, top.digest, self.plan.committed
        )
        try:
            data = bill.bill_of_materials(shipped, lock, pyproject or b"")
        except BadLock as reason:
            raise ServiceError(f"no bill of materials can be made of it: {reason}") from None
        return Attestation("sbom", bill.MEDIA_TYPE, data, iso(self.plan.committed))

    def _provenance(self, part: Part, image: Built, top: Descriptor, lock: bytes | None) -> Attestation:
        statement = provenance.statement(self._record(part, image, top, lock))
        media_type, data = provenance.MEDIA_TYPE, statement
        if self.key is not None:
            media_type, data = signing.MEDIA_TYPE, signing.sign(statement, self.key)
        notes = {"in-toto.io/predicate-type": provenance.PREDICATE}
        return Attestation("provenance", media_type, data, image.finished, notes)

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


def _read(integration: Integration, path: str) -> bytes | None:
    try:
        return integration.read(path)
    except Unreadable:
        return None
