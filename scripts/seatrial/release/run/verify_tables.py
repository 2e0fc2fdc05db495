"""A verification as a table for the terminal and as JSON."""

from __future__ import annotations

from seatrial.release.run.release_tables import columns
from seatrial.release.run.verify import ClaimState, Verification
from seatrial.report.json import dumps


def verification_table(found: Verification) -> str:
    """Return the claims about a version, a line each, and what became of them."""
    rows = [("claim", "", "seen")]
    rows += [(one.subject, one.state.value, one.words) for one in found.claims]
    told = ", ".join(f"{state.value}: {count}" for state in ClaimState if (count := found.count(state)))
    return "".join(f"{line}\n" for line in [*columns(rows), f"{found.type} {found.version}; {told}"])


def verification_json(found: Verification) -> str:
    """Return a verification as JSON."""
    value = {
        "version": 1,
        "subject": {
            "type": found.type,
            "version": found.version,
            "image": found.image,
            "digest": found.digest,
        },
        "claims": [
            {"claim": one.subject, "state": one.state.value, "words": one.words} for one in found.claims
        ],
        "summary": {state.value: found.count(state) for state in ClaimState},
    }
    return dumps(value)
