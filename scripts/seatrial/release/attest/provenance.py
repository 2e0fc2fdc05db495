"""The provenance of an image: an in-toto statement with SLSA provenance, version 1.

Source: https://slsa.dev/spec/v1.0/provenance and https://github.com/in-toto/attestation (spec/v1).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial import __version__
from seatrial.core.model import join
from seatrial.release.attest.purls import public, purl
from seatrial.release.plan.ports import HIDDEN, OWN_ARGS
from seatrial.release.registry.image_names import ImageName

MEDIA_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"

BUILD_TYPE = "urn:seatrial:build:v1"
"""Defines the meaning of the parameters; docs/release-engineers.md describes them."""

LOCALLY = "urn:seatrial:builder:local"
"""The builder of an image that was not built by a known CI, such as a developer's own machine."""


@dataclass(frozen=True)
class Invoker:
    """The environment of the release: the URI of the builder, and that of the run, empty if it has none."""

    builder: str = LOCALLY
    invocation: str = ""


def invoker(environment: Mapping[str, str]) -> Invoker:
    """Return the environment of this process, from the variables that GitHub Actions and GitLab set in each job."""
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
    known = server and repository and number
    return Invoker(f"https://github.com/actions/runner/{kind}", run if known else "")


@dataclass(frozen=True)
class BuildRecord:
    """Everything that the provenance of an image states.

    `image` is its repository and `digest` that of its manifest. `path` is the integration's folder and
    `dockerfile` the Dockerfile, both from the repository's root, `args` the build args; `plan` is the seal of
    the plan. `source` is the address of the repository, empty for none, and `commit` the commit that was built.
    `bases` maps the base images to their digests, empty where unknown, and `lock` is the SHA-256 of
    `poetry.lock` in hex, empty for none. `builder` is the program that built, with its version; `started`
    and `finished` are ISO times in UTC. `force` is why it was released in spite of failed checks, else empty.
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


def statement(record: BuildRecord) -> bytes:
    """Return the statement as JSON, the same bytes for the same record; build args that may be secret have no value."""
    algorithm, _, digest = record.digest.partition(":")
    value = {
        "_type": STATEMENT,
        "subject": [{"name": record.image, "digest": {algorithm: digest}}],
        "predicateType": PREDICATE,
        "predicate": {"buildDefinition": _definition(record), "runDetails": _run(record)},
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _definition(record: BuildRecord) -> dict[str, Any]:
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": {
            "integration": record.path or ".",
            "type": record.type,
            "version": record.version,
            "dockerfile": record.dockerfile,
            "buildArgs": {name: public_arg(name, value) for name, value in record.args.items()},
            "platforms": list(record.platforms),
            "plan": record.plan,
            **({"force": record.force} if record.force else {}),
        },
        "internalParameters": {"builder": record.builder, "seatrial": __version__},
        "resolvedDependencies": list(_dependencies(record)),
    }


def public_arg(name: str, value: str) -> str:
    """Return the public value of a build arg: that of one that Seatrial sets; any other may be secret."""
    return value if name in OWN_ARGS else HIDDEN


def _dependencies(record: BuildRecord) -> Iterator[dict[str, Any]]:
    """Yield what the image was made from, as resource descriptors."""
    address = public(record.source)
    uri = address if address.startswith("git+") else f"git+{address}"
    yield {"name": "source", **({"uri": uri} if address else {}), "digest": {"gitCommit": record.commit}}
    if record.lock:
        yield {"name": join(record.path, "poetry.lock"), "digest": {"sha256": record.lock}}
    for stated, digest in sorted(record.bases.items()):
        yield _base(ImageName.parse(stated), digest)


def _base(image: ImageName, digest: str) -> dict[str, Any]:
    known = ImageName(image.repository, image.tag, digest or image.digest)
    algorithm, _, value = known.digest.partition(":")
    described = {"name": "base image", "uri": purl(known)}
    return {**described, "digest": {algorithm: value}} if value else described


def _run(record: BuildRecord) -> dict[str, Any]:
    metadata = {
        "invocationId": record.by.invocation,
        "startedOn": record.started,
        "finishedOn": record.finished,
    }
    return {
        "builder": {"id": record.by.builder, "version": {"seatrial": __version__}},
        "metadata": {name: value for name, value in metadata.items() if value},
    }
