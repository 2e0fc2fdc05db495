"""How an image came to be: an in-toto statement with SLSA provenance, version 1.

Source: https://slsa.dev/spec/v1.0/provenance and https://github.com/in-toto/attestation (spec/v1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial import __version__
from seatrial.release.attest.addresses import Image, public, without_logins

MEDIA_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"

BUILD_TYPE = "urn:seatrial:build:v1"
"""Says what the parameters mean; docs/release-engineers.md describes them."""

LOCALLY = "urn:seatrial:builder:local"
"""The builder of an image that was not built by a known CI: somebody's own machine."""

HIDDEN = "[hidden]"

_SECRET = re.compile(
    r"(?i)(?:^|[_.-])(?:token|secret|password|passwd|passphrase|pwd|credentials?|auth|key)s?(?:$|[_.-])"
    r"|(?:api|private|access|secret)_?key|token$|password$|secret$"
)


@dataclass(frozen=True)
class Invoker:
    """What ran the release: who stands for it, by a URI, and which run it was, empty where nobody counts them."""

    builder: str = LOCALLY
    invocation: str = ""


def invoker(environment: Mapping[str, str]) -> Invoker:
    """What runs this process, as GitHub Actions and GitLab tell by the variables that each of their jobs has."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return _on_github(environment)
    if environment.get("GITLAB_CI") == "true":
        project, number = environment.get("CI_PROJECT_URL", ""), environment.get("CI_RUNNER_ID", "")
        runner = f"{public(project)}/-/runners/{number}" if project and number else LOCALLY
        return Invoker(runner, public(environment.get("CI_JOB_URL", "")))
    return Invoker()


def _on_github(environment: Mapping[str, str]) -> Invoker:
    kind = environment.get("RUNNER_ENVIRONMENT") or "self-hosted"
    server, repository = environment.get("GITHUB_SERVER_URL", ""), environment.get("GITHUB_REPOSITORY", "")
    number, attempt = environment.get("GITHUB_RUN_ID", ""), environment.get("GITHUB_RUN_ATTEMPT") or "1"
    run = f"{public(server)}/{repository}/actions/runs/{number}/attempts/{attempt}"
    told = server and repository and number
    return Invoker(f"https://github.com/actions/runner/{kind}", run if told else "")


@dataclass(frozen=True)
class Making:
    """All that provenance says of an image.

    `image` is its repository and `digest` that of its manifest. `path` is the integration's folder and
    `dockerfile` the Dockerfile, both from the repository's root, `args` the build args; `plan` is the seal of
    the plan. `source` is the address of the repository, empty for none, and `commit` what was built of it.
    `bases` maps the base images to their digests, empty where unknown, and `lock` is the SHA-256 of
    `poetry.lock` in hex, empty for none. `builder` is the program that built, with its version; `started`
    and `finished` are ISO times in UTC. `force` is why it was released in spite of checks, empty where they passed.
    """

    image: str
    digest: str
    path: str
    type: str
    version: str
    dockerfile: str
    args: Mapping[str, str]
    platforms: tuple[str, ...]
    plan: str
    source: str
    commit: str
    bases: Mapping[str, str]
    lock: str
    builder: str
    by: Invoker
    started: str
    finished: str
    force: str = ""


def statement(making: Making) -> bytes:
    """The statement as JSON, the same bytes for the same making; without credentials, whatever the args hold."""
    algorithm, _, digest = making.digest.partition(":")
    value = {
        "_type": STATEMENT,
        "subject": [{"name": making.image, "digest": {algorithm: digest}}],
        "predicateType": PREDICATE,
        "predicate": {"buildDefinition": _definition(making), "runDetails": _run(making)},
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _definition(making: Making) -> dict[str, Any]:
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": {
            "integration": making.path or ".",
            "type": making.type,
            "version": making.version,
            "dockerfile": making.dockerfile,
            "buildArgs": {name: shown(name, value) for name, value in making.args.items()},
            "platforms": list(making.platforms),
            "plan": making.plan,
            **({"force": making.force} if making.force else {}),
        },
        "internalParameters": {"builder": making.builder, "seatrial": __version__},
        "resolvedDependencies": list(_dependencies(making)),
    }


def shown(name: str, value: str) -> str:
    """The value of a build arg as others may see it: nothing of one named like a secret, no logins in addresses."""
    return HIDDEN if is_secret(name) else without_logins(value)


def is_secret(name: str) -> bool:
    """Whether a build arg is named as secrets are."""
    return bool(_SECRET.search(name))


def _dependencies(making: Making) -> Iterator[dict[str, Any]]:
    """What went into the image, as resource descriptors."""
    address = public(making.source)
    uri = address if address.startswith("git+") else f"git+{address}"
    yield {"name": "source", **({"uri": uri} if address else {}), "digest": {"gitCommit": making.commit}}
    if making.lock:
        name = f"{making.path}/poetry.lock" if making.path else "poetry.lock"
        yield {"name": name, "digest": {"sha256": making.lock}}
    for stated, digest in sorted(making.bases.items()):
        yield _base(Image.parse(stated), digest)


def _base(image: Image, digest: str) -> dict[str, Any]:
    known = Image(image.repository, image.tag, digest or image.digest)
    algorithm, _, value = known.digest.partition(":")
    described = {"name": "base image", "uri": known.purl}
    return {**described, "digest": {algorithm: value}} if value else described


def _run(making: Making) -> dict[str, Any]:
    metadata = {
        "invocationId": making.by.invocation,
        "startedOn": making.started,
        "finishedOn": making.finished,
    }
    return {
        "builder": {"id": making.by.builder, "version": {"seatrial": __version__}},
        "metadata": {name: value for name, value in metadata.items() if value},
    }
