"""The task `release.verify`: a published version checked against what was recorded of it, by anybody who may read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, UsageError
from seatrial.release.attest import signing
from seatrial.release.registry.remote import RemoteImages
from seatrial.release.run import verify as verifying
from seatrial.release.run.attestations import signatory_of, trust_source
from seatrial.release.run.release_context import open_services
from seatrial.release.run.verify import ClaimState, VerifyInputs
from seatrial.release.run.verify_tables import verification_json, verification_table
from seatrial.tasks.choice import open_workspace
from seatrial.tasks.cli import Ended, commands_in_make, must_be_text_or_json, say, time_limit_of


def verify(
    type: str | None,
    version: str | None,
    public_key: str | None,
    identity: str | None,
    issuer: str | None,
    offline: bool,
    strict: bool,
    timeout: str | None,
    format: str | None,
    root: str | None,
) -> None:
    """Show for each claim about a published version whether it holds."""
    must_be_text_or_json(format, "a verification")
    if not type:
        raise UsageError(
            "name the type, and the version unless it is the latest, "
            "such as `seatrial release.verify jira 1.2.3`"
        )
    seconds = time_limit_of(timeout, verifying.SECONDS)
    key = signing.public_key(Path(public_key)) if public_key else None
    context = open_services(open_workspace(root))
    meant = verifying.version_of(context, type, version)
    stated = context.settings.keyless
    signatory = signatory_of(
        replace(stated, identity=identity or "", issuer=issuer or "") if identity or issuer else stated
    )
    given = VerifyInputs(key, RemoteImages(), signatory, trust_source(context, offline))
    found = verifying.verify(context, type, meant, given, seconds=seconds)
    say(verification_json(found) if format == "json" else commands_in_make(verification_table(found)))
    if found.count(ClaimState.FAILS) or (strict and found.count(ClaimState.UNCHECKED)):
        raise Ended(code=EXIT_FINDINGS)
    if found.count(ClaimState.UNREACHED):
        raise Ended(code=EXIT_SERVICE)
