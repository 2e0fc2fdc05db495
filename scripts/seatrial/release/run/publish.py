"""Publishing one integration: its image, its attestations, its tag, its spec.

Content comes first; the tag of the version, which makes the version count, after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration
from seatrial.core.version import Version
from seatrial.release.attest.attach import attach
from seatrial.release.builders.config_schema import schemas
from seatrial.release.plan import index, store_keys
from seatrial.release.plan.plan import Part, Step
from seatrial.release.plan.plan_files import Attached, Receipt, receipt_json
from seatrial.release.plan.ports import Absent, Built, Descriptor, Present, Unknown
from seatrial.release.registry.oci_layout import push
from seatrial.release.run.build import built, forget
from seatrial.release.run.growth import must_not_grow
from seatrial.release.run.publication import Publication
from seatrial.release.run.release_context import ReleaseContext
from seatrial.release.store.leases import lease
from seatrial.release.store.receipts import receipt_in
from seatrial.validate.facts.facts import Facts

EXAMPLES = ".port/examples/"


def publish(run: Publication, part: Part, integration: Integration) -> Receipt | None:
    """Do the steps of a part up to its spec; return the receipt of its version, None for one that has none.

    Raises ServiceError where a step fails; earlier steps stay done and are not repeated.
    """
    receipt = _image(run, part, integration) if part.builds else recorded(run.context, part)
    if receipt is None and not part.builds:
        _must_be_adopted(run.context, part)
    if Step.SPEC in part.steps:
        with run.journal.step(part.title, Step.SPEC) as details:
            details.update(_put_app_config(run.context, part, receipt.digest if receipt else part.found))
            details["kept"] = not _put_spec(run.context, part, receipt, integration)
    if part.builds:
        forget(run.context, run.plan, part, run.source)
    return receipt


def _image(run: Publication, part: Part, integration: Integration) -> Receipt:
    run.context.images.ensure_writable(part.candidate.image)
    image = _build(run, part)
    if not run.forced:
        must_not_grow(run.context, run.before, part, image)
    top = _push(run, part, image)
    attached = _attach(run, part, integration, image, top)
    receipt = _receipt(run, part, image, top, attached, integration)
    with run.journal.step(part.title, Step.TAG) as details:
        details["kept"] = not _tag(run, part, receipt, integration)
        details["digest"] = top.digest
    return receipt


def _build(run: Publication, part: Part) -> Built:
    with run.journal.step(part.title, Step.BUILD) as details:
        image = built(run.context, run.plan, run.seal, part, run.builder(), run.files(), run.source, run.now)
        details["kept"] = image.kept
    return image


def _push(run: Publication, part: Part, image: Built) -> Descriptor:
    with run.journal.step(part.title, Step.PUSH) as details:
        top, sent = push(run.context.images, part.candidate.image, image.layout)
        details.update(kept=not sent, digest=top.digest, size=top.size)
    return top


def _attach(
    run: Publication, part: Part, integration: Integration, image: Built, top: Descriptor
) -> tuple[Attached, ...]:
    with run.journal.step(part.title, Step.ATTACH) as details:
        attestations = run.attest(part, integration, image, top)
        done, sent = attach(run.context.images, part.candidate.image, top, attestations)
        details.update(kept=not sent, digests=[one.digest for one in done])
    return tuple(
        Attached(attestation.kind, attestation.media_type, one.digest)
        for attestation, one in zip(attestations, done, strict=True)
    )


def _receipt(
    run: Publication,
    part: Part,
    image: Built,
    top: Descriptor,
    attached: tuple[Attached, ...],
    integration: Integration,
) -> Receipt:
    candidate = part.candidate
    return Receipt(
        plan=run.seal,
        integration=candidate.name,
        path=candidate.path,
        type=candidate.type,
        version=candidate.version,
        image=candidate.image,
        digest=top.digest,
        size=top.size,
        media_type=top.media_type,
        commit=run.plan.commit,
        tree=candidate.tree,
        builder=image.builder,
        started=image.started,
        finished=image.finished,
        attached=attached,
        spec=_entry(run.context, part, integration),
        force=run.plan.force,
    )


def _entry(context: ReleaseContext, part: Part, integration: Integration) -> Mapping[str, Any] | None:
    """Return the spec as the index has it; None for a version that is not indexed."""
    candidate = part.candidate
    spec = Facts.of(context.workspace, integration).spec
    if not index.counts(Version.parse(candidate.version)) or spec is None:
        return None
    return index.entry_of(spec.root.value, candidate.type, candidate.version)


def _tag(run: Publication, part: Part, receipt: Receipt, integration: Integration) -> bool:
    """Set the version's tag while no other release publishes this type; return False where it was set before.

    The receipt and the examples are stored first, so that they are there for everyone who sees the tag.
    """
    context, candidate = run.context, part.candidate
    with lease(context.store, store_keys.lease(candidate.type), run.holder) as held:
        if not _is_free(context, part, receipt):
            return False
        held.check()
        context.store.put(
            store_keys.receipt(candidate.type, candidate.version), receipt_json(receipt).encode()
        )
        for name, data in _examples(integration):
            context.store.put(store_keys.example(candidate.type, candidate.version, name), data)
        manifest = context.images.manifest(candidate.image, receipt.digest)
        held.check()
        if _is_free(context, part, receipt):
            context.images.put_manifest(candidate.image, manifest, candidate.version)
        _must_be_pullable(context, part, receipt.digest)
    return True


def _is_free(context: ReleaseContext, part: Part, receipt: Receipt) -> bool:
    """Return True for a free tag, False for one that names this image already. Raises ServiceError otherwise."""
    candidate = part.candidate
    reference = (candidate.image, candidate.version)
    answer = context.images.find([reference])[reference]
    if isinstance(answer, Absent):
        return True
    if isinstance(answer, Unknown):
        raise ServiceError(answer.reason)
    if answer.digest == receipt.digest:
        return False
    raise ServiceError(
        f"{part.title} was published by somebody else meanwhile ({answer.digest}); nothing was overwritten: "
        "run `seatrial release` again for what is left to do"
    )


def _must_be_pullable(context: ReleaseContext, part: Part, digest: str) -> None:
    """Pull the manifest back by its tag and compare it with the one that was built. Raises ServiceError."""
    back = context.images.manifest(part.candidate.image, part.candidate.version).digest
    if back != digest:
        raise ServiceError(f"{part.title}: the registry gives back {back}, not {digest} that was pushed")


def _examples(integration: Integration) -> Sequence[tuple[str, bytes]]:
    """Return the examples whose names can be keys, such as `webhook.json`. Raises ServiceError for a link."""
    names = (path.removeprefix(EXAMPLES) for path in integration.paths() if path.startswith(EXAMPLES))
    kept = [name for name in names if store_keys.is_example(name) and integration.has(EXAMPLES + name)]
    return [(name, _plain_bytes(integration, EXAMPLES + name)) for name in kept]


def _plain_bytes(integration: Integration, path: str) -> bytes:
    if path in integration.irregular():
        raise ServiceError(f"{integration.below(path)} is a link, and only files are published")
    return integration.read(path)


def recorded(context: ReleaseContext, part: Part) -> Receipt | None:
    """Return the store's receipt of the image behind a version's tag; None where it has none."""
    receipt = receipt_in(context.store, part.candidate.type, part.candidate.version)
    return receipt if receipt and receipt.digest == part.found else None


def _must_be_adopted(context: ReleaseContext, part: Part) -> None:
    """Raise ServiceError unless the image that no receipt names is the one that was adopted, or nothing needs it."""
    if Step.SPEC not in part.steps:
        return
    name = (part.candidate.image, part.candidate.version)
    if not part.adopts:
        raise ServiceError(
            f"{name[0]}:{name[1]} is foreign: no receipt names {part.found}; its spec was not published"
        )
    if context.images.find([name])[name] != Present(part.found):
        raise ServiceError(
            f"{name[0]}:{name[1]} was moved meanwhile from {part.found}; its spec was not published"
        )


def _put_app_config(context: ReleaseContext, part: Part, digest: str) -> Mapping[str, str]:
    """Store the schemas of the mapping, where that is wanted; return why there are none, which fails no release."""
    candidate, settings = part.candidate, context.settings
    if not context.habits.app_config_schemas or not settings.image:
        return {}
    try:
        found = schemas(f"{candidate.image}@{digest}", next(iter(settings.platforms), ""))
    except ServiceError as why:
        return {"lacking": f", without the schemas of its mapping: {why}"}
    for name, data in found.items():
        context.store.create(store_keys.app_config(candidate.type, candidate.version, name), data)
    return {}


def _put_spec(context: ReleaseContext, part: Part, receipt: Receipt | None, integration: Integration) -> bool:
    """Store the spec that was published with the image: the receipt's, since the commit may be another by now."""
    entry = receipt.spec if receipt else _entry(context, part, integration)
    if entry is None:
        raise ServiceError(f"{part.title}: its spec cannot be read; `seatrial validate-spec` says why")
    key = store_keys.spec(part.candidate.type, part.candidate.version)
    return context.store.create(key, index.spec_bytes(entry))
